"""Ranges of Kubernetes versions, as releases state them: ``>=1.34 <1.37``, ``>=1.34.2``, ``>=1.29``."""

import re
from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import Field

_PATTERN: Final = r"^>=\d+\.\d+(\.\d+)?( <\d+\.\d+)?$"

KubernetesRange = Annotated[str, Field(pattern=_PATTERN)]
"""From the first version, that included, up to the last, which is not; without a last one nobody has said where it ends."""

Version = tuple[int, int, int]

_OPEN: Final[Version] = (999, 0, 0)


def bounds(versions: KubernetesRange) -> tuple[Version, Version]:
    """Return the first version of a range and the first one after it; an open range ends at version 999.

    Raises:
        ValueError: it is no range, or an empty one.
    """
    if not re.fullmatch(_PATTERN, versions):
        raise ValueError(f"{versions!r} is no range of Kubernetes versions, such as >=1.34 <1.37")
    lower, _, upper = versions.removeprefix(">=").partition(" <")
    first, end = parse(lower), parse(upper) if upper else _OPEN
    if first >= end:
        raise ValueError(f"no Kubernetes version is in {versions!r}: it starts at its end")
    return first, end


def parse(version: str) -> Version:
    """Return ``1.34``, ``1.34.2`` or ``v1.34.2`` as numbers; what is not said is 0.

    Raises:
        ValueError: it is no version.
    """
    found = re.match(r"^v?(\d+)\.(\d+)(?:\.(\d+))?", version)
    if found is None:
        raise ValueError(f"{version!r} is no Kubernetes version")
    return int(found[1]), int(found[2]), int(found[3] or 0)


def common(ranges: Iterable[KubernetesRange]) -> str | None:
    """Return the range that all of these have in common; None when there is none. Without ranges, every version."""
    every = [bounds(versions) for versions in ranges]
    first = max((lower for lower, _ in every), default=(0, 0, 0))
    end = min((upper for _, upper in every), default=_OPEN)
    if first >= end:
        return None
    patch = f".{first[2]}" if first[2] else ""
    until = "" if end == _OPEN else f" <{end[0]}.{end[1]}"
    return f">={first[0]}.{first[1]}{patch}{until}"


def supports(versions: KubernetesRange, version: str) -> bool:
    """Return whether a Kubernetes version is in a range."""
    first, end = bounds(versions)
    return first <= parse(version) < end


def could_run(versions: KubernetesRange, version: str) -> bool:
    """Return whether a cluster of this version may be in a range: without a patch, whether any patch of it is."""
    if re.fullmatch(r"v?\d+\.\d+", version) is None:
        return supports(versions, version)
    (first, end), (major, minor, _) = bounds(versions), parse(version)
    return first < (major, minor + 1, 0) and (major, minor, 0) < end
