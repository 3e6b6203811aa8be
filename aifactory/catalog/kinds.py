"""The schemas of the kinds that are known: reductions of the operators' definitions, one file a group, and Kubernetes' own.

A file is read when an object of its group is first asked for; `aifactory.local.crds.schemas` makes the files.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, cast

ObjectSchema = dict[str, Any]
"""A JSON Schema (2020-12) of a whole object, with everything that it refers to in place."""

_KUBERNETES: Final = "kubernetes"
_SUFFIX: Final = ".json"


def object_schema(api_version: str, kind: str) -> ObjectSchema | None:
    """Return the schema of a kind; None when there is none. Shared between callers: not to be changed.

    Args:
        api_version: group and version, such as ``postgresql.cnpg.io/v1``; the core group has only a version.
        kind: such as ``Cluster``.
    """
    return _read(_file_of(api_version)).get((api_version, kind))


def known_kinds() -> tuple[tuple[str, str], ...]:
    """Return (apiVersion, kind) of every kind that has a schema, sorted. Reads all files: for messages, not for checks."""
    return tuple(sorted(pair for name in _file_names() for pair in _read(name)))


@cache
def _file_names() -> tuple[str, ...]:
    found = (path.name for path in files("aifactory.catalog").joinpath("schemas").iterdir())
    return tuple(sorted(name.removesuffix(_SUFFIX) for name in found if name.endswith(_SUFFIX)))


def _file_of(api_version: str) -> str:
    group = api_version.rpartition("/")[0]
    return group if group in _file_names() else _KUBERNETES


@cache
def _read(name: str) -> Mapping[tuple[str, str], ObjectSchema]:
    text = files("aifactory.catalog").joinpath("schemas", name + _SUFFIX).read_text(encoding="utf-8")
    bundle = cast("dict[str, Any]", json.loads(text))
    definitions = _Definitions(bundle["$defs"])
    schemas = [definitions.named(str(member["$ref"])) for member in bundle["oneOf"]]
    return {
        (schema["properties"]["apiVersion"]["const"], schema["properties"]["kind"]["const"]): schema for schema in schemas
    }


class _Definitions:
    """Puts what is referred to in place of the references, once each: following them at every check would cost time."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions
        self._done: dict[str, ObjectSchema] = {}

    def named(self, reference: str) -> ObjectSchema:
        name = reference.rpartition("/")[2]
        if name not in self._done:
            self._done[name] = self._followed(self._definitions[name])
        return self._done[name]

    def _followed(self, value: Any) -> Any:  # noqa: ANN401 -- any JSON value
        if isinstance(value, list):
            return [self._followed(item) for item in cast("list[Any]", value)]
        if not isinstance(value, dict):
            return value
        members = cast("dict[str, Any]", value)
        reference = members.get("$ref")
        if isinstance(reference, str):
            return self.named(reference)
        return {key: self._followed(below) for key, below in members.items()}
