"""Who shares the GPUs of a region, and what each is sure of."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import Field, ValidationInfo, field_validator

from aifactory.errors import Problem
from aifactory.model.base import ShortDnsLabel, Spec
from aifactory.model.gpu import GpuPoolSpec
from aifactory.model.nearest import nearest

QUEUE_NAME: Final = "gpus"
"""Name of the queue in each tenant's namespace. Not `default`: Kueue sends whatever names no queue to one of that name, so
databases and virtual machines of the namespace would count as GPU work, and be evicted as such."""

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

    weight: Annotated[float, Field(ge=0.001, le=1000)] = 1.0
    """Share of what is idle when several tenants want it; twice the weight gets twice as much."""

    @field_validator("lend_limit")
    @classmethod
    def _lends_what_it_has(cls, value: dict[str, int], info: ValidationInfo) -> dict[str, int]:
        have = info.data.get("guaranteed")
        over = {pool: limit for pool, limit in value.items() if have is not None and limit > have.get(pool, 0)}
        if have is not None and over:
            words = ", ".join(f"{pool} {limit} (guaranteed: {have.get(pool, 0)})" for pool, limit in sorted(over.items()))
            raise ValueError(f"is more than it has, and it cannot lend that: {words}; use the guarantee or less")
        return value


class TenancySpec(Spec):
    """All tenants of a region, and the pools that they share."""

    tenants: Annotated[dict[ShortDnsLabel, TenantSpec], Field(min_length=1)]
    """Tenants by name."""

    pools: Annotated[dict[ShortDnsLabel, GpuPoolSpec], Field(min_length=1, max_length=64)]
    """GPU pools by name; at most 64, as many flavors as a group of resources may have."""

    cohort: ShortDnsLabel = "factory"
    """Name of the cohort: those who lend to each other and borrow from each other."""

    priorities: dict[ShortDnsLabel, Annotated[int, Field(ge=-1_000_000, le=1_000_000)]] = Field(
        default_factory=lambda: {"low": -1000, "normal": 0, "high": 1000}
    )
    """WorkloadPriorityClasses by name: who is admitted first within a tenant."""


def tenancy_problems(spec: TenancySpec) -> Iterator[Problem]:
    """Yield every promise that cannot be kept: pools that are not there, namespaces of two tenants, too many GPUs.

    Args:
        spec: tenants and pools, each right by itself.
    """
    yield from _unknown_pools(spec)
    yield from _namespaces_of_two(spec)
    for name, pool in spec.pools.items():
        promised = {tenant: guaranteed for tenant in spec.tenants if (guaranteed := _guaranteed(spec, tenant, name))}
        if sum(promised.values()) > pool.gpus:
            sums = " + ".join(f"{tenant} {gpus}" for tenant, gpus in sorted(promised.items()))
            rule = f"pool {name} has {pool.gpus} GPUs and {sums} = {sum(promised.values())} are guaranteed, so one is broken"
            yield Problem("tenants", "", rule, f"guarantees that sum to {pool.gpus}")


def _guaranteed(spec: TenancySpec, tenant: str, pool: str) -> int:
    return spec.tenants[tenant].guaranteed.get(pool, 0)


def _unknown_pools(spec: TenancySpec) -> Iterator[Problem]:
    for name, tenant in spec.tenants.items():
        for field in ("guaranteed", "borrow_limit", "lend_limit"):
            for pool in sorted(set(getattr(tenant, field)) - set(spec.pools)):
                rule = f"no such GPU pool; there are {', '.join(sorted(spec.pools))}"
                yield Problem(f"tenants.{name}.{field}.{pool}", "", rule, nearest(pool, spec.pools))


def _namespaces_of_two(spec: TenancySpec) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for name, tenant in spec.tenants.items():
        for index, namespace in enumerate(tenant.namespaces):
            if namespace not in owners:
                owners[namespace] = name
                continue
            rule = f"is tenant {owners[namespace]}'s already, so its work would count twice"
            yield Problem(f"tenants.{name}.namespaces[{index}]", namespace, rule, "a namespace of its own")
