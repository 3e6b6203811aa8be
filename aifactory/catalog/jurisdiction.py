"""Countries and their parts: ISO 3166, and the codes that others write for the same.

Hong Kong, Macau and Taiwan have codes of their own and are never taken for China, in whose part of ISO 3166-2 they stand as
well.
"""

import re
from functools import cache
from typing import Any, Final, cast

ALIASES: Final = {"EL": "GR", "UK": "GB"}
"""What the European Union writes for Greece, and everybody for the United Kingdom."""

_OWN_CODE: Final = {"CN-HK": "HK", "CN-MO": "MO", "CN-TW": "TW"}
"""Parts that have a country code of their own, with laws of their own."""

_FORM: Final = re.compile(r"^(?P<country>[A-Z]{2})(?P<part>-[A-Z0-9]{1,3})?$")


def canonical(code: str) -> str | None:
    """Return the code that facts have for a country or part of one: ``EL`` is ``GR``, ``uk-eng`` is ``GB-ENG``.

    Returns:
        None when ISO 3166 has no such code: it is then unknown where that is.
    """
    found = _FORM.match(code.strip().upper())
    if found is None:
        return None
    country = ALIASES.get(found["country"], found["country"])
    part = found["part"]
    if part is None:
        return country if country in _countries() else None
    whole = country + part
    return _OWN_CODE.get(whole, whole) if whole in _subdivisions() else None


def country_of(code: str) -> str | None:
    """Return the country that a code means or lies in: ``DE`` for ``DE-BB``, ``HK`` for ``CN-HK``; None when unknown."""
    known = canonical(code)
    return known[:2] if known else None


def is_country(code: str) -> bool:
    """Whether it is a code of ISO 3166-1 (alpha-2) as facts have it: ``GB`` is one, ``UK`` and ``gb`` are not."""
    return code in _countries()


def all_countries() -> frozenset[str]:
    """Return every code of ISO 3166-1 (alpha-2)."""
    return frozenset(_countries())


def is_subdivision(code: str) -> bool:
    """Whether it is a code of ISO 3166-2 as facts have it, such as ``DE-BB``; ``CN-HK`` is not, since ``HK`` is."""
    return code in _subdivisions() and code not in _OWN_CODE


def country_name(code: str) -> str | None:
    """Return a country's name in English, the everyday one where there is one; None when there is no such country."""
    known = country_of(code)
    return _countries()[known] if known else None


def subdivision_name(code: str) -> str | None:
    """Return the name of a part of a country, in its own language; None when there is no such part."""
    known = canonical(code)
    return _subdivisions().get(known) if known else None


@cache
def _countries() -> dict[str, str]:
    # Imported late: it reads a file of half a megabyte, which only commands that print or check codes need.
    import pycountry

    entries = cast("Any", pycountry.countries)
    return {entry.alpha_2: getattr(entry, "common_name", entry.name) for entry in entries}


@cache
def _subdivisions() -> dict[str, str]:
    import pycountry

    entries = cast("Any", pycountry.subdivisions)
    return {entry.code: entry.name for entry in entries}
