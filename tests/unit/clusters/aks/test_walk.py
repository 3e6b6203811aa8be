"""A walk over every resource of an AKS cluster: nothing is open, without a key or elsewhere, but for what is named here."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.clusters.aks.azure import SUBSCRIPTION
from tests.unit.clusters.aks.programs import GPUS, HUB, POOL, REGISTRY, STORE, made
from tests.unit.pulumi_program import Ran

CASES: dict[str, dict[str, Any]] = {
    "nat-gateway": {},
    "firewall": {"outbound": {"kind": "firewall", "firewall": "10.90.0.4"}},
    "none": {"outbound": {"kind": "none", "registry": REGISTRY}},
    "allow-list": {"private": False, "authorized_ranges": ["203.0.113.0/24"]},
    "hsm": {"vault": {"name": "demo-here-keys", "hsm": True}, "stores": {"b": STORE | {"immutable_days": 30}}},
    "pools": {"pools": {"general": POOL | {"max_nodes": 9}}, "gpu_pools": {"a": GPUS | {"driver": "image"}}},
}
NAMING = {
    "AgentPool": "agentPoolName",
    "BlobContainer": "containerName",
    "BlobServiceProperties": "blobServicesName",
    "DiagnosticSetting": "name",
    "DiskEncryptionSet": "diskEncryptionSetName",
    "FederatedIdentityCredential": "federatedIdentityCredentialResourceName",
    "Key": "keyName",
    "ManagedCluster": "resourceName",
    "NatGateway": "natGatewayName",
    "NetworkSecurityGroup": "networkSecurityGroupName",
    "PrivateDnsZoneGroup": "privateDnsZoneGroupName",
    "PrivateEndpoint": "privateEndpointName",
    "PrivateZone": "privateZoneName",
    "PublicIPAddress": "publicIpAddressName",
    "ResourceGroup": "resourceGroupName",
    "RoleAssignment": "roleAssignmentName",
    "RouteTable": "routeTableName",
    "StorageAccount": "accountName",
    "UserAssignedIdentity": "resourceName",
    "Vault": "vaultName",
    "VirtualNetwork": "virtualNetworkName",
    "VirtualNetworkLink": "virtualNetworkLinkName",
    "Workspace": "workspaceName",
}
"""Input that names a resource of each kind; without it the engine makes up a name."""

EXCEPTIONS = {
    ("PrivateZone", "it-zone-", "location", "global"): "a private DNS zone is of no place, and holds names alone",
    ("VirtualNetworkLink", "it-zone-", "location", "global"): "so is the link of one",
    ("PublicIPAddress", "it-outbound-address", "resource", ""): "outbound nat-gateway: the address that traffic leaves by",
    ("RouteTable", "it-outbound-route", "anywhere", "0.0.0.0/0"): "outbound firewall: all that leaves goes to the firewall",
    ("Workspace", "it-logs", "key", ""): "a key of one's own needs a dedicated cluster of Log Analytics; flows say so",
    ("ManagedCluster", "it-cluster", "public", "Enabled"): "private false: named addresses reach the API",
    ("Vault", "it-vault", "bypass", "AzureServices"): "disks and stores are encrypted by services outside of the network",
}
"""Kind, beginning of the name, what, and value: why each is as it is."""


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value in inputs with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from walk(inner, path)
    else:
        yield path, value


def findings(ran: Ran) -> Iterator[tuple[str, str, str, str]]:
    """Yield what is open, unencrypted or elsewhere."""
    for resource in ran.registered:
        kind = resource.type.rpartition(":")[2]
        if kind == "PublicIPAddress":
            yield kind, resource.name, "resource", ""
        if kind == "Workspace":
            yield kind, resource.name, "key", ""
        for path, value in walk(resource.inputs):
            yield from _finding(kind, resource.name, path, value)


def _finding(kind: str, name: str, path: str, value: Any) -> Iterator[tuple[str, str, str, str]]:
    last = path.rpartition(".")[2]
    if last == "location" and value != "swedencentral":
        yield kind, name, "location", str(value)
    if last.startswith("publicNetworkAccess") and str(value).lower() != "disabled":
        yield kind, name, "public", str(value)
    if last == "bypass" and value != "None":
        yield kind, name, "bypass", str(value)
    if value in ("0.0.0.0/0", "*", "Internet", "::/0"):
        yield kind, name, "anywhere", str(value)
    if last in {"enableNodePublicIP", "allowBlobPublicAccess", "allowSharedKeyAccess", "defaultOutboundAccess"} and value:
        yield kind, name, last, str(value)


def reason(finding: tuple[str, str, str, str]) -> str | None:
    kind, name, what, value = finding
    matching = [why for (k, n, w, v), why in EXCEPTIONS.items() if (k, w, v) == (kind, what, value) and name.startswith(n)]
    return matching[0] if matching else None


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
@pytest.mark.parametrize("case", CASES)
class TestEveryResource:
    """Prevents one forgotten setting in one of sixty resources."""

    def test_what_is_open_is_named_with_its_reason(self, case: str, preview: bool) -> None:
        unnamed = [found for found in findings(made(preview=preview, **CASES[case])) if reason(found) is None]
        assert unnamed == []

    def test_every_one_is_a_child_of_it_bears_its_name_and_comes_by_its_provider(self, case: str, preview: bool) -> None:
        _, *children = made(preview=preview, **CASES[case]).registered
        assert {child.parent_name for child in children} == {"it"}
        assert all(child.name.startswith("it-") for child in children)
        clouds = {child.provider.split("::")[-2] for child in children if child.type.startswith("azure-native:")}
        assert clouds == {"it-azure"}

    def test_names_are_fixed(self, case: str, preview: bool) -> None:
        """A name made up by the engine differs from preview to preview, and others refer to these."""
        for child in made(preview=preview, **CASES[case]).registered[1:]:
            if child.type.startswith("azure-native:"):
                assert child.inputs[NAMING[child.type.rpartition(":")[2]]], child.name

    def test_what_holds_data_or_keys_is_protected_and_stays_and_nothing_else_is(self, case: str, preview: bool) -> None:
        ran = made(preview=preview, **CASES[case])
        kinds = {resource.type.rpartition(":")[2] for resource in ran.registered if resource.protect}
        assert kinds == {
            "BlobContainer", "DiskEncryptionSet", "Key", "ManagedCluster", "ResourceGroup", "StorageAccount", "Vault",
            "Workspace",
        }  # fmt: skip
        assert all(resource.retain == resource.protect for resource in ran.registered)

    def test_every_role_is_on_one_resource_and_none_is_wide(self, case: str, preview: bool) -> None:
        roles = made(preview=preview, **CASES[case]).of_type(":RoleAssignment")
        assert roles
        for role in roles:
            assert re.fullmatch(
                rf"/subscriptions/{SUBSCRIPTION}/resourceGroups/[^/]+/providers/.+/[^/]+", role.inputs["scope"]
            )
            definition = role.inputs["roleDefinitionId"].rpartition("/")[2]
            owner, contributor = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "b24988ac-6180-42a0-ab88-20f7382dd24c"
            assert definition not in {owner, contributor}
            assert role.inputs["principalType"] == "ServicePrincipal"


class TestExceptions:
    """Prevents a list of exceptions that outlives what it excuses."""

    def test_each_is_needed_somewhere(self) -> None:
        seen = {reason(found) for values in CASES.values() for found in findings(made(**values))}
        assert seen >= set(EXCEPTIONS.values())

    def test_no_two_roles_have_one_name(self) -> None:
        names = [role.inputs["roleAssignmentName"] for role in made().of_type(":RoleAssignment")]
        assert len(set(names)) == len(names)

    def test_without_protection_nothing_is_held(self) -> None:
        assert not [resource for resource in made(protect=False).registered if resource.protect or resource.retain]

    def test_a_given_network_gets_nothing_but_zones_and_endpoints(self) -> None:
        network = f"{HUB}/Microsoft.Network/virtualNetworks/spoke"
        given = {"network": network, **{name: f"{network}/subnets/{name}" for name in ("nodes", "api", "endpoints")}}
        zone = f"{HUB}/Microsoft.Network/privateDnsZones/privatelink.vaultcore.azure.net"
        ran = made(network={"given": given | {"zones": {"vault": zone}}})
        kinds = {r.type.rpartition(":")[2] for r in ran.registered if r.type.startswith("azure-native:network:")}
        assert kinds == {"PrivateEndpoint", "PrivateDnsZoneGroup"}
        assert {r.inputs["privateZoneName"] for r in ran.of_type(":PrivateZone")} == {
            "privatelink.swedencentral.azmk8s.io",
            "privatelink.blob.core.windows.net",
        }
        assert {link.inputs["virtualNetwork"]["id"] for link in ran.of_type(":VirtualNetworkLink")} == {network}
