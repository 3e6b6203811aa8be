"""The wire format: what the engine sends must come back unchanged, and a secret must never show."""

import pytest
from google.protobuf import json_format, struct_pb2
from hypothesis import given
from hypothesis import strategies as st

from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import UNKNOWN, Asset, Secret


def wire(plain: dict) -> struct_pb2.Struct:
    return json_format.ParseDict(plain, struct_pb2.Struct())


def secret_on_the_wire(value: object) -> dict:
    return {codec.SIGNATURE_KEY: codec.SECRET_SIGNATURE, "value": value}


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(min_value=-codec.EXACT_INTEGERS, max_value=codec.EXACT_INTEGERS),
    st.floats(allow_nan=False, allow_infinity=False).filter(lambda number: not number.is_integer()),
    st.text().filter(lambda text: text != codec.UNKNOWN_SIGNATURE),
    st.just(UNKNOWN),
)
keys = st.text(min_size=1).filter(lambda key: key != codec.SIGNATURE_KEY)
plain_values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=20,
)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4) | inner.map(codec.secret),
    max_leaves=20,
)


class TestNumbers:
    """Prevents `replicas: 3.0`, which the API server and Helm charts refuse."""

    @pytest.mark.parametrize(("sent", "got"), [(3.0, 3), (0.0, 0), (-2.0, -2), (0.5, 0.5), (1e300, 1e300)])
    def test_whole_doubles_become_int_and_others_stay(self, sent, got):
        decoded = codec.decode(wire({"n": sent}))["n"]
        assert decoded == got
        assert type(decoded) is type(got)

    def test_beyond_exact_doubles_stays_a_float(self):
        assert isinstance(codec.decode(wire({"n": 2.0**60}))["n"], float)

    def test_booleans_are_not_numbers(self):
        decoded = codec.decode(wire({"yes": True, "one": 1}))
        assert decoded["yes"] is True
        assert type(decoded["one"]) is int
        assert codec.encode_value(True).WhichOneof("kind") == "bool_value"


class TestMarkers:
    """Prevents magic strings from being taken for values of the program, or the other way round."""

    def test_unknown_is_one_object(self):
        decoded = codec.decode(wire({"a": codec.UNKNOWN_SIGNATURE, "b": [codec.UNKNOWN_SIGNATURE]}))
        assert decoded["a"] is UNKNOWN
        assert decoded["b"][0] is UNKNOWN

    def test_secret(self):
        assert codec.decode(wire({"a": secret_on_the_wire({"x": 1})}))["a"] == Secret({"x": 1})

    def test_secrets_never_nest(self):
        nested = secret_on_the_wire(secret_on_the_wire("x"))
        assert codec.decode(wire({"a": nested}))["a"] == Secret("x")

    @pytest.mark.parametrize(
        ("output", "expected"),
        [
            ({"value": "x"}, "x"),
            ({}, UNKNOWN),
            ({"value": "x", "secret": True}, Secret("x")),
            ({"secret": True, "dependencies": ["urn"]}, Secret(UNKNOWN)),
        ],
    )
    def test_output_values(self, output, expected):
        sent = {codec.SIGNATURE_KEY: codec.OUTPUT_SIGNATURE, **output}
        assert codec.decode(wire({"a": sent}))["a"] == expected

    def test_assets_and_references_pass_through(self):
        sent = {codec.SIGNATURE_KEY: codec.ASSET_SIGNATURE, "text": "hello", "hash": "h"}
        decoded = codec.decode(wire({"a": sent}))["a"]
        assert decoded == Asset(codec.ASSET_SIGNATURE, {"text": "hello", "hash": "h"})
        assert json_format.MessageToDict(codec.encode({"a": decoded}))["a"] == sent

    def test_a_marker_of_a_later_protocol_is_kept(self):
        sent = {codec.SIGNATURE_KEY: "not-known-here", "x": "y"}
        assert codec.decode(wire({"a": sent}))["a"] == sent

    def test_a_type_without_a_form_is_named_and_its_value_is_not(self):
        with pytest.raises(TypeError, match="no form for a set") as raised:
            codec.encode({"a": {"hunter2"}})
        assert "hunter2" not in str(raised.value)


class TestRoundTrip:
    """Prevents a value from changing on its way through a plugin, which would be a diff on every run."""

    @given(st.dictionaries(keys, values, max_size=5))
    def test_encode_then_decode_is_identity(self, properties):
        assert codec.decode(codec.encode(properties)) == properties

    @given(st.dictionaries(keys, plain_values, max_size=5))
    def test_reveal_of_plain_values_changes_nothing(self, properties):
        assert codec.reveal(properties) == properties


class TestSecrets:
    """Prevents a secret from reaching a log, a message, or a state file in clear."""

    def test_repr_and_str_hide_the_value(self):
        held = {"password": Secret("hunter2"), "list": [Secret({"deep": "hunter2"})]}
        assert "hunter2" not in repr(held)
        assert "hunter2" not in f"{held['password']}"

    @given(values)
    def test_concealed_values_hold_neither_secret_nor_unknown(self, value):
        concealed = codec.conceal(value)
        assert not codec.has_secret(concealed)
        assert not codec.has_unknown(concealed)

    @given(values)
    def test_revealed_values_hold_no_secret_and_the_same_unknowns(self, value):
        revealed = codec.reveal(value)
        assert not codec.has_secret(revealed)
        assert codec.has_unknown(revealed) == codec.has_unknown(value)

    def test_unknown_inside_a_secret_is_found(self):
        assert codec.has_unknown({"a": [Secret({"b": UNKNOWN})]})

    def test_secret_strings(self):
        value = {"a": Secret({"k": "one", "n": 2, "l": ["two"]}), "b": "three", "c": [Secret("four")]}
        assert codec.secret_strings(value) == {"one", "two", "four"}


class TestSecretnessOfOutputs:
    """Prevents the API server's plain answer from stripping the secretness that the program asked for."""

    def test_follows_paths(self):
        inputs = {"data": {"a": Secret("x"), "b": "y"}, "spec": Secret({"k": "v"})}
        outputs = {"data": {"a": "x", "b": "y", "c": "z"}, "spec": {"k": "v", "added": 1}, "status": {}}
        assert codec.with_secrets_of(outputs, inputs) == {
            "data": {"a": Secret("x"), "b": "y", "c": "z"},
            "spec": Secret({"k": "v", "added": 1}),
            "status": {},
        }

    def test_list_items_by_position(self):
        assert codec.with_secrets_of(["a", "b"], [Secret("a"), "b"]) == [Secret("a"), "b"]

    def test_a_list_that_grew_is_secret_as_a_whole(self):
        assert codec.with_secrets_of(["new", "a"], [Secret("a")]) == Secret(["new", "a"])

    def test_a_list_that_grew_without_secrets_stays_plain(self):
        assert codec.with_secrets_of(["new", "a"], ["a"]) == ["new", "a"]

    def test_a_changed_shape_does_not_fail(self):
        assert codec.with_secrets_of("text", {"was": "a map"}) == "text"

    def test_a_secret_output_stays_one(self):
        assert codec.with_secrets_of({"a": Secret("x")}, {"a": "x"}) == {"a": Secret("x")}
