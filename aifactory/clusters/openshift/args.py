"""What an OpenShift cluster on Azure is told."""

# No `from __future__ import annotations` here: the component host reads annotations as objects.

from typing import NotRequired, TypedDict

import pulumi

from aifactory.owner import OwnerArgs


class OpenShiftNetworkArgs(TypedDict):
    """A virtual network that is made for the cluster."""

    cidr: str
    """Addresses of the whole, such as 10.40.0.0/16. Fixed."""
    control_plane_cidr: str
    """Addresses of the control plane, inside of it. Fixed."""
    worker_cidr: str
    """Addresses of the workers, inside of it. Fixed."""
    route_table: NotRequired[str]
    """Id of the route table of both subnets. Required with outbound user-defined-routing."""


class OpenShiftSubnetsArgs(TypedDict):
    """Subnets that are there already."""

    control_plane: str
    """Id of the control plane's subnet."""
    worker: str
    """Id of the workers' subnet."""


class OpenShiftWorkersArgs(TypedDict):
    """The workers that the cluster begins with."""

    size: str
    """Size of the machines, such as Standard_D8s_v5."""
    count: NotRequired[int]
    """How many. Default 3."""
    disk_gib: NotRequired[int]
    """Disk of each in GiB. Default 256."""


class OpenShiftClusterArgs(OwnerArgs):
    """An OpenShift cluster on Azure. Its API and its ingress have private addresses alone."""

    subscription: str
    """Subscription that everything is in."""
    resource_group: str
    """Resource group, which exists, for the cluster and its network. Fixed."""
    managed_resource_group: NotRequired[str]
    """Resource group that the service makes for machines and disks. Default: the name with -managed. Fixed."""
    version: str
    """OpenShift version that it is made with, in full. Later ones come by the cluster's own upgrades."""
    domain: str
    """First part of a name below the service's domain, or a domain of one's own. Fixed."""
    network: NotRequired[OpenShiftNetworkArgs]
    """Network that is made for it. Either this or subnets."""
    subnets: NotRequired[OpenShiftSubnetsArgs]
    """Subnets that are there already. Either this or network."""
    outbound: NotRequired[str]
    """user-defined-routing (default), without any public address, or load-balancer. Fixed."""
    pod_cidr: NotRequired[str]
    """Addresses of pods. Default 10.128.0.0/14. Fixed."""
    service_cidr: NotRequired[str]
    """Addresses of Services. Default 172.30.0.0/16. Fixed."""
    control_plane_size: str
    """Size of the three machines of the control plane."""
    workers: OpenShiftWorkersArgs
    """Workers that it begins with; more pools are MachineSets in the cluster."""
    disk_encryption_set: str
    """Id of the disk encryption set whose key encrypts all disks. Fixed."""
    key: NotRequired[str]
    """Key of the region that this is. Default: nobody said whose it is."""
    encryption_at_host: NotRequired[bool]
    """Whether temporary disks and caches are encrypted as well. Default true. Fixed."""
    fips: NotRequired[bool]
    """Whether only FIPS-validated cryptography is used. Default false. Fixed."""
    client_id: str
    """Application that the cluster acts as."""
    client_secret: pulumi.Input[str]
    """The application's secret, kept secret."""
    client_principal: str
    """Object id of the application's service principal."""
    provider_principal: str
    """Object id of the service's own principal in one's tenant."""
    pull_secret: NotRequired[pulumi.Input[str]]
    """Red Hat's pull secret, kept secret. Default: none, and with it no catalog of operators."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """A kubeconfig with less than all rights, kept secret. Default: the administrator's, asked of Azure."""
    reports: NotRequired[bool]
    """Whether the cluster reports to Red Hat. Default: nobody said, which rules on telemetry deny."""
    data_class: NotRequired[str]
    """Class of the data in etcd and on disks. Default unknown, which rules that need it deny."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces cluster or network is refused. Default true."""
