"""Virtual machines: whether each runs, where, and what its disks wait for."""

from typing import Final

from aifactory.kube.objects import Document, condition, mapping, spec_of, status_of, words
from aifactory.model import RegionSpec, VirtualMachineSpec
from aifactory.model.virtualization import RunStrategy
from aifactory.status.findings import Findings, Place
from aifactory.status.kinds import DATA_VOLUMES, INSTANCES, MACHINES, Kind
from aifactory.status.rows import READY, BlockStatus, State, Verdict, count, failed, progressing
from aifactory.status.snapshot import Snapshot

_FAILED: Final = {
    "CrashLoopBackOff",
    "ErrorUnschedulable",
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrorPvcNotFound",
    "DataVolumeError",
}
"""Values of printableStatus that somebody has to look at (kubevirt.io/api v1.9.0, core/v1/types.go)."""

_RUNS: Final = {"Running", "Migrating"}
_MAY_STAND_STILL: Final = {RunStrategy.HALTED, RunStrategy.MANUAL}


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (MACHINES, INSTANCES, DATA_VOLUMES) if region.virtual_machines else ()


def rows(snapshot: Snapshot, region: RegionSpec, place: Place) -> list[BlockStatus]:
    """Return a row for each virtual machine."""
    return [_row(Findings(snapshot, place), name, spec) for name, spec in region.virtual_machines.items()]


def _row(findings: Findings, name: str, spec: VirtualMachineSpec) -> BlockStatus:
    instance = findings.snapshot.listings[INSTANCES].items.get((spec.namespace, name), {})
    machine = findings.look(MACHINES, name, spec.namespace, lambda item: _judge(item, instance, spec.run_strategy))
    halted = machine is not None and _stands_still(machine, spec.run_strategy)
    if machine:
        disks = _disks(findings, machine, spec.namespace)
        # A disk that is bound where its first user runs stays empty until the machine is started.
        findings.add(*(verdict for verdict in disks if not halted or verdict.state is State.FAILED))
    node = str(status_of(instance).get("nodeName") or "")
    said = (f", on {node}" if node else "") + (", stopped" if halted else "")
    ports = " ".join(f"{name}.{spec.namespace}.svc:{port}" for port in spec.ports.values())
    return findings.row("virtual-machine", name, _size(spec) + said, ports)


def _size(spec: VirtualMachineSpec) -> str:
    size = spec.instancetype or f"{spec.cpu} CPUs, {spec.memory_gib} GiB"
    disks = [spec.root, *spec.data_disks.values()]
    gpus = f", {count(len(spec.gpus), 'GPU')}" if spec.gpus else ""
    return f"{size}{gpus}, {count(len(disks), 'disk')} of {' + '.join(str(disk.size_gib) for disk in disks)} GiB"


def _stands_still(machine: Document, strategy: RunStrategy) -> bool:
    return strategy in _MAY_STAND_STILL and status_of(machine).get("printableStatus") == "Stopped"


def _judge(machine: Document, instance: Document, strategy: RunStrategy) -> Verdict:
    status = status_of(machine)
    shown = str(status.get("printableStatus") or "")
    if _stands_still(machine, strategy) or (shown in _RUNS and status.get("ready")):
        return READY
    reason = ": ".join(filter(None, (shown or "nothing has been said of it yet", _why(status, status_of(instance)))))
    return failed(reason) if shown in _FAILED else progressing(reason)


def _why(machine: Document, instance: Document) -> str:
    """Return what keeps it from running, from the most particular condition to the most general."""
    failure = condition(machine, "Failure")
    if failure.get("status") == "True":
        return words(failure)
    looked = ((status, kind) for kind in ("PodScheduled", "DataVolumesReady", "Ready") for status in (machine, instance))
    conditions = (condition(status, kind) for status, kind in looked)
    return next((words(one) for one in conditions if one.get("status") == "False"), "")


def _disks(findings: Findings, machine: Document, namespace: str) -> list[Verdict]:
    listing = findings.snapshot.listings[DATA_VOLUMES]
    if listing.problem:
        return [listing.problem]
    volumes: list[Document] = mapping(spec_of(machine), "template", "spec").get("volumes") or []
    names = [str(mapping(volume, "dataVolume")["name"]) for volume in volumes if mapping(volume, "dataVolume")]
    found = (_disk(name, listing.items.get((namespace, name))) for name in names)
    return [verdict for verdict in found if verdict is not READY]


def _disk(name: str, volume: Document | None) -> Verdict:
    # Its DataVolume may be collected once its contents are there: the claim of the same name is what counts then.
    status = status_of(volume) if volume else {"phase": "Succeeded"}
    phase = str(status.get("phase") or "not begun")
    if phase == "Succeeded":
        return READY
    done = str(status.get("progress") or "")
    running = words(condition(status, "Running")) if condition(status, "Running").get("reason") == "Error" else ""
    said = f"disk {name}: {phase}{f' {done}' if done not in {'', 'N/A'} else ''}{f': {running}' if running else ''}"
    return failed(said) if phase == "Failed" else progressing(said)
