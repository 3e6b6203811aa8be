"""Nodes and their GPUs: what a cluster has, and whether each GPU pool has what factory.yaml says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aifactory.catalog import accelerators
from aifactory.conventions import POOL_LABEL
from aifactory.kube.api import Api
from aifactory.kube.objects import Document, condition, is_simulated, labels_of, mapping, name_of, spec_of, status_of, words
from aifactory.model import GpuPoolSpec, RegionSpec
from aifactory.model.gpu import Allocation, GpuOperatorSpec, MigStrategy
from aifactory.status.kinds import NODES, PODS, Kind
from aifactory.status.rows import BlockStatus, Verdict, count, failed, missing, progressing, together
from aifactory.status.snapshot import Snapshot, read

GPU: Final = "nvidia.com/gpu"
PRODUCT_LABEL: Final = f"{GPU}.product"

_SHOWN = 3
"""How many names a reason lists before it only counts."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node.

    Attributes:
        name: its name.
        pool: GPU pool that it belongs to; empty for nodes without GPUs.
        product: GPU model as GPU feature discovery labels it; empty without GPUs.
        gpus: GPUs that it offers.
        gpus_used: GPUs that the pods placed on it request.
        ready: whether Kubernetes counts it as ready.
        simulated: whether there is no machine behind it.
        cordoned: whether nothing new is placed on it.
        reason: why it is not ready, in its kubelet's words.
    """

    name: str
    pool: str
    product: str
    gpus: int
    gpus_used: int
    ready: bool
    simulated: bool
    cordoned: bool = False
    reason: str = ""


def kinds(_region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (NODES, PODS)


def look_at_nodes(api: Api) -> tuple[NodeFacts, ...]:
    """Read the nodes of a cluster, whatever region it may carry."""
    return node_facts(read(api, (NODES, PODS)))


def node_facts(snapshot: Snapshot) -> tuple[NodeFacts, ...]:
    """Return the cluster's nodes."""
    used: dict[str, int] = {}
    for pod in snapshot.all(PODS):
        if status_of(pod).get("phase") not in {"Succeeded", "Failed"}:
            node = str(spec_of(pod).get("nodeName") or "")
            used[node] = used.get(node, 0) + gpus_of(pod)
    return tuple(_node(node, used.get(name_of(node), 0)) for node in snapshot.all(NODES))


def gpus_of(pod: Document) -> int:
    """Return how many GPUs a pod's containers request."""
    containers: list[Document] = spec_of(pod).get("containers") or []
    requests = (mapping(container, "resources", "requests") for container in containers)
    return sum(int(request.get(GPU, 0)) for request in requests)


def _node(node: Document, used: int) -> NodeFacts:
    labels, offered = labels_of(node), mapping(node, "status", "allocatable")
    ready = condition(status_of(node), "Ready")
    is_ready = ready.get("status") == "True"
    return NodeFacts(
        name=name_of(node),
        pool=labels.get(POOL_LABEL, ""),
        product=labels.get(PRODUCT_LABEL, ""),
        gpus=int(offered.get(GPU, 0)),
        gpus_used=used,
        ready=is_ready,
        simulated=is_simulated(node),
        cordoned=bool(spec_of(node).get("unschedulable")),
        reason="" if is_ready else words(ready) or "nothing is heard of it",
    )


def rows(snapshot: Snapshot, region: RegionSpec, nodes: tuple[NodeFacts, ...]) -> list[BlockStatus]:
    """Return a row for the cluster's nodes together, and one for each GPU pool."""
    problem = snapshot.listings[NODES].problem
    pools = [_pool(name, pool, region.gpu_operator, nodes, problem) for name, pool in region.gpu_pools.items()]
    return [_cluster(snapshot.kubernetes, nodes, problem), *pools]


def _cluster(version: str, nodes: tuple[NodeFacts, ...], problem: Verdict | None) -> BlockStatus:
    what = ", ".join(filter(None, (f"Kubernetes {version}" if version else "", count(len(nodes), "node"))))
    found = [problem] if problem else [*_not_ready(nodes)]
    if not nodes and not problem:
        found.append(missing("the cluster has no nodes"))
    verdict = together(found)
    simulated = bool(nodes) and all(node.simulated for node in nodes)
    return BlockStatus("cluster", "nodes", what, verdict.state, verdict.reason, simulated)


def _not_ready(nodes: Iterable[NodeFacts]) -> Iterable[Verdict]:
    bad = [node for node in nodes if not node.ready]
    if bad:
        said = "; ".join(f"{node.name}: {node.reason}" for node in bad[:_SHOWN])
        more = f"; and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
        yield progressing(f"{count(len(bad), 'node')} not ready: {said}{more}")


def _pool(
    name: str,
    pool: GpuPoolSpec,
    operator: GpuOperatorSpec | None,
    nodes: tuple[NodeFacts, ...],
    problem: Verdict | None,
) -> BlockStatus:
    own = [node for node in nodes if node.pool == name]
    product = accelerators()[pool.accelerator].product
    cordoned = sum(node.cordoned for node in own)
    used = sum(node.gpus_used for node in own)
    what = f"{count(pool.nodes, 'node')}, {count(pool.gpus, 'GPU')} ({product}), {used} used"
    what += f", {cordoned} cordoned" if cordoned else ""
    found = [problem] if problem else [*_pool_lacks(name, pool, operator, own, product)]
    verdict = together(found)
    return BlockStatus("gpu-pool", name, what, verdict.state, verdict.reason, bool(own) and all(n.simulated for n in own))


def _pool_lacks(
    name: str, pool: GpuPoolSpec, operator: GpuOperatorSpec | None, own: list[NodeFacts], product: str
) -> Iterable[Verdict]:
    if not own:
        yield missing(f"no node is labelled {POOL_LABEL}={name}")
        return
    if len(own) < pool.nodes:
        yield progressing(f"{len(own)} of {pool.nodes} nodes are labelled {POOL_LABEL}={name}")
    yield from _not_ready(own)
    for other in sorted({node.product for node in own} - {product, ""}):
        names = ", ".join(node.name for node in own if node.product == other)
        yield failed(f"{names} has {other}, not {product}")
    wanted = offered(pool, operator)
    have = sum(node.gpus for node in own if node.ready)
    if wanted is not None and have < wanted:
        yield progressing(f"{have} of {wanted} GPUs are allocatable on its ready nodes")


def offered(pool: GpuPoolSpec, operator: GpuOperatorSpec | None) -> int | None:
    """Return how many GPUs its nodes should offer together; None where they are not offered as whole GPUs."""
    if operator is None:
        return pool.gpus
    if operator.allocation is Allocation.DRA or operator.mig is not MigStrategy.NONE:
        return None
    return pool.gpus * (operator.sharing.replicas if operator.sharing else 1)
