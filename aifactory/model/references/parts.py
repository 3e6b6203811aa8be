"""Parts of a region that need each other, or that do not go together."""

import re

from aifactory.catalog import releases
from aifactory.errors import Problem
from aifactory.model.cluster import ClusterKind
from aifactory.model.document import Path
from aifactory.model.gpu import namespace_problems, pool_problems
from aifactory.model.nearest import nearest
from aifactory.model.operators import InstallMode, kubernetes_problems, operator_problems
from aifactory.model.references.rule import Found, Rule
from aifactory.model.region import RegionSpec
from aifactory.model.virtualization import EvictionStrategy, RunStrategy

NEEDED_OPERATORS = (
    ("gpu_operator", "gpu-operator"),
    ("tenants", "kueue"),
    ("databases", "cloudnative-pg"),
    ("models", "llm-d"),
    ("models", "cert-manager"),
)
"""Which section of a region needs which operator."""


def _missing_operator(who: str, operator: str) -> tuple[Path, Problem]:
    rule = f"{who} the operator {operator}; say who installs it"
    return ("operators",), Problem("", "", rule, f"{operator}: {{install: adopt}} if it is in the cluster")


def _needed_operators(region: RegionSpec) -> Found:
    for block, needed in NEEDED_OPERATORS:
        if getattr(region, block) and needed not in region.operators:
            yield _missing_operator(f"{block} need", needed)


def _backup_operator(region: RegionSpec) -> Found:
    backed = sorted(name for name, database in region.databases.items() if database.backup)
    if backed and "barman-cloud" not in region.operators:
        yield _missing_operator(f"backups of {', '.join(backed)} need", "barman-cloud")


def _virtualization_operators(region: RegionSpec) -> Found:
    for needed in region.virtualization.distribution.operators if region.virtualization else ():
        if needed not in region.operators:
            yield _missing_operator("virtualization needs", needed)


def _operators(region: RegionSpec) -> Found:
    known = {name: spec for name, spec in region.operators.items() if name in releases()}
    for problem in operator_problems(known):
        yield ("operators", *problem.where.split(".")), problem


def _kubernetes_ranges(region: RegionSpec) -> Found:
    if region.cluster.kubernetes is None:
        return
    known = {name: spec for name, spec in region.operators.items() if name in releases()}
    for problem in kubernetes_problems(known, region.cluster.kubernetes):
        yield ("operators", *problem.where.split(".")), problem


def _local_operators(region: RegionSpec) -> Found:
    if region.cluster.kind is not ClusterKind.LOCAL:
        return
    for name, operator in region.operators.items():
        if operator.install.installs:
            rule = "no container runs in a local region, so nothing that is installed would ever be ready"
            yield ("operators", name, "install"), Problem("", operator.install.value, rule, InstallMode.ADOPT.value)


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


def _gpu_settings(region: RegionSpec) -> Found:
    settings = region.gpu_operator
    if settings is None:
        return
    for problem in pool_problems(settings, region.gpu_pools):
        if not problem.where.startswith("pools."):
            yield ("gpu_operator", problem.where), problem
    operator = region.operators.get("gpu-operator")
    if operator and operator.namespace:
        for problem in namespace_problems(settings, operator.namespace):
            yield ("operators", "gpu-operator", "namespace"), problem


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


def _machine_disks(region: RegionSpec) -> Found:
    for name, machine in region.virtual_machines.items():
        for disk, spec in machine.disks.items():
            place = ("root",) if disk == "root" else ("data_disks", disk)
            found = _CLONED.match(spec.source)
            if found and found["namespace"] not in region.namespaces:
                rule = "clones from a namespace that this region does not have, so the disk would never be filled"
                hint = nearest(found["namespace"], region.namespaces)
                yield ("virtual_machines", name, *place, "source"), Problem("", found["namespace"], rule, hint)


_CLONED = re.compile(r"^(pvc|snapshot)://(?P<namespace>[^/]+)/")


def _machine_moves(region: RegionSpec) -> Found:
    if region.virtualization is None or region.virtualization.live_migration:
        return
    for name, machine in region.virtual_machines.items():
        if machine.eviction is EvictionStrategy.LIVE_MIGRATE and machine.run_strategy is not RunStrategy.HALTED:
            rule = "virtualization.live_migration is off here, so a drain of its node would never end"
            place = ("virtual_machines", name, "eviction")
            yield place, Problem("", machine.eviction.value, rule, EvictionStrategy.NONE.value)


def _machine_clients(region: RegionSpec) -> Found:
    for name, machine in region.virtual_machines.items():
        if machine.clients and not machine.ports:
            rule = f"{', '.join(machine.clients)} may reach it, and it has no port to be reached at"
            yield ("virtual_machines", name, "ports"), Problem("", "", rule, "ports: {http: 8080}")


def _pooler_names(region: RegionSpec) -> Found:
    for name, database in region.databases.items():
        other = region.databases.get(f"{name}-pooler")
        if database.pooler and other and other.namespace == database.namespace:
            rule = f"is also the name of {name}'s pooler; both would own one Service"
            yield ("databases", f"{name}-pooler"), Problem("", f"{name}-pooler", rule, f"{name}-2")


def _database_names(region: RegionSpec) -> Found:
    for name in region.databases:
        if not name[:1].isalpha():
            rule = "must start with a letter: CloudNativePG names its Services after it"
            yield ("databases", name), Problem("", name, rule, f"db-{name}")


def _names_are_free(region: RegionSpec) -> Found:
    """Two blocks of one name in one namespace would own the same Service."""
    taken: dict[tuple[str, str], str] = {}
    for section in ("databases", "virtual_machines", "models"):
        for name, spec in getattr(region, section).items():
            other = taken.setdefault((spec.namespace, name), section)
            if other != section:
                rule = f"{other}.{name} has that name in namespace {spec.namespace} already; both would own one Service"
                yield (section, name), Problem("", name, rule, f"{name}-2")


RULES = (
    Rule(("gpu_operator", "tenants", "databases", "models", "operators"), _needed_operators),
    Rule(("databases", "operators"), _backup_operator),
    Rule(("virtualization", "operators"), _virtualization_operators),
    Rule(("operators",), _operators),
    Rule(("operators", "cluster"), _kubernetes_ranges),
    Rule(("operators", "cluster"), _local_operators),
    Rule(("models", "gateway"), _gateway),
    Rule(("operators", "gpu_operator", "gpu_pools"), _gpu_operator),
    Rule(("operators", "gpu_operator", "gpu_pools"), _gpu_settings),
    Rule(("virtual_machines", "virtualization"), _virtualization),
    Rule(("virtual_machines", "namespaces"), _machine_disks),
    Rule(("virtual_machines", "virtualization"), _machine_moves),
    Rule(("virtual_machines",), _machine_clients),
    Rule(("databases",), _database_names),
    Rule(("databases",), _pooler_names),
    Rule(("databases", "virtual_machines", "models"), _names_are_free),
)
"""Checks of what belongs together."""
