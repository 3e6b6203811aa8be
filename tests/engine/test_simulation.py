"""Simulated nodes and operators against a real API server, scheduler and controllers."""

import ipaddress
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.conventions import POOL_LABEL, SIMULATED_ANNOTATION
from aifactory.kube.api import connect
from aifactory.local import controlplane, crds, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.cluster import Cluster, Object, at, reference, wait_for

pytestmark = pytest.mark.engine

H100 = simulate.AcceleratorFacts("NVIDIA-H100-80GB-HBM3", 81920, "hopper", "9.0", mig_capable=True)
POOL = simulate.Pool("simtest", nodes=2, gpus_per_node=8, accelerator=H100, cpu=192, memory_gib=2048)
SYSTEM = simulate.Pool("simtest-system", nodes=1)
NAMESPACE = "simulation-test"
SAMPLES: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "simulated_objects.yaml").read_text())
WITHHELD_SECONDS = 3.0
"""How long withheld objects are watched: ten times what a status takes on an idle machine."""


@pytest.fixture(scope="module")
def cluster(
    control_plane: ControlPlane, instance: Instance, toolset: Toolset, paths: Paths, reporter: Reporter
) -> Iterator[Cluster]:
    crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    controlplane.start(instance, toolset, reporter)  # KWOK again, now that the kinds of its stages are there
    simulate.apply_nodes(control_plane.kubeconfig, [POOL], reporter, system=SYSTEM)
    with connect(control_plane.kubeconfig) as api:
        found = Cluster(api)
        namespace = reference("v1", "Namespace", NAMESPACE)
        found.apply(namespace)
        yield found
        found.delete(namespace)
        simulate.apply_nodes(control_plane.kubeconfig, [], reporter, system=None)


def pod(name: str, *, gpus: int = 0, annotations: dict[str, str] | None = None) -> Object:
    limits = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations or {}},
        "spec": {
            "containers": [{"name": "main", "image": "example.test/image", "resources": {"limits": limits}}],
            "terminationGracePeriodSeconds": 0,
            "nodeSelector": {POOL_LABEL: POOL.name},
        },
    }


def is_ready(obj: Object) -> bool:
    return at(obj, "status.conditions[type=Ready].status") == "True"


class TestNodes:
    """Prevents a region whose GPUs are not those of factory.yaml, or that keeps nodes which were taken out of it."""

    def test_nodes_are_ready_with_their_gpus(self, cluster: Cluster) -> None:
        for name in POOL.node_names():
            node = cluster.get(reference("v1", "Node", name))
            assert is_ready(node)
            assert node["status"]["allocatable"]["nvidia.com/gpu"] == "8"
            assert node["status"]["capacity"]["cpu"] == "192"
            assert node["metadata"]["labels"]["nvidia.com/gpu.product"] == H100.product
            assert node["metadata"]["annotations"][SIMULATED_ANNOTATION] == "true"

    def test_applying_again_changes_nothing(self, cluster: Cluster, control_plane: ControlPlane, reporter: Reporter) -> None:
        before = cluster.get(reference("v1", "Node", "simtest-0"))
        simulate.apply_nodes(control_plane.kubeconfig, [POOL], reporter, system=SYSTEM)
        after = cluster.get(reference("v1", "Node", "simtest-0"))
        assert after["metadata"]["uid"] == before["metadata"]["uid"]
        assert after["metadata"]["labels"] == before["metadata"]["labels"]
        assert after["status"]["capacity"] == before["status"]["capacity"]

    def test_a_changed_pool_changes_its_nodes(
        self, cluster: Cluster, control_plane: ControlPlane, reporter: Reporter
    ) -> None:
        fewer = simulate.Pool("simtest", nodes=1, gpus_per_node=4, accelerator=H100, cpu=96, memory_gib=2048)
        simulate.apply_nodes(control_plane.kubeconfig, [fewer], reporter, system=SYSTEM)
        assert cluster.get(reference("v1", "Node", "simtest-0"))["status"]["allocatable"]["nvidia.com/gpu"] == "4"
        cluster.wait_gone(reference("v1", "Node", "simtest-1"))
        simulate.apply_nodes(control_plane.kubeconfig, [POOL], reporter, system=SYSTEM)
        assert cluster.get(reference("v1", "Node", "simtest-0"))["status"]["allocatable"]["nvidia.com/gpu"] == "8"

    def test_a_node_of_somebody_else_is_left_alone(
        self, cluster: Cluster, control_plane: ControlPlane, reporter: Reporter
    ) -> None:
        other = reference("v1", "Node", "somebody-elses") | {"spec": {"unschedulable": True}}
        cluster.apply(other)
        try:
            simulate.apply_nodes(control_plane.kubeconfig, [POOL], reporter, system=SYSTEM)
            assert cluster.exists(other)
        finally:
            cluster.delete(other)


class TestNodesStay:
    """Prevents a region that is well for forty seconds: a node whose lease nobody renews is lost, and its pods too."""

    def test_every_node_has_a_lease_that_is_renewed(self, cluster: Cluster) -> None:
        lease = reference("coordination.k8s.io/v1", "Lease", "simtest-0", "kube-node-lease")
        first = cluster.wait(lease, lambda live: at(live, "spec.renewTime") is not None)["spec"]["renewTime"]
        cluster.wait(lease, lambda live: live["spec"]["renewTime"] > first)

    def test_pods_of_a_node_that_was_lost_and_is_back_are_ready_again(self, cluster: Cluster) -> None:
        lost = pod("lost")
        cluster.apply(lost)
        cluster.wait(lost, is_ready)
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/lost/status"
        not_ready = {"type": "Ready", "status": "False", "reason": "NodeNotReady"}
        cluster.api.request(
            "PATCH",
            path,
            json={"status": {"conditions": [not_ready]}},
            headers={"Content-Type": "application/strategic-merge-patch+json"},
        )
        cluster.wait(lost, is_ready)
        cluster.delete(lost)


class TestPods:
    """Prevents workloads that 'run' without the scheduler having found GPUs for them."""

    def test_a_pod_with_gpus_is_placed_and_becomes_ready(self, cluster: Cluster) -> None:
        placed = pod("eight", gpus=8)
        cluster.apply(placed)
        live = cluster.wait(placed, is_ready)
        assert live["spec"]["nodeName"] in POOL.node_names()
        assert live["metadata"]["annotations"][SIMULATED_ANNOTATION] == "true"
        cluster.delete(placed)
        cluster.wait_gone(placed)

    def test_a_pod_with_more_gpus_than_a_node_has_stays_pending(self, cluster: Cluster) -> None:
        refused = pod("nine", gpus=9)
        cluster.apply(refused)
        live = cluster.wait(refused, lambda live: at(live, "status.conditions[type=PodScheduled]") is not None)
        condition = at(live, "status.conditions[type=PodScheduled]")
        assert (condition["status"], condition["reason"]) == ("False", "Unschedulable")
        assert "Insufficient nvidia.com/gpu" in condition["message"]
        assert live["status"]["phase"] == "Pending"
        cluster.delete(refused)

    def test_a_deployment_takes_every_gpu_and_its_surplus_waits(self, cluster: Cluster) -> None:
        template = pod("unused", gpus=8)["spec"] | {"terminationGracePeriodSeconds": 30}
        deployment = reference("apps/v1", "Deployment", "all-gpus", NAMESPACE) | {
            "spec": {
                "replicas": 3,
                "selector": {"matchLabels": {"app": "all-gpus"}},
                "template": {"metadata": {"labels": {"app": "all-gpus"}}, "spec": template},
            }
        }
        cluster.apply(deployment)
        live = cluster.wait(deployment, lambda live: at(live, "status.readyReplicas") == 2, seconds=60)
        assert live["status"]["unavailableReplicas"] == 1
        cluster.delete(deployment)

    def test_a_withheld_pod_is_placed_and_never_ready(self, cluster: Cluster) -> None:
        held = pod("held", annotations={simulate.WITHHOLD_ANNOTATION: "true"})
        cluster.apply(held)
        cluster.wait(held, lambda live: bool(live["spec"].get("nodeName")))
        time.sleep(WITHHELD_SECONDS)
        assert cluster.get(held)["status"]["phase"] == "Pending"
        cluster.delete(held)
        cluster.wait_gone(held)

    def test_a_job_completes(self, cluster: Cluster) -> None:
        template = pod("unused")["spec"] | {"restartPolicy": "Never", "terminationGracePeriodSeconds": 30}
        job = reference("batch/v1", "Job", "work", NAMESPACE) | {"spec": {"template": {"spec": template}}}
        cluster.apply(job)
        cluster.wait(job, lambda live: at(live, "status.conditions[type=Complete].status") == "True", seconds=60)


@dataclass
class Sample:
    """One simulated kind in the cluster.

    Attributes:
        live: the object.
        withheld: what the object was after `WITHHELD_SECONDS` with its status withheld.
    """

    obj: Object
    withheld: Object


@pytest.fixture(scope="module")
def samples(cluster: Cluster) -> dict[str, Sample]:
    """Every sample, first withheld, then let go: one wait for all of them instead of one each."""
    objects = {name: sample_object(cluster, name) for name in SAMPLES}
    for obj in objects.values():
        metadata = obj["metadata"] | {"annotations": {simulate.WITHHOLD_ANNOTATION: "true"}}
        cluster.apply(obj | {"metadata": metadata})
    time.sleep(WITHHELD_SECONDS)
    found = {name: Sample(obj, cluster.get(obj)) for name, obj in objects.items()}
    for obj in objects.values():
        cluster.apply(obj)
    return found


def sample_object(cluster: Cluster, name: str) -> Object:
    own = name.replace(".", "-")
    obj: Object = json.loads(json.dumps(SAMPLES[name]["object"]).replace("NAME", own))
    obj["metadata"] = {"name": own} | obj.get("metadata", {})
    if cluster.is_namespaced(obj):
        obj["metadata"]["namespace"] = NAMESPACE
    return obj


def matches(found: Any, expected: Any) -> bool:
    if expected == "<time>":
        return isinstance(found, str) and time.strptime(found, "%Y-%m-%dT%H:%M:%SZ") is not None
    if expected == "<test-net>":
        return ipaddress.ip_address(found) in ipaddress.ip_network("198.51.100.0/24")
    if expected == "<url>":
        return isinstance(found, str) and found.startswith("https://")
    return found == expected


class TestStatuses:
    """Prevents a wait of a component that can never end on a local region, and one that ends although nothing was said."""

    @pytest.mark.parametrize("name", sorted(SAMPLES))
    def test_the_status_is_what_the_operator_would_set(
        self, cluster: Cluster, samples: dict[str, Sample], name: str
    ) -> None:
        obj = samples[name].obj
        expected = json.loads(json.dumps(SAMPLES[name]["expect"]).replace("NAME", obj["metadata"]["name"]))

        def complete(live: Object) -> bool:
            return all(at(live, path) is not None for path in expected)

        live = cluster.wait(obj, complete)
        assert {path: at(live, path) for path, value in expected.items() if not matches(at(live, path), value)} == {}

    @pytest.mark.parametrize("name", sorted(SAMPLES))
    def test_a_withheld_status_stays_absent(self, samples: dict[str, Sample], name: str) -> None:
        withheld = samples[name].withheld
        assert SIMULATED_ANNOTATION not in withheld["metadata"]["annotations"]
        said = [path for path in SAMPLES[name]["expect"] if at(withheld, path) is not None]
        pending = {"Unknown", "Pending"}  # what definitions set by themselves until a controller speaks
        assert {path: at(withheld, path) for path in said if at(withheld, path) not in pending} == {}

    @pytest.mark.parametrize("name", sorted(SAMPLES))
    def test_what_was_simulated_says_so(self, cluster: Cluster, samples: dict[str, Sample], name: str) -> None:
        def marked(live: Object) -> bool:
            return live["metadata"].get("annotations", {}).get(SIMULATED_ANNOTATION) == "true"

        cluster.wait(samples[name].obj, marked)

    @pytest.mark.parametrize("name", sorted(name for name in SAMPLES if SAMPLES[name].get("creates")))
    def test_what_the_operator_creates_is_there_and_owned(
        self, cluster: Cluster, samples: dict[str, Sample], name: str
    ) -> None:
        owner = samples[name].obj["metadata"]["name"]
        for line in SAMPLES[name]["creates"]:
            api_version, kind, created = line.replace("NAME", owner).split()
            obj = reference(api_version, kind, created, NAMESPACE)
            wait_for(lambda obj=obj: cluster.exists(obj) or None, lambda line=line: f"no {line}", 30)
            if kind != "Secret" or "cnpg" in name:  # cert-manager's secrets outlive their certificate
                assert at(cluster.get(obj), f"metadata.ownerReferences[name={owner}].controller") is True

    def test_no_stage_failed_over_its_template(self, samples: dict[str, Sample], instance: Instance) -> None:
        # KWOK only logs a template that does not render or a status that the definition refuses.
        log = (instance.logs / "kwok.log").read_text(encoding="utf-8")
        assert [line for line in log.splitlines() if "gotpl" in line or "is invalid" in line] == []


class TestDatabase:
    """Prevents a database whose status forgets what changed, whose password changes, or whose objects stay behind."""

    @pytest.fixture
    def database(self, cluster: Cluster) -> Iterator[Object]:
        obj = reference("postgresql.cnpg.io/v1", "Cluster", "grows", NAMESPACE)
        obj["spec"] = {"instances": 2, "storage": {"size": "1Gi"}}
        cluster.apply(obj)
        cluster.wait(obj, lambda live: at(live, "status.readyInstances") == 2)
        yield obj
        if cluster.exists(obj):
            cluster.delete(obj)

    def test_a_changed_spec_is_answered_and_times_stay(self, cluster: Cluster, database: Object) -> None:
        before = cluster.get(database)
        secret = cluster.get(reference("v1", "Secret", "grows-app", NAMESPACE))
        time.sleep(1.1)  # times are in seconds
        cluster.apply(database | {"spec": database["spec"] | {"instances": 3}})
        after = cluster.wait(database, lambda live: at(live, "status.readyInstances") == 3)
        for path in ("status.currentPrimaryTimestamp", "status.conditions[type=Ready].lastTransitionTime"):
            assert at(after, path) == at(before, path)
        assert cluster.get(reference("v1", "Secret", "grows-app", NAMESPACE))["data"] == secret["data"]

    def test_its_objects_go_with_it(self, cluster: Cluster, database: Object) -> None:
        cluster.delete(database)
        for kind, name in (("Service", "grows-rw"), ("Secret", "grows-app"), ("Secret", "grows-ca")):
            cluster.wait_gone(reference("v1", kind, name, NAMESPACE))


class TestVolumes:
    """Prevents claims that stay Pending for ever, and volumes that outlive their claims."""

    def test_a_volume_comes_and_goes_with_its_claim(self, cluster: Cluster) -> None:
        claim = reference("v1", "PersistentVolumeClaim", "comes-and-goes", NAMESPACE)
        claim["spec"] = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "3Gi"}}}
        cluster.apply(claim)
        live = cluster.wait(claim, lambda live: live["status"]["phase"] == "Bound")
        volume = reference("v1", "PersistentVolume", live["spec"]["volumeName"])
        assert cluster.get(volume)["spec"]["capacity"]["storage"] == "3Gi"
        cluster.delete(claim)
        cluster.wait_gone(volume)

    def test_a_claim_of_another_class_is_left_to_its_provisioner(self, cluster: Cluster) -> None:
        claim = reference("v1", "PersistentVolumeClaim", "of-another-class", NAMESPACE)
        claim["spec"] = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
            "storageClassName": "somebody-elses",
        }
        cluster.apply(claim)
        time.sleep(WITHHELD_SECONDS)
        assert cluster.get(claim)["status"]["phase"] == "Pending"
        cluster.delete(claim)
