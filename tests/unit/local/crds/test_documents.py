"""Reading definitions' YAML."""

import pytest
import yaml

from aifactory.local.crds.documents import definitions, digest, group_kind, load_yaml

from .samples import definition


class TestLoading:
    """Prevents the failures that real definitions have caused: a bare =, empty documents, lists of other things."""

    def test_a_bare_equals_sign_is_a_string(self) -> None:
        # As in the enum of matchTypes of monitoring.coreos.com_alertmanagerconfigs.yaml.
        assert load_yaml("enum:\n- '!='\n- =\n- =~\n") == [{"enum": ["!=", "=", "=~"]}]

    def test_yaml_itself_would_have_failed(self) -> None:
        with pytest.raises(yaml.constructor.ConstructorError):
            yaml.load("enum: [=]", Loader=yaml.CSafeLoader)

    def test_empty_documents_and_scalars_are_left_out(self) -> None:
        assert load_yaml("---\n---\na: 1\n---\njust words\n---\n- list\n") == [{"a": 1}]

    def test_booleans_numbers_and_merges_are_read_as_ever(self) -> None:
        text = "base: &base {a: true, b: 1.5}\nmore: {<<: *base, c: 3}\n"
        assert load_yaml(text)[0]["more"] == {"a": True, "b": 1.5, "c": 3}

    def test_no_python_objects_are_made(self) -> None:
        with pytest.raises(yaml.YAMLError):
            load_yaml("a: !!python/object/apply:os.getcwd []")


class TestDefinitions:
    """Prevents other manifests of a release file from being taken for definitions, and statuses from being applied."""

    def test_only_definitions_are_taken(self) -> None:
        text = yaml.safe_dump_all([{"kind": "Kustomization"}, definition("g.test", "Thing"), {"kind": "ConfigMap"}])
        assert [group_kind(found) for found in definitions(text)] == [("g.test", "Thing")]

    def test_status_and_creation_time_are_dropped(self) -> None:
        full = definition("g.test", "Thing")
        full["metadata"]["creationTimestamp"] = None
        full["status"] = {"conditions": [], "storedVersions": []}
        (found,) = definitions(yaml.safe_dump(full))
        assert "status" not in found
        assert found["metadata"] == {"name": "things.g.test"}


class TestDigest:
    """Prevents a definition from being sent again because its keys came in another order."""

    def test_order_does_not_matter_and_content_does(self) -> None:
        assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
        assert digest({"a": 1}) != digest({"a": 2})
