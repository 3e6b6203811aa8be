"""OpenShift clusters whose control planes are hosted: pods on a management cluster, nodes beside it."""

from collections.abc import Iterator
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory import conventions
from aifactory.model.base import CountryCode, DnsLabel, ShortDnsLabel, Spec
from aifactory.model.object_store import AddressRange

_LABEL_NAME = r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"

LabelKey = Annotated[str, Field(pattern=rf"^([a-z0-9]([-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_LABEL_NAME}$", max_length=253)]
LabelValue = Annotated[str, Field(pattern=rf"^({_LABEL_NAME})?$", max_length=63)]

PinnedImage = Annotated[str, Field(pattern=r"^\w[^\s@]*/[^\s@]+@sha256:[0-9a-f]{64}$", max_length=253)]
"""An image by its digest: a tag may name another image tomorrow."""

HostName = Annotated[str, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=253)]

Cidr = Annotated[str, Field(pattern=r"^[0-9a-f.:]+/\d{1,3}$", max_length=43)]


class HostedPlatform(StrEnum):
    """What the nodes of a hosted cluster are."""

    KUBEVIRT = "kubevirt"
    """Virtual machines on the management cluster (OpenShift Virtualization)."""
    AGENT = "agent"
    """Bare-metal hosts that an agent has registered."""


class Publishing(StrEnum):
    """How nodes and users reach the hosted control plane; neither is a load balancer that is open to everybody."""

    NODE_PORT = "node-port"
    """The API at a port of the management cluster's nodes, behind `address`; the rest by its router. No load balancer."""
    ROUTE = "route"
    """All by a router of its own at `address`. Its load balancer answers `allowed_cidrs` alone."""


class HostedTaintSpec(Spec):
    """A taint of a pool's nodes."""

    key: LabelKey
    """Key, such as ``nvidia.com/gpu``."""

    value: LabelValue = ""
    """Value. Default: none."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] = "NoSchedule"
    """What happens to pods that do not tolerate it. Default ``NoSchedule``."""


class HostedAutoscalingSpec(Spec):
    """Bounds between which a pool grows and shrinks by itself."""

    min: Annotated[int, Field(ge=1, le=1000)]
    """Fewest nodes: one at least, since only clouds can bring a pool back from nothing."""

    max: Annotated[int, Field(ge=1, le=1000)]
    """Most nodes."""

    @model_validator(mode="after")
    def _min_is_not_above_max(self) -> Self:
        if self.min > self.max:
            raise ValueError(f"min {self.min} is above max {self.max}")
        return self


class HostedPoolSpec(Spec):
    """Nodes of one kind. Of the fields of other platforms than the cluster's none may be set."""

    replicas: Annotated[int, Field(ge=0, le=1000)] | None = None
    """How many nodes. None: as autoscaling has it; one of the two is needed."""

    autoscaling: HostedAutoscalingSpec | None = None
    """Bounds of its size. None: it stays at replicas."""

    release: PinnedImage | None = None
    """Release that its nodes run, for moving pools one by one. None: the cluster's."""

    upgrade: Literal["replace", "in-place"] | None = None
    """Whether nodes are made anew or changed where they are. Fixed. None: ``replace`` for virtual machines, ``in-place`` for
    hosts, of which there are seldom any to spare."""

    auto_repair: bool = False
    """Whether unhealthy nodes are replaced by themselves. Default false: with GPUs there is seldom another one."""

    labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """Labels of its nodes, besides the country's. Given to new nodes only."""

    taints: tuple[HostedTaintSpec, ...] = ()
    """Taints of its nodes. Given to new nodes only. Default none."""

    cpu: Annotated[int, Field(ge=2, le=512)] | None = None
    """kubevirt: CPU cores of each machine. None: 8."""

    memory_gib: Annotated[int, Field(ge=8, le=16384)] | None = None
    """kubevirt: memory of each machine in GiB. None: 32."""

    disk_gib: Annotated[int, Field(ge=32, le=16384)] | None = None
    """kubevirt: disk of each machine in GiB. None: 120."""

    storage_class: DnsLabel | None = None
    """kubevirt: StorageClass of the management cluster for the disks. None: its default one."""

    node_selector: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """kubevirt: labels of the management cluster's nodes that the machines run on. Default: any."""

    gpus: dict[Annotated[str, Field(min_length=3, max_length=255)], Annotated[int, Field(ge=1, le=16)]] = Field(
        default_factory=dict
    )
    """kubevirt: host devices that are passed through to each machine, by resource name, such as
    ``nvidia.com/GH100_H100_SXM5_80GB``. Machines with such devices cannot be moved while they run."""

    agent_labels: dict[LabelKey, LabelValue] = Field(default_factory=dict)
    """agent: labels that a host must have to become a node of this pool, which tell GPU hosts from others. Default: any."""

    @model_validator(mode="after")
    def _size_is_said_once(self) -> Self:
        if (self.replicas is None) == (self.autoscaling is None):
            raise ValueError("a pool has either replicas or autoscaling: two owners of its size would take turns")
        return self


_OF_MACHINES = ("cpu", "memory_gib", "disk_gib", "storage_class", "node_selector", "gpus")
_OF_HOSTS = ("agent_labels",)


class HostedStorageClassSpec(Spec):
    """A StorageClass of the management cluster as the hosted cluster's nodes see it."""

    infra: DnsLabel
    """The management cluster's StorageClass that volumes are made from."""

    key: ShortDnsLabel | None = None
    """Key of the region that encrypts its volumes. None: nobody said."""


class HostedSpec(Spec):
    """An OpenShift cluster whose control plane is hosted (HyperShift, ``hypershift.openshift.io/v1beta1``)."""

    context: Annotated[str, Field(min_length=1)]
    """Context of the kubeconfig that reaches the management cluster. The current one changes behind one's back."""

    management: ShortDnsLabel
    """Identity of the management cluster: a new kubeconfig for it replaces nothing."""

    management_country: CountryCode | None = None
    """Country in which the management cluster stands, and with it etcd. Required for ``agent``, whose hosts may stand
    elsewhere. None: where the nodes are."""

    management_operator: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Who runs the management cluster, and so can read all that is in etcd. None: who runs the region's site."""

    namespace: ShortDnsLabel
    """Namespace there, which exists and holds the Secrets that are named here. Fixed."""

    platform: HostedPlatform
    """``kubevirt`` or ``agent``. Fixed."""

    release: PinnedImage
    """OpenShift release, by digest. A newer one upgrades the control plane, and every pool without a release of its own."""

    base_domain: HostName
    """DNS domain that the cluster's names are made below. Fixed."""

    pull_secret: DnsLabel
    """Secret in the namespace with the registries' credentials, under ``.dockerconfigjson``."""

    ssh_key: DnsLabel | None = None
    """Secret in the namespace with the public key for the nodes, under ``id_rsa.pub``. None: nobody logs in to nodes."""

    encryption_key: DnsLabel
    """Secret in the namespace with the 32 bytes, under ``key``, that Secrets and ConfigMaps in etcd are encrypted with
    (AES-CBC). Who loses it loses them."""

    key: ShortDnsLabel | None = None
    """Key of the region that this is, for the rules on keys. None: nobody said whose it is."""

    publishing: Publishing = Publishing.NODE_PORT
    """How the control plane is reached. Default ``node-port``. Fixed."""

    address: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.:-]*$", max_length=253)]
    """Where the API answers: with ``node-port`` one that stays when a node goes, with ``route`` a host name. Fixed."""

    allowed_cidrs: tuple[AddressRange, ...] = ()
    """With ``route``, the addresses that its load balancer answers. Required then: without it, it would be anybody."""

    pod_cidr: Cidr = "10.132.0.0/14"
    """Addresses of pods; not those of the management cluster's, which has 10.128.0.0/14. Fixed."""

    service_cidr: Cidr = "172.31.0.0/16"
    """Addresses of Services; the management cluster has 172.30.0.0/16. Fixed."""

    machine_cidr: Cidr | None = None
    """Addresses of the nodes. None: nobody says. Fixed."""

    etcd_gib: Annotated[int, Field(ge=4, le=1024)] = 16
    """Volume of each of etcd's three members in GiB. Fixed. Default 16."""

    etcd_storage_class: DnsLabel | None = None
    """StorageClass of the management cluster for them. None: its default one. Fixed."""

    highly_available: bool = True
    """Whether the control plane runs three times. Default true. Fixed."""

    fips: bool = False
    """Whether the nodes use FIPS-validated cryptography. Default false. Fixed."""

    issuer: Annotated[str, Field(pattern=r"^https://[^\s@]+$", max_length=255)] = "https://kubernetes.default.svc"
    """Who issues the identities of service accounts. Default: an address that answers inside of the cluster alone. Fixed."""

    agent_namespace: DnsLabel | None = None
    """agent: namespace of the management cluster in which the hosts are registered. Required for ``agent``. Fixed."""

    storage_classes: dict[DnsLabel, HostedStorageClassSpec] = Field(default_factory=dict)
    """kubevirt: StorageClasses by the name that they have in the cluster. Default: none is handed on. Fixed."""

    image_mirrors: dict[Annotated[str, Field(min_length=3, max_length=255)], tuple[str, ...]] = Field(default_factory=dict)
    """Where images of a release, and others, are taken from, by the repository that they are named with."""

    pools: Annotated[dict[ShortDnsLabel, HostedPoolSpec], Field(min_length=1)]
    """Nodes, by the name of their pool."""

    reports: bool | None = None
    """Whether the cluster reports to Red Hat, which it does when the pull secret holds ``cloud.openshift.com``. None: nobody
    said, which rules on telemetry take for unknown."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in etcd and on the nodes' disks. None: unknown, which rules that need it deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces the cluster is refused. Default true."""

    def release_of(self, pool: str) -> str:
        """Return the release that a pool's nodes run."""
        return self.pools[pool].release or self.release

    @model_validator(mode="after")
    def _fields_fit_platform(self) -> Self:
        problems = list(self._misplaced())
        if (self.platform is HostedPlatform.AGENT) != (self.agent_namespace is not None):
            problems.append("agent_namespace goes with platform agent, which finds its hosts there, and with no other")
        if self.platform is HostedPlatform.AGENT and self.management_country is None:
            problems.append("management_country is required for agent: etcd may lie in another country than the hosts")
        if self.storage_classes and self.platform is not HostedPlatform.KUBEVIRT:
            problems.append("storage_classes are handed on to virtual machines; hosts have a storage system of their own")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    @model_validator(mode="after")
    def _way_in_is_bounded(self) -> Self:
        if (self.publishing is Publishing.ROUTE) != bool(self.allowed_cidrs):
            raise ValueError("allowed_cidrs go with publishing route, whose load balancer answers anybody without them")
        if self.publishing is Publishing.ROUTE and not _is_host_name(self.address):
            raise ValueError(f"with publishing route, address is a host name such as api.{self.base_domain}")
        return self

    @model_validator(mode="after")
    def _networks_are_apart(self) -> Self:
        named = {"pod_cidr": self.pod_cidr, "service_cidr": self.service_cidr, "machine_cidr": self.machine_cidr}
        networks = [(name, ip_network(cidr)) for name, cidr in named.items() if cidr is not None]
        for index, (name, network) in enumerate(networks):
            for other_name, other in networks[index + 1 :]:
                if network.version == other.version and network.overlaps(other):
                    raise ValueError(f"{name} {network} and {other_name} {other} overlap: traffic would be lost")
        return self

    def _misplaced(self) -> Iterator[str]:
        """Yield what pools set for another platform than this one."""
        others = _OF_HOSTS if self.platform is HostedPlatform.KUBEVIRT else _OF_MACHINES
        for name, pool in self.pools.items():
            if wrong := [field for field in others if getattr(pool, field)]:
                yield f"pool {name}: {', '.join(wrong)} mean nothing on {self.platform.value}"
            if ours := [key for key in pool.labels if key.startswith(f"{conventions.GROUP}/")]:
                yield f"pool {name}: {', '.join(ours)} is ours to set: what a node says of its place must be true"


def _is_host_name(text: str) -> bool:
    labels = text.split(".")
    return len(labels) > 1 and labels[-1].isalpha() and all(label and not label.startswith("-") for label in labels)
