"""Programs that make an AksCluster, and what they are told."""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pulumi

from aifactory.clusters.aks import AksCluster
from tests.unit.clusters.aks.azure import SUBSCRIPTION, TENANT
from tests.unit.pulumi_program import Ran, Registered, run

SITE = {"provider": "azure", "location": "swedencentral", "country": "SE", "operator": "microsoft"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
ADMINS = "00000000-0000-4000-8000-000000000003"
HUB = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/hub/providers"
REGISTRY = f"{HUB}/Microsoft.ContainerRegistry/registries/cache"
POOL = {"size": "Standard_D8ds_v5", "nodes": 3, "zones": ["1", "2", "3"]}
GPUS = {"accelerator": "h100-sxm-80gb", "size": "Standard_ND96isr_H100_v5", "nodes": 2}
STORE = {"account": "demobackups", "container": "postgres", "service_accounts": ["data/billing", "data/crm"]}
ARGS: dict[str, Any] = {
    "subscription": SUBSCRIPTION,
    "tenant": TENANT,
    "admin_groups": [ADMINS],
    "kubernetes": "1.34",
    "outbound": {"kind": "nat-gateway"},
    "vault": {"name": "demo-here-keys"},
    "system": POOL,
    "gpu_pools": {"h100": GPUS},
    "stores": {"backups": STORE},
}
OUTPUTS = ("identifier", "kubeconfig", "issuer", "storage_classes", "object_stores")


def program(**values: Any) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    """Return a program that makes a cluster named ``it`` and gives out all its outputs."""

    def make() -> dict[str, pulumi.Output[Any]]:
        made = AksCluster("it", OWNER | ARGS | values)
        return {name: getattr(made, name) for name in OUTPUTS}

    return make


def made(*, preview: bool = False, **values: Any) -> Ran:
    """Return what the program registers; each program runs once, since it takes seconds."""
    return _made(json.dumps(values), preview)


@cache
def _made(values: str, preview: bool) -> Ran:
    return run(program(**json.loads(values)), preview=preview)


def named(ran: Ran, name: str) -> Registered:
    """Return the resource of a name."""
    (found,) = [resource for resource in ran.registered if resource.name == name]
    return found
