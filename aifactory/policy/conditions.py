"""Whether something holds of a resource, three-valued, with the properties whose values are not known yet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aifactory.policy.tables import Condition, Value
from aifactory.policy.values import ABSENT, UNKNOWN, Found, as_bool, first, select


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether something holds.

    Attributes:
        holds: whether; None when nobody knows.
        unknown: properties that would tell and are known only at `pulumi up`.
    """

    holds: bool | None
    unknown: tuple[str, ...] = ()


def tell(condition: Condition, properties: Mapping[str, Any]) -> Answer:
    """Return whether a condition holds of properties: where a list is on the way, whether it does of one of its items."""
    if condition.unless is not None:
        excepted = tell(condition.unless, properties)
        if excepted.holds:
            return Answer(holds=False)
    answers = [_of(found, condition) for found in select(properties, condition.path)]
    if any(answer.holds for answer in answers):
        return Answer(holds=True)
    unknown = tuple(path for answer in answers for path in answer.unknown)
    if any(answer.holds is None for answer in answers):
        return Answer(None, unknown)
    return Answer(holds=False)


def flagged(properties: Mapping[str, Any], path: str, values: tuple[Value, ...], default: bool | None) -> Answer:  # noqa: FBT001 - a value, not a switch
    """Return whether a flag is set: a boolean, or one of `values`."""
    found = first(properties, path)
    if found.value is UNKNOWN:
        return Answer(None, (found.path,))
    if found.value is ABSENT:
        return Answer(default)
    return Answer(_among(found.value, values) if values else as_bool(found.value))


def _of(found: Found, condition: Condition) -> Answer:
    if found.value is UNKNOWN:
        return Answer(None, (found.path,))
    if condition.given:
        return Answer(holds=found.value is not ABSENT)
    if found.value is ABSENT:
        return Answer(condition.default)
    if _among(found.value, condition.values):
        return Answer(holds=True)
    return Answer(holds=False if not condition.others or _among(found.value, condition.others) else None)


def _among(value: Any, values: tuple[Value, ...]) -> bool:  # noqa: ANN401 - a property of a resource
    """Return whether a value is one of these; providers write booleans as text too, and are careless of case."""
    word = str(value).lower()
    return any(word == str(each).lower() for each in values)
