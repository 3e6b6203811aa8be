"""What would pass instead, the nearest first: places, custody of keys, operators, hosts."""

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from functools import cache

from aifactory.catalog import Location, locations
from aifactory.model import Custody
from aifactory.sovereignty.fact import Place

MOST = 5
"""How many alternatives a finding offers; a longer list is read by nobody."""

OWNER = "self"
"""Key of the organization that a factory belongs to."""


def places_in(countries: Iterable[str], near: Place) -> tuple[str, ...]:
    """Return places in these countries: the same provider's, the nearest first; else the countries themselves.

    Nearest is what changes least: the same country, the same partition, the pair, a name that begins alike.

    Args:
        countries: countries that are allowed.
        near: the place that is not.
    """
    allowed = frozenset(countries)
    provider = near.location.partition("/")[0]
    here = locations().get(near.location)
    known = [
        (_distance(location, near, here), key)
        for key, location in locations().items()
        if location.provider == provider and location.is_place and location.country in allowed
    ]
    if known:
        return tuple(f"{key} ({locations()[key].country})" for _, key in sorted(known)[:MOST])
    return tuple(sorted(allowed, key=lambda country: (country != near.country, country))[:MOST])


def _distance(location: Location, near: Place, here: Location | None) -> tuple[bool, bool, bool, bool]:
    part = near.location.partition("/")[2].partition("-")[0]
    return (
        location.country != near.country,
        here is not None and location.partition != here.partition,
        here is None or location.name != here.paired,
        location.name.partition("-")[0] != part,
    )


@cache
def custodies_from(minimum: Custody) -> tuple[str, ...]:
    """Return the custodies that give at least as much control, the least first: it is the smallest step."""
    return tuple(custody.value for custody in Custody if custody.rank >= minimum.rank)


def operators_passing(candidates: Iterable[str], passes: Callable[[str], bool]) -> tuple[str, ...]:
    """Return the operators that pass: the owner of the factory first, then by name.

    Args:
        candidates: keys of organizations.
        passes: whether one of them passes; asked no more often than needed.
    """
    found: list[str] = []
    for key in sorted(set(candidates), key=lambda key: (key != OWNER, key)):
        if len(found) == MOST:
            break
        if passes(key):
            found.append(key)
    return tuple(found)


def hosts_near(host: str | None, hosts: Iterable[str]) -> tuple[str, ...]:
    """Return allowed hosts, those whose name is most like the given one first."""

    def unlike(allowed: str) -> float:
        return -SequenceMatcher(None, host or "", allowed).ratio() if host else 0.0

    return tuple(sorted(hosts, key=lambda allowed: (unlike(allowed), allowed))[:MOST])
