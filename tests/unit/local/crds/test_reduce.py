"""From a definition's schema to the closed schema of its facts."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from aifactory.errors import ToolError
from aifactory.local.crds.reduce import embedded_metadata, kind_schema, metadata, reduced


def accepts(schema: dict[str, Any], value: Any) -> bool:
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).is_valid(value)


DEFINED = {
    "type": "object",
    "properties": {
        "apiVersion": {"type": "string"},
        "kind": {"type": "string"},
        "metadata": {"type": "object"},
        "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
    "required": ["metadata", "spec"],
}


class TestObjects:
    """Prevents a field that nobody knows from passing, and one that is left open from being refused."""

    def test_fields_that_are_not_named_are_refused(self) -> None:
        schema = reduced({"type": "object", "properties": {"a": {"type": "string"}}})
        assert accepts(schema, {"a": "x"})
        assert not accepts(schema, {"b": "x"})

    def test_an_object_without_fields_takes_none(self) -> None:
        schema = reduced({"type": "object"})
        assert accepts(schema, {})
        assert not accepts(schema, {"a": 1}), "the API server would drop it in silence"

    def test_what_preserves_unknown_fields_takes_any_beside_its_own(self) -> None:
        schema = reduced(
            {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"a": {"type": "string"}}}
        )
        assert accepts(schema, {"a": "x", "b": [1]})
        assert not accepts(schema, {"a": 1})

    def test_a_field_without_a_type_that_preserves_takes_anything(self) -> None:
        schema = reduced({"x-kubernetes-preserve-unknown-fields": True})
        assert all(accepts(schema, value) for value in ({"a": 1}, [1], "x", None))

    def test_a_map_is_open_in_its_keys_and_closed_in_its_values(self) -> None:
        schema = reduced({"type": "object", "additionalProperties": {"type": "integer"}})
        assert accepts(schema, {"any": 1})
        assert not accepts(schema, {"any": "x"})

    def test_a_map_of_anything_is_open(self) -> None:
        assert accepts(reduced({"type": "object", "additionalProperties": True}), {"any": [1]})

    def test_required_fields(self) -> None:
        fields = {"a": {"type": "string"}, "b": {"type": "string", "default": "x"}}
        schema = {"type": "object", "properties": fields, "required": ["b", "a"]}
        assert reduced(schema)["required"] == ["a"], "a default is filled in before the API server looks"
        assert reduced(schema, defaulted=False)["required"] == ["a", "b"], "Go's zero value is no default"

    def test_all_of_it_holds_at_every_depth(self) -> None:
        inner = {"type": "object", "properties": {"a": {"type": "string", "description": "prose", "default": "x"}}}
        nested = {"type": "array", "items": {"type": "object", "additionalProperties": inner}}
        schema = reduced({"type": "object", "properties": {"list": nested}, "description": "prose"})
        assert accepts(schema, {"list": [{"any": {"a": "x"}}]})
        assert not accepts(schema, {"list": [{"any": {"b": "x"}}]})
        assert "prose" not in str(schema)
        assert "default" not in str(schema)


class TestValues:
    """Prevents wrong values from passing because a bound was written in the other dialect."""

    @pytest.mark.parametrize(("value", "right"), [(80, True), ("http", True), (8.5, False), (None, False), (True, False)])
    def test_a_number_or_text(self, value: Any, right: bool) -> None:
        both = [{"type": "integer"}, {"type": "string"}]
        assert accepts(reduced({"anyOf": both, "x-kubernetes-int-or-string": True}), value) is right

    def test_a_pattern_of_a_number_or_text_is_for_the_text(self) -> None:
        schema = reduced({"x-kubernetes-int-or-string": True, "pattern": "^[0-9]+%$"})
        assert accepts(schema, 5)
        assert accepts(schema, "5%")
        assert not accepts(schema, "5")

    def test_null_where_it_is_allowed(self) -> None:
        assert accepts(reduced({"type": "string", "enum": ["a"], "nullable": True}), None)
        assert not accepts(reduced({"type": "string"}), None)
        assert accepts(reduced({"type": "object", "nullable": True}), None)

    def test_exclusive_bounds_are_numbers_in_json_schema(self) -> None:
        schema = reduced(
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False}
        )
        assert [value for value in range(12) if accepts(schema, value)] == list(range(2, 10))

    @pytest.mark.parametrize(
        ("bound", "right", "wrong"),
        [
            ({"type": "string", "minLength": 2}, "ab", "a"),
            ({"type": "string", "maxLength": 1}, "a", "ab"),
            ({"type": "string", "enum": ["a", "b"]}, "b", "c"),
            ({"type": "integer", "multipleOf": 5}, 10, 11),
            ({"type": "object", "minProperties": 1, "additionalProperties": {"type": "string"}}, {"a": "b"}, {}),
            ({"type": "array", "maxItems": 1, "items": {"type": "string"}}, ["a"], ["a", "b"]),
            ({"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}}, ["a"], ["a", "a"]),
        ],
    )
    def test_other_bounds(self, bound: dict[str, Any], right: Any, wrong: Any) -> None:
        assert accepts(reduced(bound), right)
        assert not accepts(reduced(bound), wrong)

    def test_the_keys_of_a_list_are_kept(self) -> None:
        keyed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]}
        item = {"type": "object", "properties": {"name": {"type": "string"}}}
        assert reduced(keyed | {"items": item})["x-kubernetes-list-map-keys"] == ["name"]

    def test_a_flag_after_the_anchor_is_read_as_go_reads_it(self) -> None:
        schema = reduced({"type": "string", "pattern": "^(?i)[a-z]+$"})
        assert accepts(schema, "ABC")
        assert not accepts(schema, "A1")


class TestWhatIsNotKnown:
    """Prevents a new version of an operator whose rules are lost without a word."""

    def test_a_keyword_that_nobody_has_thought_about(self) -> None:
        with pytest.raises(ToolError, match="x-kubernetes-embedded-resource") as caught:
            reduced({"type": "object", "properties": {"a": {"type": "object", "x-kubernetes-embedded-resource": True}}})
        assert "reduce.py" in caught.value.fix

    def test_classes_of_letters_and_symbols_between_brackets_accept_no_less(self) -> None:
        pattern = reduced({"type": "string", "pattern": r"^[a-z0-9-\p{S}\p{L}]+$"})["pattern"]
        assert all(re.search(pattern, text) for text in ("a-1", "straße", "a=b", "€", "É"))
        assert not re.search(pattern, "a b")
        assert not re.search(pattern, "a/b")

    def test_a_pattern_that_python_cannot_read(self) -> None:
        with pytest.raises(ToolError, match="pattern"):
            reduced({"type": "string", "pattern": r"^\p{Lu}+$"})

    def test_rules_between_fields_are_left_to_the_api_server(self) -> None:
        rules = {"x-kubernetes-validations": [{"rule": "self > 1", "message": "prose"}], "format": "int64"}
        assert reduced({"type": "integer"} | rules) == {"type": "integer"}


class TestWholeObjects:
    """Prevents an object that says it is of another kind, or that lands in whichever namespace a kubeconfig names."""

    def thing(self, **metadata_of: Any) -> dict[str, Any]:
        return {
            "apiVersion": "one.test/v1",
            "kind": "Thing",
            "metadata": {"name": "a", "namespace": "b"} | metadata_of,
            "spec": {"size": 1},
        }

    @pytest.fixture
    def schema(self) -> dict[str, Any]:
        return kind_schema("one.test/v1", "Thing", DEFINED, namespaced=True)

    def test_a_right_one(self, schema: dict[str, Any]) -> None:
        assert accepts(schema, self.thing(labels={"aifactory.dev/region": "here"}, annotations={"a": "any text at all"}))

    @pytest.mark.parametrize("field", ["apiVersion", "kind", "metadata", "spec"])
    def test_what_must_be_there(self, schema: dict[str, Any], field: str) -> None:
        assert not accepts(schema, {name: value for name, value in self.thing().items() if name != field})

    @pytest.mark.parametrize("other", [{"kind": "Other"}, {"apiVersion": "one.test/v2"}, {"status": {}}, {"size": 1}])
    def test_what_must_not(self, schema: dict[str, Any], other: dict[str, Any]) -> None:
        assert not accepts(schema, self.thing() | other)

    def test_the_definition_itself_is_left_as_it_was(self, schema: dict[str, Any]) -> None:
        assert set(DEFINED["properties"]) == {"apiVersion", "kind", "metadata", "spec", "status"}

    @pytest.mark.parametrize(
        "wrong",
        [
            {"lables": {}},
            {"uid": "x"},
            {"name": ""},
            {"namespace": "A_b"},
            {"labels": {"a": "x" * 64}},
            {"labels": {"a": 1}},
            {"labels": {"two words": "x"}},
            {"annotations": {"a": True}},
        ],
        ids=str,
    )
    def test_wrong_metadata(self, schema: dict[str, Any], wrong: dict[str, Any]) -> None:
        assert not accepts(schema, self.thing(**wrong))

    def test_a_namespace_is_needed_where_the_kind_lives_in_one_and_refused_where_not(self) -> None:
        placed, free = {"name": "a", "namespace": "b"}, {"name": "a"}
        assert accepts(metadata(namespaced=True), placed)
        assert not accepts(metadata(namespaced=True), free)
        assert accepts(metadata(namespaced=False), free)
        assert not accepts(metadata(namespaced=False), placed)

    def test_a_template_needs_no_name(self) -> None:
        assert accepts(embedded_metadata(), {"labels": {"app": "a"}})
        assert not accepts(embedded_metadata(), {"lables": {"app": "a"}})
        assert reduced(embedded_metadata()) == embedded_metadata(), "it passes through the reduction once more"
