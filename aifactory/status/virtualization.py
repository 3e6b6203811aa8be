"""What makes virtual machines possible: KubeVirt and its data importer, or both in one."""

from aifactory.kube.objects import Document, condition, status_of, words
from aifactory.model import RegionSpec, VirtualizationSpec
from aifactory.model.virtualization import Distribution
from aifactory.render.region import is_ours
from aifactory.status.findings import Findings, Place, external, judge_condition
from aifactory.status.kinds import CDIS, HYPERCONVERGED, KUBEVIRTS, Kind
from aifactory.status.rows import READY, BlockStatus, Verdict, failed, missing, progressing, together
from aifactory.status.snapshot import Snapshot

_TITLES = {KUBEVIRTS: "KubeVirt", CDIS: "Containerized Data Importer", HYPERCONVERGED: "OpenShift Virtualization"}
_VERSIONS = ("observedKubeVirtVersion", "observedVersion")


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return _parts(region.virtualization) if region.virtualization and _is_ours(region, region.virtualization) else ()


def _is_ours(region: RegionSpec, spec: VirtualizationSpec) -> bool:
    """Whether the region makes it: all parts or none, since machines need both."""
    return all(is_ours(region, key) for key in spec.distribution.operators)


def _parts(spec: VirtualizationSpec) -> tuple[Kind, ...]:
    return (HYPERCONVERGED,) if spec.distribution is Distribution.HCO else (KUBEVIRTS, CDIS)


def rows(snapshot: Snapshot, region: RegionSpec, place: Place) -> list[BlockStatus]:
    """Return a row for each part of it. A cluster has one object of each of these kinds, whatever it is called."""
    if region.virtualization is None:
        return []
    return [_row(snapshot, kind, region, place) for kind in _parts(region.virtualization)]


def _row(snapshot: Snapshot, kind: Kind, region: RegionSpec, place: Place) -> BlockStatus:
    name, title = kind.kind.lower(), _TITLES[kind]
    emulated = kind is KUBEVIRTS and region.virtualization is not None and region.virtualization.emulation
    if region.virtualization and not _is_ours(region, region.virtualization):
        return external("virtualization", name, title)
    findings, found = Findings(snapshot, place), snapshot.all(kind)
    if problem := snapshot.listings[kind].problem:
        findings.add(problem)
    elif not found:
        findings.add(missing(f"there is no {kind.kind} in the cluster; `pulumi up` makes it"))
    for item in found:
        findings.see({"kind": kind.kind} | item, _judge)
    version = next((str(status_of(item)[key]) for item in found for key in _VERSIONS if key in status_of(item)), "")
    return findings.row("virtualization", name, f"{title} {version}".rstrip() + (", emulated: slow" if emulated else ""))


def _judge(item: Document) -> Verdict:
    status = status_of(item)
    degraded, available, phase = (
        condition(status, "Degraded"),
        condition(status, "Available"),
        str(status.get("phase") or ""),
    )
    if degraded.get("status") == "True":
        return failed(words(degraded) or "it is degraded")
    found = [judge_condition(available, "Available", item)]
    # HyperConverged has no phase.
    if item["kind"] != HYPERCONVERGED.kind and phase != "Deployed":
        found.append(
            failed(f"its phase is {phase}") if phase == "Error" else progressing(f"its phase is {phase or 'not set'}")
        )
    return together(found) if found else READY
