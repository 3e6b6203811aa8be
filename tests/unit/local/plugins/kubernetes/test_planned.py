"""What a run intends."""

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes.objects import Identity, Kind
from aifactory.local.plugins.kubernetes.planned import Planned, kinds_of, unknown_fields

SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "size": {"type": "integer"},
                "list": {"type": "array", "items": {"type": "object", "properties": {"name": {}}}},
                "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
                "template": {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {}},
            },
        }
    },
}


def crd(scope="Namespaced"):
    return {
        "spec": {
            "group": "example.com",
            "scope": scope,
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {"name": "v1", "served": True, "schema": {"openAPIV3Schema": SCHEMA}},
                {"name": "v0", "served": False},
            ],
        }
    }


class TestKinds:
    """Prevents a preview from failing on what the same run will make."""

    def test_served_versions(self):
        (found,) = kinds_of(crd())
        assert (found.kind, found.namespaced) == (Kind("example.com", "v1", "Widget"), True)

    def test_scope(self):
        assert next(kinds_of(crd("Cluster"))).namespaced is False

    def test_an_unfinished_crd_defines_nothing(self):
        assert list(kinds_of({"spec": {"group": UNKNOWN, "versions": [{"name": "v1"}]}})) == []

    def test_remembered(self):
        planned = Planned()
        planned.definition(crd())
        assert planned.kind(Kind("example.com", "v1", "Widget")).schema == SCHEMA
        assert planned.kind(Kind("example.com", "v0", "Widget")) is None


class TestUnknownFields:
    """Prevents a misspelt field of a planned kind from passing the preview."""

    def test_paths(self):
        thing = {
            "metadata": {"whatever": 1},
            "spec": {
                "sise": 1,
                "list": [{"name": 1}, {"nome": 1}],
                "labels": {"a": "b"},
                "any": {"x": 1},
                "template": {"y": 1},
            },
            "extra": 1,
        }
        assert unknown_fields(thing, SCHEMA) == ["spec.sise", "spec.list[1].nome", "extra"]

    def test_an_open_crd_has_no_unknown_fields(self):
        assert unknown_fields({"spec": {"a": 1}}, {"type": "object", "x-kubernetes-preserve-unknown-fields": True}) == []
        assert unknown_fields({"spec": {"a": 1}}, {}) == []


class TestMemory:
    """Prevents a deletion of what was taken over in the same run, and confusion of two objects."""

    ONE, OTHER = Identity("", "ConfigMap", "ns", "a"), Identity("", "ConfigMap", "ns", "b")

    def test_namespaces(self):
        planned = Planned()
        planned.namespace("ns")
        assert planned.has_namespace("ns")
        assert not planned.has_namespace("other")

    def test_taken_over_by_uid(self):
        planned = Planned()
        planned.taken_over(self.ONE, "u")
        assert planned.is_taken_over(self.ONE, "u")
        assert not planned.is_taken_over(self.ONE, "another")
        assert not planned.is_taken_over(self.OTHER, "u")
        assert not planned.is_taken_over(self.OTHER, "")

    def test_replaced_and_held(self):
        planned = Planned()
        planned.replacement(self.ONE)
        planned.held("urn", self.ONE)
        assert planned.is_replaced(self.ONE)
        assert not planned.is_replaced(self.OTHER)
        assert planned.is_held("urn", self.ONE)
        assert not planned.is_held("urn", self.OTHER)
        assert not planned.is_held("other", self.ONE)
