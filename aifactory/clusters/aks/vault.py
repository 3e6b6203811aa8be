"""The vault of an AKS cluster, its keys, and the disk encryption set."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_azure_native import compute, keyvault

from aifactory.clusters.aks.cloud import Cloud
from aifactory.clusters.aks.network import Network, make_endpoint

KEY_BITS: Final = 4096
"""Size of the RSA keys; disks and stores take 2048, 3072 and 4096."""

DAYS_TO_REGRET: Final = 90
"""How long a deleted vault or key can be had back; the most that Azure offers."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault with its keys.

    Attributes:
        vault: the vault.
        uri: its address.
        endpoint: what names its private endpoint.
        keys: the keys by what they are for: ``etcd``, ``disks``, and ``stores`` where there are any.
    """

    vault: keyvault.Vault
    uri: str
    endpoint: pulumi.Resource
    keys: dict[str, keyvault.Key]

    def key_scope(self, purpose: str) -> pulumi.Output[str]:
        """Return the identifier of one key, for a role on nothing else."""
        return self.keys[purpose].id


def make_vault(cloud: Cloud, net: Network) -> Vault:
    """Make the vault, its private endpoint and its keys."""
    spec = cloud.spec
    tier = keyvault.SkuName.PREMIUM if spec.vault.hsm else keyvault.SkuName.STANDARD
    vault = keyvault.Vault(
        f"{cloud.name}-vault",
        vault_name=spec.vault.name,
        resource_group_name=cloud.group,
        location=cloud.site.location,
        properties=keyvault.VaultPropertiesArgs(
            tenant_id=spec.tenant,
            sku=keyvault.SkuArgs(family="A", name=tier),
            enable_rbac_authorization=True,
            enable_soft_delete=True,
            soft_delete_retention_in_days=DAYS_TO_REGRET,
            enable_purge_protection=True,
            enabled_for_deployment=False,
            enabled_for_disk_encryption=False,
            enabled_for_template_deployment=False,
            public_network_access="disabled",
            # Disks and stores are encrypted by services outside of the network, which the vault trusts by their identity.
            network_acls=keyvault.NetworkRuleSetArgs(default_action="Deny", bypass="AzureServices"),
        ),
        tags=cloud.tags,
        opts=cloud.opts(keeps=True),
    )
    endpoint = make_endpoint(cloud, net, "vault", "vault", vault.id)
    purposes = ("etcd", "disks", "stores") if spec.stores else ("etcd", "disks")
    return Vault(vault, spec.vault.uri, endpoint, {purpose: _key(cloud, vault, purpose) for purpose in purposes})


def _key(cloud: Cloud, vault: keyvault.Vault, purpose: str) -> keyvault.Key:
    kind = keyvault.JsonWebKeyType.RS_A_HSM if cloud.spec.vault.hsm else keyvault.JsonWebKeyType.RSA
    # Made by Azure's management API, which needs no way to the vault itself.
    return keyvault.Key(
        f"{cloud.name}-key-{purpose}",
        key_name=purpose,
        vault_name=vault.name,
        resource_group_name=cloud.group,
        properties=keyvault.KeyPropertiesArgs(
            kty=kind,
            key_size=KEY_BITS,
            key_ops=["wrapKey", "unwrapKey", "encrypt", "decrypt"] if purpose == "etcd" else ["wrapKey", "unwrapKey"],
            attributes=keyvault.KeyAttributesArgs(enabled=True, exportable=False),
        ),
        tags=cloud.tags,
        opts=cloud.opts((vault,), keeps=True),
    )


def make_disk_encryption(cloud: Cloud, vault: Vault) -> tuple[compute.DiskEncryptionSet, pulumi.Resource]:
    """Make the disk encryption set; return it with the role that lets it use its key."""
    made = compute.DiskEncryptionSet(
        f"{cloud.name}-disks",
        disk_encryption_set_name=f"{cloud.name}-disks",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        identity={"type": "SystemAssigned"},
        encryption_type="EncryptionAtRestWithCustomerKey",
        active_key={"key_url": vault.keys["disks"].key_uri_with_version, "source_vault": {"id": vault.vault.id}},
        # A new version of the key is taken without anybody's doing.
        rotation_to_latest_key_version_enabled=True,
        tags=cloud.tags,
        opts=cloud.opts((vault.keys["disks"],), keeps=True),
    )
    principal = made.identity.apply(lambda identity: identity.principal_id if identity else "")
    role = cloud.grant("disks", "key-encryption-user", vault.key_scope("disks"), principal)
    return made, role
