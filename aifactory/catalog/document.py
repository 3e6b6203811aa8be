"""The tables of docs/operators.md and docs/upgrades.md, made of the same data as everything else that deals with operators.

``python -m aifactory.catalog.document docs/operators.md docs/upgrades.md`` writes them anew between the two markers of each
file; a test holds that nobody forgot.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from aifactory.catalog.load import releases, upgrades
from aifactory.catalog.release import OlmPackage, Release
from aifactory.catalog.upgrade import UpgradeRow, Upgrades

COMMAND: Final = "python -m aifactory.catalog.document"
BEGIN: Final = f"<!-- operators: made by {COMMAND} -->"
END: Final = "<!-- end of operators -->"
BEGIN_UPGRADES: Final = f"<!-- upgrades: made by {COMMAND} -->"
END_UPGRADES: Final = "<!-- end of upgrades -->"

_HEAD: Final = (
    "| operator | version | Kubernetes | platforms | install modes | namespace | chart | OLM | requires | source |",
    "|---|---|---|---|---|---|---|---|---|---|",
)
_PLATFORMS: Final = {"any": "any", "kubernetes": "any but OpenShift", "openshift": "OpenShift"}


def table(known: Mapping[str, Release]) -> str:
    """Return one Markdown table with a line for each release, by name; what nobody has read is a dash."""
    return "\n".join([*_HEAD, *(_line(name, known[name]) for name in sorted(known)), ""])


def _line(name: str, release: Release) -> str:
    olm = release.olm
    cells = (
        f"`{name}`",
        release.version,
        f"`{release.kubernetes}`" if release.kubernetes else "-",
        _PLATFORMS[release.platforms] if release.platforms else "-",
        ", ".join(release.install),
        f"`{release.namespace}`" if release.namespace else "-",
        ", then ".join(f"`{chart.repo}/{chart.name}` {chart.version}" for chart in release.charts) or "-",
        _offered(olm) if olm else "-",
        ", ".join(f"`{need}`" for need in release.requires) or "-",
        release.source,
    )
    return _row(cells)


def _offered(olm: OlmPackage) -> str:
    channel = f"channel `{olm.channel}`" if olm.channel else "a channel of the installer's choice"
    return f"`{olm.package}` of {olm.source}, {channel}, in `{olm.namespace}`"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def upgrade_sections(known: Mapping[str, Upgrades]) -> str:
    """Return a section for each operator of the matrix: a table of where it may come from, and the steps below it."""
    return "\n".join(line for name in sorted(known) for line in _section(name, known[name]))


def _section(name: str, ways: Upgrades) -> list[str]:
    lines = [f"## `{name}` to {ways.to}", "", "| from | verdict | why | source |", "|---|---|---|---|"]
    lines += [_row((f"`{row.versions}`", _told(row), row.why, row.source)) for row in ways.rows]
    for row in ways.rows:
        if row.steps:
            lines += ["", f"From `{row.versions}`, before the up:", ""]
            lines += [f"{number}. {step}" for number, step in enumerate(row.steps, start=1)]
    return [*lines, ""]


def _told(row: UpgradeRow) -> str:
    return f"{row.verdict}, first to {row.via}" if row.via else row.verdict


def renew(text: str) -> str:
    """Return a document with what is between its markers made anew: the table of operators, or the upgrades.

    Raises:
        ValueError: it does not hold both markers of one of them.
    """
    if BEGIN_UPGRADES in text:
        return between(text, BEGIN_UPGRADES, END_UPGRADES, upgrade_sections(upgrades()))
    return between(text, BEGIN, END, table(releases()))


def between(text: str, begin: str, end: str, made: str) -> str:
    """Return a document with what is between two marker lines replaced.

    Raises:
        ValueError: it does not hold both.
    """
    head, found, rest = text.partition(begin)
    _, last, tail = rest.partition(end)
    if not found or not last:
        raise ValueError(f"the document must hold the lines {begin!r} and {end!r}")
    return f"{head}{begin}\n\n{made}\n{end}{tail}"


def renew_files(names: Sequence[str], renewed: Callable[[str], str]) -> None:
    """Write each named file anew, as a function of its text makes it."""
    for name in names:
        path = Path(name)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    renew_files(sys.argv[1:], renew)
