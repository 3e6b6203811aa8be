"""`make bench`: run the benchmarks and print one table."""

import argparse
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from tests.bench.measure import Comparison, compare

LIBRARIES = "import pulumi, pydantic, yaml, typer, jsonschema"


def start(runs: int) -> Iterator[Comparison]:
    """What it costs to start: the package, the command, the check, beside importing the libraries alone."""

    def python(code: str) -> list[str]:
        return [sys.executable, "-c", code]

    cli = [sys.executable, "-m", "aifactory.cli"]
    yield compare("import aifactory / import pulumi", python("import aifactory"), python("import pulumi"), runs=runs)
    yield compare("aifactory --help / its libraries", [*cli, "--help"], python(LIBRARIES), runs=runs)
    yield compare("aifactory check / its libraries", [*cli, "check"], python(LIBRARIES), runs=runs, goal=1.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="counted pairs of each benchmark (default 7)")
    runs = parser.parse_args().runs
    table = Table(
        "benchmark", "wall", "CPU", "memory", "goal (wall)", title=f"Ratios: median (least to largest) of {runs} pairs"
    )
    missed = False
    for result in start(runs):
        goal = "-" if result.goal is None else f"{result.goal:.2f} {'met' if result.met else 'MISSED'}"
        missed |= result.met is False
        table.add_row(result.name, str(result.wall), str(result.cpu), str(result.memory), goal)
    Console().print(table)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
