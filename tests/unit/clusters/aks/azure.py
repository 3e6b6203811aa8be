"""What Azure would answer: outputs of resources, and the kubeconfig of a user. A table for mocks."""

import base64
import json
from typing import Any

from pulumi.runtime import mocks

from tests.unit import pulumi_program

HOST = "it-abc.privatelink.swedencentral.azmk8s.io"
PUBLIC_HOST = "it-abc.hcp.swedencentral.azmk8s.io"
ISSUER = "https://swedencentral.oic.prod-aks.azure.com/tenant/cluster/"
AUTHORITY = base64.b64encode(b"-----BEGIN CERTIFICATE-----").decode()
CANARY = "canary-admin-token"
SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
TENANT = "00000000-0000-4000-8000-000000000002"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/demo-here"

KINDS = {
    "ResourceGroup": ("", "resourceGroupName"),
    "ManagedCluster": ("Microsoft.ContainerService/managedClusters", "resourceName"),
    "AgentPool": ("Microsoft.ContainerService/agentPools", "agentPoolName"),
    "VirtualNetwork": ("Microsoft.Network/virtualNetworks", "virtualNetworkName"),
    "Vault": ("Microsoft.KeyVault/vaults", "vaultName"),
    "Key": ("Microsoft.KeyVault/vaults/v/keys", "keyName"),
    "DiskEncryptionSet": ("Microsoft.Compute/diskEncryptionSets", "diskEncryptionSetName"),
    "UserAssignedIdentity": ("Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName"),
    "StorageAccount": ("Microsoft.Storage/storageAccounts", "accountName"),
    "BlobContainer": ("Microsoft.Storage/containers", "containerName"),
    "Workspace": ("Microsoft.OperationalInsights/workspaces", "workspaceName"),
    "PrivateZone": ("Microsoft.Network/privateDnsZones", "privateZoneName"),
    "PrivateEndpoint": ("Microsoft.Network/privateEndpoints", "privateEndpointName"),
}
"""Kind of a resource to its type in Azure and the input that names it."""


def answer(token: str, inputs: dict[str, Any], name: str) -> tuple[str, dict[str, Any]]:
    """Return id and outputs of a resource, as Azure would."""
    kind = token.rpartition(":")[2]
    if not token.startswith("azure-native:") or kind not in KINDS:
        return f"{name}-id", dict(inputs)
    place, naming = KINDS[kind]
    title = inputs[naming]
    identifier = f"{GROUP}/providers/{place}/{title}" if place else GROUP
    return identifier, {**inputs, **_identity(inputs), "name": title, **_extra(kind, title)}


def _identity(inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the identities that a resource has: given as a list, told as a map."""
    given = inputs.get("identity", {})
    if "userAssignedIdentities" not in given:
        return {}
    return {"identity": {**given, "userAssignedIdentities": {each: {} for each in given["userAssignedIdentities"]}}}


def _extra(kind: str, title: str) -> dict[str, Any]:
    return {
        "ManagedCluster": {
            "privateFQDN": HOST,
            "fqdn": PUBLIC_HOST,
            "oidcIssuerProfile": {"enabled": True, "issuerURL": ISSUER},
        },
        "UserAssignedIdentity": {"principalId": f"principal-{title}", "clientId": f"client-{title}"},
        "DiskEncryptionSet": {"identity": {"type": "SystemAssigned", "principalId": f"principal-{title}"}},
        "Key": {"keyUri": f"https://v/keys/{title}", "keyUriWithVersion": f"https://v/keys/{title}/1"},
    }.get(kind, {})


def user_kubeconfig() -> str:
    """Return what Azure gives a user, with a token that must go nowhere."""
    config = {
        "clusters": [{"cluster": {"certificate-authority-data": AUTHORITY, "server": "https://elsewhere"}}],
        "users": [{"user": {"token": CANARY}}],
    }
    return base64.b64encode(json.dumps(config).encode()).decode()


def reply(token: str) -> tuple[dict[str, Any], list[Any]]:
    """Return what Azure replies to the one thing that a cluster asks it."""
    assert token == "azure-native:containerservice:listManagedClusterUserCredentials", f"a component called {token}"
    return {"kubeconfigs": [{"name": "clusterUser", "value": user_kubeconfig()}]}, []


class Azure:
    """Puts the table into the mocks of a test, and remembers what was asked."""

    def __init__(self, patch: Any) -> None:
        self.asked: list[str] = []
        patch.setattr(pulumi_program._Echo, "new_resource", lambda _, args: self._make(args))
        patch.setattr(pulumi_program._Echo, "call", lambda _, args: self._call(args))

    def _make(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return answer(args.typ, dict(args.inputs), args.name)

    def _call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[Any]]:
        self.asked.append(args.token)
        return reply(args.token)
