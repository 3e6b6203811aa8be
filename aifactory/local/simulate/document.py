"""The table of docs/simulation.md, made of the same data as the stages.

``python -m aifactory.local.simulate.document docs/simulation.md`` writes it anew between the two markers of the file;
a test holds that nobody forgot.
"""

import sys
from collections.abc import Iterable
from typing import Final

from aifactory.catalog.document import between, renew_files

from .statuses import SimulatedKind, simulated_kinds

BEGIN: Final = "<!-- kinds: made by python -m aifactory.local.simulate.document -->"
END: Final = "<!-- end of kinds -->"


def table(kinds: Iterable[SimulatedKind]) -> str:
    """Return one Markdown table per operator: what is set on each kind, what is missing, where that was read."""
    by_operator: dict[str, list[SimulatedKind]] = {}
    for row in kinds:
        by_operator.setdefault(f"{row.operator} {row.version}", []).append(row)
    lines: list[str] = []
    for operator, rows in by_operator.items():
        lines += [f"### {operator}", "", "| kind | set | missing | read in |", "|---|---|---|---|"]
        lines += [_line(row) for row in rows]
        lines.append("")
    return "\n".join(lines)


def _line(row: SimulatedKind) -> str:
    kind = f"{row.kind} `{row.api_version}`" + (f" ({row.variant})" if row.variant else "")
    return f"| {kind} | {row.sets} | {row.missing} | {row.source} |"


def renew(text: str) -> str:
    """Return a document with the table between its markers made anew.

    Raises:
        ValueError: it does not hold both markers.
    """
    return between(text, BEGIN, END, table(simulated_kinds()))


if __name__ == "__main__":
    renew_files(sys.argv[1:], renew)
