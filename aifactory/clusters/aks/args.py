"""What an AksCluster is told."""

# No `from __future__ import annotations` here: the component host reads annotations as objects.

from typing import NotRequired, TypedDict

from aifactory.owner import OwnerArgs


class AksGivenNetworkArgs(TypedDict):
    """A network that is there already, and whose owner says what leaves it."""

    network: str
    """The virtual network, by its whole identifier."""
    nodes: str
    """Subnet of the nodes."""
    api: str
    """Subnet of the API server, delegated to Microsoft.ContainerService/managedClusters."""
    endpoints: str
    """Subnet of private endpoints."""
    zones: NotRequired[dict[str, str]]
    """Private DNS zones that are linked already, of api, vault, blob or registry. Default: all are made."""


class AksNetworkArgs(TypedDict):
    """The network: one of its own with these addresses, or a given one."""

    addresses: NotRequired[str]
    """Addresses of the network. Default 10.80.0.0/16."""
    nodes: NotRequired[str]
    """Subnet of the nodes. Default 10.80.0.0/20."""
    api: NotRequired[str]
    """Subnet of the API server, at least /28. Default 10.80.16.0/28."""
    endpoints: NotRequired[str]
    """Subnet of private endpoints. Default 10.80.17.0/24."""
    pods: NotRequired[str]
    """Addresses of pods, inside the cluster only. Default 10.240.0.0/12."""
    services: NotRequired[str]
    """Addresses of services, inside the cluster only. Default 172.16.0.0/16."""
    given: NotRequired[AksGivenNetworkArgs]
    """A network that is there already. Default: one is made."""


class AksOutboundArgs(TypedDict):
    """How nodes reach what is outside of the network."""

    kind: str
    """none, firewall or nat-gateway."""
    firewall: NotRequired[str]
    """With firewall and a network of its own, the firewall's private address."""
    registry: NotRequired[str]
    """With none, the container registry that nodes start from."""


class AksVaultArgs(TypedDict):
    """The Key Vault that holds the keys of cluster, disks and stores."""

    name: str
    """Its name, unique in all of Azure."""
    hsm: NotRequired[bool]
    """Whether the keys lie in hardware modules. Default false."""
    key: NotRequired[str]
    """Key of the region that stands for the keys in it. Default: nobody said."""


class AksLogsArgs(TypedDict):
    """Where logs go, and for how long."""

    retention_days: NotRequired[int]
    """How long they are kept. Default 90."""
    workspace: NotRequired[str]
    """A workspace of one's own. Default: one is made in place."""
    every_read: NotRequired[bool]
    """Whether reads of the Kubernetes API are audited too. Default false."""
    data_class: NotRequired[str]
    """Class of what is in them. Default: nobody said."""
    key: NotRequired[str]
    """Key of the region that stands for how the workspace is encrypted. Default: nobody said."""


class AksPoolArgs(TypedDict):
    """Nodes of one kind."""

    size: str
    """Size of the nodes, such as Standard_D8ds_v5."""
    nodes: int
    """How many nodes there are; with max_nodes the fewest."""
    max_nodes: NotRequired[int]
    """The most nodes that the autoscaler may make. Default: no autoscaling."""
    zones: NotRequired[list[str]]
    """Availability zones that the nodes are spread over. Default none."""
    disk_gib: NotRequired[int]
    """System disk of each node in GiB. Default 128."""
    labels: NotRequired[dict[str, str]]
    """Labels of the nodes besides pool, region and country."""
    taints: NotRequired[list[str]]
    """Taints as key=value:Effect."""


class AksGpuPoolArgs(AksPoolArgs):
    """Nodes with GPUs."""

    accelerator: str
    """Key of the accelerator in the catalog."""
    driver: NotRequired[str]
    """Who brings the driver: operator (default) or image."""
    reservation: NotRequired[str]
    """Capacity reservation group that the nodes are taken from. Default: on demand."""


class AksStoreArgs(TypedDict):
    """An object store: one container in a storage account of its own."""

    account: str
    """Name of the storage account, unique in all of Azure."""
    container: str
    """Name of the container in it."""
    redundancy: NotRequired[str]
    """Where Azure keeps copies: local, zone (default), geo or geo-zone."""
    keep_deleted_days: NotRequired[int]
    """How long deleted objects and old versions can be had back. Default 30."""
    immutable_days: NotRequired[int]
    """How long nothing in it can be changed or deleted. Default: versions alone."""
    service_accounts: NotRequired[list[str]]
    """Service accounts whose pods may read and write, as namespace/name."""
    data_class: NotRequired[str]
    """Class of what is in it. Default: nobody said."""


class AksClusterArgs(OwnerArgs):
    """A cluster of Azure Kubernetes Service. The site's provider is azure, its location where everything is made."""

    subscription: str
    """Subscription that everything is made in."""
    tenant: str
    """Entra tenant of the subscription."""
    admin_groups: list[str]
    """Entra groups, by object id, whose members administer the cluster; at least one."""
    kubernetes: str
    """Kubernetes version, such as 1.34."""
    resource_group: NotRequired[str]
    """Resource group that everything is made in. Default: factory and region."""
    network: NotRequired[AksNetworkArgs]
    """The network. Default: one of its own."""
    outbound: AksOutboundArgs
    """How nodes reach what is outside of the network."""
    private: NotRequired[bool]
    """Whether the API answers inside the network only. Default true."""
    authorized_ranges: NotRequired[list[str]]
    """Addresses that reach the API when it is not private."""
    login: NotRequired[str]
    """How kubelogin proves who runs Pulumi: azurecli (default), workloadidentity, msi or spn."""
    vault: AksVaultArgs
    """Where the keys are."""
    logs: NotRequired[AksLogsArgs]
    """Where logs go, and for how long. Default: a workspace in place, 90 days."""
    system: AksPoolArgs
    """The pool that the cluster's own pods run on."""
    pools: NotRequired[dict[str, AksPoolArgs]]
    """More pools without GPUs by name."""
    gpu_pools: NotRequired[dict[str, AksGpuPoolArgs]]
    """Pools with GPUs by name."""
    stores: NotRequired[dict[str, AksStoreArgs]]
    """Object stores by name, for backups and models."""
    disk_redundancy: NotRequired[str]
    """Whether volumes are copied to all zones of the place: local (default) or zone."""
    upgrades: NotRequired[str]
    """What AKS upgrades by itself: none (default), patch, stable or node-image."""
    node_upgrades: NotRequired[str]
    """What AKS changes on nodes by itself: none (default), security-patch or node-image."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces cluster, keys, stores or logs is refused. Default true."""
