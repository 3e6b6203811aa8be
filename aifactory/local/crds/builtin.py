"""Kubernetes' own kinds: their published OpenAPI documents, brought into the form of a definition's schema. Pure."""

from typing import Any, Final, cast

from aifactory.errors import ToolError

from .documents import Document
from .reduce import QUANTITY_PATTERN, Schema, embedded_metadata

_PREFIX: Final = "#/components/schemas/"

_META: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"

_LEAVES: Final[dict[str, Schema]] = {
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"x-kubernetes-int-or-string": True},
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["number", "string"], "pattern": QUANTITY_PATTERN},
    "io.k8s.apimachinery.pkg.runtime.RawExtension": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
"""Types whose JSON form is written in code: the document only has their Go names and prose for them."""


def kinds(document: Document, wanted: frozenset[str]) -> dict[str, tuple[Schema, bool]]:
    """Return (schema, namespaced) of the wanted kinds of one group and version.

    Args:
        document: the OpenAPI v3 document that Kubernetes publishes for that group and version.
        wanted: kinds, such as ``Deployment``.

    Raises:
        ToolError: the document lacks one of them.
    """
    schemas = cast("dict[str, Schema]", document["components"]["schemas"])
    served = _served(document)
    named = {
        name.rpartition(".")[2]: name for name, schema in schemas.items() if "x-kubernetes-group-version-kind" in schema
    }
    missing = sorted(wanted - (served.keys() & named.keys()))
    if missing:
        raise ToolError(
            f"the OpenAPI document of Kubernetes does not serve {', '.join(missing)}",
            fix="correct `provides` in aifactory/local/crds/reduced.yaml, or the pinned version",
        )
    return {kind: (_expanded(schemas[named[kind]], schemas), served[kind]) for kind in sorted(wanted)}


def _served(document: Document) -> dict[str, bool]:
    """Return whether it lives in a namespace, for each kind that has a path of its own."""
    found: dict[str, bool] = {}
    for path, operations in cast("dict[str, dict[str, Any]]", document["paths"]).items():
        if not path.endswith("/{name}") or "/watch/" in path:
            continue
        reading = operations.get("get", {})
        if "x-kubernetes-group-version-kind" in reading:
            found[reading["x-kubernetes-group-version-kind"]["kind"]] = "/namespaces/{namespace}/" in path
    return found


def _expanded(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """Return a schema with what it refers to in place of the references."""
    target = _target(schema)
    if target in _LEAVES:
        return _LEAVES[target]
    if target == _META:
        return embedded_metadata()
    if target:
        return _expanded(schemas[target], schemas)
    result = dict(schema)
    if "properties" in schema:
        result["properties"] = {name: _expanded(field, schemas) for name, field in schema["properties"].items()}
    for keyword in ("items", "additionalProperties"):
        if isinstance(schema.get(keyword), dict):
            result[keyword] = _expanded(schema[keyword], schemas)
    return result


def _target(schema: Schema) -> str:
    """Return the name that a schema refers to, by itself or as the only member of `allOf`; empty when it is no reference."""
    everything = schema.get("allOf", [{}])
    reference = schema.get("$ref") or (everything[0].get("$ref") if len(everything) == 1 else None) or ""
    return str(reference).removeprefix(_PREFIX)
