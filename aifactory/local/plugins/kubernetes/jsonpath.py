r"""The part of kubectl's JSONPath that conditions are written in.

Understood: ``{.status.phase}``, ``.spec['a.b']``, ``.metadata.labels.a\.b``, ``[0]``, ``[-1]``, ``[*]``
and filters such as ``[?(@.type=="Ready")]`` with ``==``, ``!=`` or nothing (the field is there). Refused in
words: recursive descent, slices, unions and functions, which no condition needs.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from aifactory.errors import AifactoryError

Step = Callable[[list[Any]], list[Any]]

_NAME: Final = re.compile(r"\.((?:[^.\[\]\\\s]|\\.)+)")
_QUOTED: Final = re.compile(r"\[(?:'([^']*)'|\"([^\"]*)\")\]")
_INDEX: Final = re.compile(r"\[(-?\d+)\]")
_WILDCARD: Final = re.compile(r"\[\*\]|\.\*")
_FILTER: Final = re.compile(r"\[\?\(@((?:\.[\w.\-\\/]+|\['[^']*'\])+)\s*(?:(==|!=)\s*(.+?)\s*)?\)\]")


class JsonPathError(AifactoryError):
    """A JSONPath expression is not understood."""


class JsonPath:
    """A compiled expression.

    Args:
        expression: as in kubectl, with or without braces and the leading dot.

    Raises:
        JsonPathError: it is not understood; the message shows where.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        inner = expression.strip()
        if inner.startswith("{") and inner.endswith("}"):
            inner = inner[1:-1].strip()
        inner = inner.removeprefix("$")
        if inner and inner[0] not in ".[":
            inner = f".{inner}"
        self._steps = _compile(inner, expression)

    def find(self, document: Any) -> list[Any]:  # noqa: ANN401
        """Return everything that the expression selects in `document`."""
        found = [document]
        for step in self._steps:
            found = step(found)
        return found


def _compile(inner: str, whole: str) -> list[Step]:
    steps: list[Step] = []
    position = 0
    while position < len(inner):
        for pattern, make in _STEPS:
            match = pattern.match(inner, position)
            if match is not None:
                steps.append(make(match))
                position = match.end()
                break
        else:
            raise JsonPathError(
                f"JSONPath {whole!r} is not understood at {inner[position:]!r}",
                fix='use names, [0], [*] or [?(@.type=="Ready")]',
            )
    if not steps:
        raise JsonPathError(f"JSONPath {whole!r} selects nothing", fix="write for example {.status.phase}")
    return steps


def _field(name: str) -> Step:
    def step(found: list[Any]) -> list[Any]:
        entries = [cast("Mapping[str, Any]", item) for item in found if isinstance(item, Mapping)]
        return [entry[name] for entry in entries if name in entry]

    return step


def _index(position: int) -> Step:
    def step(found: list[Any]) -> list[Any]:
        lists = [cast("list[Any]", item) for item in found if isinstance(item, list)]
        return [entries[position] for entries in lists if -len(entries) <= position < len(entries)]

    return step


def _each(found: list[Any]) -> list[Any]:
    result: list[Any] = []
    for item in found:
        if isinstance(item, Mapping):
            result.extend(cast("Mapping[str, Any]", item).values())
        elif isinstance(item, list):
            result.extend(cast("list[Any]", item))
    return result


def _filter(match: re.Match[str]) -> Step:
    inner = JsonPath(match[1])
    operator, literal = match[2], _literal(match[3])

    def holds(item: Any) -> bool:  # noqa: ANN401
        values = inner.find(item)
        if operator is None:
            return bool(values)
        equal = any(value == literal for value in values)
        return equal if operator == "==" else bool(values) and not equal

    return lambda found: [item for item in _each(found) if holds(item)]


def _literal(written: str | None) -> Any:  # noqa: ANN401
    if written is None:
        return None
    if written.startswith("'") and written.endswith("'"):
        return written[1:-1]
    try:
        return json.loads(written)
    except json.JSONDecodeError:
        return written


_STEPS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Step]], ...]] = (
    (_WILDCARD, lambda _: _each),
    (_FILTER, _filter),
    (_INDEX, lambda match: _index(int(match[1]))),
    (_QUOTED, lambda match: _field(match[1] if match[1] is not None else match[2])),
    (_NAME, lambda match: _field(re.sub(r"\\(.)", r"\1", match[1]))),
)
