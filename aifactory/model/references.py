"""Checks that need more than one part of a region: names that must exist, sums that must fit."""

from collections.abc import Iterator

from aifactory.catalog import accelerators, releases
from aifactory.errors import Problem
from aifactory.model.document import Document, Path, dotted
from aifactory.model.factory import FactorySpec
from aifactory.model.nearest import nearest
from aifactory.model.region import RegionSpec

_PROFILES = ("none",)


def known_profiles() -> tuple[str, ...]:
    """Return the profiles of rules that this version knows."""
    return _PROFILES


def check_references(factory: FactorySpec, document: Document | None = None) -> list[Problem]:
    """Return every broken reference and every sum that does not fit, over all regions."""
    found: list[Problem] = []
    for name, region in factory.regions.items():
        found += [_at(problem, place, document) for place, problem in _region(region, ("regions", name))]
    return found


def _at(problem: Problem, place: Path, document: Document | None) -> Problem:
    line = document.line(place) if document else None
    return Problem(dotted(place), problem.value, problem.rule, problem.nearest, line)


def _region(region: RegionSpec, root: Path) -> Iterator[tuple[Path, Problem]]:
    yield from _profiles(region, root)
    yield from _operators(region, root)
    yield from _pools(region, root)
    for name, database in region.databases.items():
        yield from _namespace(region, (*root, "databases", name, "namespace"), database.namespace)
        yield from _clients(region, (*root, "databases", name), database.clients)
    for name, model in region.models.items():
        yield from _namespace(region, (*root, "models", name, "namespace"), model.namespace)
        yield from _clients(region, (*root, "models", name), model.clients)
        yield from _model_pool(region, (*root, "models", name), model.pool, model.gpus_per_replica)
    if region.models and region.gateway is None:
        rule = "is required: models are reached through a gateway, by TLS"
        yield (
            (*root, "gateway"),
            Problem("", "", rule, "gateway: {class_name: ..., issuer: ..., domain: ...}"),
        )
    yield from _gpu_sums(region, root)


def _clients(region: RegionSpec, root: Path, clients: tuple[str, ...]) -> Iterator[tuple[Path, Problem]]:
    for index, client in enumerate(clients):
        yield from _namespace(region, (*root, "clients", index), client)


def _profiles(region: RegionSpec, root: Path) -> Iterator[tuple[Path, Problem]]:
    for index, profile in enumerate(region.profiles):
        if profile not in known_profiles():
            rule = f"no such profile; there are {', '.join(known_profiles())}, and an unknown profile denies"
            yield (*root, "profiles", index), Problem("", profile, rule, nearest(profile, known_profiles()))


def _operators(region: RegionSpec, root: Path) -> Iterator[tuple[Path, Problem]]:
    known = releases()
    for name in region.operators:
        if name not in known:
            rule = f"no such operator in the catalog; there are {', '.join(sorted(known))}"
            yield (*root, "operators", name), Problem("", name, rule, nearest(name, known, among=1))
    for block, needed in (("databases", "cloudnative-pg"), ("models", "llm-d"), ("models", "cert-manager")):
        if getattr(region, block) and needed not in region.operators:
            rule = f"{block} need the operator {needed}; say who installs it"
            yield (
                (*root, "operators"),
                Problem("", "", rule, f"{needed}: {{install: adopt}} if it is in the cluster"),
            )


def _pools(region: RegionSpec, root: Path) -> Iterator[tuple[Path, Problem]]:
    known = accelerators()
    for name, pool in region.gpu_pools.items():
        if pool.accelerator not in known:
            rule = f"no such accelerator in the catalog; there are {', '.join(sorted(known))}"
            yield (
                (*root, "gpu_pools", name, "accelerator"),
                Problem("", pool.accelerator, rule, nearest(pool.accelerator, known)),
            )


def _namespace(region: RegionSpec, place: Path, name: str) -> Iterator[tuple[Path, Problem]]:
    if name not in region.namespaces:
        rule = "no such namespace in this region; objects in it would have no guardrails"
        yield (
            place,
            Problem("", name, rule, nearest(name, region.namespaces) or f"a namespace `{name}:` under namespaces"),
        )


def _model_pool(region: RegionSpec, place: Path, pool: str | None, gpus: int) -> Iterator[tuple[Path, Problem]]:
    if pool is None and len(region.gpu_pools) != 1:
        count = len(region.gpu_pools)
        rule = f"is required: the region has {count} GPU pools, so which one serves the model is not known"
        yield (*place, "pool"), Problem("", "", rule, " or ".join(sorted(region.gpu_pools)))
        return
    name = pool if pool is not None else next(iter(region.gpu_pools))
    found = region.gpu_pools.get(name)
    if found is None:
        yield (
            (*place, "pool"),
            Problem("", name, "no such GPU pool in this region", nearest(name, region.gpu_pools)),
        )
    elif gpus > found.gpus_per_node:
        rule = f"no node of pool {name} has that many GPUs ({found.gpus_per_node}), so no replica would ever be placed"
        yield (*place, "gpus_per_replica"), Problem("", str(gpus), rule, str(found.gpus_per_node))


def _gpu_sums(region: RegionSpec, root: Path) -> Iterator[tuple[Path, Problem]]:
    for name, namespace in region.namespaces.items():
        models = {key: model.gpus for key, model in region.models.items() if model.namespace == name}
        if sum(models.values()) > namespace.gpu_quota:
            sums = " + ".join(f"{key} {gpus}" for key, gpus in sorted(models.items()))
            rule = f"the models in it need {sums} = {sum(models.values())} GPUs, so some would stay pending"
            yield (
                (*root, "namespaces", name, "gpu_quota"),
                Problem("", str(namespace.gpu_quota), rule, str(sum(models.values()))),
            )
    quotas = {name: namespace.gpu_quota for name, namespace in region.namespaces.items() if namespace.gpu_quota}
    have = sum(pool.gpus for pool in region.gpu_pools.values())
    if sum(quotas.values()) > have:
        sums = " + ".join(f"{name} {gpus}" for name, gpus in sorted(quotas.items()))
        rule = f"the quotas promise {sums} = {sum(quotas.values())} GPUs and the pools have {have}"
        yield (*root, "namespaces"), Problem("", "", rule, f"quotas that sum to {have} or more nodes")
