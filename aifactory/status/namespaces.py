"""Namespaces: whether they are there and ours, how strict they are, and what they use of their GPU quota."""

from dataclasses import dataclass
from typing import Final

from aifactory.kube.objects import Document, labels_of, mapping, namespace_of, status_of
from aifactory.model import NamespaceSpec, RegionSpec
from aifactory.status.findings import Findings, Place
from aifactory.status.kinds import NAMESPACES, QUOTAS, Kind
from aifactory.status.nodes import GPU
from aifactory.status.rows import READY, BlockStatus, Verdict, failed, progressing
from aifactory.status.snapshot import Snapshot

QUOTA_NAME: Final = "gpus"
_KEY: Final = f"requests.{GPU}"
_ENFORCED: Final = "pod-security.kubernetes.io/enforce"


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """GPU quota of one namespace: what its pods may request together, and what they do."""

    namespace: str
    gpus: int
    gpus_used: int


def kinds(_region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (NAMESPACES, QUOTAS)


def quota_facts(snapshot: Snapshot, region: RegionSpec) -> tuple[QuotaFacts, ...]:
    """Return the GPU quotas of the region's namespaces."""
    return tuple(
        QuotaFacts(namespace_of(quota), _amount(quota, "hard"), _amount(quota, "used"))
        for quota in snapshot.all(QUOTAS)
        if namespace_of(quota) in region.namespaces and _KEY in mapping(quota, "spec", "hard")
    )


def _amount(quota: Document, column: str) -> int:
    return int(mapping(quota, "status", column).get(_KEY, 0))


def rows(snapshot: Snapshot, region: RegionSpec, place: Place) -> list[BlockStatus]:
    """Return a row for each namespace."""
    return [_row(Findings(snapshot, place), name, spec) for name, spec in region.namespaces.items()]


def _row(findings: Findings, name: str, spec: NamespaceSpec) -> BlockStatus:
    quota: Document | None = None
    if findings.look(NAMESPACES, name, judge=lambda item: _judge(item, spec)):
        quota = findings.look(QUOTAS, QUOTA_NAME, name, lambda item: _judge_quota(item, spec))
    used = f"{_amount(quota, 'used')} of " if quota else ""
    gpus = f"{used}{spec.gpu_quota} GPUs" if spec.gpu_quota else "no GPUs"
    return findings.row("namespace", name, f"Pod Security {spec.pod_security.value}, {gpus}")


def _judge(item: Document, spec: NamespaceSpec) -> Verdict:
    if status_of(item).get("phase") == "Terminating":
        return progressing("is being deleted")
    level = labels_of(item).get(_ENFORCED, "nothing")
    if level != spec.pod_security.value:
        return failed(f"enforces {level} instead of {spec.pod_security.value}; the next `pulumi up` sets it back")
    return READY


def _judge_quota(quota: Document, spec: NamespaceSpec) -> Verdict:
    allowed = int(mapping(quota, "spec", "hard").get(_KEY, 0))
    if allowed != spec.gpu_quota:
        return failed(f"its quota allows {allowed} GPUs instead of {spec.gpu_quota}; the next `pulumi up` sets it back")
    return READY
