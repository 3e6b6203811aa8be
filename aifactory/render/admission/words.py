"""Labels and annotations that policies read, namespaces that they leave alone, and how values are written in CEL."""

from collections.abc import Iterable
from typing import Final

from aifactory import conventions

COUNTRY_LABEL: Final = f"{conventions.GROUP}/country"
"""Label of a node: the country that its machine stands in, ISO 3166-1 alpha-2, upper case."""

PROTECT_ANNOTATION: Final = f"{conventions.GROUP}/protect"
"""Set to ``"true"`` on what must not be deleted by hand: what Pulumi protects."""

ALLOW_DELETE_ANNOTATION: Final = f"{conventions.GROUP}/allow-delete"
"""Set to the object's own name, it lets a protected object be deleted: nobody writes that by accident."""

SYSTEM_NAMESPACES: Final = ("kube-node-lease", "kube-public", "kube-system")
"""Namespaces of the control plane. A policy that refuses their pods could leave a cluster without the parts that one needs
to take the policy back."""

_SHOWN: Final = 12
"""Values of a set that a message shows; the rest is counted."""


def text(value: str) -> str:
    """Return a value as a CEL string."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return f"'{escaped}'"


def texts(values: Iterable[str]) -> str:
    """Return values as a CEL list of strings, sorted, so that one set is always written in one way."""
    return f"[{', '.join(text(value) for value in sorted(set(values)))}]"


def shown(values: Iterable[str]) -> str:
    """Return values for a message: sorted, the first few, and how many more there are."""
    found = sorted(set(values))
    more = len(found) - _SHOWN
    return ", ".join(found[:_SHOWN]) + (f" and {more} more" if more > 0 else "") if found else "nothing"
