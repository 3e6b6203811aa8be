"""Hosted clusters that tests begin with: machines on the management cluster, and bare-metal hosts."""

from typing import Any

from aifactory.model.hosted import HostedSpec
from aifactory.model.site import SiteSpec

DIGEST = "sha256:" + "a" * 64
RELEASE = f"quay.io/openshift-release-dev/ocp-release@{DIGEST}"
SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}

MACHINES: dict[str, Any] = {
    "context": "hub",
    "management": "hub-1",
    "namespace": "clusters",
    "platform": "kubevirt",
    "release": RELEASE,
    "base_domain": "lab.example.com",
    "pull_secret": "pull",
    "encryption_key": "etcd-key",
    "address": "10.0.0.10",
    "pools": {"system": {"replicas": 3}},
}
HOSTS: dict[str, Any] = MACHINES | {
    "platform": "agent",
    "agent_namespace": "inventory",
    "management_country": "DE",
    "pools": {"gpu": {"replicas": 2, "agent_labels": {"accelerator": "h100"}}},
}


def spec(**changes: Any) -> HostedSpec:
    return HostedSpec.model_validate(MACHINES | changes)


def hosts(**changes: Any) -> HostedSpec:
    return HostedSpec.model_validate(HOSTS | changes)


def site() -> SiteSpec:
    return SiteSpec.model_validate(SITE)
