"""The cluster itself: its identities, what they may do, and its settings."""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_azure_native import compute, containerservice, managedidentity

from aifactory.clusters.aks.cloud import Cloud
from aifactory.clusters.aks.network import Network, make_endpoint
from aifactory.clusters.aks.pools import system_pool
from aifactory.clusters.aks.titles import node_group
from aifactory.clusters.aks.vault import Vault
from aifactory.model.aks_network import OutboundKind

OUTBOUND: Final = {
    OutboundKind.NONE: containerservice.OutboundType.NONE,
    OutboundKind.FIREWALL: containerservice.OutboundType.USER_DEFINED_ROUTING,
    OutboundKind.NAT_GATEWAY: containerservice.OutboundType.USER_ASSIGNED_NAT_GATEWAY,
}
"""AKS's names of the ways out (azure-native 3.29, OutboundType)."""

UPGRADES: Final = {"none": "none", "patch": "patch", "stable": "stable", "node-image": "node-image"}
NODE_UPGRADES: Final = {"none": "None", "security-patch": "SecurityPatch", "node-image": "NodeImage"}
"""AKS's names of upgrade channels (azure-native 3.29, UpgradeChannel and NodeOSUpgradeChannel)."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Who the cluster is.

    Attributes:
        cluster: the control plane.
        kubelet: the nodes.
        roles: what lets both do their work.
    """

    cluster: managedidentity.UserAssignedIdentity
    kubelet: managedidentity.UserAssignedIdentity
    roles: tuple[pulumi.Resource, ...]


def make_identities(cloud: Cloud, net: Network, vault: Vault, disks: compute.DiskEncryptionSet) -> Identities:
    """Make the cluster's identities; each role is on one resource."""
    cluster, kubelet = cloud.identity("cluster"), cloud.identity("kubelet")
    who = cluster.principal_id
    roles = [
        cloud.grant("kubelet", "identity-operator", kubelet.id, who),
        cloud.grant("network", "network-contributor", net.id, who, net.made),
        cloud.grant("etcd", "key-crypto-user", vault.key_scope("etcd"), who),
        # A vault without a public network is linked to the control plane by the cluster itself (AKS documentation, KMS).
        cloud.grant("vault", "vault-contributor", vault.vault.id, who),
        cloud.grant("disk-set", "reader", disks.id, who),
    ]
    if "api" in net.zones:
        roles.append(cloud.grant("zone", "private-dns-contributor", net.zones["api"], who, net.made))
    if cloud.spec.outbound.registry is not None:
        roles.append(cloud.grant("registry", "acr-pull", cloud.spec.outbound.registry, kubelet.principal_id))
    return Identities(cluster, kubelet, tuple(roles))


def make_cluster(
    cloud: Cloud,
    net: Network,
    vault: Vault,
    disks: tuple[compute.DiskEncryptionSet, pulumi.Resource],
    region: str,
) -> containerservice.ManagedCluster:
    """Make the cluster with its system pool, once everything that it starts from is there."""
    spec = cloud.spec
    who = make_identities(cloud, net, vault, disks[0])
    before: list[pulumi.Resource] = [*net.made, *who.roles, disks[1], vault.endpoint]
    registry = spec.outbound.registry
    if registry is not None:
        before.append(make_endpoint(cloud, net, "registry", "registry", registry))
    return containerservice.ManagedCluster(
        f"{cloud.name}-cluster",
        resource_name_=cloud.name,
        resource_group_name=cloud.group,
        location=cloud.site.location,
        dns_prefix=cloud.name,
        kubernetes_version=spec.kubernetes,
        sku={"name": "Base", "tier": "Standard"},
        support_plan="KubernetesOfficial",
        node_resource_group=node_group(cloud.group, cloud.name),
        node_resource_group_profile={"restriction_level": "ReadOnly"},
        identity=containerservice.ManagedClusterIdentityArgs(
            type=containerservice.ResourceIdentityType.USER_ASSIGNED, user_assigned_identities=[who.cluster.id]
        ),
        identity_profile={"kubeletidentity": _kubelet(who)},
        enable_rbac=True,
        disable_local_accounts=True,
        aad_profile=_entra(cloud),
        oidc_issuer_profile={"enabled": True},
        security_profile=_security(vault),
        disk_encryption_set_id=disks[0].id,
        api_server_access_profile=_api(cloud, net),
        public_network_access="Disabled" if spec.private else "Enabled",
        network_profile=_network(cloud),
        bootstrap_profile=_bootstrap(registry),
        agent_pool_profiles=[system_pool(cloud, net, region)],
        auto_upgrade_profile={
            "upgrade_channel": UPGRADES[spec.upgrades],
            "node_os_upgrade_channel": NODE_UPGRADES[spec.node_upgrades],
        },
        storage_profile=_storage(),
        tags=cloud.tags,
        opts=cloud.opts(before, keeps=True),
    )


def _kubelet(who: Identities) -> containerservice.UserAssignedIdentityArgs:
    return containerservice.UserAssignedIdentityArgs(
        resource_id=who.kubelet.id, client_id=who.kubelet.client_id, object_id=who.kubelet.principal_id
    )


def _entra(cloud: Cloud) -> containerservice.ManagedClusterAADProfileArgs:
    return containerservice.ManagedClusterAADProfileArgs(
        managed=True,
        enable_azure_rbac=True,
        tenant_id=cloud.spec.tenant,
        admin_group_object_ids=list(cloud.spec.admin_groups),
    )


def _security(vault: Vault) -> containerservice.ManagedClusterSecurityProfileArgs:
    return containerservice.ManagedClusterSecurityProfileArgs(
        workload_identity=containerservice.ManagedClusterSecurityProfileWorkloadIdentityArgs(enabled=True),
        azure_key_vault_kms=containerservice.AzureKeyVaultKmsArgs(
            enabled=True,
            key_id=vault.keys["etcd"].key_uri_with_version,
            key_vault_network_access="Private",
            key_vault_resource_id=vault.vault.id,
        ),
    )


def _api(cloud: Cloud, net: Network) -> containerservice.ManagedClusterAPIServerAccessProfileArgs:
    private = cloud.spec.private
    return containerservice.ManagedClusterAPIServerAccessProfileArgs(
        enable_private_cluster=private,
        enable_private_cluster_public_fqdn=False if private else None,
        private_dns_zone=net.zones["api"] if private else None,
        authorized_ip_ranges=None if private else list(cloud.spec.authorized_ranges),
        # It would run commands in the cluster for whoever may call Azure's API, past the private network.
        disable_run_command=True,
        # A vault without a public network is reached from the API server's own subnet alone (AKS documentation, KMS).
        enable_vnet_integration=True,
        subnet_id=net.api,
    )


def _network(cloud: Cloud) -> containerservice.ContainerServiceNetworkProfileArgs:
    own = cloud.spec.network
    return containerservice.ContainerServiceNetworkProfileArgs(
        network_plugin="azure",
        network_plugin_mode="overlay",
        network_dataplane="cilium",
        network_policy="cilium",
        pod_cidr=own.pods,
        service_cidr=own.services,
        dns_service_ip=own.dns_service,
        outbound_type=OUTBOUND[cloud.spec.outbound.kind],
        load_balancer_sku="standard",
    )


def _bootstrap(registry: str | None) -> containerservice.ManagedClusterBootstrapProfileArgs | None:
    if registry is None:
        return None
    return containerservice.ManagedClusterBootstrapProfileArgs(artifact_source="Cache", container_registry_id=registry)


def _storage() -> containerservice.ManagedClusterStorageProfileArgs:
    """Return volumes on disks alone: those of files and objects make accounts with shared keys, and no key of ours."""
    return containerservice.ManagedClusterStorageProfileArgs(
        disk_csi_driver=containerservice.ManagedClusterStorageProfileDiskCSIDriverArgs(enabled=True),
        file_csi_driver=containerservice.ManagedClusterStorageProfileFileCSIDriverArgs(enabled=False),
        blob_csi_driver=containerservice.ManagedClusterStorageProfileBlobCSIDriverArgs(enabled=False),
        snapshot_controller=containerservice.ManagedClusterStorageProfileSnapshotControllerArgs(enabled=True),
    )
