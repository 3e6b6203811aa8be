"""Versions of operators and ranges of them: ``>=1.29.1 <1.30``. Only releases are in a range, never a pre-release."""

import re
from typing import Annotated, Final

from pydantic import AfterValidator

_PATTERN: Final = r">=(\d+\.\d+(?:\.\d+)?) <(\d+\.\d+(?:\.\d+)?)"

Triple = tuple[int, int, int]


def triple(version: str) -> Triple | None:
    """Return ``1.34.2`` or ``v1.34.2`` as numbers, ``1.34`` as its patch 0.

    None for everything else: a pre-release is not the release it leads to, and a channel's name is no version.
    """
    found = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def range_of(versions: str) -> tuple[Triple, Triple]:
    """Return the first version of a range and the first one after it.

    Raises:
        ValueError: it is no range, or an empty one.
    """
    found = re.fullmatch(_PATTERN, versions)
    if found is None:
        raise ValueError(f"{versions!r} is no range of versions, such as >=1.29.1 <1.30")
    first, end = triple(found[1]), triple(found[2])
    if first is None or end is None or first >= end:
        raise ValueError(f"no version is in {versions!r}: it starts at its end")
    return first, end


def within(versions: str, version: Triple) -> bool:
    """Return whether a version is in a range."""
    first, end = range_of(versions)
    return first <= version < end


def _checked(versions: str) -> str:
    range_of(versions)
    return versions


VersionRange = Annotated[str, AfterValidator(_checked)]
"""From the first version, that included, up to the last, which is not. Both ends are said: a matrix reaches no further than
somebody has read."""
