"""Fields that a user adds to an object of ours: they add, and never change what the block decides."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, cast

from aifactory.errors import Problem, SpecError
from aifactory.render.manifest import Manifest


def with_overrides(source: str, decided: Manifest, overrides: Mapping[str, Any]) -> Manifest:
    """Return what the block decided with the user's fields added.

    Args:
        source: whose these are, for errors, such as ``Postgres billing``.
        decided: the spec that the block renders.
        overrides: the user's fields, nested as in the object.

    Raises:
        SpecError: a field is decided by the block already; two owners of one field would take turns.
    """
    problems = list(_conflicts(decided, overrides, "overrides"))
    if problems:
        raise SpecError(source, problems)
    return _merged(decided, overrides)


def _conflicts(decided: Mapping[str, Any], overrides: Mapping[str, Any], place: str) -> Iterator[Problem]:
    for key, value in overrides.items():
        where = f"{place}.{key}"
        if key not in decided:
            continue
        ours = decided[key]
        if isinstance(ours, dict) and isinstance(value, dict):
            yield from _conflicts(cast("dict[str, Any]", ours), cast("dict[str, Any]", value), where)
        elif ours != value:
            shown = "" if isinstance(value, dict | list) else str(value)
            rule = "is decided by the component, and an override only adds; set the component's own field, or leave it out"
            yield Problem(where, shown, rule, "" if isinstance(ours, dict | list) else str(ours))


def _merged(decided: Mapping[str, Any], overrides: Mapping[str, Any]) -> Manifest:
    result = dict(decided)
    for key, value in overrides.items():
        ours = result.get(key)
        if isinstance(ours, dict) and isinstance(value, dict):
            result[key] = _merged(cast("dict[str, Any]", ours), cast("dict[str, Any]", value))
        else:
            result[key] = deepcopy(value)
    return result
