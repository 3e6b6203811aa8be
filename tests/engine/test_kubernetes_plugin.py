"""What the kubernetes plugin does, against a real API server, spoken to as the engine speaks to it.

Each test is a row of the conformance table in docs/kubernetes-stand-in.md. Run against the official plugin:
``AIFACTORY_KUBERNETES_PLUGIN=/path/to/pulumi-resource-kubernetes pytest tests/engine/test_kubernetes_plugin.py``.
"""

import base64
import itertools
import json
import signal
import threading
import time

import grpc
import pytest

from aifactory.conventions import FIELD_MANAGER, FIELD_MANAGER_ANNOTATION, OWNER_ANNOTATION
from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.annotations import (
    DELETION_PROPAGATION,
    PATCH_FORCE,
    REPLACE_UNREADY,
    SKIP_AWAIT,
    TIMEOUT_SECONDS,
    WAIT_FOR,
)
from tests.engine.support import plugin_process
from tests.engine.support.behaviours import behaviour
from tests.engine.support.plugin_process import Held, PluginProcess, RefusedError, thing, urn

pytestmark = pytest.mark.engine

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
NAMESPACE = "kubernetes:core/v1:Namespace"
SECRET = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
STATEFUL_SET = "kubernetes:apps/v1:StatefulSet"
JOB = "kubernetes:batch/v1:Job"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"

OURS = {OWNER_ANNOTATION: "factory/region/part", FIELD_MANAGER_ANNOTATION: FIELD_MANAGER}

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def environment(control_plane, toolset):
    return {
        "AIFACTORY_LOCAL_INSTANCE": "engine-test",
        "AIFACTORY_HELM": str(toolset.path("helm")),
        "KUBECONFIG": str(control_plane.kubeconfig),
    }


@pytest.fixture(scope="module")
def shared(environment):
    """One plugin for the tests that need no memory of a run."""
    with PluginProcess(environment, {"enableConfigMapMutable": "true"}) as process:
        yield process


@pytest.fixture
def fresh(environment):
    """A plugin of a new run: it remembers nothing."""
    with PluginProcess(environment, {"enableConfigMapMutable": "true"}) as process:
        yield process


@pytest.fixture
def kubectl(control_plane, toolset):
    return lambda *arguments, stdin=None: plugin_process.kubectl(toolset, control_plane.kubeconfig, *arguments, stdin=stdin)


@pytest.fixture(scope="module")
def namespace(control_plane, toolset):
    """A namespace for this module, gone afterwards with all that tests left in it."""
    name = f"conformance-{int(time.time())}"
    plugin_process.kubectl(toolset, control_plane.kubeconfig, "create", "namespace", name)
    yield name
    plugin_process.kubectl(toolset, control_plane.kubeconfig, "delete", "namespace", name, "--wait=false")


@pytest.fixture
def name():
    return f"thing-{next(_numbers)}"


def config_map(name, namespace, data, **annotations):
    return thing(CONFIG_MAP, name, namespace, annotations={**OURS, **annotations}, data=data)


def pod_template(label, **spec):
    container = {"name": "main", "image": "registry.invalid/none", "resources": {"requests": {"memory": "1024Mi"}}}
    return {"metadata": {"labels": {"app": label}}, "spec": {"containers": [container], **spec}}


def deployment(name, namespace, replicas=0, annotations=None, **spec):
    body = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": pod_template(name), **spec}
    return thing(DEPLOYMENT, name, namespace, annotations={**OURS, **(annotations or {})}, spec=body)


def widgets(group, scope="Namespaced"):
    """A CRD with one integer field."""
    schema = {
        "type": "object",
        "properties": {
            "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
            "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        },
    }
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    spec = {
        "group": group,
        "scope": scope,
        "names": {"kind": "Widget", "plural": "widgets", "singular": "widget"},
        "versions": [version],
    }
    return thing(CRD, f"widgets.{group}", annotations=OURS, spec=spec)


def group_of(name):
    return f"{name.replace('-', '')}.example.com"


class TestConfiguration:
    """Prevents the stand-in from working on a cluster that is not a local region's."""

    @behaviour("announces itself as a stand-in on the engine's log", official="announces nothing")
    def test_announcement(self, shared):
        assert "stand-in for the kubernetes plugin" in shared.engine.words

    @behaviour("refuses to work unless a local region started the engine", official="works everywhere")
    def test_not_a_local_region(self, environment):
        with pytest.raises(RefusedError, match="AIFACTORY_LOCAL_INSTANCE is not set"):
            PluginProcess({**environment, "AIFACTORY_LOCAL_INSTANCE": ""})

    @behaviour("a rotated credential updates the provider and replaces nothing; another server replaces")
    def test_diff_config(self, shared, control_plane):
        text = control_plane.kubeconfig.read_text()
        rotated = shared.diff_config({"kubeconfig": text}, {"kubeconfig": text.replace("users:", "users: # new\n")})
        moved = shared.diff_config(
            {"kubeconfig": text}, {"kubeconfig": text.replace(control_plane.server, "https://127.0.0.1:1")}
        )
        assert (list(rotated.diffs), list(rotated.replaces)) == (["kubeconfig"], [])
        assert list(moved.replaces) == ["kubeconfig"]

    @behaviour("once `clusterIdentifier` is set, it alone decides whether the provider is replaced")
    def test_cluster_identifier(self, shared, control_plane):
        text = control_plane.kubeconfig.read_text()
        moved = text.replace(control_plane.server, "https://127.0.0.1:1")
        same = shared.diff_config(
            {"kubeconfig": text, "clusterIdentifier": "a"}, {"kubeconfig": moved, "clusterIdentifier": "a"}
        )
        other = shared.diff_config(
            {"kubeconfig": text, "clusterIdentifier": "a"}, {"kubeconfig": text, "clusterIdentifier": "b"}
        )
        assert list(same.replaces) == []
        assert list(other.replaces) == ["clusterIdentifier"]


class TestCheck:
    """Prevents inputs that cannot work from getting as far as the cluster."""

    @behaviour("a missing name is refused: names are fixed", official="makes up a name with a random suffix")
    def test_fixed_names(self, shared, namespace):
        _, failures = shared.check(Held(urn(CONFIG_MAP, "x")), thing(CONFIG_MAP, "", namespace))
        assert "fixed name" in failures["metadata.name"]

    @behaviour("the default namespace is written into the inputs of namespaced kinds, and only of those")
    def test_default_namespace(self, shared):
        inputs = shared.checked(Held(urn(CONFIG_MAP, "x")), thing(CONFIG_MAP, "x"))
        cluster_wide = shared.checked(Held(urn(NAMESPACE, "x")), thing(NAMESPACE, "x"))
        assert inputs["metadata"]["namespace"] == "default"
        assert "namespace" not in cluster_wide["metadata"]

    @behaviour("contents of Secrets become secret inputs, marked or not")
    def test_secret_inputs(self, shared, namespace):
        inputs = shared.checked(Held(urn(SECRET, "x")), thing(SECRET, "x", namespace, stringData={"a": "b"}))
        assert isinstance(inputs["stringData"], Secret)

    @behaviour("a wait that is misspelt is refused at check", official="is refused when the wait begins")
    def test_annotations(self, shared, namespace):
        news = config_map("x", namespace, {}, **{WAIT_FOR: "Ready", TIMEOUT_SECONDS: "5m"})
        _, failures = shared.check(Held(urn(CONFIG_MAP, "x")), news)
        assert failures


class TestPreview:
    """Prevents a preview that promises what `up` cannot do, and one that fails although `up` would work."""

    @behaviour("a dry run fills in the API server's defaults; what it makes up stays unknown, the status is absent")
    def test_defaults(self, shared, namespace, name):
        told = shared.create(DEPLOYMENT, deployment(name, namespace), preview=True)
        assert told.outputs["spec"]["revisionHistoryLimit"] == 10
        assert "status" not in told.outputs
        assert told.outputs["metadata"]["name"] == name

    @behaviour("nothing is made at preview")
    def test_nothing_is_made(self, shared, namespace, name, kubectl):
        shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}), preview=True)
        assert name not in kubectl("get", "configmaps", "-n", namespace)

    @behaviour(
        "a misspelt field fails the preview with the field's name, also in a namespace that is only planned",
        official="warns, and drops the field",
    )
    def test_misspelt_field(self, fresh, namespace, name):
        wrong = deployment(name, namespace, replcas=3)
        with pytest.raises(RefusedError, match=r"fields that its kind does not have: spec\.replcas"):
            fresh.create(DEPLOYMENT, wrong, preview=True)
        fresh.create(NAMESPACE, thing(NAMESPACE, f"{name}-planned"), preview=True)
        with pytest.raises(RefusedError, match=r"spec\.replcas"):
            fresh.create(DEPLOYMENT, deployment(name, f"{name}-planned", replcas=3), preview=True)

    @behaviour("an object in a namespace of the same preview is previewed")
    def test_planned_namespace(self, fresh, name):
        planned = f"{name}-planned"
        fresh.create(NAMESPACE, thing(NAMESPACE, planned), preview=True)
        told = fresh.create(DEPLOYMENT, deployment(name, planned), preview=True)
        assert told.outputs["metadata"]["namespace"] == planned
        assert told.outputs["metadata"]["name"] == name
        assert "there is no namespace" not in fresh.engine.words

    @behaviour("a namespace that is neither there nor planned is warned of", official="says nothing at preview")
    def test_missing_namespace(self, fresh, name):
        fresh.create(CONFIG_MAP, config_map(name, "not-there", {}), preview=True)
        assert "there is no namespace not-there" in fresh.engine.words

    @behaviour("an object of a kind whose CRD is planned in the same preview is previewed, its scope known")
    def test_planned_kind(self, fresh, namespace, name):
        group = group_of(name)
        fresh.create(CRD, widgets(group, scope="Cluster"), preview=True)
        token = f"kubernetes:{group}/v1:Widget"
        told = fresh.create(token, thing(token, name, spec={"size": 3}), preview=True)
        assert told.outputs["spec"] == {"size": 3}
        assert "namespace" not in told.inputs["metadata"]

    @behaviour("a field that the planned CRD does not have fails the preview", official="is not looked at")
    def test_planned_schema(self, fresh, namespace, name):
        group = group_of(name)
        fresh.create(CRD, widgets(group), preview=True)
        token = f"kubernetes:{group}/v1:Widget"
        with pytest.raises(RefusedError, match=r"planned CRD does not have: spec\.sise"):
            fresh.create(token, thing(token, name, namespace, spec={"sise": 3}), preview=True)

    @behaviour("with unknown inputs there is no dry run; the inputs are the outputs")
    def test_unknown_inputs(self, shared, namespace, name):
        told = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": UNKNOWN}), preview=True)
        assert told.outputs["data"]["a"] is UNKNOWN
        assert told.id == ""


class TestCreate:
    """Prevents objects that come out other than they were written, or over someone else's."""

    @behaviour("applies by server-side apply with the field manager that `pulumi.com/patchFieldManager` names")
    def test_field_manager(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}))
        fields = json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json", "--show-managed-fields"))[
            "metadata"
        ]["managedFields"]
        assert [(entry["manager"], entry["operation"]) for entry in fields] == [(FIELD_MANAGER, "Apply")]
        assert made.id == f"{namespace}/{name}"
        shared.delete(made)

    @behaviour("without that annotation the field manager is `aifactory`", official="a random one per resource")
    def test_default_field_manager(self, shared, namespace, name):
        made = shared.create(CONFIG_MAP, thing(CONFIG_MAP, name, namespace, data={}))
        assert made.outputs["__fieldManager"] == FIELD_MANAGER
        shared.delete(made)

    @behaviour("state holds `__inputs`, `__initialApiVersion` and `__fieldManager` beside the live object")
    def test_state(self, shared, namespace, name):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}))
        assert made.outputs["__inputs"]["data"] == {"a": "b"}
        assert made.outputs["__initialApiVersion"] == "v1"
        assert made.outputs["__fieldManager"] == FIELD_MANAGER
        assert made.outputs["metadata"]["uid"]
        shared.delete(made)

    @behaviour("whole numbers arrive as integers")
    def test_integers(self, shared, namespace, name):
        made = shared.create(DEPLOYMENT, deployment(name, namespace, replicas=0, revisionHistoryLimit=3))
        assert made.outputs["spec"]["revisionHistoryLimit"] == 3
        shared.delete(made)

    @behaviour("a name that is taken is refused with the owner's name and the words for an import")
    def test_taken(self, shared, namespace, name, kubectl):
        kubectl("create", "configmap", name, "-n", namespace)
        with pytest.raises(RefusedError, match="exists") as raised:
            shared.create(CONFIG_MAP, thing(CONFIG_MAP, name, namespace, data={"a": "b"}))
        assert f"{namespace}/{name}" in raised.value.words

    @behaviour(
        "an object with another owner annotation is refused at preview too, naming the owner",
        official="knows no owners; refuses at up only",
    )
    def test_another_owner(self, fresh, shared, namespace, name):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}))
        other = config_map(name, namespace, {"a": "c"}, **{OWNER_ANNOTATION: "factory/elsewhere/part"})
        for preview in (True, False):
            with pytest.raises(RefusedError, match="belongs to 'factory/region/part'") as raised:
                fresh.create(CONFIG_MAP, other, preview=preview)
            assert f"pulumi import {CONFIG_MAP} it {namespace}/{name}" in raised.value.words
        shared.delete(made)

    @behaviour(
        "a creation that a crash cut off and that is repeated finds its own object and goes on",
        official="fails: the object exists",
    )
    def test_repeated_after_a_crash(self, fresh, shared, namespace, name, kubectl):
        shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b", "gone": "x"}))
        made = fresh.create(CONFIG_MAP, config_map(name, namespace, {"a": "c"}))
        assert made.outputs["data"] == {"a": "c"}
        shared.delete(made)
        assert name not in kubectl("get", "configmaps", "-n", namespace)

    @behaviour("with `upsertExistingObjects` an object is taken over whoever owns it")
    def test_upsert(self, environment, namespace, name, kubectl):
        kubectl("create", "configmap", name, "-n", namespace)
        with PluginProcess(environment, {"upsertExistingObjects": "true"}) as process:
            made = process.create(CONFIG_MAP, thing(CONFIG_MAP, name, namespace, data={"a": "b"}))
        assert made.outputs["data"] == {"a": "b"}

    @behaviour(
        "a resource renamed in the program takes its object over, and the deletion under the old name spares it",
        official="fails: the object exists",
    )
    def test_renamed(self, fresh, shared, namespace, name, kubectl):
        old = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}), name="old")
        fresh.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}), name="new")
        fresh.delete(old)
        assert name in kubectl("get", "configmaps", "-n", namespace)
        assert "took it over" in fresh.engine.words

    @behaviour(
        "an object that is still being deleted is waited for, and then made anew", official="applies to the dying object"
    )
    def test_terminating(self, shared, namespace, name, kubectl):
        body = thing(CONFIG_MAP, name, namespace, finalizers=["example.com/hold"])
        kubectl("apply", "-f", "-", stdin=json.dumps(body))
        kubectl("delete", "configmap", name, "-n", namespace, "--wait=false")
        release = ("patch", "configmap", name, "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')
        threading.Timer(1.0, kubectl, release).start()
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "b"}))
        assert made.outputs["data"] == {"a": "b"}
        assert "finalizer example.com/hold holds it" in shared.engine.words
        shared.delete(made)


class TestSecrets:
    """Prevents secrets in clear in state, messages and logs."""

    @behaviour("contents of Secrets, and whatever was secret in the inputs, are secret in the outputs")
    def test_outputs(self, shared, namespace, name):
        made = shared.create(
            SECRET, thing(SECRET, name, namespace, annotations=OURS, stringData={"password": Secret("canary-1")})
        )
        encoded = base64.b64encode(b"canary-1").decode()
        assert codec.reveal(made.outputs["data"]) == {"password": encoded}
        concealed = json.dumps(codec.conceal(made.outputs))
        assert "canary-1" not in concealed
        assert encoded not in concealed
        shared.delete(made)

    @behaviour("an error of the API server that quotes a secret arrives without it", official="quotes it")
    def test_errors(self, shared, namespace, name):
        wrong = thing(SECRET, name, namespace, annotations=OURS, data={"password": Secret("canary!2")})
        with pytest.raises(RefusedError) as raised:
            shared.create(SECRET, wrong)
        assert "canary!2" not in raised.value.words
        labelled = config_map(name, namespace, {}) | {"data": {"a": "b"}}
        labelled["metadata"]["labels"] = {"bad": Secret("canary 3!")}
        with pytest.raises(RefusedError) as raised:
            shared.create(CONFIG_MAP, labelled)
        assert "canary 3!" not in raised.value.words
        assert "[secret]" in raised.value.words

    @behaviour("the same contents written as `data` instead of `stringData` are no difference")
    def test_same_contents(self, shared, namespace, name):
        made = shared.create(SECRET, thing(SECRET, name, namespace, annotations=OURS, stringData={"a": "b"}))
        again = thing(SECRET, name, namespace, annotations=OURS, data={"a": base64.b64encode(b"b").decode()})
        assert not shared.diff(made, again).changed
        shared.delete(made)


class TestDiff:
    """Prevents a replacement that destroys data, and an update that the API server will refuse."""

    @behaviour("unchanged inputs are no difference")
    def test_unchanged(self, shared, namespace, name):
        made = shared.create(DEPLOYMENT, deployment(name, namespace))
        assert not shared.diff(made, deployment(name, namespace)).changed
        shared.delete(made)

    @behaviour("differences are told with property paths and kinds")
    def test_paths(self, shared, namespace, name):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1", "b": "1"}))
        found = shared.diff(made, config_map(name, namespace, {"a": "2", "c": "1"}, **{"x.y/z": "1"}))
        assert found.kinds == {
            "data.a": "UPDATE",
            "data.b": "DELETE",
            "data.c": "ADD",
            'metadata.annotations["x.y/z"]': "ADD",
        }
        assert not found.replaces
        shared.delete(made)

    @behaviour("another name or namespace is another object: a replacement, the new one first")
    def test_identity(self, shared, namespace, name):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {}))
        found = shared.diff(made, config_map(f"{name}-2", namespace, {}))
        assert found.replaces == ["metadata.name"]
        assert found.kinds == {"metadata.name": "UPDATE_REPLACE"}
        assert not found.delete_before_replace
        shared.delete(made)

    @behaviour("a field that cannot be changed in place means a replacement, the old object first")
    @pytest.mark.parametrize(
        ("token", "before", "after", "path"),
        [
            pytest.param(
                DEPLOYMENT,
                {"spec": {"replicas": 0, "selector": {"matchLabels": {"app": "a"}}, "template": pod_template("a")}},
                {"spec": {"replicas": 0, "selector": {"matchLabels": {"app": "b"}}, "template": pod_template("b")}},
                "spec.selector.matchLabels.app",
                id="selector of a Deployment",
            ),
            pytest.param(
                STATEFUL_SET,
                {
                    "spec": {
                        "replicas": 0,
                        "serviceName": "a",
                        "selector": {"matchLabels": {"app": "a"}},
                        "template": pod_template("a"),
                    }
                },
                {
                    "spec": {
                        "replicas": 0,
                        "serviceName": "b",
                        "selector": {"matchLabels": {"app": "a"}},
                        "template": pod_template("a"),
                    }
                },
                "spec.serviceName",
                id="serviceName of a StatefulSet",
            ),
            pytest.param(
                "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
                {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}},
                {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"}},
                "roleRef.name",
                id="roleRef of a RoleBinding",
            ),
            pytest.param(
                SERVICE,
                {"spec": {"clusterIP": "None", "ports": [{"port": 80}]}},
                {"spec": {"clusterIP": "10.0.0.77", "ports": [{"port": 80}]}},
                "spec.clusterIP",
                id="clusterIP of a Service",
            ),
        ],
    )
    def test_immutable(self, shared, namespace, name, token, before, after, path):
        made = shared.create(token, thing(token, name, namespace, annotations=OURS, **before))
        found = shared.diff(made, thing(token, name, namespace, annotations=OURS, **after))
        assert path in found.replaces
        assert found.kinds[path] == "UPDATE_REPLACE"
        assert found.delete_before_replace
        shared.delete(made)

    @behaviour("data of ConfigMaps and Secrets is changed in place if the provider allows it, and else replaced")
    def test_mutable_data(self, environment, shared, namespace, name):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        assert not shared.diff(made, config_map(name, namespace, {"a": "2"})).replaces
        with PluginProcess(environment) as strict:
            assert strict.diff(made, config_map(name, namespace, {"a": "2"})).replaces == ["data.a"]
        shared.delete(made)

    @behaviour("a claim that grows is updated, so that its data stays", official="is replaced, and its data lost")
    def test_claims_grow(self, shared, namespace, name):
        def claim(size):
            spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
            return thing(CLAIM, name, namespace, annotations={**OURS, SKIP_AWAIT: "true"}, spec=spec)

        made = shared.create(CLAIM, claim("1Gi"))
        assert shared.diff(made, claim("2Gi")).replaces == []
        shared.delete(made)

    @behaviour("a Job that failed is replaced on the next run if `pulumi.com/replaceUnready` asks for it")
    def test_replace_unready(self, shared, namespace, name, kubectl):
        def job(**annotations):
            spec = {"suspend": True, "template": pod_template(name, restartPolicy="Never")}
            return thing(JOB, name, namespace, annotations={**OURS, **annotations, SKIP_AWAIT: "true"}, spec=spec)

        made = shared.create(JOB, job(**{REPLACE_UNREADY: "true"}))
        assert any(REPLACE_UNREADY in path for path in shared.diff(made, job(**{REPLACE_UNREADY: "true"})).replaces)
        shared.delete(made)


class TestUpdate:
    """Prevents fields that stay although the program no longer names them, and quiet tugs-of-war."""

    @behaviour("a field that the program no longer names goes")
    def test_removed_field(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1", "b": "1"}))
        made = shared.update(made, config_map(name, namespace, {"a": "2"}))
        assert json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json"))["data"] == {"a": "2"}
        shared.delete(made)

    @behaviour("a field that another manager holds is not taken: the conflict names the manager and the field")
    def test_conflict(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        theirs = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "theirs"}}
        kubectl("apply", "--server-side", "--force-conflicts", "--field-manager=someone", "-n", namespace, "-f", "-",
                stdin=json.dumps(theirs))  # fmt: skip
        with pytest.raises(RefusedError) as raised:
            shared.update(made, config_map(name, namespace, {"a": "2"}))
        assert "someone" in raised.value.words
        assert "data.a" in raised.value.words
        forced = shared.update(made, config_map(name, namespace, {"a": "2"}, **{PATCH_FORCE: "true"}))
        assert forced.outputs["data"] == {"a": "2"}
        shared.delete(forced)

    @behaviour("the preview of an update shows a conflict too, and changes nothing")
    def test_preview(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        told = shared.update(made, config_map(name, namespace, {"a": "2"}), preview=True)
        assert told.outputs["data"] == {"a": "2"}
        assert json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json"))["data"] == {"a": "1"}
        shared.delete(made)

    @behaviour("another field manager is taken up, and the earlier one gives its fields up")
    def test_another_manager(self, shared, namespace, name, kubectl):
        first = {FIELD_MANAGER_ANNOTATION: "first"}
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1", "b": "1"}, **first))
        made = shared.update(made, config_map(name, namespace, {"a": "1"}, **{FIELD_MANAGER_ANNOTATION: "second"}))
        live = json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json", "--show-managed-fields"))
        assert live["data"] == {"a": "1"}
        assert "first" not in [entry["manager"] for entry in live["metadata"]["managedFields"] if entry.get("fieldsV1")]
        shared.delete(made)

    @behaviour("an object deleted behind its back is made again by an update")
    def test_gone(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        kubectl("delete", "configmap", name, "-n", namespace)
        made = shared.update(made, config_map(name, namespace, {"a": "2"}))
        assert made.outputs["data"] == {"a": "2"}
        shared.delete(made)


class TestReadAndImport:
    """Prevents drift that nobody sees, and drift that is none."""

    @behaviour("a change made behind its back shows as a difference after a refresh")
    def test_drift(self, shared, namespace, name, kubectl):
        made = shared.create(DEPLOYMENT, deployment(name, namespace))
        kubectl("scale", "deployment", name, "-n", namespace, "--replicas=1")
        kubectl("scale", "deployment", name, "-n", namespace, "--replicas=0")
        kubectl("patch", "deployment", name, "-n", namespace, "-p", '{"spec":{"revisionHistoryLimit":7}}')
        unchanged = shared.read(made)
        assert not shared.diff(unchanged, deployment(name, namespace)).changed
        kubectl("label", "deployment", name, "-n", namespace, "someone=else")
        kubectl("annotate", "deployment", name, "-n", namespace, f"{OWNER_ANNOTATION}=thief", "--overwrite")
        drifted = shared.read(made)
        assert shared.diff(drifted, deployment(name, namespace)).kinds == {
            f'metadata.annotations["{OWNER_ANNOTATION}"]': "UPDATE"
        }
        kubectl("delete", "deployment", name, "-n", namespace)

    @behaviour(
        "the API server's own spelling of a value (`1024Mi` becomes `1Gi`) is no drift",
        official="shows it as a change on the next run",
    )
    def test_spelling(self, shared, namespace, name):
        made = shared.create(DEPLOYMENT, deployment(name, namespace))
        container = made.outputs["spec"]["template"]["spec"]["containers"][0]
        assert container["resources"]["requests"] == {"memory": "1Gi"}
        assert not shared.diff(shared.read(made), deployment(name, namespace)).changed
        shared.delete(made)

    @behaviour("contents of Secrets that were changed behind their back show as a difference")
    def test_secret_drift(self, shared, namespace, name, kubectl):
        inputs = thing(SECRET, name, namespace, annotations=OURS, stringData={"a": "b"})
        made = shared.create(SECRET, inputs)
        assert not shared.diff(shared.read(made), inputs).changed
        kubectl("patch", "secret", name, "-n", namespace, "-p", '{"stringData":{"a":"other"}}')
        drifted = shared.read(made)
        assert isinstance(drifted.inputs["stringData"], Secret)
        assert shared.diff(drifted, inputs).changed
        shared.delete(made)

    @behaviour("an object that is gone reads as gone")
    def test_gone(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        kubectl("delete", "configmap", name, "-n", namespace)
        assert shared.read(made) is None

    @behaviour("an object that is no longer ready reads as there, but failed, with reasons")
    def test_unready(self, shared, namespace, name, kubectl):
        made = shared.create(DEPLOYMENT, deployment(name, namespace))
        kubectl("patch", "deployment", name, "-n", namespace, "-p", '{"spec":{"replicas":1}}')
        live = {**made.outputs, "__inputs": made.inputs}
        with pytest.raises(RefusedError) as raised:
            shared.read(Held(made.urn, made.inputs, live, made.id))
        assert raised.value.partial is not None
        assert any("0 of 1" in reason or "not seen" in reason for reason in raised.value.partial.reasons)
        shared.delete(made)

    @behaviour("an import returns the fields that the field manager applied as inputs", official="returns all fields")
    def test_import(self, shared, namespace, name):
        body = deployment(name, namespace)
        body["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"memory": "1Gi"}}
        made = shared.create(DEPLOYMENT, body)
        imported = shared.read(Held(made.urn, id=made.id))
        assert not shared.diff(imported, body).changed
        shared.delete(made)

    @behaviour("an import of a stranger's object returns its fields without what the API server set")
    def test_import_of_a_strangers(self, shared, namespace, name, kubectl):
        kubectl("create", "configmap", name, "-n", namespace, "--from-literal=a=b")
        imported = shared.read(Held(urn(CONFIG_MAP, "it"), id=f"{namespace}/{name}"))
        assert imported.inputs["data"] == {"a": "b"}
        assert not {"uid", "resourceVersion", "managedFields"} & set(imported.inputs["metadata"])
        kubectl("delete", "configmap", name, "-n", namespace)


class TestDelete:
    """Prevents deletions that are reported and have not happened, and ones that were never meant."""

    @behaviour("an object is gone when its deletion returns; deleting it again is fine")
    def test_gone(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        shared.delete(made)
        assert name not in kubectl("get", "configmaps", "-n", namespace)
        shared.delete(made)

    @behaviour("a deletion that hangs ends at its timeout and names the finalizer that holds the object")
    def test_finalizer(self, shared, namespace, name, kubectl):
        body = config_map(name, namespace, {})
        body["metadata"]["finalizers"] = ["example.com/hold"]
        made = shared.create(CONFIG_MAP, body)
        with pytest.raises(RefusedError, match="finalizer") as raised:
            shared.delete(made, timeout=1)
        assert "example.com/hold" in raised.value.words
        kubectl("patch", "configmap", name, "-n", namespace, "--type=merge", "-p", '{"metadata":{"finalizers":null}}')

    @behaviour("`pulumi.com/deletionPropagationPolicy` is obeyed")
    def test_orphan(self, shared, namespace, name, kubectl):
        orphaning = {DELETION_PROPAGATION: "orphan", SKIP_AWAIT: "true"}
        made = shared.create(DEPLOYMENT, deployment(name, namespace, replicas=1, annotations=orphaning))
        for _ in range(100):
            if name in kubectl("get", "replicasets", "-n", namespace):
                break
            time.sleep(0.1)
        shared.delete(made)
        assert name in kubectl("get", "replicasets", "-n", namespace)
        kubectl("delete", "replicasets", "-n", namespace, "-l", f"app={name}")

    @behaviour("without that annotation dependents follow in the background", official="go first, in the foreground")
    def test_background(self, shared, namespace, name, kubectl):
        made = shared.create(DEPLOYMENT, deployment(name, namespace))
        shared.delete(made)
        assert name not in kubectl("get", "deployments", "-n", namespace)

    @behaviour("an object that someone else made under the same name is not deleted", official="is deleted")
    def test_someone_elses(self, shared, namespace, name, kubectl):
        made = shared.create(CONFIG_MAP, config_map(name, namespace, {"a": "1"}))
        kubectl("delete", "configmap", name, "-n", namespace)
        kubectl("create", "configmap", name, "-n", namespace)
        shared.delete(made)
        assert name in kubectl("get", "configmaps", "-n", namespace)
        assert "not deleted" in shared.engine.words

    @behaviour("an object whose CRD is gone counts as deleted")
    def test_without_its_kind(self, fresh, name):
        token = "kubernetes:gone.example.com/v1:Gone"
        outputs = thing(token, name, "default")
        fresh.delete(Held(urn(token, "it"), outputs, outputs, f"default/{name}"))


class TestWaits:
    """Prevents "ready" for what is not ready, waits without end, and failures without reasons."""

    @behaviour("a CRD is ready when the API server serves its kinds; an object of it can be made at once")
    def test_crd(self, shared, namespace, name):
        group = group_of(name)
        crd = shared.create(CRD, widgets(group))
        token = f"kubernetes:{group}/v1:Widget"
        widget = shared.create(token, thing(token, name, namespace, annotations=OURS, spec={"size": 3}))
        assert widget.outputs["spec"] == {"size": 3}
        shared.delete(widget)
        shared.delete(crd)

    @behaviour(
        "`pulumi.com/waitFor` waits for conditions and JSONPaths, all of a list, on any kind;"
        " a condition about an earlier generation does not count"
    )
    def test_wait_for(self, shared, namespace, name, kubectl):
        group = group_of(name)
        crd = shared.create(CRD, widgets(group))
        token = f"kubernetes:{group}/v1:Widget"
        wanted = {WAIT_FOR: '["condition=Ready", "jsonpath={.status.phase}=Running"]', TIMEOUT_SECONDS: "30"}
        status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}

        def report():
            for _ in range(100):
                if name in kubectl("get", f"widgets.{group}", "-n", namespace):
                    break
                time.sleep(0.1)
            patch = json.dumps({"status": status})
            kubectl("patch", f"widgets.{group}", name, "-n", namespace, "--subresource=status", "--type=merge",
                    "-p", patch)  # fmt: skip

        threading.Thread(target=report).start()
        made = shared.create(token, thing(token, name, namespace, annotations={**OURS, **wanted}, spec={"size": 1}))
        assert made.outputs["status"]["phase"] == "Running"
        shared.delete(made)
        shared.delete(crd)

    @behaviour(
        "a wait that runs out is a partial failure: the object is recorded, with reasons in words, and the next run"
        " updates it"
    )
    def test_timeout(self, shared, namespace, name):
        body = deployment(name, namespace, replicas=1, annotations={TIMEOUT_SECONDS: "3"})
        body["spec"]["template"]["spec"]["nodeSelector"] = {"no.such/node": "here"}
        with pytest.raises(RefusedError) as raised:
            shared.create(DEPLOYMENT, body)
        partial = raised.value.partial
        assert partial is not None
        assert partial.id == f"{namespace}/{name}"
        held = Held(urn(DEPLOYMENT, "it"), codec.decode(partial.properties)["__inputs"],
                    codec.decode(partial.properties), partial.id)  # fmt: skip
        fixed = shared.update(held, deployment(name, namespace, replicas=0))
        assert fixed.outputs["status"]["observedGeneration"] >= 2
        shared.delete(fixed)

    @behaviour("the reasons say why pods are not scheduled", official="in other words")
    def test_unschedulable(self, shared, namespace, name):
        body = deployment(name, namespace, replicas=1, annotations={TIMEOUT_SECONDS: "4"})
        body["spec"]["template"]["spec"]["nodeSelector"] = {"no.such/node": "here"}
        with pytest.raises(RefusedError) as raised:
            shared.create(DEPLOYMENT, body)
        assert any("is not scheduled" in reason for reason in raised.value.partial.reasons)
        shared.delete(Held(urn(DEPLOYMENT, "it"), body, codec.decode(raised.value.partial.properties),
                           f"{namespace}/{name}"))  # fmt: skip

    @behaviour("the engine's own limit (`customTimeouts`) wins over the annotation")
    def test_custom_timeouts(self, shared, namespace, name):
        body = config_map(name, namespace, {}, **{WAIT_FOR: "jsonpath={.data.x}=1", TIMEOUT_SECONDS: "600"})
        started = time.monotonic()
        with pytest.raises(RefusedError) as raised:
            shared.create(CONFIG_MAP, body, timeout=1)
        assert raised.value.partial is not None
        assert time.monotonic() - started < 20

    @behaviour("`pulumi.com/skipAwait` waits for nothing")
    def test_skip_await(self, shared, namespace, name):
        made = shared.create(DEPLOYMENT, deployment(name, namespace, replicas=1, annotations={SKIP_AWAIT: "true"}))
        assert made.id == f"{namespace}/{name}"
        shared.delete(made)

    @behaviour("a Service with a selector waits for a ready pod behind it; one without a selector does not")
    def test_service(self, shared, namespace, name):
        plain = thing(SERVICE, name, namespace, annotations=OURS, spec={"ports": [{"port": 80}]})
        made = shared.create(SERVICE, plain)
        shared.delete(made)
        waiting = thing(SERVICE, name, namespace, annotations={**OURS, TIMEOUT_SECONDS: "1"},
                        spec={"ports": [{"port": 80}], "selector": {"app": name}})  # fmt: skip
        with pytest.raises(RefusedError) as raised:
            shared.create(SERVICE, waiting)
        assert raised.value.partial is not None
        shared.delete(Held(urn(SERVICE, "it"), waiting, codec.decode(raised.value.partial.properties),
                           f"{namespace}/{name}"))  # fmt: skip

    @behaviour("`Cancel` ends a wait within a moment, and the object is recorded")
    def test_cancel(self, fresh, namespace, name, kubectl):
        body = config_map(name, namespace, {}, **{WAIT_FOR: "jsonpath={.data.x}=1"})
        from google.protobuf import empty_pb2

        threading.Timer(1.0, fresh.stub.Cancel, [empty_pb2.Empty()]).start()
        started = time.monotonic()
        with pytest.raises(RefusedError) as raised:
            fresh.create(CONFIG_MAP, body)
        assert time.monotonic() - started < 10
        assert raised.value.partial is not None
        kubectl("delete", "configmap", name, "-n", namespace)


class TestPatches:
    """Prevents a patch from taking an object over, or from leaving its fields behind."""

    PATCH = "kubernetes:core/v1:ConfigMapPatch"

    def patch(self, name, namespace, data):
        return {**config_map(name, namespace, data), "metadata": {"name": name, "namespace": namespace}}

    @behaviour("a Patch resource changes fields of an object that is not its own, and takes them back when it goes")
    def test_life(self, shared, namespace, name, kubectl):
        kubectl("create", "configmap", name, "-n", namespace, "--from-literal=theirs=1")
        made = shared.create(self.PATCH, self.patch(name, namespace, {"ours": "1"}))
        assert made.outputs["data"] == {"theirs": "1", "ours": "1"}
        made = shared.update(made, self.patch(name, namespace, {"ours": "2"}))
        shared.delete(made)
        live = json.loads(kubectl("get", "configmap", name, "-n", namespace, "-o", "json"))
        assert live["data"] == {"theirs": "1"}

    @behaviour(
        "a Patch resource waits for the object that it patches only where `pulumi.com/waitFor` asks for it; a wait that runs"
        " out leaves the patch recorded",
        official="obeys it too; without it, waits by the rule of the kind that is patched",
    )
    def test_wait(self, shared, namespace, name, kubectl):
        kubectl("create", "configmap", name, "-n", namespace, "--from-literal=theirs=0")
        plain = shared.create(self.PATCH, self.patch(name, namespace, {"ours": "1"}))
        waiting = self.patch(name, namespace, {"ours": "1"})
        waiting["metadata"]["annotations"] = {WAIT_FOR: "jsonpath={.data.theirs}=1", TIMEOUT_SECONDS: "1"}
        with pytest.raises(RefusedError, match="was not ready within") as raised:
            shared.update(plain, waiting)
        assert raised.value.partial is not None
        change = json.dumps({"data": {"theirs": "1"}})
        waiting["metadata"]["annotations"][TIMEOUT_SECONDS] = "30"
        later = threading.Timer(0.5, kubectl, ["patch", "configmap", name, "-n", namespace, "--type=merge", "-p", change])
        later.start()
        made = shared.update(plain, waiting)
        later.join()
        assert made.outputs["data"] == {"theirs": "1", "ours": "1"}
        shared.delete(made)

    @behaviour("a Patch resource without an object to patch is refused", official="makes the object")
    def test_nothing_to_patch(self, shared, namespace, name):
        with pytest.raises(RefusedError, match="not there to be patched"):
            shared.create(self.PATCH, self.patch(name, namespace, {"ours": "1"}))


class TestFunctions:
    """Prevents silence where the stand-in cannot do what the official plugin can."""

    @behaviour("`yaml:decode` turns text into objects (`yaml` v1 ConfigFile and ConfigGroup)")
    def test_decode(self, shared):
        text = "---\n".join(f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n" for name in "ab")
        found = shared.invoke("kubernetes:yaml:decode", {"text": text})
        assert [entry["metadata"]["name"] for entry in found["result"]] == ["a", "b"]

    @behaviour("other functions are refused by name", official="helm:template, kustomize:directory")
    def test_other_functions(self, shared):
        with pytest.raises(RefusedError, match="has no function kubernetes:helm:template"):
            shared.invoke("kubernetes:helm:template", {})

    @behaviour("components of yaml/v2, kustomize/v2 and helm v4 are refused with what to use instead", official="are made")
    def test_components(self, shared):
        from pulumi.runtime.proto import provider_pb2

        with pytest.raises(grpc.RpcError) as raised:
            shared.stub.Construct(provider_pb2.ConstructRequest(type="kubernetes:helm.sh/v4:Chart"))
        assert "use kubernetes.helm.v3.Release" in raised.value.details()


class TestProcess:
    """Prevents a plugin that outlives its engine."""

    @behaviour("SIGINT ends the process in order, also in the middle of a wait", official="ends at the end of the wait")
    def test_interrupt(self, fresh, namespace, name, kubectl):
        body = config_map(name, namespace, {}, **{WAIT_FOR: "jsonpath={.data.x}=1"})
        failed = []

        def create():
            try:
                fresh.create(CONFIG_MAP, body)
            except RefusedError as error:
                failed.append(error)

        thread = threading.Thread(target=create)
        thread.start()
        assert fresh.engine.heard.wait(10)
        time.sleep(0.5)
        fresh.process.send_signal(signal.SIGINT)
        assert fresh.process.wait(timeout=15) == 0
        thread.join(timeout=15)
        assert failed
        kubectl("delete", "configmap", name, "-n", namespace)
