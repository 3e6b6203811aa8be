"""Charts' values and what rendered charts hold."""

import pytest

from aifactory.local.plugins.codec import ASSET_SIGNATURE, Asset, Secret
from aifactory.local.plugins.kubernetes.charts import checksum_of, resource_names, with_value_files
from aifactory.local.plugins.kubernetes.helm import HelmError


def text_file(text):
    return Asset(ASSET_SIGNATURE, {"text": text})


class TestValueFiles:
    """Prevents a value file from winning over what the program says."""

    def test_merged_in_order_and_the_values_win(self):
        files = [text_file("a: 1\nb: {c: 1, d: 1}\n"), text_file("b: {c: 2}\n")]
        given = with_value_files({"values": {"b": {"d": 3}}, "valueYamlFiles": files})
        assert given == {"values": {"a": 1, "b": {"c": 2, "d": 3}}}

    def test_paths(self, tmp_path):
        (tmp_path / "values.yaml").write_text("a: 1\n")
        asset = Asset(ASSET_SIGNATURE, {"path": str(tmp_path / "values.yaml")})
        assert with_value_files({"valueYamlFiles": [asset]})["values"] == {"a": 1}

    def test_secret_files_are_read(self):
        assert with_value_files({"valueYamlFiles": [Secret(text_file("a: 1"))]})["values"] == {"a": 1}

    def test_no_files(self):
        assert with_value_files({"values": {"a": 1}}) == {"values": {"a": 1}}

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            ("text", "no file asset"),
            (Asset(ASSET_SIGNATURE, {"path": "/no/such"}), "/no/such cannot be read"),
            (text_file("- a"), "no YAML map"),
        ],
    )
    def test_refused(self, file, words):
        with pytest.raises(HelmError, match=words):
            with_value_files({"valueYamlFiles": [file]})


class TestManifests:
    """Prevents names that a program cannot use to get what a release made."""

    def test_names(self):
        manifest = (
            "---\n# Source: a\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: b, namespace: ns}\n"
            "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: z}\n---\n"
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n# nothing\n"
        )
        assert resource_names(manifest) == {"ConfigMap/v1": ["a", "z"], "Deployment.apps/apps/v1": ["ns/b"]}

    def test_checksums(self):
        assert checksum_of("a") == checksum_of("a") != checksum_of("b")
