"""The provider's configuration."""

import pytest
import yaml

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes import settings
from aifactory.local.plugins.kubernetes.settings import SettingError, Settings


def kubeconfig(server="https://127.0.0.1:6443", credential="t", namespace=None):
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    return yaml.safe_dump(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "local",
            "clusters": [
                {"name": "c", "cluster": {"server": server}},
                {"name": "other", "cluster": {"server": "https://10.0.0.1"}},
            ],
            "contexts": [{"name": "local", "context": context}, {"name": "bare", "context": {"cluster": "c"}}],
            "users": [{"name": "u", "user": {"token": credential}}],
        }
    )


class TestParse:
    """Prevents a setting that was given from being ignored, and one that is not served from being believed."""

    def test_defaults(self):
        assert Settings.parse({}, {}) == Settings()

    def test_strings_of_json(self):
        parsed = Settings.parse({"upsertExistingObjects": "true", "helmReleaseSettings": '{"driver": "configmap"}'}, {})
        assert parsed.upsert_existing_objects
        assert parsed.helm.driver == "configmap"

    def test_plain_values(self):
        assert Settings.parse({"enablePatchForce": True, "helmReleaseSettings": {"driver": "sql"}}, {}).patch_force

    def test_the_environment_fills_in_and_the_program_wins(self):
        where = {"PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE": "true"}
        assert Settings.parse({}, where).config_map_mutable
        assert not Settings.parse({"enableConfigMapMutable": "false"}, where).config_map_mutable

    def test_unknown_values_are_not_refused(self):
        assert Settings.parse({"kubeconfig": UNKNOWN, "enablePatchForce": UNKNOWN}, {}) == Settings()

    @pytest.mark.parametrize(
        ("name", "value", "words"),
        [
            ("renderYamlToDirectory", "out", "does not render YAML"),
            ("enableServerSideApply", "false", "only knows server-side apply"),
            ("upsertExistingObjects", "maybe", "give true or false"),
            ("helmReleaseSettings", "{", "no JSON"),
        ],
    )
    def test_what_it_cannot_do_is_refused(self, name, value, words):
        with pytest.raises(SettingError, match=words) as raised:
            Settings.parse({name: value}, {})
        assert raised.value.setting == name


class TestKubeconfig:
    """Prevents work on another cluster than the one that was meant, and credentials in messages."""

    def test_contents(self):
        config = settings.select(settings.read_kubeconfig(kubeconfig(), {}), Settings())
        assert config.cluster.server == "https://127.0.0.1:6443"
        assert config.user.token == "t"

    def test_path(self, tmp_path):
        (tmp_path / "config").write_text(kubeconfig())
        read = settings.read_kubeconfig(str(tmp_path / "config"), {})
        assert read.path == tmp_path / "config"

    def test_environment(self, tmp_path):
        (tmp_path / "config").write_text(kubeconfig())
        assert settings.read_kubeconfig("", {"KUBECONFIG": str(tmp_path / "config")}).path == tmp_path / "config"

    def test_context_and_cluster_may_be_chosen(self):
        read = settings.read_kubeconfig(kubeconfig(), {})
        assert settings.select(read, Settings(context="bare")).user.token is None
        assert settings.select(read, Settings(cluster="other")).cluster.server == "https://10.0.0.1"

    def test_a_context_that_is_not_there_names_those_that_are(self):
        with pytest.raises(SettingError, match="no usable context 'nope'") as raised:
            settings.select(settings.read_kubeconfig(kubeconfig(), {}), Settings(context="nope"))
        assert "local, bare" in str(raised.value)

    @pytest.mark.parametrize("contents", ["{", "a: b\n", "- x\n"])
    def test_what_is_no_kubeconfig_is_not_quoted(self, contents):
        with pytest.raises(SettingError) as raised:
            settings.read_kubeconfig(f"# hunter2\n{contents}", {})
        assert "hunter2" not in str(raised.value)

    def test_a_missing_file_is_named(self):
        with pytest.raises(SettingError, match="/no/such/file cannot be read"):
            settings.read_kubeconfig("/no/such/file", {})

    @pytest.mark.parametrize(
        ("given", "context", "expected"), [("", None, "default"), ("", "team", "team"), ("mine", "team", "mine")]
    )
    def test_default_namespace(self, given, context, expected):
        config = settings.select(settings.read_kubeconfig(kubeconfig(namespace=context), {}), Settings())
        assert settings.namespace_for(Settings(namespace=given), config) == expected


class TestDiff:
    """Prevents a rotated token from replacing everything, and another cluster from going unnoticed."""

    def test_unchanged(self):
        assert settings.diff({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig()}).changed == ()

    def test_rotated(self):
        found = settings.diff({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(credential="new")})
        assert (found.changed, found.replaces) == (("kubeconfig",), ())

    def test_another_server(self):
        found = settings.diff({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(server="https://127.0.0.1:7")})
        assert found.replaces == ("kubeconfig",)

    def test_another_cluster_of_the_same_kubeconfig(self):
        found = settings.diff({"kubeconfig": kubeconfig()}, {"kubeconfig": kubeconfig(), "cluster": "other"})
        assert found.replaces == ("cluster",)

    def test_other_settings_replace_nothing(self):
        found = settings.diff({"namespace": "a"}, {"namespace": "b"})
        assert (found.changed, found.replaces) == (("namespace",), ())

    def test_unknown_is_taken_for_another_cluster(self):
        assert settings.diff({"kubeconfig": kubeconfig()}, {"kubeconfig": UNKNOWN}).replaces == ("kubeconfig",)

    @pytest.mark.parametrize(("before", "now", "replaces"), [("a", "a", ()), ("a", "b", ("clusterIdentifier",))])
    def test_the_identifier_decides_alone(self, before, now, replaces):
        old = {"kubeconfig": kubeconfig(), "clusterIdentifier": before}
        new = {"kubeconfig": UNKNOWN, "clusterIdentifier": now}
        assert settings.diff(old, new).replaces == replaces

    def test_adding_the_identifier_replaces_nothing(self):
        new = {"kubeconfig": kubeconfig(), "clusterIdentifier": "a"}
        assert settings.diff({"kubeconfig": kubeconfig()}, new).replaces == ()
