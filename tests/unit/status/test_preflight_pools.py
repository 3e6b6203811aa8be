"""GPU pools against the nodes of a cluster, before an up."""

from typing import Any

import pytest

from aifactory.status.nodes import NodeFacts
from aifactory.status.preflight import Finding, Level
from aifactory.status.preflight_command import lines
from aifactory.status.preflight_pools import PoolFinding, pool_findings
from tests.unit.status.cluster import REAL, region
from tests.unit.status.test_preflight import Server

PRODUCT = "NVIDIA-H100-80GB-HBM3"
OTHER = "NVIDIA-A100-SXM4-80GB"


def node(name: str, **more: Any) -> NodeFacts:
    given = {"pool": "h100", "product": PRODUCT, "gpus": 8, "gpus_used": 0, "ready": True, "simulated": False}
    return NodeFacts(name=name, **(given | more))


def findings(*nodes: NodeFacts, **changed: Any) -> list[PoolFinding]:
    return list(pool_findings(nodes, region(**changed)))


def only(*nodes: NodeFacts, **changed: Any) -> PoolFinding:
    (found,) = findings(*nodes, **changed)
    return found


class TestEnough:
    """Prevents a preflight that finds fault with a pool that is as it should be."""

    def test_nodes_as_the_file_says(self) -> None:
        assert findings(node("a"), node("b")) == []

    def test_more_than_the_file_says(self) -> None:
        assert findings(node("a"), node("b"), node("c")) == []

    def test_a_cluster_whose_nodes_are_still_to_come(self) -> None:
        assert findings() == []

    def test_shared_gpus_count_as_often_as_they_are_shared(self) -> None:
        shared = {"gpu_operator": REAL["gpu_operator"] | {"sharing": {"mode": "time-slicing", "replicas": 2}}}
        product = f"{PRODUCT}-SHARED"
        assert findings(node("a", gpus=16, product=product), node("b", gpus=16, product=product), **shared) == []
        assert "16 of 32" in only(node("a"), node("b"), **shared).what

    def test_partitions_are_not_counted(self) -> None:
        parts = {"gpu_operator": REAL["gpu_operator"] | {"mig": "mixed"}}
        assert findings(node("a", gpus=0), node("b", gpus=0), **parts) == []


class TestLacking:
    """Prevents an up whose pods wait for GPUs that no node has."""

    def test_without_a_label_nothing_is_placed_and_the_command_is_said(self) -> None:
        found = only(node("b", pool=""), node("a", pool=""), node("c", pool="", gpus=0, product=""))
        assert found.stops
        assert "no node is labelled aifactory.dev/pool=h100" in found.what
        assert found.what.endswith("kubectl label node a b aifactory.dev/pool=h100")
        assert found.write == ""

    def test_nodes_of_another_pool_are_not_offered(self) -> None:
        assert "kubectl" not in only(node("a", pool="training")).what

    def test_too_few_nodes_propose_the_pool_as_it_is(self) -> None:
        found = only(node("a"))
        assert found.stops
        assert found.what == "1 of 2 nodes are labelled aifactory.dev/pool=h100"
        assert found.write == "h100: {accelerator: h100-sxm-80gb, nodes: 1, gpus_per_node: 8}"

    def test_too_few_gpus_propose_the_pool_as_it_is(self) -> None:
        found = only(node("a", gpus=4), node("b", gpus=4))
        assert found.stops
        assert found.what == "8 of 16 nvidia.com/gpu are allocatable on its 2 ready nodes"
        assert found.write == "h100: {accelerator: h100-sxm-80gb, nodes: 2, gpus_per_node: 4}"

    def test_another_product_proposes_its_accelerator(self) -> None:
        found = only(node("a", product=OTHER), node("b", product=OTHER))
        assert found.stops
        assert found.what == f"a ({OTHER}), b ({OTHER}) are labelled as this pool, which has {PRODUCT}"
        assert found.write == "h100: {accelerator: a100-sxm-80gb, nodes: 2, gpus_per_node: 8}"

    def test_a_product_that_nobody_knows_proposes_nothing(self) -> None:
        assert only(node("a", product="NVIDIA-FUTURE"), node("b", product="NVIDIA-FUTURE")).write == ""

    def test_a_node_that_is_not_ready_is_a_note_by_itself(self) -> None:
        down, short = findings(node("a"), node("b", ready=False))
        assert (down.stops, down.what) == (
            False,
            "2 of 2 nodes are labelled aifactory.dev/pool=h100, and 1 of them is not ready",
        )
        assert (short.stops, short.what) == (True, "8 of 16 nvidia.com/gpu are allocatable on its 1 ready node")

    @pytest.mark.parametrize(("install", "stops"), [("helm", False), ("adopt", True), ("external", True)])
    def test_gpus_that_come_with_an_operator_that_we_install_are_a_note(self, install: str, stops: bool) -> None:
        operators = {"gpu-operator": {"install": install}, "kueue": {"install": "adopt"}}
        if install == "helm":
            operators["node-feature-discovery"] = {"install": "adopt"}
        changed: dict[str, Any] = dict.fromkeys(
            ("databases", "models", "gateway", "virtualization", "virtual_machines", "object_stores")
        )
        found = only(node("a", gpus=0, product=""), node("b", gpus=0, product=""), operators=operators, **changed)
        assert found.stops is stops
        assert found.write == ""


class TestInAPreflight:
    """Prevents findings about pools that do not reach the person who asked."""

    def found(self, server: Server) -> list[Finding]:
        return [one for one in server.findings(keda="adopt") if one.pool]

    def test_it_stops_an_up_and_says_where_to_write(self) -> None:
        server = Server("keda")
        server.objects["/api/v1/nodes"].pop()
        (finding,) = self.found(server)
        assert (finding.operator, finding.level, finding.pool, finding.section) == ("", Level.STOP, "h100", "gpu_pools")
        text = "\n".join(lines(server.look(keda="adopt")))
        assert "GPU pool h100" in text
        assert "write in factory.yaml, regions.here.gpu_pools: h100: {accelerator: h100-sxm-80gb, nodes: 1" in text

    def test_nodes_that_may_not_be_read_are_said_and_stop_nothing(self) -> None:
        server = Server("keda")
        server.refused["/api/v1/nodes"] = 403
        assert self.found(server) == []
        assert not server.look(keda="adopt").stops
