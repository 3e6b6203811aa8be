"""A whole region that installs its operators and has custom resources of them: brought up, upgraded, removed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.kube.api import ApiRefusalError, connect
from aifactory.local import controlplane, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.region_operators import OLDER, RegionStack, Watched, kueue_at_work, merge, settled

pytestmark = pytest.mark.engine

KUEUE = {"install": "helm", "protect": False}
LWS = {"install": "manifests", "protect": False}
NFD = {"install": "helm", "protect": False}
ALL = {"kueue": KUEUE, "leaderworkerset": LWS, "node_feature_discovery": NFD}
PINNED = {name: releases()[name].version for name in OLDER}

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RULES = "/apis/nfd.k8s-sigs.io/v1alpha1/nodefeaturerules"
QUEUES = "/apis/kueue.x-k8s.io/v1beta2/clusterqueues"
WORKERS = "/apis/leaderworkerset.x-k8s.io/v1/namespaces/default/leaderworkersets"
HELD = "example.org/keep"


@pytest.fixture(scope="module")
def plane(new_instance: Callable[[str], Instance], toolset: Toolset, reporter: Reporter) -> ControlPlane:
    """A control plane of its own, without definitions: here they are the operators' to bring."""
    plane = controlplane.start(new_instance("region-operators"), toolset, reporter)
    simulate.apply_nodes(plane.kubeconfig, [], reporter)
    return plane


@pytest.fixture
def stack(tmp_path: Path, toolset: Toolset, plane: ControlPlane) -> Iterator[RegionStack]:
    """A region's stack; when the test is over, nothing of it is in the cluster that was not there before."""
    before = settled(plane.kubeconfig)
    stack = RegionStack(tmp_path, toolset, plane)
    with kueue_at_work(plane):
        yield stack
        stack.unprotect()
        gone = stack.destroy()
        assert not gone.failed, gone.words
    assert settled(plane.kubeconfig) - before == set()


def get(plane: ControlPlane, path: str) -> dict[str, Any]:
    with connect(plane.kubeconfig) as api:
        return api.request("GET", path)


def is_there(plane: ControlPlane, path: str) -> bool:
    try:
        get(plane, path)
    except ApiRefusalError as refusal:
        if refusal.status != 404:
            raise
        return False
    return True


def image_of(plane: ControlPlane, namespace: str, kind: str, name: str) -> str:
    found = get(plane, f"/apis/apps/v1/namespaces/{namespace}/{kind}/{name}")
    return found["spec"]["template"]["spec"]["containers"][0]["image"].rpartition(":")[2]


def up(stack: RegionStack) -> Any:
    done = stack.up()
    assert not done.failed, done.words
    return done


class TestAWholeRegion:
    """Prevents operators that go before what only they can let go, and upgrades that leave definitions behind."""

    def test_installed_upgraded_with_definitions_and_removed_in_reverse(
        self, stack: RegionStack, plane: ControlPlane, tmp_path: Path, toolset: Toolset
    ) -> None:
        stack.give(older=True, **ALL)
        up(stack)
        assert stack.facts() == OLDER | {"gpu-operator": releases()["gpu-operator"].version}
        assert image_of(plane, "kueue-system", "deployments", "kueue-controller-manager") == "v0.19.1"
        assert image_of(plane, "lws-system", "deployments", "lws-controller-manager") == "v0.8.0"
        assert not is_there(plane, f"{CRDS}/disaggregatedsets.disaggregatedset.x-k8s.io")
        assert "queueingStrategy" in get(plane, f"{QUEUES}/science")["spec"]

        stack.give(**ALL)
        refused = stack.up()
        assert refused.failed
        assert "node-feature-discovery.upgraded_from" in refused.words
        assert "leaderworkerset.upgraded_from" in refused.words
        assert "kueue.upgraded_from" not in refused.words  # from one patch to the next nobody has to do anything
        known = {
            "leaderworkerset": LWS | {"upgraded_from": "0.8.0"},
            "node_feature_discovery": NFD | {"upgraded_from": "0.18.3"},
        }
        stack.give(**ALL | known)
        uid = get(plane, f"{CRDS}/leaderworkersets.leaderworkerset.x-k8s.io")["metadata"]["uid"]
        queue = get(plane, f"{QUEUES}/science")["metadata"]["uid"]
        done = up(stack)
        assert stack.facts() == PINNED | {"gpu-operator": releases()["gpu-operator"].version}
        changed = [name for op, name in done.steps if op == "update"]
        assert {"here-operators-release-kueue-system-kueue"} <= set(changed)
        definition, deployment = (
            changed.index(f"here-operators-{name}")
            for name in (
                "customresourcedefinition-leaderworkersets.leaderworkerset.x-k8s.io",
                "deployment-lws-system-lws-controller-manager",
            )
        )
        assert definition < deployment
        assert is_there(plane, f"{CRDS}/disaggregatedsets.disaggregatedset.x-k8s.io")
        assert image_of(plane, "kueue-system", "deployments", "kueue-controller-manager") == "v0.19.2"
        assert image_of(plane, "lws-system", "deployments", "lws-controller-manager") == "v0.9.0"
        assert image_of(plane, "node-feature-discovery", "daemonsets", "node-feature-discovery-worker") == "v0.19.0"
        assert get(plane, f"{CRDS}/leaderworkersets.leaderworkerset.x-k8s.io")["metadata"]["uid"] == uid
        assert get(plane, f"{QUEUES}/science")["metadata"]["uid"] == queue
        assert stack.up().steps == []

        kinds = ["clusterqueues", "localqueues", "resourceflavors", "topologies.kueue.x-k8s.io", "deployments", "crd", "ns"]
        watched = Watched(tmp_path, toolset, plane, kinds)
        gone = stack.destroy()
        order = watched.end()
        assert not gone.failed, gone.words
        in_turn(order, "clusterqueues science", "resourceflavors h100", "deployments kueue-controller-manager")
        in_turn(order, "localqueues gpus", "clusterqueues science")
        in_turn(order, "resourceflavors h100", "crd resourceflavors.kueue.x-k8s.io", "ns kueue-system")
        in_turn(
            order, "deployments lws-controller-manager", "crd leaderworkersets.leaderworkerset.x-k8s.io", "ns lws-system"
        )
        in_turn(order, "clusterqueues science", "ns research", "ns kueue-system")


def in_turn(order: dict[str, int], *names: str) -> None:
    """Assert that objects went one after the other, by the revisions at which they went."""
    missing = [name for name in names if name not in order]
    assert not missing, f"{missing} not among {sorted(order)}"
    assert [order[name] for name in names] == sorted(order[name] for name in names), {name: order[name] for name in names}


GROUP_OF_WORKERS = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "theirs"},
    "spec": {
        "replicas": 1,
        "leaderWorkerTemplate": {
            "size": 2,
            "workerTemplate": {"spec": {"containers": [{"name": "it", "image": "registry.invalid/it:v1"}]}},
        },
    },
}


class TestWhatStays:
    """Prevents a removal that takes what is protected, and one that takes away less than it says or hangs without a word."""

    def test_what_is_protected_is_kept_with_all_that_depends_on_it(self, stack: RegionStack, plane: ControlPlane) -> None:
        stack.give(leaderworkerset={"install": "manifests"})
        up(stack)
        with connect(plane.kubeconfig) as api:
            without_webhooks(api)
            api.request("POST", WORKERS, json=GROUP_OF_WORKERS)
        before = {each for each in settled(plane.kubeconfig) if "lws" in each or "theirs" in each}
        refused = stack.destroy()
        assert refused.failed
        assert "protect" in refused.words
        assert before - settled(plane.kubeconfig) == set()  # what nobody protects may be gone already

        stack.unprotect()
        gone = stack.destroy()
        assert not gone.failed, gone.words
        assert is_there(plane, f"{WORKERS}/theirs")
        assert is_there(plane, "/apis/apps/v1/namespaces/lws-system/deployments/lws-controller-manager")
        assert is_there(plane, f"{CRDS}/leaderworkersets.leaderworkerset.x-k8s.io")
        assert not is_there(plane, "/api/v1/namespaces/research")  # nobody protects it

        stack.give(leaderworkerset=LWS)  # what was kept is taken up again, with what is in it
        up(stack)
        assert is_there(plane, f"{WORKERS}/theirs")

    def test_objects_of_others_are_named_when_they_hold_a_definition(self, stack: RegionStack, plane: ControlPlane) -> None:
        stack.give(node_feature_discovery=NFD)
        up(stack)
        rule = {"apiVersion": "nfd.k8s-sigs.io/v1alpha1", "kind": "NodeFeatureRule", "spec": {"rules": []}}
        with connect(plane.kubeconfig) as api:
            api.request("POST", RULES, json=rule | {"metadata": {"name": "theirs", "finalizers": [HELD]}})
        failed = stack.destroy()
        assert failed.failed
        assert "nodefeaturerules.nfd.k8s-sigs.io was not gone" in failed.words
        assert "NodeFeatureRule theirs" in failed.words
        assert HELD in failed.words
        with connect(plane.kubeconfig) as api:
            merge(api, f"{RULES}/theirs", {"metadata": {"finalizers": []}})
        again = stack.destroy()
        assert not again.failed, again.words
        assert not is_there(plane, "/api/v1/namespaces/node-feature-discovery")

    @pytest.mark.slow
    def test_objects_of_others_are_named_when_they_hold_a_definition_of_a_chart(
        self, stack: RegionStack, plane: ControlPlane
    ) -> None:
        """Kueue holds a queue that is in use, and its chart takes Kueue away before its definitions."""
        stack.give(kueue=KUEUE)
        up(stack)
        queue = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ClusterQueue", "spec": {}}
        with connect(plane.kubeconfig) as api:
            api.request("POST", QUEUES, json=queue | {"metadata": {"name": "theirs", "finalizers": [HELD]}})
        failed = stack.destroy()
        assert failed.failed
        assert "kueue-system/kueue" in failed.words
        assert "ClusterQueue theirs" in failed.words
        assert HELD in failed.words
        with connect(plane.kubeconfig) as api:
            merge(api, f"{QUEUES}/theirs", {"metadata": {"finalizers": []}})
        again = stack.destroy()
        assert not again.failed, again.words


def without_webhooks(api: Any) -> None:
    """Let the webhooks of LeaderWorkerSet pass: nobody runs its server here."""
    for kind in ("mutating", "validating"):
        path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/lws-{kind}-webhook-configuration"
        hooks = [hook | {"failurePolicy": "Ignore", "timeoutSeconds": 1} for hook in api.request("GET", path)["webhooks"]]
        merge(api, path, {"webhooks": hooks})
