"""Pools of nodes with GPUs, and the operator that makes the GPUs usable."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from aifactory.catalog import accelerators
from aifactory.errors import Problem
from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.nearest import nearest

OPENSHIFT_NAMESPACE = "nvidia-gpu-operator"
"""Where the operator must be on OpenShift: in any other namespace the cluster's monitoring does not see it."""

USUAL_NAMESPACE = "gpu-operator"
"""Where the operator's own documents put it everywhere else."""


class GpuPoolSpec(Spec):
    """Nodes of one kind with GPUs of one kind."""

    accelerator: Annotated[str, Field(min_length=1)]
    """Key of the accelerator in the catalog, such as ``h100-sxm-80gb``."""

    nodes: Annotated[int, Field(ge=1, le=1000)]
    """How many nodes the pool has."""

    gpus_per_node: Annotated[int, Field(ge=1, le=16)]
    """GPUs on each node; HGX boards have 8."""

    cpus_per_node: Annotated[int, Field(ge=1, le=1024)] = 192
    """Logical CPUs of each node. Default: two sockets of 96, as HGX H100 systems have."""

    memory_gib_per_node: Annotated[int, Field(ge=1, le=65536)] = 2048
    """Main memory of each node in GiB. Default: 2 TiB, as HGX H100 systems have."""

    @property
    def gpus(self) -> int:
        """GPUs in the whole pool."""
        return self.nodes * self.gpus_per_node


class GpuPlatform(StrEnum):
    """What the GPU nodes run, which decides what the operator must bring and what is there already."""

    BARE_METAL = "bare-metal"
    """Ubuntu or RHEL without any NVIDIA software; also EKS and AKS nodes with plain images (AKS: GPU driver ``none``)."""
    EKS_AL2023 = "eks-al2023"
    """Amazon Linux 2023 NVIDIA image: driver and toolkit are in it."""
    AKS_STOCK = "aks-stock"
    """Azure's GPU image: driver and toolkit are in it."""
    TALOS = "talos"
    """Talos Linux 1.13 or newer with NVIDIA's extensions: driver and toolkit are among them."""
    OPENSHIFT = "openshift"
    """Red Hat CoreOS; the driver is built by OpenShift's driver toolkit."""
    SIMULATED = "simulated"
    """A local region: there is no GPU and no driver."""

    @property
    def operator_brings_driver(self) -> bool:
        """Whether driver and container toolkit are the operator's to bring; elsewhere the nodes have them, or need none."""
        return self in {GpuPlatform.BARE_METAL, GpuPlatform.OPENSHIFT}

    @property
    def operator_namespace(self) -> str:
        """Namespace that the operator usually runs in."""
        return OPENSHIFT_NAMESPACE if self is GpuPlatform.OPENSHIFT else USUAL_NAMESPACE


class Allocation(StrEnum):
    """How pods ask for GPUs."""

    DEVICE_PLUGIN = "device-plugin"
    """By count of an extended resource such as ``nvidia.com/gpu``."""
    DRA = "dra"
    """By claims (Dynamic Resource Allocation)."""


class MigStrategy(StrEnum):
    """How GPUs that are partitioned (Multi-Instance GPU) are offered."""

    NONE = "none"
    SINGLE = "single"
    MIXED = "mixed"


class SharingMode(StrEnum):
    """How several pods share one GPU."""

    TIME_SLICING = "time-slicing"
    """In turns, with no memory isolation: for development."""
    MPS = "mps"
    """At the same time through NVIDIA's Multi-Process Service; not on partitioned GPUs."""


class SharingSpec(Spec):
    """Several pods on one GPU."""

    mode: SharingMode
    """``time-slicing`` or ``mps``."""

    replicas: Annotated[int, Field(ge=2, le=48)]
    """Pods that share one GPU; each counts as one GPU of the node."""


class DriverSpec(Spec):
    """The driver that the operator brings."""

    precompiled: bool = False
    """Whether precompiled driver images are used: nothing is fetched and built on the nodes, but there are images only for
    some branches and kernels."""

    version: Annotated[str | None, Field(pattern=r"^\d+(\.\d+){0,2}$", validate_default=True)] = None
    """Driver version; of a precompiled driver its branch, such as ``580``. None: the one that the operator's release was
    tested with."""

    @field_validator("version")
    @classmethod
    def _version_names_an_image(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_branch = value is not None and "." not in value
        if info.data.get("precompiled") and not is_branch:
            raise ValueError(
                "must be the branch alone, such as 580, since precompiled images are named by branch and kernel; with "
                "another name none would be found, and no node would get a driver"
            )
        if is_branch and not info.data.get("precompiled"):
            raise ValueError("must be a whole version, such as 580.95.05: no image is named by a branch unless precompiled")
        return value


class GpuOperatorSpec(Spec):
    """NVIDIA GPU Operator: the ClusterPolicy of a region."""

    platform: GpuPlatform
    """What the GPU nodes run. Required: a driver brought to nodes that have one breaks both."""

    allocation: Allocation = Allocation.DEVICE_PLUGIN
    """How pods ask for GPUs. Default ``device-plugin``; ``dra`` is refused until its driver can be installed too."""

    driver: DriverSpec = Field(default_factory=DriverSpec)
    """The driver, on platforms where the operator brings it."""

    mig: MigStrategy = MigStrategy.NONE
    """How partitioned GPUs are offered. Default ``none``: whole GPUs. Which partitions a node has says its label
    ``nvidia.com/mig.config``."""

    sharing: SharingSpec | None = None
    """Several pods on one GPU. None: a GPU has one user."""

    monitoring: bool = True
    """Whether GPU metrics are exported (DCGM exporter). Default true."""

    overrides: dict[str, Any] = Field(default_factory=dict)
    """More fields of the ClusterPolicy's spec, for what has no field here. They add, and never change what is decided
    here; each is checked against the CRD."""

    @field_validator("allocation")
    @classmethod
    def _allocation_is_possible(cls, value: Allocation) -> Allocation:
        if value is Allocation.DRA:
            raise ValueError(
                "needs NVIDIA's DRA driver, a chart of its own that this version does not install: a ClusterPolicy cannot "
                "bring it, and without it no pod would get a GPU; use device-plugin"
            )
        return value

    @field_validator("driver")
    @classmethod
    def _driver_is_the_operators(cls, value: DriverSpec, info: ValidationInfo) -> DriverSpec:
        platform = info.data.get("platform")
        if platform and not platform.operator_brings_driver and value != DriverSpec():
            raise ValueError(
                f"is not the operator's to bring on {platform.value}, where the nodes come with theirs: two drivers break "
                "each other; leave it out, and choose the driver with the node image"
            )
        return value

    @field_validator("sharing")
    @classmethod
    def _sharing_fits_partitions(cls, value: SharingSpec | None, info: ValidationInfo) -> SharingSpec | None:
        mig = info.data.get("mig")
        if value and value.mode is SharingMode.MPS and mig not in {MigStrategy.NONE, None}:
            raise ValueError(
                f"mode mps does not work on partitioned GPUs, and mig is {mig}: pods would not start; use mode "
                "time-slicing, or mig none"
            )
        return value


class GpuFleetSpec(GpuOperatorSpec):
    """The operator's settings together with where it runs and the GPUs that there are: what its component is told."""

    pools: Annotated[dict[ShortDnsLabel, GpuPoolSpec], Field(min_length=1)]
    """Pools by name; at least one, since without GPU nodes the operator would be waited for in vain."""

    namespace: DnsLabel | None = None
    """Namespace that the operator runs in. None: the platform's usual one."""

    @property
    def operator_namespace(self) -> str:
        """Namespace that the operator runs in."""
        return self.namespace or self.platform.operator_namespace


def pool_problems(spec: GpuOperatorSpec, pools: Mapping[str, GpuPoolSpec]) -> Iterator[Problem]:
    """Yield what does not go together between the operator's settings and the GPUs that there are.

    Args:
        spec: the operator's settings.
        pools: the region's pools by name.
    """
    known = accelerators()
    for name, pool in pools.items():
        if pool.accelerator not in known:
            rule = f"no such accelerator in the catalog; there are {', '.join(sorted(known))}"
            yield Problem(f"pools.{name}.accelerator", pool.accelerator, rule, nearest(pool.accelerator, known))
    found = {pool.accelerator for pool in pools.values()} & set(known)
    if spec.mig is not MigStrategy.NONE and found and not any(known[name].mig_capable for name in found):
        rule = f"none of the GPUs can be partitioned ({', '.join(sorted(found))}), so no partition would ever be offered"
        yield Problem("mig", spec.mig.value, rule, MigStrategy.NONE.value)


def namespace_problems(spec: GpuOperatorSpec, namespace: str) -> Iterator[Problem]:
    """Yield why the operator cannot run in a namespace on this platform.

    Args:
        spec: the operator's settings.
        namespace: where it runs.
    """
    if spec.platform is GpuPlatform.OPENSHIFT and namespace != OPENSHIFT_NAMESPACE:
        rule = "is not where OpenShift's monitoring looks for the operator, so GPU metrics and alerts would be missing"
        yield Problem("namespace", namespace, rule, OPENSHIFT_NAMESPACE)
