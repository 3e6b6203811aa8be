"""`yaml:decode`."""

import pytest

from aifactory.local.plugins.kubernetes.yamldecode import YamlError, decode

ONE = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n"


class TestDecode:
    """Prevents documents that get lost between text and objects."""

    def test_documents(self):
        assert [thing["metadata"]["name"] for thing in decode({"text": f"{ONE}---\n---\n{ONE}"})] == ["one", "one"]

    def test_lists_are_taken_apart(self):
        text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n"
        assert [thing["metadata"]["name"] for thing in decode({"text": text})] == ["a"]

    def test_default_namespace(self):
        text = f"{ONE}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: n}}\n"
        one, namespace = decode({"text": text, "defaultNamespace": "team"})
        assert one["metadata"]["namespace"] == "team"
        assert "namespace" not in namespace["metadata"]

    @pytest.mark.parametrize(
        ("text", "words"), [("a: [hunter2", "no YAML"), ("hunter2", "no apiVersion"), ("a: hunter2", "no apiVersion")]
    )
    def test_what_is_no_object_is_refused_without_its_values(self, text, words):
        with pytest.raises(YamlError, match=words) as raised:
            decode({"text": text})
        assert "hunter2" not in str(raised.value)
