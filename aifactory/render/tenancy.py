"""Tenants of a region's GPUs, for Kueue 0.19.

A pool of GPU nodes is a ResourceFlavor, a tenant is a ClusterQueue, all of them share in one Cohort. What is guaranteed to a
tenant is its own quota; what is guaranteed to nobody is the Cohort's, from which every tenant may borrow.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from aifactory.conventions import POOL_LABEL
from aifactory.model import GpuPoolSpec, TenancySpec, TenantSpec
from aifactory.model.tenancy import QUEUE_NAME
from aifactory.render.manifest import Manifest, Scope

API_VERSION: Final = "kueue.x-k8s.io/v1beta2"

QUEUE_LABEL: Final = "kueue.x-k8s.io/queue-name"
"""Label by which a Deployment, a Job or a pod says which queue counts it (Kueue 0.19, pkg/controller/constants)."""

COVERED: Final = ("cpu", "memory", "nvidia.com/gpu")
"""What the quotas are of. Kueue admits nothing that asks for a resource without quota, and pods with GPUs ask for CPU and
memory too; so these are given out with the GPUs, each GPU with its share of its node's."""

ACTIVE: Final = "condition=Active"


@dataclass(frozen=True, slots=True)
class TenancyObjects:
    """The objects of a region's tenants, in the order in which they are made: each needs those before it.

    Attributes:
        topology: that nodes are told apart by their host names.
        flavors: one for each pool.
        cohort: what is shared, with what is guaranteed to nobody.
        cluster_queues: one for each tenant.
        queues: one in each namespace of each tenant.
        priorities: who is admitted first within a tenant; nothing depends on them.
    """

    topology: Manifest
    flavors: tuple[Manifest, ...]
    cohort: Manifest
    cluster_queues: tuple[Manifest, ...]
    queues: tuple[Manifest, ...]
    priorities: tuple[Manifest, ...]

    def stages(self) -> tuple[tuple[Manifest, ...], ...]:
        """Return the objects in stages: what stands in one needs what stands in those before it."""
        return (
            (self.topology, *self.priorities),
            self.flavors,
            (self.cohort,),
            self.cluster_queues,
            self.queues,
        )


def render_tenancy(scope: Scope, name: str, spec: TenancySpec) -> list[Manifest]:
    """Return the objects of a region's tenants in order of creation.

    Args:
        scope: whose they are.
        name: name of the component; the objects are named by what they are of: pools, tenants, the cohort.
        spec: tenants and pools whose promises can be kept.
    """
    return [manifest for stage in tenancy_objects(scope, name, spec).stages() for manifest in stage]


def tenancy_objects(scope: Scope, name: str, spec: TenancySpec) -> TenancyObjects:
    """Return the objects of a region's tenants by what they are; arguments as `render_tenancy`."""
    topology = f"{name}-hosts"
    return TenancyObjects(
        topology=_object(scope, "Topology", topology, {"levels": [{"nodeLabel": "kubernetes.io/hostname"}]}),
        flavors=tuple(_flavor(scope, pool, topology) for pool in spec.pools),
        cohort=_cohort(scope, spec),
        cluster_queues=tuple(_cluster_queue(scope, tenant, spec) for tenant in spec.tenants),
        queues=tuple(_queues(scope, spec)),
        priorities=tuple(_priority(scope, priority, value) for priority, value in spec.priorities.items()),
    )


def _object(
    scope: Scope, kind: str, name: str, spec: Manifest, *, namespace: str | None = None, wait_for: Sequence[str] = ()
) -> Manifest:
    metadata = scope.metadata(name, namespace=namespace, wait_for=wait_for)
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _flavor(scope: Scope, pool: str, topology: str) -> Manifest:
    # With the topology Kueue looks whether the GPUs are free on nodes that a pod fits on. By sums alone it would admit a pod
    # that needs eight where two nodes have four left each: it would hold its quota and wait.
    return _object(scope, "ResourceFlavor", pool, {"nodeLabels": {POOL_LABEL: pool}, "topologyName": topology})


def _cohort(scope: Scope, spec: TenancySpec) -> Manifest:
    """Return the cohort with the GPUs that are guaranteed to nobody: without them they could not even be borrowed."""
    flavors = [_flavor_quotas(name, _spare(spec, name, pool)) for name, pool in spec.pools.items()]
    return _object(scope, "Cohort", spec.cohort, {"resourceGroups": [_group(flavors)]})


def _cluster_queue(scope: Scope, name: str, spec: TenancySpec) -> Manifest:
    tenant = spec.tenants[name]
    flavors = [_flavor_quotas(pool, *_quotas(tenant, pool, found)) for pool, found in spec.pools.items()]
    selector = {"key": "kubernetes.io/metadata.name", "operator": "In", "values": list(tenant.namespaces)}
    queue = {
        "cohortName": spec.cohort,
        # Without a selector no namespace at all may use it; with an empty one every namespace may.
        "namespaceSelector": {"matchExpressions": [selector]},
        "resourceGroups": [_group(flavors)],
        "fairSharing": {"weight": _thousandths(round(tenant.weight * 1000))},
        "preemption": {
            # A guarantee that is lent comes back when its owner wants it, whatever runs on it.
            "reclaimWithinCohort": "Any",
            "borrowWithinCohort": {"policy": "Never"},
            "withinClusterQueue": "LowerPriority",
        },
        # A large job that does not fit yet does not keep the small ones behind it from GPUs that are free.
        "queueingStrategy": "BestEffortFIFO",
    }
    return _object(scope, "ClusterQueue", name, queue, wait_for=[ACTIVE])


def _queues(scope: Scope, spec: TenancySpec) -> Iterator[Manifest]:
    for name, tenant in spec.tenants.items():
        for namespace in tenant.namespaces:
            queue = {"clusterQueue": name}
            yield _object(scope, "LocalQueue", QUEUE_NAME, queue, namespace=namespace, wait_for=[ACTIVE])


def _priority(scope: Scope, name: str, value: int) -> Manifest:
    return {
        "apiVersion": API_VERSION,
        "kind": "WorkloadPriorityClass",
        "metadata": scope.metadata(name),
        "value": value,
        "description": f"Work of priority {value} within its tenant; more goes first.",
    }


@dataclass(frozen=True, slots=True)
class _Amount:
    """An amount of what is covered.

    Attributes:
        gpus: GPUs.
        millicpus: thousandths of a CPU.
        mebibytes: MiB of main memory.
    """

    gpus: int
    millicpus: int
    mebibytes: int

    def quantities(self) -> tuple[str, ...]:
        """Return it as Kubernetes writes it, in the order of `COVERED`."""
        return (_thousandths(self.millicpus), _mebibytes(self.mebibytes), _thousandths(self.gpus * 1000))


def _share(pool: GpuPoolSpec, gpus: int) -> _Amount:
    """Return GPUs with their part of their nodes' CPUs and memory, rounded down."""
    return _Amount(
        gpus,
        pool.cpus_per_node * 1000 * gpus // pool.gpus_per_node,
        pool.memory_gib_per_node * 1024 * gpus // pool.gpus_per_node,
    )


def _spare(spec: TenancySpec, name: str, pool: GpuPoolSpec) -> _Amount:
    """Return what nobody is guaranteed, with what rounding left over, so that nothing of a pool is lost."""
    whole = _share(pool, pool.gpus)
    given = [_share(pool, tenant.guaranteed.get(name, 0)) for tenant in spec.tenants.values()]
    return _Amount(
        whole.gpus - sum(amount.gpus for amount in given),
        whole.millicpus - sum(amount.millicpus for amount in given),
        whole.mebibytes - sum(amount.mebibytes for amount in given),
    )


def _quotas(tenant: TenantSpec, name: str, pool: GpuPoolSpec) -> tuple[_Amount, _Amount | None, _Amount | None]:
    """Return what a tenant is guaranteed of a pool, and what it may borrow and lend; None: without a limit."""
    borrow, lend = tenant.borrow_limit.get(name), tenant.lend_limit.get(name)
    return (
        _share(pool, tenant.guaranteed.get(name, 0)),
        None if borrow is None else _share(pool, borrow),
        None if lend is None else _share(pool, lend),
    )


def _group(flavors: list[Manifest]) -> Manifest:
    return {"coveredResources": list(COVERED), "flavors": flavors}


def _flavor_quotas(name: str, nominal: _Amount, borrow: _Amount | None = None, lend: _Amount | None = None) -> Manifest:
    columns = {"nominalQuota": nominal, "borrowingLimit": borrow, "lendingLimit": lend}
    written = {key: amount.quantities() for key, amount in columns.items() if amount is not None}
    resources = [
        {"name": resource} | {key: quantities[index] for key, quantities in written.items()}
        for index, resource in enumerate(COVERED)
    ]
    return {"name": name, "resources": resources}


def _shortest(amount: int, base: int, units: tuple[str, ...]) -> str:
    """Write a quantity as Kueue's webhook writes it back, so that nothing differs afterwards: 2000 CPUs are ``2k``.

    Args:
        amount: how many of the first unit.
        base: how many of a unit make one of the next.
        units: suffixes, smallest first.
    """
    if amount == 0:
        return "0"
    unit, *larger = units
    for suffix in larger:
        if amount % base:
            break
        amount, unit = amount // base, suffix
    return f"{amount}{unit}"


def _thousandths(amount: int) -> str:
    return _shortest(amount, 1000, ("m", "", "k", "M"))


def _mebibytes(amount: int) -> str:
    return _shortest(amount, 1024, ("Mi", "Gi", "Ti", "Pi"))
