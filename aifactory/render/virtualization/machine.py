"""A virtual machine and its disks, for KubeVirt 1.9 and CDI 1.66."""

from aifactory.model import DiskSpec, RunStrategy, VirtualMachineSpec
from aifactory.model.virtualization import CLOUD_INIT_DISK
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.overrides import with_overrides
from aifactory.render.virtualization.traffic import machine_labels, render_policies, render_service

_WAITS = {
    RunStrategy.ALWAYS: "condition=Ready",
    RunStrategy.HALTED: "jsonpath={.status.printableStatus}=Stopped",
}
"""What a machine is waited for. The others may rightly run or not, so all that counts is that KubeVirt has taken it up.
Disks are not waited for by themselves: one that is bound where its first user runs stays empty until the machine starts."""

_TAKEN_UP = "jsonpath={.status.printableStatus}"


def render_virtual_machine(scope: Scope, name: str, spec: VirtualMachineSpec) -> list[Manifest]:
    """Return the network policies, the disks, the machine, and the Service of one that has ports.

    Raises:
        SpecError: an override would change what is decided here.
    """
    return [
        *render_policies(scope, name, spec),
        *(_data_volume(scope, volume_name(name, disk), spec, spec.disks[disk]) for disk in spec.disks),
        _machine(scope, name, spec),
        *render_service(scope, name, spec),
    ]


def volume_name(machine: str, disk: str) -> str:
    """Return the name of a disk's DataVolume and of its PersistentVolumeClaim, which are the same."""
    return f"{machine}-{disk}"


def _data_volume(scope: Scope, name: str, machine: VirtualMachineSpec, disk: DiskSpec) -> Manifest:
    # `storage`, not `pvc`: with it CDI takes the volume mode that the class can do the access mode in, and leaves room for
    # the filesystem. No immediate binding: an importer would choose the node or zone without knowing what the machine needs.
    storage: Manifest = {
        "accessModes": [disk.access_mode.value],
        "resources": {"requests": {"storage": f"{disk.size_gib}Gi"}},
    }
    if disk.storage_class:
        storage["storageClassName"] = disk.storage_class
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": scope.metadata(name, namespace=machine.namespace),
        "spec": {"source": _source(disk), "storage": storage},
    }


def _source(disk: DiskSpec) -> Manifest:
    scheme = disk.source.partition("://")[0]
    if cloned := disk.source_object:
        return {scheme: {"namespace": cloned[0], "name": cloned[1]}}
    if not disk.source_url:
        return {"blank": {}}
    source: Manifest = {"url": disk.source_url}
    if disk.secret:
        source["secretRef"] = disk.secret
    if disk.ca_config_map:
        source["certConfigMap"] = disk.ca_config_map
    if disk.checksum:
        source["checksum"] = disk.checksum
    return {"http" if scheme == "https" else scheme: source}


def _machine(scope: Scope, name: str, spec: VirtualMachineSpec) -> Manifest:
    body: Manifest = {"runStrategy": spec.run_strategy.value}
    if spec.instancetype:
        body["instancetype"] = {"kind": "VirtualMachineClusterInstancetype", "name": spec.instancetype}
    if spec.preference:
        body["preference"] = {"kind": "VirtualMachineClusterPreference", "name": spec.preference}
    body["template"] = {
        "metadata": {"labels": scope.labels() | machine_labels(name)},
        "spec": {
            "hostname": name,
            "evictionStrategy": spec.eviction_strategy.value,
            "terminationGracePeriodSeconds": spec.termination_grace_seconds,
            "domain": _domain(spec),
            "networks": [{"name": "default", "pod": {}}],
            "volumes": _volumes(name, spec),
        },
    }
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": scope.metadata(
            name,
            namespace=spec.namespace,
            wait_for=[_WAITS.get(spec.run_strategy, _TAKEN_UP)],
            timeout_seconds=spec.import_timeout_seconds,
        ),
        "spec": with_overrides(f"virtual machine {name}", body, spec.overrides),
    }


def _domain(spec: VirtualMachineSpec) -> Manifest:
    devices: Manifest = {"disks": _disks(spec), "interfaces": [{"name": "default", "masquerade": {}}]}
    if spec.gpus:
        devices["gpus"] = [{"name": f"gpu-{index}", "deviceName": gpu} for index, gpu in enumerate(spec.gpus)]
    if spec.instancetype:
        return {"devices": devices}
    return {
        "cpu": {"sockets": 1, "cores": spec.cpu, "threads": 1},
        "memory": {"guest": f"{spec.memory_gib}Gi"},
        # KubeVirt asks for a tenth of the CPUs by default: a neighbour could starve the machine.
        "resources": {"requests": {"cpu": str(spec.cpu)}},
        "devices": devices,
    }


def _disks(spec: VirtualMachineSpec) -> list[Manifest]:
    # A preference knows the disk bus of its guest system, and a bus that is set here would overrule it: old systems have no
    # virtio. Without one KubeVirt would take SATA, which is slow.
    disk: Manifest = {} if spec.preference else {"bus": "virtio"}
    disks: list[Manifest] = [{"name": name, "disk": dict(disk)} for name in spec.disks]
    disks[0]["bootOrder"] = 1
    return [*disks, {"name": CLOUD_INIT_DISK, "disk": dict(disk)}] if spec.cloud_init_secret else disks


def _volumes(machine: str, spec: VirtualMachineSpec) -> list[Manifest]:
    volumes: list[Manifest] = [{"name": disk, "dataVolume": {"name": volume_name(machine, disk)}} for disk in spec.disks]
    if spec.cloud_init_secret:
        volumes.append({"name": CLOUD_INIT_DISK, "cloudInitNoCloud": {"secretRef": {"name": spec.cloud_init_secret}}})
    return volumes
