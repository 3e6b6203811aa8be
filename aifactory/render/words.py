"""What a schema has against an object, in the words of a person who wrote the fields, and never with a secret in them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from aifactory.errors import Problem
from aifactory.model.nearest import nearest
from aifactory.model.problems import MAX_SHOWN, show
from aifactory.render.manifest import Manifest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

Place = tuple[str | int, ...]
"""Where something stands in an object: field names and positions in lists."""

LIST_KEYS: Final = "x-kubernetes-list-map-keys"
"""Schema keyword: the fields by which the items of a list must differ."""

HIDDEN: Final = "[hidden]"

_NAMES_SHOWN: Final = 25
"""Field names that a message lists; more than that nobody reads."""

_SECRET_NAME: Final = re.compile(
    r"passw|passphrase|secret|token|credential|api[-_.]?key|private[-_.]?key|access[-_.]?key|auth[-_.]?key", re.IGNORECASE
)

_TYPES: Final[Mapping[str, str]] = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a map of fields",
    "array": "a list",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that is being checked."""

    manifest: Manifest

    @property
    def title(self) -> str:
        """``Cluster billing``."""
        return f"{self.manifest.get('kind', 'object')} {name_of(self.manifest)}"

    @property
    def kind(self) -> str:
        """``postgresql.cnpg.io/v1 Cluster``."""
        return f"{self.manifest.get('apiVersion')} {self.manifest.get('kind')}"

    def problem(
        self, place: Place, rule: str, nearest_value: str = "", *, value: object = None, shown: bool = False
    ) -> Problem:
        """Return a problem at a place of this object; `shown` says that the value found belongs in the message."""
        where = f"{self.title}: {written(place)}"
        hidden = self.holds_secret(place)
        text = (HIDDEN if hidden else show((), value)) if shown else ""
        return Problem(where, text, rule, "" if hidden and shown else nearest_value)

    def holds_secret(self, place: Place) -> bool:
        """Whether the value at a place may be a secret: by its kind, a field's name, or the name beside it (env)."""
        if self.manifest.get("kind") == "Secret" and place[:1] in {("data",), ("stringData",)}:
            return True
        if any(isinstance(part, str) and _SECRET_NAME.search(part) for part in place):
            return True
        return any(_SECRET_NAME.search(name) for name in _names_on_the_way(self.manifest, place))


def name_of(manifest: Manifest) -> str:
    """Return the name of an object, for messages about it."""
    metadata: Any = manifest.get("metadata")
    name: Any = cast("dict[str, Any]", metadata).get("name") if isinstance(metadata, dict) else None
    return str(name) if name else "without a name"


def _names_on_the_way(value: object, place: Place) -> Iterator[str]:
    """Give the `name` of every map that encloses a place: that of an environment variable, say."""
    if not place:
        return
    if isinstance(value, dict):
        fields = cast("dict[str | int, object]", value)
        if isinstance(name := fields.get("name"), str):
            yield name
        yield from _names_on_the_way(fields.get(place[0]), place[1:])
    elif isinstance(value, list | tuple):
        yield from _names_on_the_way(cast("Sequence[object]", value)[int(place[0])], place[1:])


def written(place: Place) -> str:
    """Write a place as people do; a key that holds dots stands in brackets: ``metadata.labels[aifactory.dev/region]``."""
    text = ""
    for part in place:
        if isinstance(part, int) or not re.fullmatch(r"[\w-]+", part):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text or "the object"


def words_of(error: "ValidationError", subject: Subject) -> Iterator[Problem]:
    """Give the problems that one finding of the schema stands for."""
    place: Place = tuple(error.absolute_path)
    found = cast("Mapping[str, Any]", error.instance)
    schema = cast("Mapping[str, Any]", error.schema)
    rule = str(error.validator)
    if rule == "additionalProperties":
        yield from _unknown_fields(place, schema, found, subject)
    elif rule == "required":
        yield from _missing_fields(place, schema, found, subject)
    elif tuple(error.absolute_schema_path)[-2:-1] == ("propertyNames",):
        key = str(error.instance)
        yield subject.problem((*place, key), f"is no key that Kubernetes takes here; it must match {error.validator_value}")
    elif rule == "type":
        yield _wrong_type(place, error, subject)
    elif rule == "enum":
        allowed = [str(value) for value in cast("Sequence[object]", error.validator_value) if value not in {None, ""}]
        told = f"must be one of {', '.join(allowed)}"
        hint = nearest(str(error.instance), allowed)
        yield subject.problem(place, told, _as_allowed(hint, allowed), value=error.instance, shown=True)
    else:
        told, hint = _bound(rule, error.validator_value)
        yield subject.problem(place, told, hint, value=error.instance, shown=True)


def _as_allowed(hint: str, allowed: Sequence[str]) -> str:
    return hint or (allowed[0] if len(allowed) == 1 else "")


def _unknown_fields(
    place: Place, schema: Mapping[str, Any], found: Mapping[str, Any], subject: Subject
) -> Iterator[Problem]:
    fields = cast("Mapping[str, Any]", schema.get("properties", {}))
    for name in found:
        if name in fields:
            continue
        if place == ("metadata",) and name == "namespace":
            yield subject.problem(
                (*place, name), f"{subject.kind} lives in no namespace, but in the whole cluster; leave it out"
            )
        else:
            rule = f"no such field of {subject.kind}; {_listed(fields)}"
            yield subject.problem((*place, str(name)), rule, nearest(str(name), fields, among=1))


def _listed(fields: Mapping[str, Any]) -> str:
    names = sorted(fields)
    if not names:
        return "there are none here"
    more = len(names) - _NAMES_SHOWN
    return f"there are {', '.join(names[:_NAMES_SHOWN])}" + (f" and {more} more" if more > 0 else "")


def _missing_fields(
    place: Place, schema: Mapping[str, Any], found: Mapping[str, Any], subject: Subject
) -> Iterator[Problem]:
    for name in cast("Sequence[str]", schema["required"]):
        if name not in found:
            yield subject.problem((*place, name), f"is required by {subject.kind}")


def _wrong_type(place: Place, error: "ValidationError", subject: Subject) -> Problem:
    stated = cast("str | list[str]", error.validator_value)
    wanted = [stated] if isinstance(stated, str) else stated
    found = cast("object", error.instance)
    rule = f"must be {' or '.join(_TYPES[one] for one in wanted)}, and is {_TYPES[type_of(found)]}"
    return subject.problem(place, rule, _other_spelling(found, wanted), value=found, shown=True)


def type_of(value: object) -> str:
    """Return the JSON type of a plain value."""
    if value is None:
        return "null"
    for name, kind in (("boolean", bool), ("integer", int), ("number", float), ("string", str), ("object", Mapping)):
        if isinstance(value, kind):
            return name
    return "array"


def _other_spelling(value: object, wanted: Sequence[str]) -> str:
    """Return the value in the type that is wanted, when it is only the spelling that is wrong; else an empty string."""
    if isinstance(value, bool | int | float) and "string" in wanted:
        return f'"{str(value).lower()}"'
    if isinstance(value, str) and len(value) <= MAX_SHOWN:
        if "boolean" in wanted and value.lower() in {"true", "false"}:
            return f"{value.lower()} without quotes"
        if "integer" in wanted and re.fullmatch(r"-?\d+", value):
            return f"{value} without quotes"
        if "array" in wanted:
            return f'["{value}"]'
    return ""


def _bound(rule: str, bound: Any) -> tuple[str, str]:  # noqa: ANN401 -- any JSON value
    """Return what a bound says, and the nearest value that is within it."""
    told = {
        "pattern": (f"must match {bound}", ""),
        "minimum": (f"must be at least {bound}", str(bound)),
        "maximum": (f"must be at most {bound}", str(bound)),
        "exclusiveMinimum": (f"must be more than {bound}", ""),
        "exclusiveMaximum": (f"must be less than {bound}", ""),
        "multipleOf": (f"must be a multiple of {bound}", ""),
        "minLength": (f"must have at least {bound} characters", ""),
        "maxLength": (f"must have at most {bound} characters", ""),
        "minItems": (f"must hold at least {bound}", ""),
        "maxItems": (f"must hold at most {bound}", ""),
        "minProperties": (f"must hold at least {bound}", ""),
        "maxProperties": (f"must hold at most {bound}", ""),
        "uniqueItems": ("holds the same value twice; each may stand there once", ""),
        "const": (f"must be {bound}", str(bound)),
    }
    if rule == LIST_KEYS:
        return f"holds two items with the same {' and '.join(bound)}; the items of this list must differ in that", ""
    return told.get(rule, (f"breaks the rule {rule} of its schema", ""))
