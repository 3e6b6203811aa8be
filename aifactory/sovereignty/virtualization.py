"""Flows of virtual machines: where their disks lie and come from, who talks to them, and whose images run them."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from aifactory.model import DiskSpec, Distribution, VirtualizationSpec, VirtualMachineSpec
from aifactory.sovereignty.flow import HERE, Flow, FlowKind, image_flows

OPERAND_REGISTRIES: Final = {
    Distribution.UPSTREAM: "quay.io",
    Distribution.HCO: "registry.redhat.io",
}
"""Registry that the platform's own images come from, the launcher of every machine and the importer of every disk among
them: KubeVirt's and CDI's release manifests name quay.io/kubevirt, OpenShift Virtualization's catalog
registry.redhat.io/container-native-virtualization."""


def virtual_machine_platform_flows(name: str, spec: VirtualizationSpec) -> tuple[Flow, ...]:
    """Return the flows of the platform: the images that its operators run on every node."""
    note = "launcher, importer and the platform itself; the cluster's registry mirror decides, where there is one"
    registry = OPERAND_REGISTRIES[spec.distribution]
    return (Flow(f"virtual machine platform {name}", FlowKind.IMAGE_PULL, registry, encrypted=True, note=note),)


def virtual_machine_flows(name: str, spec: VirtualMachineSpec) -> tuple[Flow, ...]:
    """Return the flows of a machine: its disks, what they are filled with, and the requests that it answers."""
    block = f"virtual machine {name}"
    flows: list[Flow] = []
    for disk_name, disk in spec.disks.items():
        flows.append(_storage(block, disk_name, disk, spec.data_class))
        flows.extend(_pulls(block, disk_name, disk, spec.data_class))
    if spec.clients and spec.ports:
        ports = ", ".join(f"{key} {port}" for key, port in spec.ports.items())
        note = f"from namespaces {', '.join(spec.clients)} to {ports}; the guest encrypts, or nobody does"
        flows.append(Flow(block, FlowKind.REQUEST, HERE, spec.data_class, encrypted=None, note=note))
    return tuple(flows)


def _storage(block: str, name: str, disk: DiskSpec, data_class: str | None) -> Flow:
    note = f"disk {name} on {disk.storage_class or 'the default storage class'}, which decides whether it is encrypted"
    where = disk.storage_class or ""
    return Flow(
        block, FlowKind.STORAGE, HERE, data_class, encrypted=None, note=note, storage_class=where, part=f"disk {name}"
    )


def _pulls(block: str, name: str, disk: DiskSpec, data_class: str | None) -> Iterator[Flow]:
    scheme, _, rest = disk.source.partition("://")
    if scheme == "registry":
        yield from image_flows(block, [rest])
    elif disk.source_url:
        pinned = "" if disk.checksum else "; no checksum, so what is fetched may change"
        host = urlsplit(disk.source_url).hostname or ""
        # A host that is named like the word for what stays, written as the name of a host that it is.
        host = f"{host}." if host == HERE else host
        yield Flow(
            block,
            FlowKind.DISK_PULL,
            host,
            data_class,
            encrypted=True,
            note=f"contents of disk {name}{pinned}",
            part=f"disk {name}",
        )
    elif disk.source_object:
        note = f"contents of disk {name}, cloned from {scheme} {rest}"
        yield Flow(block, FlowKind.DISK_PULL, HERE, data_class, encrypted=None, note=note, part=f"disk {name}")
