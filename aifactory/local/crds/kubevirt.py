"""KubeVirt's definitions, put together from the schemas that its repository generates.

KubeVirt publishes no YAML in its Go module: its operator makes the definitions at run time out of schema literals in
`validations_generated.go` and a few facts in code. The literals are read here, the facts are in `kubevirt.yaml`.
"""

import re
from collections.abc import Sequence

from .documents import Document, load_yaml
from .sources import KubevirtKind

_LITERAL = re.compile(r'^\t"(?P<key>[a-z]+)": `(?P<schema>[^`]*)`,$', re.MULTILINE)


def schema_literals(go_source: str) -> dict[str, str]:
    """Return the YAML of every schema literal in `validations_generated.go`, by its key."""
    return {match["key"]: match["schema"] for match in _LITERAL.finditer(go_source)}


def build(go_source: str, kinds: Sequence[KubevirtKind]) -> list[Document]:
    """Return one CustomResourceDefinition for each of `kinds`.

    Raises:
        KeyError: the source holds no schema of that name.
    """
    literals = schema_literals(go_source)
    return [_definition(row, literals[row.schema_key]) for row in kinds]


def _definition(row: KubevirtKind, literal: str) -> Document:
    (validation,) = load_yaml(literal)
    schema = validation["openAPIV3Schema"]
    # The API server refuses a nullable root (422, "nullable: Forbidden"), which the generator writes all the same.
    schema.pop("nullable", None)
    subresources: Document = {}
    if row.status:
        subresources["status"] = {}
    if row.scale:
        subresources["scale"] = {
            "specReplicasPath": ".spec.replicas",
            "statusReplicasPath": ".status.replicas",
            "labelSelectorPath": ".status.labelSelector",
        }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row.plural}.{row.group}"},
        "spec": {
            "group": row.group,
            "scope": row.scope,
            "names": {
                "kind": row.kind,
                "listKind": f"{row.kind}List",
                "plural": row.plural,
                "singular": row.schema_key,
                "shortNames": list(row.short),
            },
            "versions": [
                {
                    "name": version,
                    "served": True,
                    "storage": version == row.versions[0],
                    "schema": {"openAPIV3Schema": schema},
                    **({"subresources": subresources} if subresources else {}),
                }
                for version in row.versions
            ],
        },
    }
