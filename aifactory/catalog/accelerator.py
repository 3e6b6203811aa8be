"""GPU models, as nodes show them to Kubernetes, and the parts that they can be cut into."""

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import Field

from aifactory.catalog.fact import Fact, Source

GPU_RESOURCE: Final = "nvidia.com/gpu"
"""Extended resource of a whole GPU; also of a partition, when the node offers all of them alike (strategy ``single``)."""

_PROFILE: Final = re.compile(r"^(?P<slices>[1-7])g\.(?P<gigabytes>\d+)gb(\+me)?$")

ProfileName = Annotated[str, Field(pattern=_PROFILE.pattern)]
"""Name of a partition: its compute slices, its memory in GB, rounded, and ``+me`` where it has the media engines."""

PciId = Annotated[str, Field(pattern=r"^10DE:[0-9A-F]{4}$")]
"""Vendor and device as KubeVirt takes them, in capitals: ``10DE:2330``."""


class MigProfile(Fact):
    """One kind of partition of a GPU (Multi-Instance GPU).

    Attributes:
        slices: compute slices that it takes; a GPU has seven.
        max_per_gpu: how many of them fit on one GPU that has nothing else.
        memory_mib: its memory in MiB; None when only the rounded figure in its name was read.
    """

    slices: Annotated[int, Field(ge=1, le=7)]
    max_per_gpu: Annotated[int, Field(ge=1, le=7)]
    memory_mib: Annotated[int, Field(gt=0)] | None = None


class Accelerator(Fact):
    """A GPU model, as GPU feature discovery describes it on a node.

    Attributes:
        vendor: who makes it; the vendor of the extended resources too.
        product: value of the node label ``nvidia.com/gpu.product``.
        family: architecture, value of ``nvidia.com/gpu.family``.
        compute_capability: CUDA compute capability, ``major.minor``.
        memory_mib: memory of one GPU in MiB, value of ``nvidia.com/gpu.memory``.
        mig_capable: whether it can be partitioned (Multi-Instance GPU).
        mig_profiles: partitions by name; empty when it cannot be partitioned, or nobody has read them.
        pci_ids: its identities on the PCI bus, for handing whole GPUs to virtual machines; empty when nobody has read them.
        source: where these were read.
    """

    vendor: Annotated[str, Field(pattern=r"^nvidia\.com$")] = "nvidia.com"
    product: str
    family: str
    compute_capability: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    memory_mib: Annotated[int, Field(gt=0)]
    mig_capable: bool
    mig_profiles: Annotated[Mapping[ProfileName, MigProfile], Field(default_factory=dict)]
    pci_ids: tuple[PciId, ...] = ()
    source: Source

    @property
    def resource_names(self) -> tuple[str, ...]:
        """Return the extended resources that nodes with it may offer: the whole GPU, and each kind of partition."""
        return (GPU_RESOURCE, *(mig_resource(profile) for profile in self.mig_profiles))


def mig_resource(profile: str) -> str:
    """Return the extended resource of a partition, offered so by the strategy ``mixed``.

    A ``+`` may not stand in a resource's name; the device plugin writes a dot: ``1g.10gb+me`` is ``mig-1g.10gb.me``.
    """
    return f"nvidia.com/mig-{profile.replace('+', '.')}"


def profile_gigabytes(profile: str) -> int:
    """Return the memory that a partition's name tells, in GB, rounded as NVIDIA rounds it.

    Raises:
        ValueError: it is no name of a partition.
    """
    return int(_parts(profile)["gigabytes"])


def profile_slices(profile: str) -> int:
    """Return the compute slices that a partition's name tells.

    Raises:
        ValueError: it is no name of a partition.
    """
    return int(_parts(profile)["slices"])


def _parts(profile: str) -> re.Match[str]:
    found = _PROFILE.match(profile)
    if found is None:
        raise ValueError(f"{profile!r} is no name of a GPU partition, such as 1g.10gb")
    return found
