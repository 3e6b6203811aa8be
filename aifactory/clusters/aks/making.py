"""Everything of an AKS cluster, in the order in which it is made."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes
from pulumi_azure_native import containerservice

from aifactory.clusters.aks.cloud import Cloud
from aifactory.clusters.aks.control_plane import make_cluster
from aifactory.clusters.aks.kubeconfig import kubeconfig_of
from aifactory.clusters.aks.logs import audit_categories, audit_group, keep_logs, make_workspace
from aifactory.clusters.aks.network import make_network
from aifactory.clusters.aks.pools import make_pools
from aifactory.clusters.aks.stores import Store, bind_service_accounts, make_stores
from aifactory.clusters.aks.vault import make_disk_encryption, make_vault
from aifactory.component import KubernetesObject
from aifactory.render.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Made:
    """What was made.

    Attributes:
        cluster: the cluster.
        issuer: who signs the tokens of its service accounts.
        kubeconfig: the way to its API, secret.
        provider: the Kubernetes provider of it.
        stores: object stores by name.
    """

    cluster: containerservice.ManagedCluster
    issuer: pulumi.Output[str]
    kubeconfig: pulumi.Output[str]
    provider: pulumi_kubernetes.Provider
    stores: dict[str, Store]


def make_everything(cloud: Cloud, region: str, identifier: str, storage_class: Manifest) -> Made:
    """Make all of it.

    Args:
        cloud: where.
        region: name of the region.
        identifier: the cluster's own identity.
        storage_class: the class of encrypted volumes.
    """
    net = make_network(cloud)
    workspace, _ = make_workspace(cloud)
    vault = make_vault(cloud, net)
    keep_logs(cloud, "vault", vault.vault.id, workspace, audit_group())
    cluster = make_cluster(cloud, net, vault, make_disk_encryption(cloud, vault), region)
    keep_logs(cloud, "cluster", cluster.id, workspace, audit_categories(cloud))
    make_pools(cloud, net, region, cluster)
    issuer = cluster.oidc_issuer_profile.apply(lambda profile: profile.issuer_url if profile else "")
    stores = make_stores(cloud, net, vault, workspace)
    bind_service_accounts(cloud, stores, issuer)
    kubeconfig = kubeconfig_of(cloud, cluster)
    provider = pulumi_kubernetes.Provider(
        f"{cloud.name}-provider",
        kubeconfig=kubeconfig,
        cluster_identifier=identifier,
        enable_server_side_apply=True,
        # Otherwise a changed value replaces the object: deleted first, and gone while pods that mount it start.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(parent=cloud.parent, depends_on=[cluster]),
    )
    KubernetesObject(
        f"{cloud.name}-storageclass-{storage_class['metadata']['name']}",
        storage_class,
        pulumi.ResourceOptions(parent=cloud.parent, provider=provider),
    )
    return Made(cluster, issuer, kubeconfig, provider, stores)
