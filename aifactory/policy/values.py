"""Properties of a resource as plain values, with what is not known yet, and what is not there, told apart."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, cast


class Missing(Enum):
    """Why a property has no value."""

    UNKNOWN = "unknown"
    """Another resource makes it, and that is not made yet: it is known at `pulumi up`, not at preview."""
    ABSENT = "absent"
    """Nobody said it: the provider's default holds."""


UNKNOWN: Final = Missing.UNKNOWN
ABSENT: Final = Missing.ABSENT

MARKS: Final = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
"""What stands for an unknown boolean, number, string, list, asset, archive, object (pulumi_policy 1.21, proxy.py)."""

DEEPEST: Final = 64
"""How deep properties are read; below it a value counts as unknown, so that no depth hides anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """A value, and where it stands.

    Attributes:
        path: the property, such as ``rules[0].destination.bucket``: words of the provider's schema and indices.
        value: what it is; `UNKNOWN` or `ABSENT` when it has none.
    """

    path: str
    value: Any

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return not isinstance(self.value, Missing)

    @property
    def fields(self) -> Mapping[str, Any]:
        """What it holds by name; empty when it is no object."""
        return cast("Mapping[str, Any]", self.value) if isinstance(self.value, Mapping) else {}


def plain(value: Any, unknown: type[Exception], depth: int = 0) -> Any:  # noqa: ANN401 - any property of any resource
    """Return a value without the proxies of pulumi-policy, whose every access may raise.

    Args:
        value: a property, or all of them.
        unknown: what access to an unknown value raises.
        depth: how deep it stands.
    """
    if depth > DEEPEST or (isinstance(value, str) and value in MARKS):
        return UNKNOWN
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return {key: _item(mapping, key, unknown, depth) for key in mapping}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        sequence = cast("Sequence[Any]", value)
        return [_item(sequence, index, unknown, depth) for index in range(len(sequence))]
    return value


def _item(container: Any, key: Any, unknown: type[Exception], depth: int) -> Any:  # noqa: ANN401 - as `plain`
    try:
        return plain(container[key], unknown, depth + 1)
    except unknown:
        return UNKNOWN


def select(properties: Any, path: str) -> tuple[Found, ...]:  # noqa: ANN401 - as `plain`
    """Return all values at a path; lists on the way are walked, whether the path says so or not.

    Args:
        properties: plain properties.
        path: names joined by dots: ``rules.destination.bucket``.

    Returns:
        At least one: where nothing stands, one that is `ABSENT`, with as much of the path as there is.
    """
    found = tuple(_walk(properties, path.split("."), ""))
    return found or (Found(path, ABSENT),)


def first(properties: Any, path: str) -> Found:  # noqa: ANN401 - as `plain`
    """Return the first value at a path."""
    return select(properties, path)[0]


def whole(properties: Any, path: str) -> Any:  # noqa: ANN401 - as `plain`
    """Return what stands at a path as it is, a list as a list; `UNKNOWN` below what is unknown, `ABSENT` where nothing."""
    value = properties
    for name in path.split("."):
        if value is UNKNOWN:
            return UNKNOWN
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, Mapping) else None
    return ABSENT if value is None else value


def list_of(value: Any) -> list[Any]:  # noqa: ANN401 - as `plain`
    """Return a list; an empty one where there is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def _walk(value: Any, names: list[str], path: str) -> Iterator[Found]:  # noqa: ANN401 - as `plain`
    if isinstance(value, list):
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _walk(item, names, f"{path}[{index}]")
    elif value is UNKNOWN or not names:
        yield Found(path, ABSENT if value is None else value)
    elif isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        if names[0] in mapping:
            yield from _walk(mapping[names[0]], names[1:], f"{path}.{names[0]}" if path else names[0])


def as_bool(value: Any) -> bool | None:  # noqa: ANN401 - as `plain`
    """Return a boolean as providers write them; None when it is none."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None
