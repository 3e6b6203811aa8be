"""Kubernetes objects under the real engine: the few things that only the engine and the plugin together show."""

import base64
import itertools
import time

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi import ResourceOptions

from aifactory.local.plugins.kubernetes.annotations import PATCH_FORCE, TIMEOUT_SECONDS, WAIT_FOR
from tests.engine.support.kubernetes_stack import KubernetesStack, Make, official_plugin
from tests.engine.support.plugin_process import kubectl as run_kubectl

pytestmark = pytest.mark.engine

CANARY = "canary-4711-hunter2"

_numbers = itertools.count(1)


@pytest.fixture
def stack(tmp_path, toolset, control_plane):
    stack = KubernetesStack(tmp_path, toolset, control_plane)
    yield stack
    assert not stack.destroy().failed
    assert stack.state() == {}


@pytest.fixture
def kubectl(control_plane, toolset):
    return lambda *arguments, stdin=None: run_kubectl(toolset, control_plane.kubeconfig, *arguments, stdin=stdin)


@pytest.fixture
def make():
    return Make(f"engine-{int(time.time())}-{next(_numbers)}")


def after(*resources):
    return ResourceOptions(depends_on=list(resources))


def namespace_of(make):
    return k8s.core.v1.Namespace("namespace", metadata=make.metadata(make.namespace, namespace=False))


class TestLife:
    """Prevents a stack that changes on every run, or that leaves something behind."""

    def program(self, make, *, text="1", selector="a", force=False):
        def build():
            namespace = namespace_of(make)
            forced = {PATCH_FORCE: "true"} if force else {}
            config = make.config_map("settings", {"text": text}, opts=after(namespace), **forced)
            k8s.core.v1.Secret(
                "password",
                metadata=make.metadata("password"),
                string_data={"password": pulumi.Output.secret(CANARY)},
                opts=after(namespace),
            )
            labels = {"app": selector}
            deployment = k8s.apps.v1.Deployment(
                "server",
                metadata=make.metadata("server"),
                spec={
                    "replicas": 0,
                    "selector": {"match_labels": labels},
                    "template": {
                        "metadata": {"labels": labels},
                        "spec": {"containers": [{"name": "main", "image": "registry.invalid/none"}]},
                    },
                },
                opts=after(namespace),
            )
            pulumi.export("name", deployment.metadata["name"])
            pulumi.export("settings", config.metadata["name"])

        return build

    def test_from_preview_to_destroy(self, stack, make, kubectl):
        planned = stack.preview(self.program(make))
        assert not planned.failed, planned.error
        assert planned.ops == {"create": 4}
        assert make.namespace not in kubectl("get", "namespaces")

        first = stack.up(self.program(make))
        assert not first.failed, first.error
        assert first.outputs == {"name": "server", "settings": "settings"}
        assert CANARY not in first.words

        again = stack.up(self.program(make))
        assert again.ops == {"same": 4}

        changed = stack.up(self.program(make, text="2"))
        assert changed.ops == {"same": 3, "update": 1}
        assert changed.diffs["settings"] == {"data.text": "update"}

        previewed = stack.preview(self.program(make, text="2", selector="b"))
        assert not previewed.failed, previewed.error
        replaced = stack.up(self.program(make, text="2", selector="b"))
        assert not replaced.failed, replaced.error
        # The old Deployment went first: both have one name.
        assert [op for op, name in replaced.steps if name == "server"] == [
            "delete-replaced",
            "replace",
            "create-replacement",
        ]

        kubectl("patch", "configmap", "settings", "-n", make.namespace, "-p", '{"data":{"text":"drifted"}}')
        stack.refresh()
        found = stack.preview(self.program(make, text="2", selector="b"))
        assert found.diffs["settings"] == {"data.text": "update"}
        refused = stack.up(self.program(make, text="2", selector="b"))
        assert refused.failed
        assert "kubectl-patch" in refused.words
        repaired = stack.up(self.program(make, text="2", selector="b", force=True))
        assert not repaired.failed, repaired.error
        assert stack.up(self.program(make, text="2", selector="b", force=True)).ops == {"same": 4}

        assert "conformance" in stack.files()
        assert CANARY not in stack.files()
        assert base64.b64encode(CANARY.encode()).decode() not in stack.files()
        assert not stack.destroy().failed
        assert make.namespace not in kubectl("get", "namespaces")


class TestPartialFailure:
    """Prevents an object that was made and is not ready from being forgotten, or from blocking the next run."""

    def program(self, make, *, phase):
        def build():
            namespace = namespace_of(make)
            metadata = make.metadata("slow")
            metadata["annotations"] |= {WAIT_FOR: f"jsonpath={{.data.phase}}={phase}", TIMEOUT_SECONDS: "2"}
            k8s.core.v1.ConfigMap("slow", metadata=metadata, data={"phase": "up"}, opts=after(namespace))

        return build

    def test_the_next_run_goes_on(self, stack, make):
        failed = stack.up(self.program(make, phase="never"))
        assert failed.failed
        assert "wanted never" in failed.words
        held = stack.state()["slow"]
        assert held["id"] == f"{make.namespace}/slow"
        assert any("wanted never" in reason for reason in held["initErrors"])

        went_on = stack.up(self.program(make, phase="up"))
        assert not went_on.failed, went_on.error
        assert went_on.ops == {"same": 1, "update": 1}
        assert not stack.state()["slow"].get("initErrors")


class TestImportAndRename:
    """Prevents a takeover that changes what it takes over, and a rename that deletes the object."""

    def test_import(self, stack, make, kubectl):
        kubectl("create", "namespace", make.namespace)
        kubectl("create", "configmap", "theirs", "-n", make.namespace, "--from-literal=a=b")

        def build(*, imported):
            options = ResourceOptions(import_=f"{make.namespace}/theirs") if imported else None
            metadata = {"name": "theirs", "namespace": make.namespace}
            k8s.core.v1.ConfigMap("theirs", metadata=metadata, data={"a": "b"}, opts=options)

        taken = stack.up(lambda: build(imported=True))
        assert not taken.failed, taken.error
        assert stack.up(lambda: build(imported=False)).ops == {"same": 1}
        assert not stack.destroy().failed
        kubectl("delete", "namespace", make.namespace, "--wait=false")

    @pytest.mark.skipif(bool(official_plugin()), reason="the official plugin refuses: the object exists")
    def test_a_rename_keeps_the_object(self, stack, make, kubectl):
        def build(resource):
            namespace = namespace_of(make)
            make.config_map("kept", {"a": "b"}, resource=resource, opts=after(namespace))

        assert not stack.up(lambda: build("old")).failed
        uid = kubectl("get", "configmap", "kept", "-n", make.namespace, "-o", "jsonpath={.metadata.uid}")
        renamed = stack.up(lambda: build("new"))
        assert not renamed.failed, renamed.error
        assert kubectl("get", "configmap", "kept", "-n", make.namespace, "-o", "jsonpath={.metadata.uid}") == uid


class TestProviders:
    """Prevents a preview that fails because the cluster is only planned, and a replacement by a rotated credential."""

    def program(self, make, kubeconfig, *, note=""):
        def build():
            text = kubeconfig.read_text() + (f"# {note}\n" if note else "")
            given = pulumi.Output.secret(text)
            provider = k8s.Provider("cluster", kubeconfig=given, upsert_existing_objects=False)
            options = ResourceOptions(provider=provider)
            k8s.core.v1.Namespace("namespace", metadata=make.metadata(make.namespace, namespace=False), opts=options)

        return build

    def test_a_rotated_kubeconfig_changes_no_object(self, stack, make):
        assert not stack.up(self.program(make, stack.kubeconfig)).failed
        rotated = stack.up(self.program(make, stack.kubeconfig, note="rotated"))
        assert not rotated.failed, rotated.error
        assert rotated.ops == {"same": 1}
        assert "client-key-data" not in stack.files()
