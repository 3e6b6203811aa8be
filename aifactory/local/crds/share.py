"""Many schemas in one file: what they repeat (pod templates, affinities, selectors) is written once under `$defs`."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, cast

from .reduce import Schema

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_SHARED_FROM: Final = 90
"""Characters from which a repeated schema is written once: below that a reference to it is hardly shorter."""

_LINE: Final = 120
"""Characters of a value that are written on one line."""


def bundle(kinds: Mapping[str, Schema], source: str) -> Schema:
    """Return one JSON Schema that takes an object of any of these kinds.

    Args:
        kinds: reduced schemas of whole objects, by a name such as ``Cluster.v1``.
        source: where the facts were read, such as ``sigs.k8s.io/kueue@v0.19.2``.
    """
    repeated = _repeated(kinds.values())
    names = _Names(repeated)
    definitions: Schema = {}
    for name in sorted(kinds):
        definitions[name] = names.written(kinds[name], name)
    return {
        "$schema": DIALECT,
        "$comment": source,
        "oneOf": [_reference(name) for name in sorted(kinds)],
        "$defs": dict(sorted((definitions | names.definitions).items())),
    }


def text(bundled: Schema) -> str:
    """Return a bundle as the text of its file: what is short on one line, so that a diff is small."""
    members = ",\n".join(f"{_dumped(key)}:{_lines(bundled[key])}" for key in ("$schema", "$comment", "oneOf", "$defs"))
    return f"{{\n{members}\n}}\n"


def _lines(value: Any) -> str:  # noqa: ANN401 -- any JSON value
    dumped = _dumped(value)
    if len(dumped) <= _LINE:
        return dumped
    if isinstance(value, dict):
        below = cast("dict[str, Any]", value)
        return "{\n" + ",\n".join(f"{_dumped(key)}:{_lines(below[key])}" for key in sorted(below)) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(map(_lines, cast("list[Any]", value))) + "\n]"
    return dumped


def _reference(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}


def _dumped(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _children(schema: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Give (keyword, field, schema) of every schema right below one; the field is empty except below `properties`."""
    for name, field in sorted(cast("dict[str, Schema]", schema.get("properties", {})).items()):
        yield "properties", name, field
    for keyword in ("items", "additionalProperties"):
        below: Any = schema.get(keyword)
        if isinstance(below, dict):
            yield keyword, "", cast("Schema", below)


def _repeated(roots: Iterable[Schema]) -> frozenset[str]:
    """Return the text of each schema that stands in more than one place, not counting places inside repeated ones."""
    places: Counter[str] = Counter()
    seen: set[str] = set()

    def visit(schema: Schema) -> None:
        for _, _, below in _children(schema):
            key = _dumped(below)
            places[key] += 1
            if key not in seen:
                seen.add(key)
                visit(below)

    for root in roots:
        visit(root)
    return frozenset(key for key, count in places.items() if count > 1 and len(key) >= _SHARED_FROM)


class _Names:
    """Names for repeated schemas: of the field where one is met first, with a number when several have that name."""

    def __init__(self, repeated: frozenset[str]) -> None:
        self._repeated = repeated
        self._by_text: dict[str, str] = {}
        self._used: Counter[str] = Counter()
        self.definitions: Schema = {}

    def written(self, schema: Schema, name: str) -> Schema:
        """Return a schema with references in place of the repeated ones below it."""
        result: Schema = dict(schema)
        if "properties" in schema:
            result["properties"] = {}
        for keyword, field, below in _children(schema):
            called = field or f"{name}{'Item' if keyword == 'items' else 'Value'}"
            found = self._placed(below, called)
            if field:
                result["properties"][field] = found
            else:
                result[keyword] = found
        return result

    def _placed(self, schema: Schema, name: str) -> Schema:
        key = _dumped(schema)
        if key not in self._repeated:
            return self.written(schema, name)
        if key not in self._by_text:
            self._used[name] += 1
            unique = name if self._used[name] == 1 else f"{name}.{self._used[name]}"
            self._by_text[key] = unique
            self.definitions[unique] = self.written(schema, name)
        return _reference(self._by_text[key])
