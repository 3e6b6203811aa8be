"""From which version an operator may go to the pinned one: by itself, by hand, or not at once.

What nobody has read is never safe: a jump that is in no row needs a person. A downgrade is refused, because definitions and
stored objects of the newer version stay behind, and no operator here promises to read them.
"""

from collections.abc import Mapping
from typing import Final

from aifactory.catalog.load import upgrades
from aifactory.catalog.upgrade import Upgrades, UpgradeVerdict
from aifactory.catalog.versions import Triple, triple, within

UNKNOWN: Final = "nobody has read that this jump is safe"


def verdict(operator: str, installed: str, wanted: str, known: Mapping[str, Upgrades] | None = None) -> UpgradeVerdict:
    """Return whether an operator may go from the installed version to the wanted one.

    Args:
        operator: its name in the catalog; one that is not there is a jump nobody has read about.
        installed: version that is installed, with or without a leading v.
        wanted: version that is to be there.
        known: the matrix; None: ours.
    """
    if installed.removeprefix("v") == wanted.removeprefix("v"):
        return UpgradeVerdict(verdict="safe", why="it is that version already")
    old, new = triple(installed), triple(wanted)
    if old is None or new is None:
        return UpgradeVerdict(verdict="manual", why=f"{UNKNOWN}: {wanted if new is None else installed} is no release")
    if old > new:
        why = "a downgrade: definitions and stored objects of the newer version stay, and the older one may not read them"
        return UpgradeVerdict(verdict="blocked", why=why)
    return _read(operator, old, new, known)


def _read(operator: str, old: Triple, new: Triple, known: Mapping[str, Upgrades] | None) -> UpgradeVerdict:
    ways = (upgrades() if known is None else known).get(operator)
    if ways is not None and triple(ways.to) == new:
        for row in ways.rows:
            if within(row.versions, old):
                return UpgradeVerdict(verdict=row.verdict, why=row.why, steps=row.steps, via=row.via)
    return UpgradeVerdict(verdict="manual", why=UNKNOWN)
