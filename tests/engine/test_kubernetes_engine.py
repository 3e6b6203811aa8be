"""Kubernetes objects under the real engine: the few things that only the engine and the plugin together show."""

import base64
import threading
import time

import pytest

from tests.engine.support.kubernetes_stack import KubernetesStack
from tests.engine.support.plugin_process import kubectl as run_kubectl

pytestmark = pytest.mark.engine

CANARY = "canary-4711-hunter2"


@pytest.fixture
def stack(tmp_path, toolset, control_plane):
    stack = KubernetesStack(tmp_path, toolset, control_plane)
    yield stack
    gone = stack.destroy()
    assert not gone.failed, gone.words
    assert stack.state() == {}
    assert stack.plugins() == []


@pytest.fixture
def kubectl(control_plane, toolset):
    return lambda *arguments, stdin=None: run_kubectl(toolset, control_plane.kubeconfig, *arguments, stdin=stdin)


LIFE = """
settings = k8s.core.v1.ConfigMap(
    "settings",
    metadata=metadata("settings", **{forced}),
    data={{"text": "{text}"}},
    opts=after(namespace, provider=provider),
)
k8s.core.v1.Secret(
    "password",
    metadata=metadata("password"),
    string_data={{"password": Output.secret("{canary}")}},
    opts=after(namespace, provider=provider),
)
labels = {{"app": "{selector}"}}
server = k8s.apps.v1.Deployment(
    "server",
    metadata=metadata("server"),
    spec={{
        "replicas": 0,
        "selector": {{"match_labels": labels}},
        "template": {{
            "metadata": {{"labels": labels}},
            "spec": {{"containers": [{{"name": "main", "image": "registry.invalid/none"}}]}},
        }},
    }},
    opts=after(namespace, provider=provider),
)
pulumi.export("name", server.metadata["name"])
"""


def life(text="1", selector="a", forced="{}"):
    return LIFE.format(text=text, selector=selector, forced=forced, canary=CANARY)


class TestLife:
    """Prevents a stack that changes on every run, or that leaves something behind."""

    def test_from_preview_to_destroy(self, stack, kubectl):
        planned = stack.preview(life())
        assert not planned.failed, planned.words
        assert planned.ops == {"create": 4}
        assert stack.namespace not in kubectl("get", "namespaces")

        first = stack.up()
        assert not first.failed, first.words
        assert first.outputs == {"name": "server"}
        assert stack.up().ops == {}

        changed = stack.up(life(text="2"))
        assert changed.steps == [("update", "settings")]
        assert changed.diffs == {"settings": ("data",)}

        previewed = stack.preview(life(text="2", selector="b"))
        assert not previewed.failed, previewed.words
        replaced = stack.up()
        assert not replaced.failed, replaced.words
        # The old Deployment went first: both have one name.
        assert [op for op, name in replaced.steps if name == "server"] == [
            "delete-replaced",
            "replace",
            "create-replacement",
        ]

        kubectl("patch", "configmap", "settings", "-n", stack.namespace, "-p", '{"data":{"text":"drifted"}}')
        assert not stack.refresh().failed
        assert stack.state()["settings"]["inputs"]["data"] == {"text": "drifted"}
        for refused in (stack.preview(), stack.up()):
            assert refused.failed
            assert "'kubectl-patch' holds data.text" in refused.words
        repaired = stack.up(life(text="2", selector="b", forced='{"patchForce": "true"}'))
        assert not repaired.failed, repaired.words
        assert stack.up().ops == {}

        assert "conformance" in stack.files()
        program = (stack.project / "__main__.py").read_text()
        written = stack.files().replace(program, "")
        assert CANARY not in written
        assert base64.b64encode(CANARY.encode()).decode() not in written

        gone = stack.destroy()
        assert not gone.failed, gone.words
        assert gone.ops == {"delete": 4}
        assert stack.namespace not in kubectl("get", "namespaces")


SLOW = """
k8s.core.v1.ConfigMap(
    "slow",
    metadata=metadata("slow", waitFor="jsonpath={{.data.phase}}={phase}", timeoutSeconds="{seconds}"),
    data={{"phase": "up"}},
    opts=after(namespace, provider=provider),
)
"""


class TestPartialFailure:
    """Prevents an object that was made and is not ready from being forgotten, or from blocking the next run."""

    def test_the_next_run_goes_on(self, stack):
        failed = stack.up(SLOW.format(phase="never", seconds=2))
        assert failed.failed
        assert "{.data.phase} is up, wanted never" in failed.words
        held = stack.state()["slow"]
        assert held["id"] == f"{stack.namespace}/slow"
        assert any("wanted never" in reason for reason in held["initErrors"])

        went_on = stack.up(SLOW.format(phase="up", seconds=2))
        assert not went_on.failed, went_on.words
        assert went_on.steps == [("update", "slow")]
        assert not stack.state()["slow"].get("initErrors")


class TestCrash:
    """Prevents a plugin that was killed from leaving an object that the next run can neither use nor make."""

    def kill_when_made(self, stack, kubectl):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if "slow" in kubectl("get", "configmaps", "-n", stack.namespace, "--ignore-not-found"):
                for plugin in stack.plugins():
                    plugin.kill()
                return
            time.sleep(0.1)

    def test_killed_in_the_middle_of_a_creation(self, stack, kubectl):
        killer = threading.Thread(target=self.kill_when_made, args=(stack, kubectl))
        killer.start()
        cut_off = stack.up(SLOW.format(phase="never", seconds=60))
        killer.join()
        assert cut_off.failed
        assert "slow" not in stack.state()
        uid = kubectl("get", "configmap", "slow", "-n", stack.namespace, "-o", "jsonpath={.metadata.uid}")

        went_on = stack.up(SLOW.format(phase="up", seconds=60))
        assert not went_on.failed, went_on.words
        assert went_on.steps == [("create", "slow")]
        assert kubectl("get", "configmap", "slow", "-n", stack.namespace, "-o", "jsonpath={.metadata.uid}") == uid


RENAMED = """
k8s.core.v1.ConfigMap("{name}", metadata=metadata("kept"), data={{"a": "b"}}, opts=after(namespace, provider=provider))
"""

IMPORTED = """
theirs = {{"name": "theirs", "namespace": NAMESPACE}}
k8s.core.v1.ConfigMap(
    "theirs", metadata=theirs, data={{"a": "b"}}, opts=after(namespace, provider=provider, import_={identifier})
)
"""


class TestImportAndRename:
    """Prevents a takeover that changes what it takes over, and a rename that deletes the object."""

    def test_import(self, stack, kubectl):
        assert not stack.up(" ").failed
        kubectl("create", "configmap", "theirs", "-n", stack.namespace, "--from-literal=a=b")
        taken = stack.up(IMPORTED.format(identifier=repr(f"{stack.namespace}/theirs")))
        assert not taken.failed, taken.words
        assert taken.steps == [("import", "theirs")]
        assert stack.up(IMPORTED.format(identifier=None)).ops == {}

    def test_a_rename_keeps_the_object(self, stack, kubectl):
        assert not stack.up(RENAMED.format(name="old")).failed
        uid = kubectl("get", "configmap", "kept", "-n", stack.namespace, "-o", "jsonpath={.metadata.uid}")
        renamed = stack.up(RENAMED.format(name="new"))
        assert not renamed.failed, renamed.words
        assert sorted(renamed.steps) == [("create", "new"), ("delete", "old")]
        assert kubectl("get", "configmap", "kept", "-n", stack.namespace, "-o", "jsonpath={.metadata.uid}") == uid


ROTATED = """
from pathlib import Path

kubeconfig = Output.secret(Path({path!r}).read_text() + "# {note}\\n")
second = k8s.Provider("second", kubeconfig=kubeconfig)
k8s.core.v1.ConfigMap("held", metadata=metadata("held"), data={{"a": "b"}}, opts=after(namespace, provider=second))
"""


class TestProviders:
    """Prevents a rotated credential from replacing what was made with the earlier one, and one in clear in state."""

    def test_a_rotated_kubeconfig_changes_no_object(self, stack):
        path = str(stack.instance.kubeconfig)
        assert not stack.up(ROTATED.format(path=path, note="first")).failed
        rotated = stack.up(ROTATED.format(path=path, note="rotated"))
        assert not rotated.failed, rotated.words
        assert rotated.ops == {}
        assert "client-key-data" not in stack.files()


CLUSTER_TO_BE = """
from pathlib import Path

settings = k8s.core.v1.Secret(
    "kubeconfig",
    metadata=metadata("kubeconfig"),
    string_data={{"kubeconfig": Path({path!r}).read_text()}},
    opts=after(namespace, provider=provider),
)
late = k8s.Provider("late", kubeconfig=settings.metadata["uid"].apply(lambda _: Path({path!r}).read_text()))
k8s.core.v1.ConfigMap("inside", metadata=metadata("inside"), data={{"a": "b"}}, opts=after(namespace, provider=late))
"""


class TestUnknownCluster:
    """Prevents a preview that fails because the cluster of some objects is only made by the same run."""

    def test_previewed_and_made(self, stack):
        program = CLUSTER_TO_BE.format(path=str(stack.instance.kubeconfig))
        planned = stack.preview(program)
        assert not planned.failed, planned.words
        assert planned.ops == {"create": 3}
        made = stack.up()
        assert not made.failed, made.words
        assert made.ops == {"create": 3}
        assert stack.up().ops == {}
