"""What changed between the inputs of two runs, path by path, and whether it can be changed in place.

Inputs are compared with inputs: what the API server and controllers add is not the program's and shows no
change. What others did to the program's fields shows after a refresh, which reads it into the recorded
inputs.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, cast

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes.annotations import REPLACE_UNREADY
from aifactory.local.plugins.kubernetes.immutable import Path, Patterns, is_immutable
from aifactory.local.plugins.kubernetes.objects import Kind, Object
from aifactory.local.plugins.kubernetes.state import same

_PLAIN: Final = re.compile(r"^[^.\"\[\]]+$")


class Change(Enum):
    """What happened to one property."""

    ADD = "ADD"
    DELETE = "DELETE"
    UPDATE = "UPDATE"


@dataclass(frozen=True, slots=True)
class Difference:
    """One property that changed.

    Attributes:
        path: keys and list positions.
        change: what happened to it.
        replace: the change cannot be made in place.
    """

    path: Path
    change: Change
    replace: bool

    @property
    def property_path(self) -> str:
        """The path as Pulumi writes it: ``spec.ports[0].name``, ``metadata.labels["a.b/c"]``."""
        written = ""
        for step in self.path:
            if isinstance(step, int):
                written += f"[{step}]"
            elif _PLAIN.match(step):
                written += f".{step}" if written else step
            else:
                quoted = step.replace('"', '\\"')
                written += f'["{quoted}"]'
        return written


def compare(old: Object, new: Object, patterns: Patterns) -> list[Difference]:
    """Return what changed from `old` to `new` inputs, both plain and in one spelling."""
    return [Difference(path, change, is_immutable(path, patterns)) for path, change in _walk((), old, new)]


def group_changed(old: Kind, new: Kind) -> bool:
    """Whether the object becomes one of another kind; another version of the same kind is the same object."""
    return (old.group, old.name) != (new.group, new.name)


def with_identity(differences: list[Difference], old: Kind, new: Kind) -> list[Difference]:
    """Mark a change of ``apiVersion`` or ``kind`` as a replacement when the kind is another one."""
    if not group_changed(old, new):
        return differences
    heads = (("apiVersion",), ("kind",))
    return [Difference(entry.path, entry.change, replace=True) if entry.path in heads else entry for entry in differences]


def unready() -> Difference:
    """Return the difference by which an object that failed is replaced (`pulumi.com/replaceUnready`)."""
    return Difference(("metadata", "annotations", REPLACE_UNREADY), Change.UPDATE, replace=True)


def _walk(path: Path, old: Any, new: Any) -> Iterator[tuple[Path, Change]]:  # noqa: ANN401
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        before, now = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", new)
        for key in [*before, *(key for key in now if key not in before)]:
            if key not in now:
                yield (*path, key), Change.DELETE
            elif key not in before:
                yield (*path, key), Change.ADD
            else:
                yield from _walk((*path, key), before[key], now[key])
    elif isinstance(old, list) and isinstance(new, list):
        yield from _walk_lists(path, cast("list[Any]", old), cast("list[Any]", new))
    elif new is UNKNOWN or old is UNKNOWN or not same(old, new):
        yield path, Change.UPDATE


def _walk_lists(path: Path, old: list[Any], new: list[Any]) -> Iterator[tuple[Path, Change]]:
    for position, (before, now) in enumerate(zip(old, new, strict=False)):
        yield from _walk((*path, position), before, now)
    for position in range(len(new), len(old)):
        yield (*path, position), Change.DELETE
    for position in range(len(old), len(new)):
        yield (*path, position), Change.ADD
