"""The door of EksCluster: what each field means stands here for other languages, and in `aifactory.model.eks`."""

# No `from __future__ import annotations` here: the component host reads annotations as objects.

from typing import NotRequired, TypedDict

from aifactory.owner import OwnerArgs


class EksNetworkArgs(TypedDict):
    """The network that nodes and API stand in: of its own (cidr), or given (vpc and subnets)."""

    cidr: NotRequired[str]
    """Private addresses of an own network, /16 to /20."""
    vpc: NotRequired[str]
    """Id of a given network, which has the endpoints that nodes need."""
    subnets: NotRequired[dict[str, str]]
    """With a given network, a private subnet of each zone."""
    nat: NotRequired[bool]
    """Whether an own network has a way out to the internet. Default false."""
    endpoints: NotRequired[list[str]]
    """Optional endpoints of an own network, such as ssm. Default none."""


class EksKeysArgs(TypedDict):
    """The customer-managed keys: one each for secrets, volumes, stores and logs."""

    key_store: NotRequired[str]
    """Id of a custom key store, of CloudHSM or external. Default: KMS keeps the keys."""
    external_keys: NotRequired[dict[str, str]]
    """With an external key store, the id in it of each of the four keys."""
    rotation_days: NotRequired[int]
    """How often KMS makes new key material. Default 365."""
    deletion_window_days: NotRequired[int]
    """Days between the deletion of a key and its end. Default 30."""


class EksAccessArgs(TypedDict):
    """Who may do what in the cluster."""

    principal: str
    """ARN of the IAM role or user."""
    policy: NotRequired[str]
    """cluster-admin, admin, edit or view (default)."""
    namespaces: NotRequired[list[str]]
    """Where they may. Default: in the whole cluster."""


class EksIdentityArgs(TypedDict):
    """A service account that acts as a role of its own."""

    namespace: str
    """Namespace of the service account."""
    service_account: str
    """Name of the service account."""
    stores: NotRequired[dict[str, str]]
    """Object stores that it may read, or read and write: name to read or write. Default none."""


class EksCapacityArgs(TypedDict):
    """One rung of a pool's ladder: a node group of its own."""

    kind: str
    """reservation, capacity-block, on-demand or spot."""
    reservation: NotRequired[str]
    """Id of the reservation or block. With these two kinds, and with no other."""
    zone: NotRequired[str]
    """The one zone that it is in. Default: all zones of the cluster."""
    nodes: NotRequired[int]
    """Nodes that are always there. Default 0."""
    max_nodes: int
    """The most nodes that an autoscaler may ask for."""


class EksTaintArgs(TypedDict):
    """A taint that keeps pods away that do not tolerate it."""

    key: str
    """Its key."""
    value: NotRequired[str]
    """Its value. Default: none."""
    effect: NotRequired[str]
    """NoSchedule (default), NoExecute or PreferNoSchedule."""


class EksPoolArgs(TypedDict):
    """Nodes of one kind."""

    instance_types: list[str]
    """Instance types that will do; with reservations and EFA exactly one."""
    image: str
    """Node image: al2023, bottlerocket, these with -arm, and with -nvidia for GPUs."""
    release: str
    """Version of the image. Required: without it each node group gets the image of its day."""
    capacity: list[EksCapacityArgs]
    """The ladder: what is reserved, then on-demand, then spot."""
    accelerator: NotRequired[str]
    """Key of the GPU in the catalog. With an -nvidia image, and with no other."""
    disk_gib: NotRequired[int]
    """Encrypted root volume in GiB. Default 100."""
    local_disks: NotRequired[str]
    """What becomes of NVMe disks in the machine: unused (default) or raid0."""
    efa: NotRequired[bool]
    """Whether nodes have Elastic Fabric Adapters. Default false."""
    placement: NotRequired[str]
    """none (default), or cluster for nodes near each other; not with what is reserved."""
    labels: NotRequired[dict[str, str]]
    """Labels besides ours. Default none."""
    taints: NotRequired[list[EksTaintArgs]]
    """Taints besides that of GPU nodes. Default none."""


class EksStoreArgs(TypedDict):
    """A bucket: versioned, encrypted, reached by TLS alone, copied nowhere."""

    lock_days: NotRequired[int]
    """Days in which no version can be deleted. Default: versions alone protect it. Fixed when it is made."""
    lock_mode: NotRequired[str]
    """governance (default) or compliance, which nobody can lift."""
    old_versions_days: NotRequired[int]
    """Days that what was overwritten or deleted is still kept. Default 90."""
    data_class: NotRequired[str]
    """Class of the data in it. Default unknown, which rules that need it deny."""


class EksClusterArgs(OwnerArgs):
    """A cluster on Amazon EKS and what it stands on. Region and partition are those of the site."""

    account: str
    """AWS account that everything is made in; other credentials are refused."""
    cluster_name: str
    """Name of the cluster, part of the names of roles and buckets. Fixed."""
    kubernetes: str
    """Kubernetes minor, such as 1.35."""
    extended_support: NotRequired[bool]
    """Whether the minor is kept for another year, at a price. Default true: nothing is upgraded behind one's back."""
    zones: list[str]
    """Availability zones, two to four."""
    network: EksNetworkArgs
    """The network."""
    public_cidrs: NotRequired[list[str]]
    """Public addresses that may reach the API. Default none: the API has no public endpoint."""
    client_cidrs: NotRequired[list[str]]
    """Private addresses outside of the network that may reach the API. Default none."""
    service_cidr: NotRequired[str]
    """Addresses of Services. Default 172.20.0.0/16."""
    keys: NotRequired[EksKeysArgs]
    """The keys. Default: kept by KMS."""
    key: NotRequired[str]
    """Key of the region, as declared, that these keys are. Default: nobody said."""
    access: dict[str, EksAccessArgs]
    """Who may do what, by name. At least one cluster-admin: whoever runs Pulumi must be one."""
    identities: NotRequired[dict[str, EksIdentityArgs]]
    """Service accounts that act as a role of their own, by name. Default none."""
    addons: dict[str, str]
    """Version of each of the five add-ons."""
    system: EksPoolArgs
    """The pool that the cluster's own pods run on."""
    pools: NotRequired[dict[str, EksPoolArgs]]
    """Other pools by name. Default none."""
    stores: NotRequired[dict[str, EksStoreArgs]]
    """Object stores by name. Default backups and models."""
    log_retention_days: NotRequired[int]
    """Days that the control plane's logs are kept. Default 365."""
    log_data_class: NotRequired[str]
    """Class of the data in these logs. Default unknown."""
    protect: NotRequired[bool]
    """Whether plans that delete or replace keys, stores, logs or the cluster are refused. Default true."""
