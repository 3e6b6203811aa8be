"""Object stores beside an AKS cluster: accounts, containers, identities of the pods that use them."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_azure_native import managedidentity, storage

from aifactory.catalog.aks import EXCHANGE_AUDIENCE
from aifactory.clusters.aks.cloud import Cloud
from aifactory.clusters.aks.logs import audit_group, keep_logs
from aifactory.clusters.aks.network import Network, make_endpoint
from aifactory.clusters.aks.vault import Vault
from aifactory.model.aks import AksStoreSpec

SKUS: Final = {"local": "Standard_LRS", "zone": "Standard_ZRS", "geo": "Standard_GRS", "geo-zone": "Standard_GZRS"}
"""Azure's names of redundancies (Azure Storage redundancy). Copies in a paired region cannot be read there."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store that was made.

    Attributes:
        identity: who its pods are.
        container: the container.
    """

    identity: managedidentity.UserAssignedIdentity
    container: storage.BlobContainer


def make_stores(cloud: Cloud, net: Network, vault: Vault, workspace: pulumi.Input[str]) -> dict[str, Store]:
    """Make the stores by name; nothing where there are none."""
    if not cloud.spec.stores:
        return {}
    reader = cloud.identity("stores")
    allowed = cloud.grant("stores", "key-encryption-user", vault.key_scope("stores"), reader.principal_id)
    return {
        name: _store(cloud, name, spec, net, vault, (reader, allowed), workspace) for name, spec in cloud.spec.stores.items()
    }


def _store(
    cloud: Cloud,
    name: str,
    spec: AksStoreSpec,
    net: Network,
    vault: Vault,
    keys: tuple[managedidentity.UserAssignedIdentity, pulumi.Resource],
    workspace: pulumi.Input[str],
) -> Store:
    account = _account(cloud, name, spec, vault, *keys)
    service = _service(cloud, name, spec, account)
    container = storage.BlobContainer(
        f"{cloud.name}-store-{name}-container",
        account_name=account.name,
        container_name=spec.container,
        resource_group_name=cloud.group,
        public_access=storage.PublicAccess.NONE,
        opts=cloud.opts((account, service), keeps=True),
    )
    make_endpoint(cloud, net, f"store-{name}", "blob", account.id)
    blobs = pulumi.Output.concat(account.id, "/blobServices/default")
    keep_logs(cloud, f"store-{name}", blobs, workspace, audit_group(), (service,))
    identity = cloud.identity(f"store-{name}")
    cloud.grant(f"store-{name}", "blob-data-contributor", container.id, identity.principal_id)
    return Store(identity, container)


def _account(
    cloud: Cloud,
    name: str,
    spec: AksStoreSpec,
    vault: Vault,
    reader: managedidentity.UserAssignedIdentity,
    allowed: pulumi.Resource,
) -> storage.StorageAccount:
    return storage.StorageAccount(
        f"{cloud.name}-store-{name}",
        account_name=spec.account,
        resource_group_name=cloud.group,
        location=cloud.site.location,
        kind=storage.Kind.STORAGE_V2,
        sku={"name": SKUS[spec.redundancy]},
        identity=storage.IdentityArgs(type="UserAssigned", user_assigned_identities=[reader.id]),
        encryption=_encryption(vault, reader),
        immutable_storage_with_versioning=_immutable(spec),
        minimum_tls_version="TLS1_2",
        enable_https_traffic_only=True,
        allow_blob_public_access=False,
        allow_shared_key_access=False,
        default_to_o_auth_authentication=True,
        allow_cross_tenant_replication=False,
        allowed_copy_scope="AAD",
        is_local_user_enabled=False,
        is_sftp_enabled=False,
        public_network_access="Disabled",
        network_rule_set=storage.NetworkRuleSetArgs(default_action=storage.DefaultAction.DENY, bypass="None"),
        tags=cloud.tags,
        opts=cloud.opts((allowed, vault.vault), keeps=True),
    )


def _encryption(vault: Vault, reader: managedidentity.UserAssignedIdentity) -> storage.EncryptionArgs:
    """Return the encryption with the vault's key, without its version: a new one is taken without anybody's doing."""
    by_account = storage.EncryptionServiceArgs(enabled=True, key_type="Account")
    return storage.EncryptionArgs(
        key_source="Microsoft.Keyvault",
        encryption_identity=storage.EncryptionIdentityArgs(encryption_user_assigned_identity=reader.id),
        key_vault_properties=storage.KeyVaultPropertiesArgs(key_name=vault.keys["stores"].name, key_vault_uri=vault.uri),
        require_infrastructure_encryption=True,
        # Queues and tables would have a key of Azure's unless they are told otherwise when the account is made.
        services=storage.EncryptionServicesArgs(blob=by_account, file=by_account, queue=by_account, table=by_account),
    )


def _immutable(spec: AksStoreSpec) -> storage.ImmutableStorageAccountArgs | None:
    if spec.immutable_days is None:
        return None
    policy = storage.AccountImmutabilityPolicyPropertiesArgs(
        immutability_period_since_creation_in_days=spec.immutable_days,
        allow_protected_append_writes=False,
        # It cannot be made locked; locking it is a step of its own that nobody can take back.
        state="Unlocked",
    )
    return storage.ImmutableStorageAccountArgs(enabled=True, immutability_policy=policy)


def _service(cloud: Cloud, name: str, spec: AksStoreSpec, account: storage.StorageAccount) -> storage.BlobServiceProperties:
    kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=spec.keep_deleted_days)
    return storage.BlobServiceProperties(
        f"{cloud.name}-store-{name}-versions",
        account_name=account.name,
        blob_services_name="default",
        resource_group_name=cloud.group,
        is_versioning_enabled=True,
        delete_retention_policy=kept,
        container_delete_retention_policy=kept,
        opts=cloud.opts((account,)),
    )


def bind_service_accounts(cloud: Cloud, stores: dict[str, Store], issuer: pulumi.Output[str]) -> None:
    """Let the named service accounts be the stores' identities, by tokens that the cluster signs."""
    for name, store in stores.items():
        before: tuple[pulumi.Resource, ...] = (store.identity,)
        for account in cloud.spec.stores[name].service_accounts:
            title = account.replace("/", "-").replace(".", "-")
            made = managedidentity.FederatedIdentityCredential(
                f"{cloud.name}-store-{name}-{title}",
                federated_identity_credential_resource_name=title,
                resource_name_=store.identity.name,
                resource_group_name=cloud.group,
                issuer=issuer,
                subject=f"system:serviceaccount:{account.replace('/', ':')}",
                audiences=[EXCHANGE_AUDIENCE],
                opts=cloud.opts(before),
            )
            # One after the other: Entra refuses two of one identity at the same time.
            before = (made,)
