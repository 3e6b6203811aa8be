"""From the OpenAPI schema of a kind to the closed JSON Schema by which its objects are checked before they leave.

The API server drops a field that it does not know, and says so in a warning at most. The reduced schema refuses it. Only
facts are kept: names, types, bounds. Pure: no files, no network.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, cast

from aifactory.errors import ToolError

Schema = dict[str, Any]
"""A schema, of either kind: OpenAPI v3 as Kubernetes writes it, or JSON Schema 2020-12."""

LIST_KEYS: Final = "x-kubernetes-list-map-keys"
"""Keyword that is carried over as it is: the fields by which the items of a list must differ."""

QUANTITY_PATTERN: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
"""An amount of a resource, as every definition that holds one writes its pattern."""

_BOUNDS: Final = (
    "pattern",
    "minimum",
    "maximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyNames",
)

_LEFT_OUT: Final = frozenset(
    {
        *("title", "description", "example", "externalDocs", "default"),
        # Rules between fields, which only the API server can check: expressions, and choices among open schemas.
        *("x-kubernetes-validations", "allOf", "anyOf", "oneOf", "not", "format"),
        # How patches merge, and facts of the kind that are not of its fields.
        *("x-kubernetes-map-type", "x-kubernetes-patch-merge-key", "x-kubernetes-patch-strategy"),
        *("x-kubernetes-unions", "x-kubernetes-group-version-kind"),
    }
)

_READ: Final = frozenset(
    {
        *("type", "nullable", "enum", "properties", "required", "items", "additionalProperties", "uniqueItems"),
        *("exclusiveMinimum", "exclusiveMaximum"),
        *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", LIST_KEYS),
    }
)

_KNOWN: Final = _LEFT_OUT | _READ | frozenset(_BOUNDS)

_OBJECT_KEYS: Final = frozenset({"properties", "additionalProperties", "x-kubernetes-preserve-unknown-fields"})

_FLAG_AFTER_ANCHOR: Final = re.compile(r"^\^\(\?i\)(.*)$", re.DOTALL)

_BRACKETS: Final = re.compile(r"\[(?:\\.|[^\]\\])+\]")

_CLASSES: Final = {r"\p{L}": r"a-zA-Z\u0080-\U0010ffff", r"\p{S}": r"$+<=>^`|~\u0080-\U0010ffff"}
"""Classes of characters that Go knows and Python does not, as what may stand between brackets."""

_LABEL_KEY: Final = r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"
_LABEL_VALUE: Final = r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"


def reduced(schema: Schema, *, defaulted: bool = True) -> Schema:
    """Return the closed JSON Schema of an OpenAPI schema.

    Args:
        schema: the schema of one field, with everything below it.
        defaulted: whether a `default` is filled in before required fields are asked for, as it is for custom resources;
            in Kubernetes' own schemas it only says what Go's zero value is.

    Raises:
        ToolError: a keyword that is not known here; what it forbids would be lost without a word.
    """
    _refuse_unknown_keywords(schema)
    result: Schema = {key: schema[key] for key in _BOUNDS if key in schema}
    if "pattern" in result:
        result["pattern"] = _pattern(result["pattern"])
    result |= _type(schema) | _exclusive_bounds(schema)
    if _OBJECT_KEYS & schema.keys() or schema.get("type") == "object":
        result |= _object(schema, defaulted=defaulted)
    if "items" in schema:
        result |= _list(schema, defaulted=defaulted)
    return result


def _refuse_unknown_keywords(schema: Schema) -> None:
    unknown = sorted(schema.keys() - _KNOWN)
    if unknown:
        raise ToolError(
            f"a definition has schema keywords that nobody has thought about: {', '.join(unknown)}",
            why="what they forbid would go unchecked without a word",
            fix="handle them in aifactory/local/crds/reduce.py, or name them there as left out",
        )


def _pattern(go: str) -> str:
    """Return a pattern of Go as one that Python reads: there a flag may follow the first anchor, here it opens a group."""
    pattern = _BRACKETS.sub(lambda match: _widened(match[0]), _FLAG_AFTER_ANCHOR.sub(r"(?i:^\1)", go))
    try:
        re.compile(pattern)
    except re.error as error:
        raise ToolError(
            f"the pattern {go!r} of a definition is none that Python reads: {error}",
            fix="translate it in aifactory/local/crds/reduce.py",
        ) from error
    return pattern


def _widened(brackets: str) -> str:
    """Return a set of characters with Unicode's letters and symbols as all beyond ASCII: it may accept more, never less."""
    for name, characters in _CLASSES.items():
        brackets = brackets.replace(name, characters)
    return brackets


def _type(schema: Schema) -> Schema:
    found: Schema = {}
    nullable = bool(schema.get("nullable"))
    if schema.get("x-kubernetes-int-or-string"):
        kinds = ["integer", "string"]
    elif "type" in schema:
        stated: str | list[str] = schema["type"]
        kinds = [stated] if isinstance(stated, str) else list(stated)
    else:
        kinds = []
    if kinds:
        every = [*kinds, "null"] if nullable else kinds
        found["type"] = every if len(every) > 1 else every[0]
    if "enum" in schema:
        found["enum"] = [*schema["enum"], None] if nullable and None not in schema["enum"] else list(schema["enum"])
    return found


def _exclusive_bounds(schema: Schema) -> Schema:
    """OpenAPI 3.0 has a flag beside the bound, JSON Schema has the bound itself under the flag's name."""
    found: Schema = {}
    for flag, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if schema.get(flag):
            found[flag] = schema[bound]
    return found


def _object(schema: Schema, *, defaulted: bool) -> Schema:
    found: Schema = {}
    properties = cast("Mapping[str, Schema]", schema.get("properties", {}))
    if properties:
        found["properties"] = {name: reduced(field, defaulted=defaulted) for name, field in properties.items()}
    given = [name for name in schema.get("required", ()) if not (defaulted and "default" in properties.get(name, {}))]
    if given:
        found["required"] = sorted(given)
    others = schema.get("additionalProperties")
    if isinstance(others, dict):
        found["additionalProperties"] = reduced(cast("Schema", others), defaulted=defaulted)
    elif not others and not schema.get("x-kubernetes-preserve-unknown-fields"):
        found["additionalProperties"] = False
    return found


def _list(schema: Schema, *, defaulted: bool) -> Schema:
    found: Schema = {"items": reduced(schema["items"], defaulted=defaulted)}
    structure = schema.get("x-kubernetes-list-type")
    if structure == "set" or schema.get("uniqueItems"):
        found["uniqueItems"] = True
    if structure == "map":
        found[LIST_KEYS] = list(schema[LIST_KEYS])
    return found


def metadata(*, namespaced: bool) -> Schema:
    """Return the schema of an object's `metadata` as blocks write it: a fixed name, and nothing that the server fills in.

    Args:
        namespaced: whether the kind lives in a namespace, which is then required: without one the object would land in
            whichever namespace the kubeconfig names.
    """
    properties = _labelled() | {"name": {"type": "string", "minLength": 1, "maxLength": 253}}
    if not namespaced:
        return _closed(properties, ["name"])
    place = {"type": "string", "minLength": 1, "maxLength": 63, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"}
    return _closed(properties | {"namespace": place}, ["name", "namespace"])


def embedded_metadata() -> Schema:
    """Return the schema of the `metadata` of a template inside an object, such as a Deployment's pod template."""
    name = {"type": "string", "minLength": 1, "maxLength": 253}
    return _closed(_labelled() | {"name": name, "namespace": name}, [])


def _labelled() -> Schema:
    return {
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "labels": {
            "type": "object",
            "propertyNames": {"pattern": _LABEL_KEY},
            "additionalProperties": {"type": "string", "maxLength": 63, "pattern": _LABEL_VALUE},
        },
    }


def _closed(properties: Schema, required: list[str]) -> Schema:
    closed: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return closed | {"required": required} if required else closed


def kind_schema(api_version: str, kind: str, schema: Schema, *, namespaced: bool, defaulted: bool = True) -> Schema:
    """Return the schema of a whole object: of this kind and version, with our metadata, and without a status.

    Args:
        api_version: such as ``postgresql.cnpg.io/v1``.
        kind: such as ``Cluster``.
        schema: the kind's OpenAPI schema.
        namespaced: as for `metadata`.
        defaulted: as for `reduced`.
    """
    ours = {"apiVersion", "kind", "metadata", "status"}
    fields = {name: field for name, field in schema.get("properties", {}).items() if name not in ours}
    required = [name for name in schema.get("required", ()) if name not in ours]
    found = reduced(schema | {"properties": fields, "required": required}, defaulted=defaulted)
    identity: Schema = {
        "apiVersion": {"const": api_version},
        "kind": {"const": kind},
        "metadata": metadata(namespaced=namespaced),
    }
    return found | {
        "properties": identity | found.get("properties", {}),
        "required": sorted({*identity, *found.get("required", ())}),
    }
