"""Sums that must fit, and parts that need each other."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aifactory.errors import Problem
from aifactory.model.document import Path
from aifactory.model.gpu import GpuPoolSpec
from aifactory.model.nearest import nearest
from aifactory.model.operators import InstallMode
from aifactory.model.region import RegionSpec

Found = Iterator[tuple[Path, Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over several sections of a region.

    Attributes:
        reads: sections that must be right before it can be judged.
        check: yields what is wrong, with places from the region on.
    """

    reads: tuple[str, ...]
    check: Callable[[RegionSpec], Found]


def _needed_operators(region: RegionSpec) -> Found:
    for block, needed in NEEDED_OPERATORS:
        if getattr(region, block) and needed not in region.operators:
            rule = f"{block} need the operator {needed}; say who installs it"
            yield ("operators",), Problem("", "", rule, f"{needed}: {{install: adopt}} if it is in the cluster")


NEEDED_OPERATORS = (
    ("gpu_operator", "gpu-operator"),
    ("tenants", "kueue"),
    ("databases", "cloudnative-pg"),
    ("virtualization", "kubevirt"),
    ("models", "llm-d"),
    ("models", "cert-manager"),
)
"""Which section of a region needs which operator."""


def _backup_operator(region: RegionSpec) -> Found:
    backed = sorted(name for name, database in region.databases.items() if database.backup)
    if backed and "barman-cloud" not in region.operators:
        rule = f"backups of {', '.join(backed)} need the operator barman-cloud; say who installs it"
        yield ("operators",), Problem("", "", rule, "barman-cloud: {install: adopt} if it is in the cluster")


def _gateway(region: RegionSpec) -> Found:
    if region.models and region.gateway is None:
        rule = "is required: models are reached through a gateway, by TLS"
        yield ("gateway",), Problem("", "", rule, "gateway: {class_name: ..., issuer: ..., domain: ...}")


def _gpu_operator(region: RegionSpec) -> Found:
    operator = region.operators.get("gpu-operator")
    if operator and operator.install is not InstallMode.EXTERNAL and region.gpu_operator is None:
        rule = "is required: the GPU Operator does nothing until it is told what the GPU nodes run"
        yield ("gpu_operator",), Problem("", "", rule, "gpu_operator: {platform: ...}")
    if region.gpu_operator and not region.gpu_pools:
        rule = "there is no GPU pool in this region, so it would wait for GPU nodes for ever"
        yield ("gpu_operator",), Problem("", "", rule, "a pool under gpu_pools, or no gpu_operator")


def _virtualization(region: RegionSpec) -> Found:
    if region.virtual_machines and region.virtualization is None:
        rule = "is required: without it no virtual machine runs"
        yield ("virtualization",), Problem("", "", rule, "virtualization: {}")
        return
    permitted = region.virtualization.permitted_gpus if region.virtualization else {}
    for name, machine in region.virtual_machines.items():
        for index, gpu in enumerate(machine.gpus):
            if gpu not in permitted:
                rule = "is no GPU that virtual machines may take, so the machine would never start"
                hint = nearest(gpu, permitted) or "an entry under virtualization.permitted_gpus"
                yield ("virtual_machines", name, "gpus", index), Problem("", gpu, rule, hint)


def _model_pools(region: RegionSpec) -> Found:
    for name, model in region.models.items():
        place = ("models", name)
        if model.pool is None and len(region.gpu_pools) != 1:
            count = len(region.gpu_pools)
            rule = f"is required: the region has {count} GPU pools, so which one serves the model is not known"
            yield (*place, "pool"), Problem("", "", rule, " or ".join(sorted(region.gpu_pools)))
            continue
        pool = _pool_of(region, model.pool)
        if pool and model.gpus_per_replica > pool.gpus_per_node:
            rule = f"no node of its pool has that many GPUs ({pool.gpus_per_node}), so no replica would ever be placed"
            value = str(model.gpus_per_replica)
            yield (*place, "gpus_per_replica"), Problem("", value, rule, str(pool.gpus_per_node))


def _pool_of(region: RegionSpec, name: str | None) -> GpuPoolSpec | None:
    return region.gpu_pools.get(name) if name else next(iter(region.gpu_pools.values()), None)


def _quotas(region: RegionSpec) -> Found:
    for name, namespace in region.namespaces.items():
        models = {key: model.gpus for key, model in region.models.items() if model.namespace == name}
        if sum(models.values()) > namespace.gpu_quota:
            rule = f"the models in it need {_sum(models)} GPUs, so some would stay pending"
            nearest_value = str(sum(models.values()))
            yield ("namespaces", name, "gpu_quota"), Problem("", str(namespace.gpu_quota), rule, nearest_value)


def _capacity(region: RegionSpec) -> Found:
    quotas = {name: namespace.gpu_quota for name, namespace in region.namespaces.items() if namespace.gpu_quota}
    have = sum(pool.gpus for pool in region.gpu_pools.values())
    if sum(quotas.values()) > have:
        rule = f"the quotas promise {_sum(quotas)} GPUs and the pools have {have}"
        yield ("namespaces",), Problem("", "", rule, f"quotas that sum to {have} or more nodes")


def _tenant_namespaces(region: RegionSpec) -> Found:
    owners: dict[str, str] = {}
    for name, tenant in region.tenants.items():
        for index, namespace in enumerate(tenant.namespaces):
            owner = owners.setdefault(namespace, name)
            if owner != name:
                rule = f"is tenant {owner}'s already, so its work would count twice"
                yield ("tenants", name, "namespaces", index), Problem("", namespace, rule, "a namespace of its own")


def _guarantees(region: RegionSpec) -> Found:
    for name, pool in region.gpu_pools.items():
        promised = {key: tenant.guaranteed.get(name, 0) for key, tenant in region.tenants.items()}
        owned = {namespace for tenant in region.tenants.values() for namespace in tenant.namespaces}
        outside = {
            f"model {key}": model.gpus
            for key, model in region.models.items()
            if model.namespace not in owned and (model.pool == name or (model.pool is None and len(region.gpu_pools) == 1))
        }
        needs = {key: gpus for key, gpus in (promised | outside).items() if gpus}
        if any(promised.values()) and sum(needs.values()) > pool.gpus:
            rule = f"pool {name} has {pool.gpus} GPUs, and {_sum(needs)} are promised, so a guarantee would be broken"
            yield ("tenants",), Problem("", "", rule, f"guarantees that sum to {pool.gpus - sum(outside.values())}")


def _tenant_quotas(region: RegionSpec) -> Found:
    for name, tenant in region.tenants.items():
        quotas = {key: region.namespaces[key].gpu_quota for key in tenant.namespaces if key in region.namespaces}
        guaranteed = sum(tenant.guaranteed.values())
        if sum(quotas.values()) < guaranteed:
            rule = f"{guaranteed} GPUs are guaranteed, and the quotas of its namespaces allow {_sum(quotas) or 0}"
            yield ("tenants", name, "guaranteed"), Problem("", "", rule, f"gpu_quota {guaranteed} in {tenant.namespaces[0]}")


def _names_are_free(region: RegionSpec) -> Found:
    """Two blocks of one name in one namespace would own the same Service."""
    taken: dict[tuple[str, str], str] = {}
    for section in ("databases", "virtual_machines", "models"):
        for name, spec in getattr(region, section).items():
            other = taken.setdefault((spec.namespace, name), section)
            if other != section:
                rule = f"{other}.{name} has that name in namespace {spec.namespace} already; both would own one Service"
                yield (section, name), Problem("", name, rule, f"{name}-2")


def _sum(parts: dict[str, int]) -> str:
    return f"{' + '.join(f'{key} {value}' for key, value in sorted(parts.items()))} = {sum(parts.values())}" if parts else ""


RULES = (
    Rule(("gpu_operator", "tenants", "databases", "virtualization", "models", "operators"), _needed_operators),
    Rule(("databases", "operators"), _backup_operator),
    Rule(("models", "gateway"), _gateway),
    Rule(("operators", "gpu_operator", "gpu_pools"), _gpu_operator),
    Rule(("virtual_machines", "virtualization"), _virtualization),
    Rule(("models", "gpu_pools"), _model_pools),
    Rule(("models", "namespaces"), _quotas),
    Rule(("gpu_pools", "namespaces"), _capacity),
    Rule(("tenants",), _tenant_namespaces),
    Rule(("tenants", "models", "gpu_pools"), _guarantees),
    Rule(("tenants", "namespaces"), _tenant_quotas),
    Rule(("databases", "virtual_machines", "models"), _names_are_free),
)
"""Every check over several sections."""
