"""Conditions that a program asks to wait for: the annotation `pulumi.com/waitFor`.

The words are kubectl's (`kubectl wait --for=`): ``condition=Ready``, ``condition=Ready=False``,
``jsonpath={.status.phase}=Running``, ``jsonpath={.status.loadBalancer}`` (has any value). A JSON array of
them means all of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from aifactory.local.plugins.kubernetes.annotations import WAIT_FOR, AnnotationError
from aifactory.local.plugins.kubernetes.jsonpath import JsonPath, JsonPathError
from aifactory.local.plugins.kubernetes.objects import Object, condition, number, text
from aifactory.local.plugins.kubernetes.readiness import Readiness

Check = Callable[[Object], Readiness]

_CONDITION: Final = "condition="
_JSONPATH: Final = "jsonpath="


@dataclass(frozen=True, slots=True)
class ConditionHolds:
    """A status condition has the wanted status, for the object's present generation.

    Attributes:
        name: type of the condition, letter case aside.
        status: wanted status; ``True`` unless the expression names another.
    """

    name: str
    status: str

    def __call__(self, thing: Object) -> Readiness:
        """Look at one reading of the object."""
        found = condition(thing, self.name)
        if not found:
            return Readiness.waiting(f"condition {self.name} is not set yet")
        observed = number(found, "observedGeneration", default=number(thing, "status", "observedGeneration", default=-1))
        if 0 <= observed < number(thing, "metadata", "generation"):
            # The condition speaks of an earlier version of the object; the controller has not seen this one.
            return Readiness.waiting(f"condition {self.name} is about an earlier generation")
        if text(found, "status").lower() == self.status.lower():
            return Readiness.done(f"condition {self.name} is {self.status}")
        words = text(found, "message") or text(found, "reason")
        shown = f"condition {self.name} is {text(found, 'status')}, wanted {self.status}"
        return Readiness.waiting(f"{shown}: {words}" if words else shown)


@dataclass(frozen=True, slots=True)
class JsonPathHolds:
    """A JSONPath selects something, and all of it has the wanted value if one is given."""

    path: JsonPath
    value: str | None

    def __call__(self, thing: Object) -> Readiness:
        """Look at one reading of the object."""
        found = self.path.find(thing)
        shown = self.path.expression
        if not found:
            return Readiness.waiting(f"{shown} has no value yet")
        if self.value is None or all(_written(value) == self.value for value in found):
            return Readiness.done(f"{shown} holds")
        now = ", ".join(_written(value) for value in found)
        return Readiness.waiting(f"{shown} is {now}, wanted {self.value}")


def parse(expressions: Sequence[str]) -> list[Check]:
    """Return a check for each expression.

    Raises:
        AnnotationError: an expression is not understood.
    """
    return [_parse(expression) for expression in expressions]


def _parse(expression: str) -> Check:
    if expression.startswith(_CONDITION):
        name, _, status = expression.removeprefix(_CONDITION).partition("=")
        if not name:
            raise AnnotationError(WAIT_FOR, f"{WAIT_FOR}: {expression!r} names no condition", fix="condition=Ready")
        return ConditionHolds(name, status or "True")
    path, value = _split(expression.removeprefix(_JSONPATH))
    try:
        return JsonPathHolds(JsonPath(path), value)
    except JsonPathError as error:
        raise AnnotationError(WAIT_FOR, f"{WAIT_FOR}: {error.message}", fix=error.fix) from error


def _split(expression: str) -> tuple[str, str | None]:
    """Return path and wanted value of ``{...}=value``; an ``=`` inside the braces belongs to the path."""
    end = expression.rfind("}")
    head, rest = (expression[: end + 1], expression[end + 1 :]) if end >= 0 else (expression, "")
    if end < 0 and "=" in expression:
        head, _, tail = expression.partition("=")
        rest = f"={tail}"
    if not rest:
        return head, None
    return head, rest.removeprefix("=").strip("'\"")


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def both(checks: Sequence[Check]) -> Check:
    """Return a check that holds when all of them do; its words are those that do not hold yet."""

    def check(thing: Object) -> Readiness:
        states = [single(thing) for single in checks]
        open_ones = [state for state in states if not state.ready]
        failed = next((state for state in open_ones if state.failed), None)
        if failed is not None:
            return failed
        if open_ones:
            return Readiness.waiting("; ".join(state.words for state in open_ones))
        return Readiness.done("; ".join(state.words for state in states))

    return check
