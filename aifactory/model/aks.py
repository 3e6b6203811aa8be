"""A cluster of Azure Kubernetes Service, with the network, the keys and the stores around it."""

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, field_validator, model_validator

from aifactory.catalog import accelerators
from aifactory.catalog.aks import Guid, aks
from aifactory.model.aks_network import AksNetworkSpec, AksOutboundSpec, OutboundKind, ResourceId
from aifactory.model.base import DNS_LABEL_PATTERN, ShortDnsLabel, Spec
from aifactory.model.nearest import nearest
from aifactory.model.object_store import AddressRange

VmSize = Annotated[str, Field(pattern=r"^Standard_[A-Za-z0-9_]+$", max_length=63)]
"""Azure's name of a size of virtual machine, such as ``Standard_D8ds_v5``."""

PoolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{0,11}$")]
"""Name of a pool as AKS takes it for Linux: lower-case letters and digits, a letter first, at most 12."""

Zone = Literal["1", "2", "3"]
"""An availability zone of the location."""

_LABEL_KEY = r"^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"
_TAINT = r"^[A-Za-z0-9./_-]+(=[A-Za-z0-9._-]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$"
_RESERVED = ("kubernetes.azure.com/", "kubernetes.io/", "aifactory.dev/")


def _own_label(key: str) -> str:
    if key.startswith(_RESERVED):
        raise ValueError(f"is not yours to set: labels of {', '.join(_RESERVED)} are set by AKS, Kubernetes or aifactory")
    return key


LabelKey = Annotated[str, Field(pattern=_LABEL_KEY, max_length=253), AfterValidator(_own_label)]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$", max_length=63)]
Taint = Annotated[str, Field(pattern=_TAINT)]
ServiceAccount = Annotated[str, Field(pattern=DNS_LABEL_PATTERN[:-1] + r"/[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
"""A service account as ``namespace/name``."""


class GpuDriver(StrEnum):
    """Who brings the driver to GPU nodes."""

    OPERATOR = "operator"
    """The GPU Operator (its platform ``bare-metal``): AKS installs none."""
    IMAGE = "image"
    """AKS, with its node image (platform ``aks-stock``): the operator brings none."""


class AksPoolSpec(Spec):
    """Nodes of one kind."""

    size: VmSize
    """Size of the nodes. Required: what a location offers differs. It must support encryption at host."""

    nodes: Annotated[int, Field(ge=1, le=1000)]
    """How many nodes there are; with ``max_nodes`` the fewest."""

    max_nodes: Annotated[int, Field(ge=1, le=1000)] | None = None
    """The most nodes that the autoscaler may make. None: no autoscaling."""

    zones: tuple[Zone, ...] = ()
    """Availability zones that the nodes are spread over. Default: none, as in locations without zones."""

    disk_gib: Annotated[int, Field(ge=64, le=2048)] = 128
    """System disk of each node in GiB, encrypted with the disk encryption set. Default 128."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of the nodes besides pool, region and country, which they always have."""

    taints: tuple[Taint, ...] = ()
    """Taints as ``key=value:Effect``. GPU nodes have ``nvidia.com/gpu`` besides."""

    @model_validator(mode="after")
    def _grows(self) -> Self:
        if self.max_nodes is not None and self.max_nodes < self.nodes:
            raise ValueError(f"max_nodes {self.max_nodes} is fewer than nodes {self.nodes}: there is no room to grow")
        if len(set(self.zones)) != len(self.zones):
            raise ValueError("zones names one twice")
        return self


class AksGpuPoolSpec(AksPoolSpec):
    """Nodes with GPUs."""

    accelerator: Annotated[str, Field(min_length=1)]
    """Key of the accelerator in the catalog, such as ``h100-sxm-80gb``."""

    driver: GpuDriver = GpuDriver.OPERATOR
    """Who brings the driver: ``operator`` (default) or ``image``; two of them break each other."""

    reservation: ResourceId | None = None
    """Capacity reservation group that the nodes are taken from. None: on demand."""

    @model_validator(mode="after")
    def _size_holds_accelerator(self) -> Self:
        known = accelerators()
        if self.accelerator not in known:
            hint = nearest(self.accelerator, known) or ", ".join(sorted(known))
            raise ValueError(f"accelerator {self.accelerator} is not in the catalog; use {hint}")
        size = aks().sizes.get(self.size)
        if size is not None and size.accelerator != self.accelerator:
            raise ValueError(f"{self.size} has {size.accelerator}, not {self.accelerator}: {size.source}")
        return self


class AksVaultSpec(Spec):
    """The Key Vault that holds the keys of cluster, disks and stores: no public network, RBAC, purge protection."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length=3, max_length=24)]
    """Its name, which is unique in all of Azure, and is taken for 90 days after a deletion."""

    hsm: bool = False
    """Whether the keys lie in hardware modules (tier premium). Default false: protected by software."""

    key: ShortDnsLabel | None = None
    """Key of the region that stands for the keys in it, whose custody rules judge. None: nobody said."""

    @property
    def uri(self) -> str:
        """Its address."""
        return f"https://{self.name}.vault.azure.net"


class AksLogsSpec(Spec):
    """Where the logs of control plane, vault and stores go: a Log Analytics workspace in the same place."""

    retention_days: Annotated[int, Field(ge=30, le=730)] = 90
    """How long they are kept. Default 90 days."""

    workspace: ResourceId | None = None
    """A workspace of one's own, whose retention and place are its owner's to say. None: one is made in place."""

    every_read: bool = False
    """Whether reads of the Kubernetes API are audited too. Default false: who changed what; reads are many."""

    data_class: ShortDnsLabel | None = None
    """Class of what is in them. None: nobody said."""

    key: ShortDnsLabel | None = None
    """Key of the region that stands for how the workspace is encrypted: the provider's, unless it is linked to a dedicated
    cluster with another. None: nobody said."""


class AksStoreSpec(Spec):
    """An object store: one container in a storage account of its own, encrypted with a key of the vault."""

    account: Annotated[str, Field(pattern=r"^[a-z0-9]{3,24}$")]
    """Name of the storage account, unique in all of Azure: 3 to 24 lower-case letters and digits."""

    container: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=3, max_length=63)]
    """Name of the container in it."""

    redundancy: Literal["local", "zone", "geo", "geo-zone"] = "zone"
    """Where Azure keeps copies: ``local`` and ``zone`` (default) stay in the place, ``geo`` and ``geo-zone`` go to its
    paired region, which may be in another country: rules judge them."""

    keep_deleted_days: Annotated[int, Field(ge=1, le=365)] = 30
    """How long deleted objects and old versions can be had back. Default 30 days."""

    immutable_days: Annotated[int, Field(ge=1, le=146000)] | None = None
    """How long nothing in it can be changed or deleted once it is written. Fixed when the account is made. None: versions
    alone."""

    service_accounts: tuple[ServiceAccount, ...] = Field(default=(), max_length=20)
    """Service accounts whose pods may read and write, as ``namespace/name``; each becomes a federated credential, of which
    an identity has twenty at most."""

    data_class: ShortDnsLabel | None = None
    """Class of what is in it. None: nobody said."""

    @property
    def destination(self) -> str:
        """Its address, as an object store of factory.yaml names it."""
        return f"https://{self.account}.blob.core.windows.net/{self.container}"


class AksSpec(Spec):
    """A cluster of Azure Kubernetes Service."""

    subscription: Guid
    """Subscription that everything is made in. Required: the one that the command line is logged in to changes."""

    tenant: Guid
    """Entra tenant of the subscription, whose identities may reach cluster and vault."""

    admin_groups: Annotated[tuple[Guid, ...], Field(min_length=1, max_length=20)]
    """Entra groups, by object id, whose members administer the cluster. At least one: local accounts are off."""

    kubernetes: Annotated[str, Field(pattern=r"^1\.[0-9]{1,2}(\.[0-9]{1,2})?$")]
    """Kubernetes version, such as ``1.34`` or ``1.34.2``. Required: Azure's default changes."""

    resource_group: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,79}$")] | None = None
    """Resource group that everything is made in. None: factory and region, with a hyphen."""

    network: AksNetworkSpec = Field(default_factory=AksNetworkSpec)
    """The network: one of its own by default."""

    outbound: AksOutboundSpec
    """How nodes reach what is outside. Required: it cannot be changed later without another cluster."""

    private: bool = True
    """Whether the API answers inside the network only. Default true."""

    authorized_ranges: tuple[AddressRange, ...] = ()
    """Addresses that reach the API when it is not private; at least one then."""

    login: Literal["azurecli", "workloadidentity", "msi", "spn"] = "azurecli"
    """How kubelogin proves who runs Pulumi; there is no other way in. Default ``azurecli``."""

    vault: AksVaultSpec
    """Where the keys are."""

    logs: AksLogsSpec = Field(default_factory=AksLogsSpec)
    """Where logs go, and for how long."""

    system: AksPoolSpec
    """The pool that the cluster's own pods run on. It has no autoscaling."""

    pools: dict[PoolName, AksPoolSpec] = Field(default_factory=dict)
    """More pools without GPUs by name."""

    gpu_pools: dict[PoolName, AksGpuPoolSpec] = Field(default_factory=dict)
    """Pools with GPUs by name, the same as in the region's ``gpu_pools``."""

    stores: dict[ShortDnsLabel, AksStoreSpec] = Field(default_factory=dict)
    """Object stores by name, for backups and models."""

    disk_redundancy: Literal["local", "zone"] = "local"
    """Whether volumes of the class ``encrypted`` are copied to all zones of the place. Default ``local``."""

    upgrades: Literal["none", "patch", "stable", "node-image"] = "none"
    """What AKS upgrades by itself. Default ``none``: versions change with this file."""

    node_upgrades: Literal["none", "security-patch", "node-image"] = "none"
    """What AKS changes on nodes by itself. Default ``none``: node images change when somebody upgrades them."""

    protect: bool = True
    """Whether a plan that deletes or replaces cluster, keys, stores or logs is refused. Default true."""

    @field_validator("system")
    @classmethod
    def _system_is_fixed(cls, value: AksPoolSpec) -> AksPoolSpec:
        if value.max_nodes is not None:
            raise ValueError(
                "takes no max_nodes: every change would set the number back; what grows needs a pool of its own"
            )
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        found = list(_problems(self))
        if found:
            raise ValueError("; ".join(found))
        return self


def _problems(spec: AksSpec) -> Iterator[str]:
    """Yield what does not go together."""
    if spec.private == bool(spec.authorized_ranges):
        yield "authorized_ranges goes with private: false, and with no other; without them the API would answer everybody"
    both = spec.pools.keys() & spec.gpu_pools.keys()
    if both or "system" in {*spec.pools, *spec.gpu_pools}:
        yield f"pools need names of their own: {', '.join(sorted(both)) or 'system'} is there twice"
    accounts = [store.account for store in spec.stores.values()]
    if len(set(accounts)) != len(accounts):
        yield "stores need an account of their own each: key, lock and copies are the account's"
    if spec.outbound.kind is OutboundKind.FIREWALL and (spec.outbound.firewall is None) != (spec.network.given is not None):
        yield "outbound.firewall is the firewall's private address, and goes with a network of the cluster's own"
    for cidr in (spec.network.pods, spec.network.services):
        if spec.outbound.firewall and IPv4Address(spec.outbound.firewall) in IPv4Network(cidr):
            yield f"outbound.firewall is in {cidr}, which pods and services have"
    if spec.disk_redundancy == "zone" and not any(pool.zones for pool in (spec.system, *spec.pools.values())):
        yield "disk_redundancy zone goes with pools in zones"
