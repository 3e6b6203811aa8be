"""What would pass instead: the nearest allowed places."""

from collections.abc import Iterable

from aifactory.catalog import locations
from aifactory.sovereignty.fact import Place

MOST = 5
"""How many alternatives a finding offers; a longer list is read by nobody."""


def places_in(countries: Iterable[str], near: Place) -> tuple[str, ...]:
    """Return places in these countries: the same provider's, its own country's first; else the countries themselves.

    Args:
        countries: countries that are allowed.
        near: the place that is not.
    """
    allowed = frozenset(countries)
    provider = near.location.partition("/")[0]
    known = [
        (location.country != near.country, key)
        for key, location in locations().items()
        if location.provider == provider and location.is_place and location.country in allowed
    ]
    if known:
        return tuple(f"{key} ({locations()[key].country})" for _, key in sorted(known)[:MOST])
    return tuple(sorted(allowed)[:MOST])
