"""`make bench`: run the benchmarks and print one table."""

import argparse
import sys
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from aifactory.local.paths import Paths
from aifactory.local.progress import default_reporter
from tests.bench.decision import SIZES, checks, decisions
from tests.bench.measure import Comparison, compare
from tests.bench.open_policy_agent import open_policy_agent

LIBRARIES = "import pulumi, pydantic, yaml, typer, jsonschema"
BENCHMARKS = ("start", "decision")


def start(runs: int) -> Iterator[Comparison]:
    """What it costs to start: the package, the command, the check, beside importing the libraries alone."""

    def python(code: str) -> list[str]:
        return [sys.executable, "-c", code]

    cli = [sys.executable, "-m", "aifactory.cli"]
    yield compare("import aifactory / import pulumi", python("import aifactory"), python("import pulumi"), runs=runs)
    yield compare("aifactory --help / its libraries", [*cli, "--help"], python(LIBRARIES), runs=runs)
    yield compare("aifactory check / its libraries", [*cli, "check"], python(LIBRARIES), runs=runs, goal=1.5, codes=(0, 1))


def measured(only: str | None, runs: int, sizes: list[int]) -> Iterator[Comparison]:
    """Run the benchmarks that were asked for."""
    if only in {None, "start"}:
        yield from start(runs)
    if only in {None, "decision"}:
        program = open_policy_agent(Paths.default(), default_reporter())
        yield from decisions(program, runs, sizes)
        yield from checks(program, max(3, runs // 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=7, help="counted pairs of each benchmark (default 7)")
    parser.add_argument("--only", choices=BENCHMARKS, help="one of the benchmarks (default: all)")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), help="regions of the decisions (default 10 50 200)"
    )
    asked = parser.parse_args()
    table = Table(
        "benchmark",
        "wall",
        "CPU",
        "memory (MiB)",
        "goal (wall)",
        title=f"Ratios: median (least to largest) of {asked.runs} pairs",
    )
    missed = False
    for result in measured(asked.only, asked.runs, asked.sizes):
        goal = "-" if result.goal is None else f"{result.goal:.2f} {'met' if result.met else 'MISSED'}"
        missed |= result.met is False
        memory = f"{result.memory.median:.2f} ({result.mib[0]:.0f} / {result.mib[1]:.0f})"
        table.add_row(result.name, str(result.wall), str(result.cpu), memory, goal)
    Console().print(table)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
