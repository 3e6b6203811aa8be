"""Tenants: who shares the GPUs of a region, and what each is sure of."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.errors import SpecError
from aifactory.model import TenancySpec, validate
from aifactory.model.tenancy import QUEUE_NAME, tenancy_problems
from aifactory.owner import OwnerArgs
from aifactory.render.tenancy import tenancy_objects
from aifactory.sovereignty import Flow
from aifactory.sovereignty.tenancy import tenancy_flows


class TenantArgs(TypedDict):
    """A team with its share of the GPUs."""

    namespaces: list[str]
    """Namespaces whose work counts as this tenant's. A namespace has one tenant at most."""
    guaranteed: NotRequired[dict[str, int]]
    """GPUs that it gets whenever it wants them, by pool. Default none: it only has what is idle."""
    borrow_limit: NotRequired[dict[str, int]]
    """GPUs beyond the guarantee that it may borrow, by pool. Default: as many as are idle."""
    lend_limit: NotRequired[dict[str, int]]
    """GPUs of its guarantee that others may borrow, by pool. Default: all of them."""
    weight: NotRequired[float]
    """Share of what is idle when several tenants want it, where Kueue shares fairly. Default 1."""


class TenancyPoolArgs(TypedDict):
    """Nodes of one kind with GPUs of one kind."""

    accelerator: str
    """Key of the accelerator in the catalog, such as h100-sxm-80gb."""
    nodes: int
    """How many nodes the pool has."""
    gpus_per_node: int
    """GPUs on each node."""
    cpus_per_node: NotRequired[int]
    """Logical CPUs of each node; each GPU comes with its part of them. Default 192."""
    memory_gib_per_node: NotRequired[int]
    """Main memory of each node in GiB; each GPU comes with its part of it. Default 2048."""


class TenancyArgs(OwnerArgs):
    """Tenants of GPU pools. Needs Kueue 0.19 in the cluster, and the tenants' namespaces."""

    tenants: dict[str, TenantArgs]
    """Tenants by name."""
    pools: dict[str, TenancyPoolArgs]
    """GPU pools by name: the value of the node label aifactory.dev/pool."""
    cohort: NotRequired[str]
    """Name of the cohort, those who lend to each other and borrow from each other. Default factory."""
    priorities: NotRequired[dict[str, int]]
    """Priorities of work by name: who goes first within a tenant. Default low, normal and high."""


class Tenancy(Component):
    """Shares GPU pools among tenants: what is guaranteed is there when wanted, what is idle is lent."""

    queues: pulumi.Output[dict[str, str]]
    """Name of the queue in each tenant's namespace: what the label kueue.x-k8s.io/queue-name of its work says."""
    guaranteed: pulumi.Output[dict[str, int]]
    """GPUs that each tenant is guaranteed, over all pools."""
    cohort: pulumi.Output[str]
    """Name of the cohort."""

    def __init__(self, name: str, args: TenancyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        self._name = name
        source = f"Tenancy {name}"
        spec = self._spec = validate(TenancySpec, spec_values(values), source)
        problems = list(tenancy_problems(spec))
        if problems:
            raise SpecError(source, problems)

        made: list[pulumi.Resource] = []
        for stage in tenancy_objects(self._scope, name, spec).stages():
            # Each stage after all before it: down in the reverse order, Kueue lets go of a flavor once no queue names it.
            made += self.make(stage, depends_on=made)
        namespaces = [namespace for tenant in spec.tenants.values() for namespace in tenant.namespaces]
        self.queues = once_made(made, dict.fromkeys(namespaces, QUEUE_NAME))
        self.guaranteed = once_made(made, {tenant: sum(found.guaranteed.values()) for tenant, found in spec.tenants.items()})
        self.cohort = once_made(made, spec.cohort)
        self.register_outputs({"queues": self.queues, "guaranteed": self.guaranteed, "cohort": self.cohort})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Nothing: queues run no pod, keep no data and answer no client."""
        return tenancy_flows(self._name, self._spec)
