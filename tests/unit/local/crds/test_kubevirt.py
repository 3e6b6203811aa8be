"""KubeVirt's definitions out of its Go source."""

import pytest

from aifactory.local.crds.kubevirt import build, schema_literals
from aifactory.local.crds.sources import KubevirtKind

SOURCE = """package components

var CRDsValidation map[string]string = map[string]string{
	"datavolumetemplatespec": `openAPIV3Schema:
  nullable: true
  properties:
    spec:
      type: object
  type: object
`,
	"virtualmachine": `openAPIV3Schema:
  description: 'a "quoted" word'
  properties:
    spec:
      properties:
        running:
          nullable: true
          type: boolean
      type: object
  type: object
`,
	"virtualmachineinstancereplicaset": `openAPIV3Schema:
  nullable: true
  type: object
`,
}
"""


def kind(**changes: object) -> KubevirtKind:
    plain = {
        "group": "kubevirt.io",
        "kind": "VirtualMachine",
        "schema": "virtualmachine",
        "plural": "virtualmachines",
        "short": ["vm"],
        "versions": ["v1", "v1alpha3"],
        "status": True,
    }
    return KubevirtKind.model_validate(plain | changes)


class TestLiterals:
    """Prevents schemas from being cut off or run together when the generated file is read."""

    def test_every_literal_is_found_by_its_key(self) -> None:
        assert set(schema_literals(SOURCE)) == {
            "datavolumetemplatespec",
            "virtualmachine",
            "virtualmachineinstancereplicaset",
        }

    def test_a_literal_is_taken_whole(self) -> None:
        literal = schema_literals(SOURCE)["virtualmachine"]
        assert literal.startswith("openAPIV3Schema:\n")
        assert literal.endswith("  type: object\n")
        assert '"quoted"' in literal


class TestBuild:
    """Prevents definitions that the API server refuses, or that store another version than KubeVirt's own."""

    def test_versions_share_the_schema_and_the_first_is_stored(self) -> None:
        (found,) = build(SOURCE, [kind()])
        versions = found["spec"]["versions"]
        assert [(version["name"], version["served"], version["storage"]) for version in versions] == [
            ("v1", True, True),
            ("v1alpha3", True, False),
        ]
        assert versions[0]["schema"] == versions[1]["schema"]
        assert versions[0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["running"]["nullable"] is True

    def test_names_and_scope(self) -> None:
        (found,) = build(SOURCE, [kind(scope="Cluster")])
        assert found["metadata"]["name"] == "virtualmachines.kubevirt.io"
        assert found["spec"]["scope"] == "Cluster"
        assert found["spec"]["names"] == {
            "kind": "VirtualMachine",
            "listKind": "VirtualMachineList",
            "plural": "virtualmachines",
            "singular": "virtualmachine",
            "shortNames": ["vm"],
        }

    def test_the_root_is_never_nullable(self) -> None:
        rows = [kind(schema="virtualmachineinstancereplicaset", kind="VirtualMachineInstanceReplicaSet")]
        (found,) = build(SOURCE, rows)
        assert "nullable" not in found["spec"]["versions"][0]["schema"]["openAPIV3Schema"]

    def test_subresources_are_those_of_the_kind(self) -> None:
        (without,) = build(SOURCE, [kind(status=False)])
        assert "subresources" not in without["spec"]["versions"][0]
        (scaled,) = build(SOURCE, [kind(scale=True)])
        assert set(scaled["spec"]["versions"][0]["subresources"]) == {"status", "scale"}

    def test_a_schema_that_is_gone_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="plugin"):
            build(SOURCE, [kind(schema="plugin")])
