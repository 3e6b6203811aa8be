"""The table of docs/operators.md, made of the same data as everything else that installs or looks for operators.

``python -m aifactory.catalog.document docs/operators.md`` writes it anew between the two markers of the file; a test holds
that nobody forgot.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from aifactory.catalog.load import releases
from aifactory.catalog.release import Release

BEGIN: Final = "<!-- operators: made by python -m aifactory.catalog.document -->"
END: Final = "<!-- end of operators -->"

_HEAD: Final = (
    "| operator | version | Kubernetes | install modes | namespace | chart | requires | source |",
    "|---|---|---|---|---|---|---|---|",
)


def table(known: Mapping[str, Release]) -> str:
    """Return one Markdown table with a line for each release, by name; what nobody has read is a dash."""
    return "\n".join([*_HEAD, *(_line(name, known[name]) for name in sorted(known)), ""])


def _line(name: str, release: Release) -> str:
    cells = (
        f"`{name}`",
        release.version,
        f"`{release.kubernetes}`" if release.kubernetes else "-",
        ", ".join(release.install),
        f"`{release.namespace}`" if release.namespace else "-",
        f"`{release.chart.repo}/{release.chart.name}` {release.chart.version}" if release.chart else "-",
        ", ".join(f"`{need}`" for need in release.requires) or "-",
        release.source,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def renew(text: str) -> str:
    """Return a document with the table between its markers made anew.

    Raises:
        ValueError: it does not hold both markers.
    """
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the document must hold the lines {BEGIN!r} and {END!r}")
    return f"{head}{BEGIN}\n\n{table(releases())}\n{END}{tail}"


def main(arguments: Sequence[str]) -> None:
    """Renew the table of the file that is named."""
    path = Path(arguments[0])
    path.write_text(renew(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
