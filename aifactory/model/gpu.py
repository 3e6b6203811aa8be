"""Pools of nodes with GPUs, and the operator that makes the GPUs usable."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from aifactory.model.base import Spec


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
    """Talos Linux with NVIDIA extensions: the driver is one of them."""
    OPENSHIFT = "openshift"
    """Red Hat CoreOS; the driver is built by OpenShift's driver toolkit."""
    SIMULATED = "simulated"
    """A local region: there is no GPU and no driver."""


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

    version: Annotated[str, Field(pattern=r"^\d+\.\d+(\.\d+)?$")] | None = None
    """Driver version. None: the one that the operator's release was tested with."""

    precompiled: bool = False
    """Whether precompiled driver images are used: quicker to start, but only for the kernels that they were built for."""


class GpuOperatorSpec(Spec):
    """NVIDIA GPU Operator: the ClusterPolicy of a region."""

    platform: GpuPlatform
    """What the GPU nodes run. Required: a driver brought to nodes that have one breaks both."""

    allocation: Allocation = Allocation.DEVICE_PLUGIN
    """How pods ask for GPUs: ``device-plugin`` (default) or ``dra``."""

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

    @model_validator(mode="after")
    def _parts_go_together(self) -> Self:
        if self.sharing and self.sharing.mode is SharingMode.MPS and self.mig is not MigStrategy.NONE:
            raise ValueError("sharing.mode mps does not work on partitioned GPUs; use time-slicing, or mig none")
        if self.sharing and self.allocation is Allocation.DRA:
            raise ValueError("sharing is the device plugin's, and allocation is dra; leave sharing out")
        return self
