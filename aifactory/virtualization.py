"""Virtual machines beside containers: the platform that runs them, and the machines."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.model import VirtualizationSpec, VirtualMachineSpec, validate
from aifactory.owner import OwnerArgs
from aifactory.render.manifest import Manifest
from aifactory.render.virtualization import render_virtual_machine, render_virtual_machine_platform, volume_name
from aifactory.sovereignty import Flow
from aifactory.sovereignty.virtualization import virtual_machine_flows, virtual_machine_platform_flows


class VirtualMachinePlatformArgs(OwnerArgs):
    """KubeVirt and its data importer. Needs the operators KubeVirt 1.9 and CDI 1.66, or OpenShift Virtualization."""

    distribution: NotRequired[str]
    """How KubeVirt is packaged: upstream (default), or hco, which is the only one on OpenShift."""
    permitted_gpus: NotRequired[dict[str, str]]
    """GPUs that machines may take whole: resource name, exactly as a node has it, to PCI id, such as 10DE:2331."""
    live_migration: NotRequired[bool]
    """Whether machines move to another node when theirs is drained. Default true."""
    emulation: NotRequired[bool]
    """Whether machines run without hardware virtualization: only for trying. Default false; not with hco."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the platform is refused. Default true: every machine hangs on it."""


class VirtualMachinePlatform(Component):
    """What runs virtual machines in a cluster; one per cluster, protected against deletion by default."""

    permitted_gpus: pulumi.Output[list[str]]
    """Resource names of the GPUs that machines may take, once the platform is available."""
    live_migration: pulumi.Output[bool]
    """Whether machines move when their node is drained."""
    distribution: pulumi.Output[str]
    """How KubeVirt is packaged."""

    def __init__(self, name: str, args: VirtualMachinePlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(VirtualizationSpec, spec_values(values), f"VirtualMachinePlatform {name}")
        self._flows = virtual_machine_platform_flows(name, spec)
        objects = render_virtual_machine_platform(self._scope, spec)
        made = self.make(objects, protect=spec.protect, retain=spec.protect)
        self.permitted_gpus = once_made(made, list(spec.permitted_gpus))
        self.live_migration = once_made(made, spec.live_migration)
        self.distribution = once_made(made, spec.distribution.value)
        self.register_outputs(
            {
                "permitted_gpus": self.permitted_gpus,
                "live_migration": self.live_migration,
                "distribution": self.distribution,
            }
        )

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where data goes because of it."""
        return self._flows


class DiskArgs(TypedDict):
    """A disk: a volume of its own, which outlives the machine."""

    size_gib: int
    """Size in GiB when the disk is made; later it grows by its claim, not here."""
    source: NotRequired[str]
    """What is on it at first: blank (default), registry://HOST/IMAGE@sha256:DIGEST, https://URL, s3://BUCKET/KEY,
    pvc://NAMESPACE/NAME or snapshot://NAMESPACE/NAME. Never with a password or signature in it."""
    checksum: NotRequired[str]
    """What an https:// source must hold: sha256: and 64 hexadecimal digits. Default: not checked."""
    endpoint: NotRequired[str]
    """Endpoint of an s3:// source, such as https://s3.eu-central-1.amazonaws.com; required with one."""
    storage_class: NotRequired[str]
    """StorageClass. Default: the cluster's default class."""
    access_mode: NotRequired[str]
    """ReadWriteMany (default; what live migration needs) or ReadWriteOnce."""
    secret: NotRequired[str]
    """Secret with the credentials of a source on the network, under accessKeyId and secretKey."""
    ca_config_map: NotRequired[str]
    """ConfigMap with the certificate authority of a source on the network. Default: a publicly known one."""


class VirtualMachineArgs(OwnerArgs):
    """A virtual machine, for what cannot be a container. Needs a VirtualMachinePlatform in the cluster."""

    namespace: str
    """Namespace that it runs in. Fixed: a machine that moves is a new machine."""
    root: DiskArgs
    """Disk that it boots from."""
    data_disks: NotRequired[dict[str, DiskArgs]]
    """More disks by name."""
    instancetype: NotRequired[str]
    """Cluster instance type that says CPUs and memory, such as u1.xlarge. Either this, or cpu and memory_gib."""
    preference: NotRequired[str]
    """Cluster preference that says devices for a guest system, such as rhel.9. Default: virtio disks."""
    cpu: NotRequired[int]
    """Virtual CPUs, requested whole."""
    memory_gib: NotRequired[int]
    """Main memory in GiB."""
    gpus: NotRequired[list[str]]
    """GPUs that it takes whole, by resource name, one entry for each; only those that the platform permits."""
    run_strategy: NotRequired[str]
    """When it runs: Always (default), RerunOnFailure, Manual or Halted."""
    eviction: NotRequired[str]
    """What a drain does to it: LiveMigrate, LiveMigrateIfPossible, None or External. Default: LiveMigrate if it can move."""
    cloud_init_secret: NotRequired[str]
    """Secret with cloud-init user data under userdata. User data in clear is not taken: it would lie in state."""
    termination_grace_seconds: NotRequired[int]
    """Seconds that the guest has to shut down before it is cut off. Default 180."""
    import_timeout_seconds: NotRequired[int]
    """Seconds that up waits for the machine, with the import of its disks. Default 3600."""
    import_cidrs: NotRequired[list[str]]
    """Address ranges that the importers of its disks may reach. Default: the private ranges (RFC 1918)."""
    ports: NotRequired[dict[str, int]]
    """TCP ports by name that a Service gives to containers. Default none: no Service."""
    clients: NotRequired[list[str]]
    """Namespaces whose pods may reach these ports. Default none."""
    overrides: NotRequired[dict[str, Any]]
    """More fields of the VirtualMachine's spec. They add, and never change what is decided here."""
    data_class: NotRequired[str]
    """Class of the data on its disks. Default: unknown, which rules that need it deny."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the machine or its disks is refused. Default true."""


class VirtualMachine(Component):
    """A virtual machine with disks that outlive it and an address like a pod's."""

    host: pulumi.Output[str]
    """Host name inside the cluster, once the machine runs; empty for one without ports."""
    ports: pulumi.Output[dict[str, int]]
    """Its TCP ports by name."""
    disks: pulumi.Output[dict[str, str]]
    """PersistentVolumeClaim of each disk, by the disk's name."""

    def __init__(self, name: str, args: VirtualMachineArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(VirtualMachineSpec, spec_values(values), f"VirtualMachine {name}")
        self._flows = virtual_machine_flows(name, spec)
        objects = render_virtual_machine(self._scope, name, spec)
        policies = self.make(_of_kind(objects, "NetworkPolicy"))
        disks = self.make(_of_kind(objects, "DataVolume"), depends_on=policies, protect=spec.protect, retain=spec.protect)
        machine = self.make(
            _of_kind(objects, "VirtualMachine"), depends_on=[*policies, *disks], protect=spec.protect, retain=spec.protect
        )
        service = self.make(_of_kind(objects, "Service"), depends_on=machine)
        self.host = once_made([*machine, *service], f"{name}.{spec.namespace}.svc" if spec.ports else "")
        self.ports = once_made([*machine, *service], dict(spec.ports))
        self.disks = once_made(disks, {disk: volume_name(name, disk) for disk in spec.disks})
        self.register_outputs({"host": self.host, "ports": self.ports, "disks": self.disks})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where data goes because of it."""
        return self._flows


def _of_kind(objects: list[Manifest], kind: str) -> list[Manifest]:
    return [manifest for manifest in objects if manifest["kind"] == kind]
