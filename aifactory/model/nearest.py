"""The nearest value that would have worked."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(value: str, allowed: Iterable[str], *, among: int = 4) -> str:
    """Return the closest allowed value; when none is close but there are few, all of them; else an empty string."""
    candidates = sorted(allowed)
    close = get_close_matches(value.lower(), candidates, n=1, cutoff=0.6)
    if close:
        return close[0]
    return " or ".join(candidates) if 0 < len(candidates) <= among else ""
