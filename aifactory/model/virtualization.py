"""Virtual machines beside containers."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import ip_network
from typing import Annotated, Any, Self, cast
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec

PciId = Annotated[str, Field(pattern=r"^[0-9A-F]{4}:[0-9A-F]{4}$")]
"""Vendor and device of a PCI device in upper-case hexadecimal, as ``lspci -nn`` shows it: ``10DE:2331``."""

ResourceName = Annotated[
    str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$", max_length=120)
]
"""Extended resource of a node, such as ``nvidia.com/GH100_H100_SXM5_80GB``."""

ClusterKindName = Annotated[
    str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", max_length=253)
]
"""Name of an instance type or preference, which has dots: ``u1.xlarge``, ``rhel.9``."""

CLOUD_INIT_DISK = "cloud-init"
"""Name of the small disk with the cloud-init data; no disk of the user's may have it."""

_SOURCE = re.compile(
    r"^(blank"
    r"|registry://[^\s@]+@sha256:[0-9a-f]{64}"
    r"|https://[^\s]+"
    r"|s3://[^\s/]+/[^\s]+"
    r"|(pvc|snapshot)://[a-z0-9]([-a-z0-9]*[a-z0-9])?/[a-z0-9]([-.a-z0-9]*[a-z0-9])?)$"
)

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class Distribution(StrEnum):
    """How KubeVirt is packaged in the cluster."""

    UPSTREAM = "upstream"
    """KubeVirt and CDI, each with a custom resource of its own."""
    HCO = "hco"
    """HyperConverged Cluster Operator: OpenShift Virtualization, one custom resource for both."""

    @property
    def operators(self) -> tuple[str, ...]:
        """Operators that must be there, by their names in the catalog."""
        return ("hyperconverged",) if self is Distribution.HCO else ("kubevirt", "cdi")


class VirtualizationSpec(Spec):
    """What makes virtual machines possible in a region: KubeVirt and its data importer."""

    distribution: Distribution = Distribution.UPSTREAM
    """``upstream`` (default) or ``hco``, which is the only one on OpenShift."""

    permitted_gpus: dict[ResourceName, PciId] = Field(default_factory=dict)
    """GPUs that virtual machines may take whole: resource name on the node (exactly as it is allocatable) to PCI id."""

    live_migration: bool = True
    """Whether machines move to another node when theirs is drained. Those with a GPU or a ReadWriteOnce disk cannot."""

    emulation: bool = False
    """Whether machines run without hardware virtualization: only for trying, ten times slower. Not with ``hco``."""

    protect: bool = True
    """Whether a plan that deletes or replaces KubeVirt or its data importer is refused. Default true: every machine of the
    region hangs on them."""

    @model_validator(mode="after")
    def _emulation_is_ours_to_set(self) -> Self:
        if self.emulation and self.distribution is Distribution.HCO:
            raise ValueError(
                "emulation cannot be set with distribution hco: there it is a variable of the operator, KVM_EMULATION=true, "
                "and no field of its custom resource; leave emulation out, and set the variable where that is installed"
            )
        return self

    @model_validator(mode="after")
    def _each_gpu_has_one_name(self) -> Self:
        names: dict[str, str] = {}
        for resource, device in self.permitted_gpus.items():
            other = names.setdefault(device, resource)
            if other != resource:
                raise ValueError(
                    f"permitted_gpus: {other} and {resource} are both PCI device {device}; a device has one resource name, "
                    "the one that is allocatable on its node"
                )
        return self


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
    """Size in GiB when the disk is made. The data importer refuses any change of a DataVolume; a disk grows by its
    PersistentVolumeClaim."""

    source: Annotated[str, Field(pattern=_SOURCE)] = "blank"
    """What is on it at first: ``blank`` (default), ``registry://HOST/IMAGE@sha256:DIGEST``, ``https://URL``, ``s3://BUCKET/KEY``,
    ``pvc://NAMESPACE/NAME`` or ``snapshot://NAMESPACE/NAME``. No user, password or signature: those belong in ``secret``."""

    checksum: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    """What an ``https://`` source must hold. None: whatever is there on the day, and the report says so."""

    endpoint: Annotated[str, Field(pattern=r"^https://[a-z0-9.-]+(:[0-9]{1,5})?$")] | None = None
    """Endpoint of an ``s3://`` source, such as ``https://s3.eu-central-1.amazonaws.com``; required with one. Only TLS."""

    storage_class: DnsLabel | None = None
    """StorageClass. None: the cluster's default class."""

    access_mode: AccessMode = AccessMode.READ_WRITE_MANY
    """``ReadWriteMany`` (default; what live migration needs) or ``ReadWriteOnce``."""

    secret: DnsLabel | None = None
    """Secret in the machine's namespace with the credentials of an ``https://``, ``s3://`` or ``registry://`` source, under
    ``accessKeyId`` and ``secretKey``."""

    ca_config_map: DnsLabel | None = None
    """ConfigMap in the machine's namespace with the certificate authority of such a source. None: a publicly known one."""

    @property
    def source_url(self) -> str:
        """Where the contents are fetched from over the network, as a URL; empty when they are not."""
        scheme, _, rest = self.source.partition("://")
        if scheme == "s3":
            return f"{self.endpoint}/{rest}"
        return {"registry": f"docker://{rest}", "https": self.source}.get(scheme, "")

    @property
    def source_object(self) -> tuple[str, str] | None:
        """Namespace and name of the claim or snapshot that is cloned; None for every other source."""
        scheme, _, rest = self.source.partition("://")
        namespace, _, name = rest.partition("/")
        return (namespace, name) if scheme in {"pvc", "snapshot"} else None

    @model_validator(mode="before")
    @classmethod
    def _source_holds_no_secret(cls, data: Any) -> object:  # noqa: ANN401 -- whatever was written, before it is checked
        # Before the patterns: their complaints show the value, and this one may hold a password.
        given = cast("Mapping[str, object]", data if isinstance(data, Mapping) else {})
        for field in ("source", "endpoint"):
            if problem := _secret_in(str(given.get(field, ""))):
                raise ValueError(f"{field} holds {problem}, which would lie in state in clear; name a Secret in secret")
        return cast("object", data)

    @model_validator(mode="after")
    def _parts_fit_the_source(self) -> Self:
        if problems := list(self._misfits()):
            raise ValueError("; ".join(problems))
        return self

    def _misfits(self) -> Iterator[str]:
        scheme = self.source.partition("://")[0]
        if self.checksum and scheme != "https":
            yield "checksum goes with an https:// source, and with no other (an image has its digest); leave it out"
        if (self.endpoint is not None) != (scheme == "s3"):
            yield "endpoint goes with an s3:// source, and with no other: a bucket's name does not say where it is"
        for field in ("secret", "ca_config_map"):
            if getattr(self, field) and not self.source_url:
                yield f"{field} goes with a source that is fetched over the network, and {scheme} is not; leave it out"
        host, slash, _ = self.source.removeprefix("registry://").partition("/")
        if scheme == "registry" and not (slash and ("." in host or ":" in host)):
            yield "source needs the host of its registry in front, such as docker.io/: where it comes from is not left open"
        elif self.source_url and not _port_is_possible(self.source_url):
            yield "source and endpoint need a host, and a port from 1 to 65535 if they name one"


def _secret_in(url: str) -> str:
    """Return what looks like a credential in a URL; empty when nothing does."""
    rest = _DIGEST.sub("", url.partition("://")[2])
    if "@" in re.split(r"[/?#]", rest, maxsplit=1)[0]:
        return "a user or password"
    return "a query, as signed addresses do" if "?" in rest else ""


def _port_is_possible(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


class VirtualMachineSpec(Spec):
    """A virtual machine, for what cannot be a container: legacy billing, a database on an old system."""

    namespace: ShortDnsLabel
    """Namespace of the region that it runs in."""

    root: DiskSpec
    """Disk that it boots from."""

    data_disks: dict[ShortDnsLabel, DiskSpec] = Field(default_factory=dict)
    """More disks by name."""

    instancetype: ClusterKindName | None = None
    """Cluster instance type that says CPUs and memory, such as ``u1.xlarge``. Either this, or ``cpu`` and ``memory_gib``."""

    preference: ClusterKindName | None = None
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

    termination_grace_seconds: Annotated[int, Field(ge=0, le=3600)] = 180
    """Seconds that the guest has to shut down before it is cut off. Default 180: a database writes its memory to disk."""

    import_timeout_seconds: Annotated[int, Field(ge=60, le=86400)] = 3600
    """Seconds that `up` waits for the machine, with the import of its disks. Default an hour: 100 GiB at 30 MB/s."""

    import_cidrs: tuple[str, ...] = ()
    """Address ranges that the importers of its disks may reach, on the port of each source. Empty: the private ranges
    (RFC 1918), where a mirror of one's own is; a source on the internet has to be named here."""

    ports: dict[ShortDnsLabel, Annotated[int, Field(ge=1, le=65535)]] = Field(default_factory=dict)
    """TCP ports by name that a Service of the machine's name gives to containers, as to a pod. Empty: no Service."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces of the region whose pods may reach these ports. Default none."""

    overrides: dict[str, Any] = Field(default_factory=dict)
    """More fields of the VirtualMachine's spec, for what has no field here. They add, and never change what is decided
    here; each is checked against the CRD."""

    data_class: ShortDnsLabel | None = None
    """Class of the data on its disks. None: unknown, which rules that need it deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces the machine or its disks is refused. Default true."""

    @property
    def disks(self) -> dict[str, DiskSpec]:
        """All its disks by name, the one that it boots from first."""
        return {"root": self.root} | self.data_disks

    @property
    def movable(self) -> bool:
        """Whether it can move to another node while it runs."""
        return not self.gpus and all(disk.access_mode is AccessMode.READ_WRITE_MANY for disk in self.disks.values())

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
        if CLOUD_INIT_DISK in self.data_disks:
            raise ValueError(f"a data disk cannot be called {CLOUD_INIT_DISK}; that is the disk with the cloud-init data")
        return self

    @model_validator(mode="after")
    def _ports_are_distinct(self) -> Self:
        names: dict[int, str] = {}
        for name, port in self.ports.items():
            other = names.setdefault(port, name)
            if other != name:
                raise ValueError(f"ports {other} and {name} are both {port}; a Service has each port once")
        return self

    @field_validator("import_cidrs")
    @classmethod
    def _cidrs_are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for cidr in value:
            try:
                ip_network(cidr)
            except ValueError as error:
                raise ValueError(f"{cidr} is no address range: {error}") from error
        return value
