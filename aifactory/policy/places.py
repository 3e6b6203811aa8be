"""From a provider's name of a place to a `Place`, without ever showing a name that may be something else."""

import re
from typing import Any, Final

from aifactory.catalog import locations
from aifactory.policy.values import Missing
from aifactory.sovereignty.fact import Place

OPEN_INTERNET: Final = Place(location="the open internet", logical=True)
"""Where what everybody can reach goes: many places, and so none."""

_AWS_SHAPE: Final = re.compile(r"^[a-z]{2,4}(-[a-z]{2,12}){1,3}-\d{1,2}$")
"""What names of AWS regions look like; a name of that shape may be shown though the catalog does not know it."""


def place_named(provider: str, name: Any) -> Place:  # noqa: ANN401 - a property of a resource
    """Return the place that a provider calls so.

    Args:
        provider: ``aws`` or ``azure``.
        name: a property's value. Azure takes ``North Europe`` for ``northeurope``.

    Returns:
        The place; one without a country when the catalog does not know it. A name that is neither known nor shaped like one
        is left out: a property may hold anything.
    """
    if isinstance(name, Missing) or not isinstance(name, str):
        return Place()
    word = name.strip().lower()
    if provider == "azure":
        word = word.replace(" ", "")
    known = locations().get(f"{provider}/{word}")
    if known is None:
        shown = provider == "aws" and _AWS_SHAPE.match(word)
        return Place(location=f"{provider}/{word}" if shown else "")
    return Place(
        country=known.country if known.is_place else None,
        subdivision=known.subdivision,
        location=f"{provider}/{word}",
        logical=not known.is_place,
    )


def operator_at(place: Place) -> str | None:
    """Return who runs a provider's place; None when nobody knows."""
    known = locations().get(place.location)
    return known.operator if known else None


def paired_with(place: Place) -> Place | None:
    """Return the place that the provider copies to by itself; None when it has none, or nobody knows the place."""
    known = locations().get(place.location)
    if known is None or known.paired is None:
        return None
    return place_named(known.provider, known.paired.removeprefix(f"{known.provider}/"))
