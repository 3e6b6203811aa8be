"""Who shares the GPUs of a region, and what each is sure of."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import ShortDnsLabel, Spec
from aifactory.model.gpu import GpuPoolSpec

GpuCount = Annotated[int, Field(ge=0, le=100_000)]


class TenantSpec(Spec):
    """A team with its share of the region's GPUs (a ClusterQueue of Kueue)."""

    namespaces: Annotated[tuple[ShortDnsLabel, ...], Field(min_length=1)]
    """Namespaces of the region whose work counts as this tenant's. A namespace has one tenant at most."""

    guaranteed: dict[ShortDnsLabel, GpuCount] = Field(default_factory=dict)
    """GPUs that it gets whenever it wants them, by pool; lent to others only while it does not use them."""

    borrow_limit: dict[ShortDnsLabel, GpuCount] = Field(default_factory=dict)
    """GPUs beyond the guarantee that it may borrow, by pool. A pool that is left out: as many as are idle."""

    lend_limit: dict[ShortDnsLabel, GpuCount] = Field(default_factory=dict)
    """GPUs of its guarantee that others may borrow, by pool. A pool that is left out: all of them."""

    weight: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Share of what is idle when several tenants want it; twice the weight gets twice as much."""

    @model_validator(mode="after")
    def _lends_what_it_has(self) -> Self:
        for pool, limit in self.lend_limit.items():
            have = self.guaranteed.get(pool, 0)
            if limit > have:
                raise ValueError(f"lend_limit.{pool} {limit} is more than the {have} that are guaranteed; use {have}")
        return self


class TenancySpec(Spec):
    """All tenants of a region, and the pools that they share."""

    tenants: Annotated[dict[ShortDnsLabel, TenantSpec], Field(min_length=1)]
    """Tenants by name."""

    pools: Annotated[dict[ShortDnsLabel, GpuPoolSpec], Field(min_length=1)]
    """GPU pools by name."""

    cohort: ShortDnsLabel = "factory"
    """Name of the cohort: those who lend to each other and borrow from each other."""

    priorities: dict[ShortDnsLabel, Annotated[int, Field(ge=-1_000_000, le=1_000_000)]] = Field(
        default_factory=lambda: {"low": -1000, "normal": 0, "high": 1000}
    )
    """WorkloadPriorityClasses by name: who is admitted first within a tenant."""

    @model_validator(mode="after")
    def _promises_can_be_kept(self) -> Self:
        owners: dict[str, str] = {}
        for name, tenant in self.tenants.items():
            for namespace in tenant.namespaces:
                if namespace in owners:
                    raise ValueError(f"namespace {namespace} is tenant {owners[namespace]}'s and {name}'s; name one")
                owners[namespace] = name
            for pool in {*tenant.guaranteed, *tenant.borrow_limit} - set(self.pools):
                raise ValueError(f"tenant {name} speaks of pool {pool}; there are {', '.join(sorted(self.pools))}")
        for name, pool in self.pools.items():
            promised = {tenant: spec.guaranteed.get(name, 0) for tenant, spec in self.tenants.items()}
            if sum(promised.values()) > pool.gpus:
                sums = " + ".join(f"{tenant} {gpus}" for tenant, gpus in sorted(promised.items()) if gpus)
                raise ValueError(f"pool {name} has {pool.gpus} GPUs and {sums} = {sum(promised.values())} are guaranteed")
        return self
