"""Nodes and GPU pools."""

from typing import Any

from aifactory.status import kinds
from aifactory.status.nodes import look_at_nodes
from aifactory.status.rows import State
from tests.unit.status.cluster import Cluster, false, node, simulated

H100 = "NVIDIA-H100-80GB-HBM3"


def broken(name: str) -> Cluster:
    return Cluster().status(kinds.NODES, name, conditions=[false("Ready", "kubelet stopped posting node status")])


class TestCluster:
    """Prevents a node that died from going unnoticed."""

    def test_a_node_that_is_not_ready_is_named_with_its_kubelets_words(self) -> None:
        row = broken("system-0").row("cluster")
        assert (row.state, row.reason) == (
            State.PROGRESSING,
            "1 node not ready: system-0: kubelet stopped posting node status",
        )

    def test_many_are_counted(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.NODES] = [node(f"n{number}") for number in range(5)]
        cluster.status(kinds.NODES, conditions=[])
        reason = cluster.row("cluster").reason
        assert reason.startswith("5 nodes not ready: n0: nothing is heard of it; n1:")
        assert reason.endswith("; and 2 more")

    def test_no_nodes_at_all(self) -> None:
        row = Cluster().without(kinds.NODES).row("cluster")
        assert (row.state, row.reason) == (State.MISSING, "the cluster has no nodes")


class TestPools:
    """Prevents models that stay pending because a pool exists in YAML alone."""

    def test_what_it_is_and_what_is_used(self) -> None:
        assert Cluster().row("gpu-pool").what == f"2 nodes, 16 GPUs ({H100}), 2 used"

    def test_no_node_carries_its_label(self) -> None:
        row = Cluster().without(kinds.NODES).row("gpu-pool")
        assert (row.state, row.reason) == (State.MISSING, "no node is labelled aifactory.dev/pool=h100")

    def test_too_few_nodes(self) -> None:
        cluster = Cluster()
        del cluster.objects[kinds.NODES][1]
        row = cluster.row("gpu-pool")
        assert row.state is State.PROGRESSING
        assert row.reason == (
            "1 of 2 nodes are labelled aifactory.dev/pool=h100; 8 of 16 GPUs are allocatable on its ready nodes"
        )

    def test_gpus_of_a_node_that_is_not_ready_do_not_count(self) -> None:
        reason = broken("h100-1").row("gpu-pool").reason
        assert "h100-1: kubelet stopped" in reason
        assert "8 of 16 GPUs are allocatable" in reason

    def test_a_driver_that_offers_no_gpu(self) -> None:
        row = Cluster().status(kinds.NODES, allocatable={}).row("gpu-pool")
        assert (row.state, row.reason) == (State.PROGRESSING, "0 of 16 GPUs are allocatable on its ready nodes")

    def test_another_gpu_than_asked_for_is_failed(self) -> None:
        def swap(item: dict[str, Any]) -> None:
            item["metadata"]["labels"]["nvidia.com/gpu.product"] = "NVIDIA-L40S"

        row = Cluster().change(kinds.NODES, swap, "h100-1").row("gpu-pool")
        assert (row.state, row.reason) == (State.FAILED, f"h100-1 has NVIDIA-L40S, not {H100}")

    def test_shared_gpus_are_counted_as_they_are_offered(self) -> None:
        shared = {"platform": "bare-metal", "sharing": {"mode": "time-slicing", "replicas": 4}}
        assert "16 of 64 GPUs" in Cluster().row("gpu-pool", gpu_operator=shared).reason
        offered = Cluster().status(kinds.NODES, allocatable={"nvidia.com/gpu": "32"})
        assert offered.row("gpu-pool", gpu_operator=shared).state is State.READY

    def test_partitions_are_not_counted_as_gpus(self) -> None:
        partitioned = Cluster().status(kinds.NODES, allocatable={"nvidia.com/mig-1g.10gb": "56"})
        row = partitioned.row("gpu-pool", gpu_operator={"platform": "bare-metal", "mig": "mixed"})
        assert row.state is State.READY

    def test_a_cordoned_node_is_said_to_be_one(self) -> None:
        row = Cluster().change(kinds.NODES, lambda item: item["spec"].update(unschedulable=True), "h100-1").row("gpu-pool")
        assert (row.state, row.what) == (State.READY, f"2 nodes, 16 GPUs ({H100}), 2 used, 1 cordoned")


class TestNodesAlone:
    """Prevents a preflight that needs operators in order to see whether there are nodes."""

    def test_a_cluster_without_operators(self) -> None:
        cluster = simulated(Cluster())
        nodes = look_at_nodes(cluster.api())
        assert [(found.name, found.gpus, found.ready, found.simulated) for found in nodes] == [
            ("h100-0", 8, True, True),
            ("h100-1", 8, True, True),
            ("system-0", 0, True, True),
        ]
        assert set(cluster.asked) == {"/version", "/apis", "/api/v1/nodes", "/api/v1/pods"}
