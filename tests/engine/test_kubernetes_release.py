"""`helm.sh/v3:Release` through the plugin: Helm itself, on a real API server, with a chart of the test's own."""

import itertools
import json
import stat
import time

import pytest

from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import UNKNOWN, Secret
from tests.engine.support import plugin_process
from tests.engine.support.kubernetes_stack import official_plugin
from tests.engine.support.plugin_process import Held, PluginProcess, RefusedError, urn

pytestmark = pytest.mark.engine

RELEASE = "kubernetes:helm.sh/v3:Release"

CONFIG_MAP = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
  namespace: {{ .Release.Namespace }}
data:
  replicas: {{ .Values.replicas | quote }}
  text: {{ .Values.text | quote }}
"""

FAILING_HOOK = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: "Not A Name"
  annotations: {helm.sh/hook: pre-upgrade}
"""

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def environment(control_plane, toolset, tmp_path_factory):
    home = tmp_path_factory.mktemp("helm-home")
    return {
        "AIFACTORY_LOCAL_INSTANCE": "engine-test",
        "AIFACTORY_HELM": str(toolset.path("helm")),
        "HELM_CACHE_HOME": str(home / "cache"),
        "HELM_CONFIG_HOME": str(home / "config"),
        "HELM_DATA_HOME": str(home / "data"),
        "KUBECONFIG": str(control_plane.kubeconfig),
    }


@pytest.fixture(scope="module")
def plugin(environment):
    with PluginProcess(environment) as process:
        yield process


@pytest.fixture
def kubectl(control_plane, toolset):
    return lambda *arguments: plugin_process.kubectl(toolset, control_plane.kubeconfig, *arguments)


@pytest.fixture(scope="module")
def namespace(control_plane, toolset):
    name = f"releases-{int(time.time())}"
    plugin_process.kubectl(toolset, control_plane.kubeconfig, "create", "namespace", name)
    yield name
    plugin_process.kubectl(toolset, control_plane.kubeconfig, "delete", "namespace", name, "--wait=false")


@pytest.fixture
def name():
    return f"release-{next(_numbers)}"


@pytest.fixture
def chart(tmp_path):
    directory = tmp_path / "chart"
    (directory / "templates").mkdir(parents=True)
    (directory / "Chart.yaml").write_text("apiVersion: v2\nname: little\nversion: 1.2.3\nappVersion: '9'\n")
    (directory / "values.yaml").write_text("replicas: 1\ntext: none\n")
    (directory / "templates" / "configmap.yaml").write_text(CONFIG_MAP)
    return directory


def release(name, namespace, chart, **more):
    return {"compat": "true", "name": name, "namespace": namespace, "chart": str(chart), **more}


def data_of(kubectl, name, namespace):
    return json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json"))["data"]


class TestLife:
    """Prevents a release that is not what the program says, or that a run cannot find again."""

    def test_install_upgrade_uninstall(self, plugin, namespace, name, chart, kubectl):
        made = plugin.create(RELEASE, release(name, namespace, chart, values={"replicas": 3}))
        assert made.id == f"{namespace}/{name}"
        assert made.outputs["status"] == {
            "name": name,
            "namespace": namespace,
            "revision": 1,
            "status": "deployed",
            "chart": "little",
            "version": "1.2.3",
            "appVersion": "9",
        }
        assert made.outputs["resourceNames"] == {"ConfigMap/v1": [f"{namespace}/{name}"]}
        assert data_of(kubectl, name, namespace) == {"replicas": "3", "text": "none"}

        assert not plugin.diff(made, release(name, namespace, chart, values={"replicas": 3})).changed
        wanted = release(name, namespace, chart, values={"replicas": 4})
        assert "values.replicas" in plugin.diff(made, wanted).kinds
        made = plugin.update(made, wanted)
        assert made.outputs["status"]["revision"] == 2
        assert data_of(kubectl, name, namespace)["replicas"] == "4"

        plugin.delete(made)
        assert name not in kubectl("get", "configmaps", "-n", namespace)
        plugin.delete(made)
        assert plugin.read(made) is None

    def test_dropped_values_go_back_to_the_charts_own(self, plugin, namespace, name, chart, kubectl):
        made = plugin.create(RELEASE, release(name, namespace, chart, values={"replicas": 3}))
        made = plugin.update(made, release(name, namespace, chart))
        assert data_of(kubectl, name, namespace)["replicas"] == "1"
        plugin.delete(made)

    def test_another_name_or_namespace_is_another_release(self, plugin, namespace, name, chart):
        held = Held(urn(RELEASE, "it"), release(name, namespace, chart), {}, f"{namespace}/{name}")
        found = plugin.diff(held, release(f"{name}-2", namespace, chart))
        assert found.replaces == ["name"]

    def test_a_change_inside_the_chart_is_a_difference(self, plugin, namespace, name, chart):
        made = plugin.create(RELEASE, release(name, namespace, chart))
        (chart / "values.yaml").write_text("replicas: 7\ntext: none\n")
        assert list(plugin.diff(made, release(name, namespace, chart)).kinds) == ["checksum"]
        plugin.delete(made)

    def test_a_chart_that_makes_things_up_is_no_difference_every_time(self, plugin, namespace, name, chart):
        (chart / "templates" / "random.yaml").write_text(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: random-{{ randAlphaNum 5 | lower }}}\n"
        )
        made = plugin.create(RELEASE, release(name, namespace, chart))
        assert not plugin.diff(made, release(name, namespace, chart)).changed
        plugin.delete(made)

    def test_a_namespace_is_made_on_request(self, plugin, namespace, name, chart, kubectl):
        made = plugin.create(RELEASE, release(name, f"{namespace}-{name}", chart, createNamespace=True))
        assert f"{namespace}-{name}" in kubectl("get", "namespaces")
        plugin.delete(made)
        kubectl("delete", "namespace", f"{namespace}-{name}", "--wait=false")


@pytest.mark.skipif(bool(official_plugin()), reason="the official plugin has its own ways here")
class TestTroubles:
    """Prevents a failed or cut off release from blocking the next run."""

    def test_preview_installs_nothing(self, plugin, namespace, name, chart, kubectl):
        told = plugin.create(RELEASE, release(name, namespace, chart), preview=True)
        assert told.id == ""
        assert "status" not in told.outputs
        assert name not in kubectl("get", "configmaps", "-n", namespace)

    def test_unknown_values_are_previewed(self, plugin, namespace, name, chart):
        told = plugin.create(RELEASE, release(name, namespace, chart, values={"text": UNKNOWN}), preview=True)
        assert told.outputs["values"]["text"] is UNKNOWN

    def test_a_chart_that_does_not_render_fails_at_check(self, plugin, namespace, name, chart):
        (chart / "templates" / "broken.yaml").write_text('{{ fail "no GPU was named" }}')
        _, failures = plugin.check(Held(urn(RELEASE, "it")), release(name, namespace, chart))
        assert "no GPU was named" in failures["chart"]

    def test_a_release_needs_a_name(self, plugin, namespace, chart):
        inputs = release("", namespace, chart)
        del inputs["name"]
        _, failures = plugin.check(Held(urn(RELEASE, "it")), inputs)
        assert "fixed name" in failures["name"]

    def test_a_failing_hook_is_a_partial_failure_in_helms_words(self, plugin, namespace, name, chart):
        made = plugin.create(RELEASE, release(name, namespace, chart))
        (chart / "templates" / "hook.yaml").write_text(FAILING_HOOK)
        with pytest.raises(RefusedError, match="pre-upgrade hooks failed") as raised:
            plugin.update(made, release(name, namespace, chart))
        assert raised.value.partial is not None
        assert codec.decode(raised.value.partial.properties)["status"]["status"] == "failed"
        (chart / "templates" / "hook.yaml").unlink()
        fixed = plugin.update(made, release(name, namespace, chart))
        assert fixed.outputs["status"]["status"] == "deployed"
        plugin.delete(fixed)

    def test_an_installation_that_is_repeated_after_a_crash_goes_on(self, plugin, namespace, name, chart):
        plugin.create(RELEASE, release(name, namespace, chart))
        again = plugin.create(RELEASE, release(name, namespace, chart, values={"replicas": 2}))
        assert again.outputs["status"]["revision"] == 2
        plugin.delete(again)

    def test_one_that_was_cut_off_half_way_is_made_anew(self, plugin, namespace, name, chart, kubectl):
        made = plugin.create(RELEASE, release(name, namespace, chart))
        kubectl("label", "secret", f"sh.helm.release.v1.{name}.v1", "-n", namespace, "status=pending-install", "--overwrite")
        again = plugin.create(RELEASE, release(name, namespace, chart))
        assert again.outputs["status"]["status"] == "deployed"
        plugin.delete(made)

    def test_a_strangers_release_is_refused(self, plugin, namespace, name, chart):
        made = plugin.create(RELEASE, release(name, namespace, chart), name="one")
        with pytest.raises(RefusedError, match="was not made by this resource") as raised:
            plugin.create(RELEASE, release(name, namespace, chart), name="another", preview=True)
        assert f"pulumi import {RELEASE} another {namespace}/{name}" in raised.value.words
        plugin.delete(made)

    def test_values_changed_behind_its_back_show(self, plugin, namespace, name, chart, toolset, environment):
        import os
        import subprocess

        made = plugin.create(RELEASE, release(name, namespace, chart, values={"replicas": 3}))
        subprocess.run(
            [str(toolset.path("helm")), "upgrade", name, str(chart), "-n", namespace, "--set", "replicas=9"],
            env={**os.environ, **environment},
            check=True,
            capture_output=True,
        )
        refreshed = plugin.read(made)
        assert refreshed.outputs["status"]["revision"] == 2
        assert "values.replicas" in plugin.diff(refreshed, release(name, namespace, chart, values={"replicas": 3})).kinds
        plugin.delete(made)

    def test_import(self, plugin, namespace, name, chart):
        made = plugin.create(RELEASE, release(name, namespace, chart, values={"replicas": 3}))
        imported = plugin.read(Held(urn(RELEASE, "it"), id=made.id))
        assert imported.inputs["values"] == {"replicas": 3}
        assert imported.inputs["chart"] == "little"
        plugin.delete(made)


@pytest.mark.skipif(bool(official_plugin()), reason="the official plugin runs no helm program")
class TestSecrets:
    """Prevents secret values on a command line, in a readable file, in an error, or in clear in state."""

    @pytest.fixture
    def watched(self, environment, toolset, tmp_path):
        """A plugin whose helm writes down its arguments and the modes of its files."""
        record = tmp_path / "record"
        script = tmp_path / "helm"
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {record}\nfor a in "$@"; do [ -f "$a" ] && stat -c "%a %n" "$a" >> {record}; done\n'
            f'exec {toolset.path("helm")} "$@"\n'
        )
        script.chmod(0o755)
        with PluginProcess({**environment, "AIFACTORY_HELM": str(script)}) as process:
            yield process, record

    def test_values(self, watched, namespace, name, chart):
        plugin, record = watched
        made = plugin.create(RELEASE, release(name, namespace, chart, values={"text": Secret("canary-7")}))
        assert "canary-7" not in record.read_text()
        modes = [line for line in record.read_text().splitlines() if line.endswith("values.json")]
        assert any(line.startswith("600 ") for line in modes)
        assert made.outputs["values"]["text"] == Secret("canary-7")
        assert isinstance(made.outputs["__inputs"], Secret)
        plugin.delete(made)

    def test_errors(self, plugin, namespace, name, chart):
        (chart / "templates" / "broken.yaml").write_text("{{ fail .Values.text }}")
        inputs = release(name, namespace, chart, values={"text": Secret("canary-8")})
        _, failures = plugin.check(Held(urn(RELEASE, "it")), inputs)
        assert "[secret]" in failures["chart"]
        assert "canary-8" not in failures["chart"]

    def test_value_files_are_owner_only(self, tmp_path):
        from aifactory.local.plugins.kubernetes.helm import write_private

        write_private(tmp_path / "values", "x")
        assert stat.S_IMODE((tmp_path / "values").stat().st_mode) == 0o600
