"""Sums of GPUs that must fit."""

from aifactory.errors import Problem
from aifactory.model.gpu import GpuPoolSpec
from aifactory.model.references.rule import Found, Rule
from aifactory.model.region import RegionSpec


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
        if any(key not in region.namespaces for key in tenant.namespaces):
            continue
        quotas = {key: region.namespaces[key].gpu_quota for key in tenant.namespaces}
        guaranteed = sum(tenant.guaranteed.values())
        if sum(quotas.values()) < guaranteed:
            rule = f"{guaranteed} GPUs are guaranteed, and the quotas of its namespaces allow {_sum(quotas) or 0}"
            yield ("tenants", name, "guaranteed"), Problem("", "", rule, f"gpu_quota {guaranteed} in {tenant.namespaces[0]}")


def _shared_gpus(region: RegionSpec) -> Found:
    if region.gpu_operator is None or region.gpu_operator.sharing is None:
        return
    for name, model in region.models.items():
        if model.gpus_per_replica > 1:
            rule = (
                "GPUs are shared here (gpu_operator.sharing), and the device plugin refuses a pod that wants several shares"
            )
            yield ("models", name, "gpus_per_replica"), Problem("", str(model.gpus_per_replica), rule, "1, or no sharing")


def _sum(parts: dict[str, int]) -> str:
    return f"{' + '.join(f'{key} {value}' for key, value in sorted(parts.items()))} = {sum(parts.values())}" if parts else ""


RULES = (
    Rule(("models", "gpu_pools"), _model_pools),
    Rule(("models", "namespaces"), _quotas),
    Rule(("gpu_pools", "namespaces"), _capacity),
    Rule(("tenants",), _tenant_namespaces),
    Rule(("tenants", "models", "gpu_pools"), _guarantees),
    Rule(("tenants", "namespaces"), _tenant_quotas),
    Rule(("models", "gpu_operator"), _shared_gpus),
)
"""Checks of GPUs that are promised."""
