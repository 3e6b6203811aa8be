"""Whether a cluster's nodes carry the GPU pools of a region, and what to write into factory.yaml where they do not."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aifactory.catalog import accelerators
from aifactory.conventions import POOL_LABEL
from aifactory.model import GpuPoolSpec, RegionSpec
from aifactory.status.nodes import GPU, NodeFacts, offered
from aifactory.status.rows import count

_SUFFIX: Final = re.compile(r"-SHARED$|-MIG-.*$")
"""What GPU feature discovery adds to a product's name where GPUs are shared or partitioned (its README, on labels)."""


@dataclass(frozen=True, slots=True)
class PoolFinding:
    """What a cluster lacks of one GPU pool.

    Attributes:
        pool: name of the pool.
        what: what is missing, and what follows from it.
        stops: whether an up should not meet it; false where GPUs are still to come.
        write: words for the region's `gpu_pools` in factory.yaml; empty when nothing there mends it.
    """

    pool: str
    what: str
    stops: bool
    write: str = ""


def pool_findings(nodes: Sequence[NodeFacts], region: RegionSpec) -> Iterator[PoolFinding]:
    """Yield what is missing of each GPU pool; nothing where there are no nodes at all, or none may be read.

    A pool is its nodes: those labelled with its name. What they offer is compared where they offer whole GPUs; with DRA or
    MIG they offer something else, and only the nodes are counted.
    """
    if not nodes:
        return
    for name, pool in region.gpu_pools.items():
        own = [node for node in nodes if node.pool == name]
        yield from _lacks(name, pool, own, region) if own else _unlabelled(name, pool, nodes)


def _unlabelled(name: str, pool: GpuPoolSpec, nodes: Sequence[NodeFacts]) -> Iterator[PoolFinding]:
    product = accelerators()[pool.accelerator].product
    free = sorted(node.name for node in nodes if _product(node) == product and not node.pool)
    what = f"no node is labelled {POOL_LABEL}={name}, so nothing that asks for this pool is ever placed"
    if free:
        what += f"; {count(len(free), 'node')} with {product} bear no pool's label: kubectl label node {' '.join(free)}"
        what += f" {POOL_LABEL}={name}"
    yield PoolFinding(name, what, stops=True)


def _lacks(name: str, pool: GpuPoolSpec, own: Sequence[NodeFacts], region: RegionSpec) -> Iterator[PoolFinding]:
    product = accelerators()[pool.accelerator].product
    others = [node for node in own if _product(node) not in {product, ""}]
    if others:
        found = ", ".join(f"{node.name} ({node.product})" for node in others)
        what = f"{found} {'is' if len(others) == 1 else 'are'} labelled as this pool, which has {product}"
        yield PoolFinding(name, what, stops=True, write=_proposal(name, pool, own, region))
        return
    ready = [node for node in own if node.ready]
    if len(own) < pool.nodes or len(ready) < len(own):
        away = len(own) - len(ready)
        what = f"{len(own)} of {pool.nodes} nodes are labelled {POOL_LABEL}={name}"
        what += f", and {away} of them {'is' if away == 1 else 'are'} not ready" if away else ""
        yield PoolFinding(name, what, stops=len(own) < pool.nodes, write=_proposal(name, pool, own, region))
    wanted, have = offered(pool, region.gpu_operator), sum(node.gpus for node in ready)
    if len(own) >= pool.nodes and wanted is not None and have < wanted:
        yield _too_few(
            name, pool, own, region, f"{have} of {wanted} {GPU} are allocatable on its {count(len(ready), 'ready node')}"
        )


def _too_few(name: str, pool: GpuPoolSpec, own: Sequence[NodeFacts], region: RegionSpec, what: str) -> PoolFinding:
    operator = region.operators.get("gpu-operator")
    if not any(node.gpus for node in own) and operator is not None and operator.install.installs:
        return PoolFinding(name, f"{what} yet: they come with the GPU operator, which the up installs", stops=False)
    return PoolFinding(name, what, stops=True, write=_proposal(name, pool, own, region))


def _product(node: NodeFacts) -> str:
    return _SUFFIX.sub("", node.product)


def _proposal(name: str, pool: GpuPoolSpec, own: Sequence[NodeFacts], region: RegionSpec) -> str:
    """Return the pool as its nodes are: those that are ready, of the product and the GPUs that most of them have.

    Empty where nothing can be said: nodes without GPUs yet, of a product that is not in the catalog, or just as it stands.
    """
    kinds = Counter((_product(node), node.gpus) for node in own if node.ready and node.gpus and node.product)
    if not kinds or offered(pool, region.gpu_operator) is None:
        return ""
    (product, gpus), nodes = kinds.most_common(1)[0]
    sharing = region.gpu_operator.sharing if region.gpu_operator else None
    gpus //= sharing.replicas if sharing else 1
    known = [key for key, facts in accelerators().items() if facts.product == product]
    accelerator = pool.accelerator if pool.accelerator in known else next(iter(known), "")
    if not accelerator or not gpus or (accelerator, nodes, gpus) == (pool.accelerator, pool.nodes, pool.gpus_per_node):
        return ""
    return f"{name}: {{accelerator: {accelerator}, nodes: {nodes}, gpus_per_node: {gpus}}}"
