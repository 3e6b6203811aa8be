"""What a hosted cluster is told."""

# No `from __future__ import annotations` here: the component host reads annotations as objects.

from typing import NotRequired, TypedDict

import pulumi

from aifactory.owner import OwnerArgs


class HostedTaintArgs(TypedDict):
    """A taint of a pool's nodes."""

    key: str
    """Key, such as nvidia.com/gpu."""
    value: NotRequired[str]
    """Value. Default: none."""
    effect: NotRequired[str]
    """NoSchedule (default), PreferNoSchedule or NoExecute."""


class HostedAutoscalingArgs(TypedDict):
    """Bounds between which a pool grows and shrinks by itself."""

    min: int
    """Fewest nodes, one at least."""
    max: int
    """Most nodes."""


class HostedPoolArgs(TypedDict):
    """Nodes of one kind."""

    replicas: NotRequired[int]
    """How many nodes. Either this or autoscaling."""
    autoscaling: NotRequired[HostedAutoscalingArgs]
    """Bounds of its size. Either this or replicas."""
    release: NotRequired[str]
    """Release that its nodes run, by digest. Default: the cluster's."""
    upgrade: NotRequired[str]
    """replace or in-place. Default: replace for virtual machines, in-place for hosts."""
    auto_repair: NotRequired[bool]
    """Whether unhealthy nodes are replaced by themselves. Default false."""
    labels: NotRequired[dict[str, str]]
    """Labels of its nodes, besides those of country and pool. Given to new nodes only."""
    taints: NotRequired[list[HostedTaintArgs]]
    """Taints of its nodes. Given to new nodes only. Default none."""
    cpu: NotRequired[int]
    """On kubevirt: CPU cores of each machine. Default 8."""
    memory_gib: NotRequired[int]
    """On kubevirt: memory of each machine in GiB. Default 32."""
    disk_gib: NotRequired[int]
    """On kubevirt: disk of each machine in GiB. Default 120."""
    storage_class: NotRequired[str]
    """On kubevirt: StorageClass of the management cluster for the disks. Default: its default one."""
    node_selector: NotRequired[dict[str, str]]
    """On kubevirt: labels of the management cluster's nodes that the machines run on. Default: any."""
    gpus: NotRequired[dict[str, int]]
    """On kubevirt: devices passed through to each machine, by resource name. Default none."""
    agent_labels: NotRequired[dict[str, str]]
    """On agent: labels that a host must have to become a node of this pool. Default: any."""


class HostedStorageClassArgs(TypedDict):
    """A StorageClass of the management cluster as the hosted cluster sees it."""

    infra: str
    """The management cluster's StorageClass."""
    key: NotRequired[str]
    """Key that encrypts its volumes. Default: nobody said."""


class HostedClusterArgs(OwnerArgs):
    """An OpenShift cluster whose control plane runs as pods on a management cluster that has HyperShift."""

    context: str
    """Context of the kubeconfig that reaches the management cluster."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """Contents of that kubeconfig, kept secret. Default: the one that KUBECONFIG names."""
    management: str
    """Identity of the management cluster; a new kubeconfig for it replaces nothing."""
    management_country: NotRequired[str]
    """Country in which the management cluster stands. Required on agent. Default: where the nodes are."""
    management_operator: NotRequired[str]
    """Who runs the management cluster. Default: who runs the site."""
    namespace: str
    """Namespace there, which exists and holds the Secrets that are named here. Fixed."""
    platform: str
    """kubevirt for virtual machines on the management cluster, agent for bare-metal hosts. Fixed."""
    release: str
    """OpenShift release image by digest. A newer one upgrades."""
    base_domain: str
    """DNS domain that the cluster's names are made below. Fixed."""
    pull_secret: str
    """Name of the Secret with the registries' credentials."""
    ssh_key: NotRequired[str]
    """Name of the Secret with the public key for the nodes. Default: nobody logs in to nodes."""
    encryption_key: str
    """Name of the Secret with the key that Secrets in etcd are encrypted with."""
    key: NotRequired[str]
    """Key of the region that this is. Default: nobody said whose it is."""
    publishing: NotRequired[str]
    """How the control plane is reached: node-port (default) or route. Fixed."""
    address: str
    """Where the API answers: an address with node-port, a host name with route. Fixed."""
    allowed_cidrs: NotRequired[list[str]]
    """With route, the addresses that its load balancer answers; required then."""
    pod_cidr: NotRequired[str]
    """Addresses of pods. Default 10.132.0.0/14. Fixed."""
    service_cidr: NotRequired[str]
    """Addresses of Services. Default 172.31.0.0/16. Fixed."""
    machine_cidr: NotRequired[str]
    """Addresses of the nodes. Default: nobody says. Fixed."""
    etcd_gib: NotRequired[int]
    """Volume of each member of etcd in GiB. Default 16. Fixed."""
    etcd_storage_class: NotRequired[str]
    """StorageClass of the management cluster for etcd. Default: its default one. Fixed."""
    highly_available: NotRequired[bool]
    """Whether the control plane runs three times. Default true. Fixed."""
    fips: NotRequired[bool]
    """Whether nodes use FIPS-validated cryptography. Default false. Fixed."""
    issuer: NotRequired[str]
    """Issuer of service accounts' identities. Default https://kubernetes.default.svc. Fixed."""
    agent_namespace: NotRequired[str]
    """On agent: namespace in which the hosts are registered; required then. Fixed."""
    storage_classes: NotRequired[dict[str, HostedStorageClassArgs]]
    """On kubevirt: StorageClasses by the name that they have in the cluster. Default: none is handed on. Fixed."""
    image_mirrors: NotRequired[dict[str, list[str]]]
    """Mirrors of images by the repository that they are named with. Default: none."""
    pools: dict[str, HostedPoolArgs]
    """Nodes, by the name of their pool."""
    reports: NotRequired[bool]
    """Whether the cluster reports to Red Hat. Default: nobody said, which rules on telemetry deny."""
    data_class: NotRequired[str]
    """Class of the data in etcd and on disks. Default unknown, which rules that need it deny."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the cluster is refused. Default true."""
