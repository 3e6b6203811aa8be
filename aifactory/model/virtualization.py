"""Virtual machines beside containers."""

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec

PciId = Annotated[str, Field(pattern=r"^[0-9A-F]{4}:[0-9A-F]{4}$")]
"""Vendor and device of a PCI device in upper-case hexadecimal, as ``lspci -nn`` shows it: ``10DE:2331``."""

ResourceName = Annotated[
    str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$", max_length=120)
]
"""Extended resource of a node, such as ``nvidia.com/GH100_H100_SXM5_80GB``."""

_SOURCE = re.compile(
    r"^(blank"
    r"|registry://[^\s@]+@sha256:[0-9a-f]{64}"
    r"|https://[^\s]+"
    r"|s3://[^\s/]+/[^\s]+"
    r"|(pvc|snapshot)://[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?)$"
)


class Distribution(StrEnum):
    """How KubeVirt is packaged in the cluster."""

    UPSTREAM = "upstream"
    """KubeVirt and CDI, each with a custom resource of its own."""
    HCO = "hco"
    """HyperConverged Cluster Operator: OpenShift Virtualization, one custom resource for both."""


class VirtualizationSpec(Spec):
    """What makes virtual machines possible in a region: KubeVirt and its data importer."""

    distribution: Distribution = Distribution.UPSTREAM
    """``upstream`` (default) or ``hco``, which is the only one on OpenShift."""

    permitted_gpus: dict[ResourceName, PciId] = Field(default_factory=dict)
    """GPUs that virtual machines may take whole: resource name on the node (exactly as it is allocatable) to PCI id."""

    live_migration: bool = True
    """Whether machines move to another node when theirs is drained. Those with a GPU or a ReadWriteOnce disk cannot."""

    emulation: bool = False
    """Whether machines run without hardware virtualization: only for trying, ten times slower."""


class RunStrategy(StrEnum):
    """When a virtual machine runs (KubeVirt user guide, "Run Strategies")."""

    ALWAYS = "Always"
    RERUN_ON_FAILURE = "RerunOnFailure"
    MANUAL = "Manual"
    HALTED = "Halted"


class EvictionStrategy(StrEnum):
    """What happens to a virtual machine when its node is drained."""

    LIVE_MIGRATE = "LiveMigrate"
    LIVE_MIGRATE_IF_POSSIBLE = "LiveMigrateIfPossible"
    NONE = "None"
    EXTERNAL = "External"


class AccessMode(StrEnum):
    """How many nodes may use a disk at once."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_MANY = "ReadWriteMany"


class DiskSpec(Spec):
    """A disk: a DataVolume of its own, so that it outlives the machine."""

    size_gib: Annotated[int, Field(ge=1, le=65536)]
    """Size in GiB. It can grow, never shrink."""

    source: Annotated[str, Field(pattern=_SOURCE)] = "blank"
    """What is on it at first: ``blank`` (default), ``registry://IMAGE@sha256:DIGEST``, ``https://URL``, ``s3://BUCKET/KEY``,
    ``pvc://NAMESPACE/NAME`` or ``snapshot://NAMESPACE/NAME``."""

    storage_class: DnsLabel | None = None
    """StorageClass. None: the cluster's default class."""

    access_mode: AccessMode = AccessMode.READ_WRITE_MANY
    """``ReadWriteMany`` (default; what live migration needs) or ``ReadWriteOnce``."""

    secret: DnsLabel | None = None
    """Secret in the machine's namespace with the credentials of an ``https://``, ``s3://`` or ``registry://`` source."""


class VirtualMachineSpec(Spec):
    """A virtual machine, for what cannot be a container: legacy billing, a database on an old system."""

    namespace: ShortDnsLabel
    """Namespace of the region that it runs in."""

    root: DiskSpec
    """Disk that it boots from."""

    data_disks: dict[ShortDnsLabel, DiskSpec] = Field(default_factory=dict)
    """More disks by name."""

    instancetype: DnsLabel | None = None
    """Cluster instance type that says CPUs and memory, such as ``u1.xlarge``. Either this, or ``cpu`` and ``memory_gib``."""

    preference: DnsLabel | None = None
    """Cluster preference that says devices for a guest system, such as ``rhel.9``. None: KubeVirt's defaults."""

    cpu: Annotated[int, Field(ge=1, le=512)] | None = None
    """Virtual CPUs (cores of one socket)."""

    memory_gib: Annotated[int, Field(ge=1, le=8192)] | None = None
    """Main memory in GiB."""

    gpus: tuple[ResourceName, ...] = ()
    """GPUs that it takes whole, by resource name; one entry for each. Only those that the platform permits."""

    run_strategy: RunStrategy = RunStrategy.ALWAYS
    """When it runs. Default ``Always``: it is started again whatever stopped it."""

    eviction: EvictionStrategy | None = None
    """What a drain does to it. None: ``LiveMigrate`` where its disks and devices can move, else ``None``, which stops it."""

    cloud_init_secret: DnsLabel | None = None
    """Secret in its namespace with cloud-init user data under ``userdata``. User data in clear is not taken: it
    mostly holds passwords, and would lie in state."""

    ports: dict[ShortDnsLabel, Annotated[int, Field(ge=1, le=65535)]] = Field(default_factory=dict)
    """TCP ports by name that a Service of the machine's name gives to containers, as to a pod. Empty: no Service."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces of the region whose pods may reach these ports. Default none."""

    data_class: ShortDnsLabel | None = None
    """Class of the data on its disks. None: unknown, which rules that need it deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces the machine or its disks is refused. Default true."""

    @property
    def movable(self) -> bool:
        """Whether it can move to another node while it runs."""
        disks = (self.root, *self.data_disks.values())
        return not self.gpus and all(disk.access_mode is AccessMode.READ_WRITE_MANY for disk in disks)

    @property
    def eviction_strategy(self) -> EvictionStrategy:
        """What a drain does to it, with the default worked out."""
        return self.eviction or (EvictionStrategy.LIVE_MIGRATE if self.movable else EvictionStrategy.NONE)

    @model_validator(mode="after")
    def _size_is_said_once(self) -> Self:
        sized = self.cpu is not None and self.memory_gib is not None
        if self.instancetype and (self.cpu or self.memory_gib):
            raise ValueError(f"instancetype {self.instancetype} says CPUs and memory; leave cpu and memory_gib out")
        if not self.instancetype and not sized:
            raise ValueError("needs either instancetype, or cpu and memory_gib: nobody knows how large it is")
        return self

    @model_validator(mode="after")
    def _eviction_fits(self) -> Self:
        if self.eviction is EvictionStrategy.LIVE_MIGRATE and not self.movable:
            cause = "a GPU" if self.gpus else "a ReadWriteOnce disk"
            raise ValueError(
                f"eviction LiveMigrate with {cause}: it cannot move, so a drain of its node would never end; "
                "use LiveMigrateIfPossible or None"
            )
        return self

    @model_validator(mode="after")
    def _disks_are_distinct(self) -> Self:
        if "root" in self.data_disks:
            raise ValueError("a data disk cannot be called root; that is the disk it boots from")
        return self
