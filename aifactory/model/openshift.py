"""OpenShift on Azure, run by Microsoft and Red Hat (Azure Red Hat OpenShift), as closed as it can be made."""

from ipaddress import IPv4Network, ip_network
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from aifactory.model.base import ShortDnsLabel, Spec

_GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

AzureGuid = Annotated[str, Field(pattern=rf"^{_GUID}$")]
"""A subscription, an application or a principal: lower-case hexadecimal, 8-4-4-4-12."""

GroupName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_()-]([A-Za-z0-9_.()-]{0,88}[A-Za-z0-9_()-])?$")]

VmSize = Annotated[str, Field(pattern=r"^Standard_[A-Za-z0-9_-]+$", max_length=63)]
"""Azure's name of a size, such as ``Standard_D8s_v5``."""

_SMALLEST = 27
"""Smallest subnet that Azure takes for a role of the cluster (Azure Red Hat OpenShift, networking concepts)."""


def _resource(kind: str) -> str:
    return rf"^/subscriptions/{_GUID}/resourceGroups/[^/\s]+/providers/{kind}/[^/\s]+$"


SubnetId = Annotated[str, Field(pattern=_resource(r"Microsoft\.Network/virtualNetworks/[^/\s]+/subnets"))]
RouteTableId = Annotated[str, Field(pattern=_resource(r"Microsoft\.Network/routeTables"))]
DiskEncryptionSetId = Annotated[str, Field(pattern=_resource(r"Microsoft\.Compute/diskEncryptionSets"))]


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(f"is no network ({error}); write it like 10.40.0.0/16") from None
    if not isinstance(network, IPv4Network) or not network.is_private:
        raise ValueError("is not a private IPv4 network; write one such as 10.40.0.0/16")
    return text


PrivateNetwork = Annotated[str, AfterValidator(_network)]


class OpenShiftNetworkSpec(Spec):
    """A virtual network that is made for the cluster, with a subnet for each role."""

    cidr: PrivateNetwork
    """Addresses of the whole. Fixed."""

    control_plane_cidr: PrivateNetwork
    """Addresses of the control plane, inside of it. Fixed."""

    worker_cidr: PrivateNetwork
    """Addresses of the workers, inside of it. Fixed."""

    route_table: RouteTableId | None = None
    """Routes of both subnets: the default one leads to a firewall. Required with outbound ``user-defined-routing``."""

    @model_validator(mode="after")
    def _subnets_fit(self) -> Self:
        whole = ip_network(self.cidr)
        parts = {"control_plane_cidr": ip_network(self.control_plane_cidr), "worker_cidr": ip_network(self.worker_cidr)}
        for name, part in parts.items():
            if not (isinstance(whole, IPv4Network) and isinstance(part, IPv4Network) and part.subnet_of(whole)):
                raise ValueError(f"{name} {part} is not inside of {whole}")
            if part.prefixlen > _SMALLEST:
                raise ValueError(f"{name} {part} is too small: /{_SMALLEST} is the smallest that the service takes")
        one, other = parts.values()
        if one.overlaps(other):
            raise ValueError(f"control_plane_cidr {one} and worker_cidr {other} overlap; each role has a subnet of its own")
        return self


class OpenShiftSubnetsSpec(Spec):
    """Subnets that are there already, in one virtual network."""

    control_plane: SubnetId
    """Subnet of the control plane; network policies for private link services are off in it."""

    worker: SubnetId
    """Subnet of the workers."""

    @model_validator(mode="after")
    def _are_two_of_one_network(self) -> Self:
        if self.control_plane == self.worker:
            raise ValueError("control_plane and worker are the same subnet; each role has one of its own")
        if self.control_plane.rpartition("/subnets/")[0] != self.worker.rpartition("/subnets/")[0]:
            raise ValueError("control_plane and worker are in two virtual networks; the service takes one")
        return self


class OpenShiftWorkersSpec(Spec):
    """The workers that the cluster begins with; more pools are MachineSets in the cluster."""

    size: VmSize
    """Size of the machines; one that can be encrypted at the host."""

    count: Annotated[int, Field(ge=3, le=50)] = 3
    """How many. Default 3, the fewest that the service takes, over the location's zones."""

    disk_gib: Annotated[int, Field(ge=128, le=4095)] = 256
    """Disk of each in GiB, 128 at least. Default 256."""


class OpenShiftSpec(Spec):
    """An OpenShift cluster on Azure (``redhatopenshift``). API and ingress are private: there is no other choice here."""

    subscription: AzureGuid
    """Subscription that everything is in."""

    resource_group: GroupName
    """Resource group, which exists, for the cluster and its network. Fixed."""

    managed_resource_group: GroupName | None = None
    """Resource group that the service makes for machines and disks, and locks. None: the name with ``-managed``."""

    version: Annotated[str, Field(pattern=r"^4\.[0-9]{1,2}\.[0-9]{1,3}$")]
    """OpenShift version that it is made with, in full: ``az aro get-versions`` lists them. Later ones come by the cluster's
    own upgrades, never by a change here."""

    domain: Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", max_length=253)]
    """First part of a name below the service's domain, or a domain of one's own, whose DNS is one's own too. Fixed."""

    network: OpenShiftNetworkSpec | None = None
    """Network that is made for it. Either this or subnets."""

    subnets: OpenShiftSubnetsSpec | None = None
    """Subnets that are there already. Either this or network."""

    outbound: Literal["user-defined-routing", "load-balancer"] = "user-defined-routing"
    """How it reaches out: by routes of one's own and no public address (default), or by a public load balancer. Fixed."""

    pod_cidr: PrivateNetwork = "10.128.0.0/14"
    """Addresses of pods. Fixed."""

    service_cidr: PrivateNetwork = "172.30.0.0/16"
    """Addresses of Services. Fixed."""

    control_plane_size: VmSize
    """Size of the three machines of the control plane; one that can be encrypted at the host."""

    workers: OpenShiftWorkersSpec
    """Workers that it begins with. Fixed: later sizes are MachineSets' in the cluster."""

    disk_encryption_set: DiskEncryptionSetId
    """Disk encryption set whose key encrypts all disks, and volumes of the default StorageClass. Fixed."""

    key: ShortDnsLabel | None = None
    """Key of the region that this is. None: nobody said whose it is, which rules on keys take for unknown."""

    encryption_at_host: bool = True
    """Whether temporary disks and caches are encrypted as well. Default true. Fixed."""

    fips: bool = False
    """Whether only FIPS-validated cryptography is used. Default false. Fixed."""

    client_id: AzureGuid
    """Application that the cluster acts as. Its secret is an arg of the component, and in no file."""

    client_principal: AzureGuid
    """The application's service principal (object id), which gets the roles that it needs."""

    provider_principal: AzureGuid
    """Object id of the service's own principal, "Azure Red Hat OpenShift RP", in one's tenant; it gets them too."""

    reports: bool | None = None
    """Whether the cluster reports to Red Hat, which it does when the pull secret holds ``cloud.openshift.com``. None: nobody
    said, which rules on telemetry take for unknown."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in etcd and on disks. None: unknown, which rules that need it deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces cluster or network is refused. Default true."""

    @model_validator(mode="after")
    def _network_is_said_once(self) -> Self:
        if (self.network is None) == (self.subnets is None):
            raise ValueError("either network, which is made, or subnets, which are there; one of them is needed")
        if self.network and (self.outbound == "user-defined-routing") != (self.network.route_table is not None):
            raise ValueError("network.route_table goes with outbound user-defined-routing: the way to its images")
        return self

    @model_validator(mode="after")
    def _networks_are_apart(self) -> Self:
        named = {"pod_cidr": self.pod_cidr, "service_cidr": self.service_cidr}
        if self.network:
            named["network.cidr"] = self.network.cidr
        found = [(name, ip_network(cidr)) for name, cidr in named.items()]
        for index, (name, network) in enumerate(found):
            for other_name, other in found[index + 1 :]:
                if network.overlaps(other):
                    raise ValueError(f"{name} {network} and {other_name} {other} overlap: traffic would be lost")
        return self
