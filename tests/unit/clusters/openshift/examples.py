"""OpenShift clusters on Azure that tests begin with: in a network of their own, and in one that is there."""

from typing import Any

from aifactory.model.openshift import OpenShiftSpec
from aifactory.model.site import SiteSpec

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/factory"
NETWORKS = f"{GROUP}/providers/Microsoft.Network"
ROUTES = f"{NETWORKS}/routeTables/to-firewall"
KEYS = f"{GROUP}/providers/Microsoft.Compute/diskEncryptionSets/disks"
SUBNETS = f"{NETWORKS}/virtualNetworks/hub/subnets"
CLIENT = "aaaaaaaa-0000-0000-0000-000000000001"
PROVIDER = "aaaaaaaa-0000-0000-0000-000000000002"
SITE = {"provider": "azure", "location": "swedencentral", "country": "SE", "operator": "microsoft"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}

OWN_NETWORK: dict[str, Any] = {
    "subscription": SUBSCRIPTION,
    "resource_group": "factory",
    "version": "4.20.3",
    "domain": "factory-se",
    "network": {
        "cidr": "10.40.0.0/20",
        "control_plane_cidr": "10.40.0.0/24",
        "worker_cidr": "10.40.2.0/23",
        "route_table": ROUTES,
    },
    "control_plane_size": "Standard_D8s_v5",
    "workers": {"size": "Standard_D16s_v5", "count": 4},
    "disk_encryption_set": KEYS,
    "client_id": "aaaaaaaa-0000-0000-0000-000000000003",
    "client_principal": CLIENT,
    "provider_principal": PROVIDER,
}
GIVEN_SUBNETS: dict[str, Any] = {
    **{key: value for key, value in OWN_NETWORK.items() if key != "network"},
    "subnets": {"control_plane": f"{SUBNETS}/control-plane", "worker": f"{SUBNETS}/worker"},
}


def spec(**changes: Any) -> OpenShiftSpec:
    return OpenShiftSpec.model_validate(OWN_NETWORK | changes)


def site() -> SiteSpec:
    return SiteSpec.model_validate(SITE)
