"""Simulated nodes: what they look like, and how a cluster's nodes are brought to it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aifactory.catalog import accelerators
from aifactory.conventions import MANAGED_BY_LABEL, POOL_LABEL, SIMULATED_ANNOTATION
from aifactory.errors import ControlPlaneError, SpecError
from aifactory.kube.api import Api
from aifactory.local.simulate import GPU_TAINT, STORAGE_CLASS, SYSTEM_POOL, AcceleratorFacts, Pool, apply_nodes, nodes
from aifactory.local.simulate.nodes import gpu_labels, node_manifest
from tests.unit.local.crds.server import FakeServer
from tests.unit.local.reporters import Recorder

H100 = AcceleratorFacts("NVIDIA-H100-80GB-HBM3", 81920, "hopper", "9.0", mig_capable=True)
POOL = Pool("h100", nodes=2, gpus_per_node=8, accelerator=H100, cpu=192, memory_gib=2048)


class TestManifest:
    """Prevents nodes on which a workload would be placed that no real node of the pool would take, or the reverse."""

    def test_capacity_is_that_of_the_pool(self) -> None:
        status = node_manifest(POOL, 0)["status"]
        assert status["capacity"] == {
            "cpu": "192",
            "memory": "2048Gi",
            "ephemeral-storage": "1024Gi",
            "pods": "110",
            "nvidia.com/gpu": "8",
        }
        assert status["allocatable"] == status["capacity"]

    def test_a_node_without_gpus_has_neither_resource_nor_labels(self) -> None:
        node = node_manifest(SYSTEM_POOL, 0)
        assert "nvidia.com/gpu" not in node["status"]["capacity"]
        assert not any("nvidia" in label or "pci-10de" in label for label in node["metadata"]["labels"])

    def test_labels_of_feature_discovery(self) -> None:
        labels = node_manifest(POOL, 0)["metadata"]["labels"]
        assert labels["nvidia.com/gpu.present"] == "true"
        assert labels["nvidia.com/gpu.product"] == "NVIDIA-H100-80GB-HBM3"
        assert labels["nvidia.com/gpu.count"] == "8"
        assert labels["nvidia.com/gpu.memory"] == "81920"
        assert labels["nvidia.com/gpu.family"] == "hopper"
        assert (labels["nvidia.com/gpu.compute.major"], labels["nvidia.com/gpu.compute.minor"]) == ("9", "0")
        assert labels["nvidia.com/mig.capable"] == "true"
        assert labels["feature.node.kubernetes.io/pci-10de.present"] == "true"

    def test_whose_nodes_they_are_and_that_they_are_simulated(self) -> None:
        metadata = node_manifest(POOL, 1)["metadata"]
        assert metadata["name"] == "h100-1"
        assert metadata["labels"][POOL_LABEL] == "h100"
        assert metadata["labels"]["kubernetes.io/hostname"] == "h100-1"
        assert metadata["annotations"] == {SIMULATED_ANNOTATION: "true", "kwok.x-k8s.io/node": "fake"}
        assert metadata["labels"]["nvidia.com/gpu.machine"] == "SIMULATED"

    def test_nodes_are_spread_over_the_zones(self) -> None:
        pool = Pool("p", nodes=4, zones=("a", "b"))
        zones = [node_manifest(pool, number)["metadata"]["labels"]["topology.kubernetes.io/zone"] for number in range(4)]
        assert zones == ["a", "b", "a", "b"]

    def test_own_labels_win(self) -> None:
        pool = Pool("p", nodes=1, gpus_per_node=1, accelerator=H100, labels={"nvidia.com/mig.strategy": "single", "x": "y"})
        labels = node_manifest(pool, 0)["metadata"]["labels"]
        assert (labels["nvidia.com/mig.strategy"], labels["x"]) == ("single", "y")

    def test_taints_only_when_the_pool_asks(self) -> None:
        assert "taints" not in node_manifest(POOL, 0)["spec"]
        tainted = Pool("p", nodes=1, gpus_per_node=1, accelerator=H100, taints=(GPU_TAINT,))
        assert node_manifest(tainted, 0)["spec"]["taints"] == [
            {"key": "nvidia.com/gpu", "effect": "NoSchedule", "value": "present"}
        ]

    @pytest.mark.parametrize("name", sorted(accelerators()))
    def test_every_accelerator_of_the_catalog_makes_labels_that_kubernetes_takes(self, name: str) -> None:
        known = accelerators()[name]
        facts = AcceleratorFacts(
            known.product, known.memory_mib, known.family, known.compute_capability, mig_capable=known.mig_capable
        )
        for value in gpu_labels(facts, 8).values():
            assert len(value) <= 63
            assert value.replace("-", "").replace(".", "").replace("_", "").isalnum()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A server on which nodes become Ready as soon as their status is applied."""
    found = FakeServer()

    plain = found.answer

    def answer(request: Any) -> Any:
        response = plain(request)
        for path, node in found.objects.items():
            if path.startswith("/api/v1/nodes/") and "capacity" in node.get("status", {}):
                node["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
        return response

    found.answer = answer

    @contextmanager
    def connected(_: Path) -> Generator[Api]:
        yield found.api()

    monkeypatch.setattr(nodes, "connect", connected)
    monkeypatch.setattr(nodes, "_READY_SECONDS", 0.3)
    return found


def run(*pools: Pool, system: Pool | None = None) -> list[str]:
    return apply_nodes(Path("kubeconfig"), pools, Recorder(), system=system)


class TestApply:
    """Prevents nodes that stay after their pool is gone, and ones of others that go."""

    def test_object_and_status_are_applied_apart(self, server: FakeServer) -> None:
        assert run(POOL) == ["h100-0", "h100-1"]
        nodes_applied = [path for path in server.applied if path.startswith("/api/v1/nodes")]
        assert sorted(nodes_applied) == [
            "/api/v1/nodes/h100-0",
            "/api/v1/nodes/h100-0/status",
            "/api/v1/nodes/h100-1",
            "/api/v1/nodes/h100-1/status",
        ]
        assert server.objects["/api/v1/nodes/h100-0"]["status"]["capacity"]["nvidia.com/gpu"] == "8"

    def test_system_nodes_come_with_it_unless_told_otherwise(self, server: FakeServer) -> None:
        names = apply_nodes(Path("kubeconfig"), [POOL], Recorder())
        assert names == ["system-0", "system-1", "system-2", "h100-0", "h100-1"]

    def test_nodes_that_no_pool_describes_are_removed(self, server: FakeServer) -> None:
        run(POOL)
        run(Pool("h100", nodes=1, gpus_per_node=8, accelerator=H100))
        assert server.deleted == ["/api/v1/nodes/h100-1"]

    def test_nodes_of_others_are_left_alone(self, server: FakeServer) -> None:
        ready = {"conditions": [{"type": "Ready", "status": "True"}]}
        server.objects["/api/v1/nodes/theirs"] = {"metadata": {"name": "theirs"}, "spec": {}, "status": ready}
        looks_alike = {"name": "alike", "labels": {MANAGED_BY_LABEL: "aifactory"}, "annotations": {}}
        server.objects["/api/v1/nodes/alike"] = {"metadata": looks_alike, "spec": {}, "status": ready}
        run()
        assert server.deleted == []

    def test_the_default_storage_class_is_made(self, server: FakeServer) -> None:
        run()
        made = server.objects[f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}"]
        assert made["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"
        assert made["metadata"]["annotations"][SIMULATED_ANNOTATION] == "true"
        assert made["provisioner"] == "aifactory.dev/simulated"

    def test_nodes_that_never_become_ready_are_named(self, server: FakeServer) -> None:
        run(POOL)
        plain = server.answer

        def tainted(request: Any) -> Any:
            response = plain(request)
            server.objects["/api/v1/nodes/h100-1"]["spec"] = {"taints": [{"key": "node.kubernetes.io/not-ready"}]}
            return response

        server.answer = tainted
        with pytest.raises(ControlPlaneError, match=r"not Ready after .*: h100-1") as caught:
            run(POOL)
        assert "KWOK" in caught.value.why


class TestPools:
    """Prevents pools that contradict each other from making some nodes before anybody notices."""

    def test_two_pools_of_one_name(self, server: FakeServer) -> None:
        with pytest.raises(SpecError, match="share their nodes"):
            run(POOL, Pool("h100", nodes=1))
        assert server.applied == []

    def test_gpus_without_an_accelerator(self, server: FakeServer) -> None:
        with pytest.raises(SpecError, match=r"pools\.p\.accelerator"):
            run(Pool("p", nodes=1, gpus_per_node=8))

    def test_both_problems_are_named_at_once(self, server: FakeServer) -> None:
        with pytest.raises(SpecError, match="2 problems"):
            run(POOL, Pool("h100", nodes=1, gpus_per_node=1))
