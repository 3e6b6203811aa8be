"""The GPU Operator: what its ClusterPolicy says, and where that is not the whole truth."""

from typing import Final

from aifactory.kube.objects import Document, condition, status_of, words
from aifactory.model import GpuOperatorSpec, RegionSpec
from aifactory.model.gpu import GpuPlatform
from aifactory.render.region import is_ours
from aifactory.status.findings import Findings, Place, external
from aifactory.status.kinds import CLUSTER_POLICIES, Kind
from aifactory.status.nodes import NodeFacts
from aifactory.status.rows import READY, BlockStatus, Verdict, failed, progressing
from aifactory.status.snapshot import Snapshot

_NO_NODES: Final = {"NFDLabelsMissing", "NoGPUNodes"}
"""Reasons with which the operator calls itself ready in a cluster in which it found no GPU node (GPU Operator 26.7.0)."""

_STATES: Final = {
    "ignored": "another ClusterPolicy is there already, and the operator looks at one only",
    "disabled": "the operator is switched off",
}


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (CLUSTER_POLICIES,) if region.gpu_operator and is_ours(region, "gpu-operator") else ()


def rows(snapshot: Snapshot, region: RegionSpec, place: Place, nodes: tuple[NodeFacts, ...]) -> list[BlockStatus]:
    """Return the row of the GPU Operator, when the region configures it."""
    spec = region.gpu_operator
    if spec is None:
        return []
    what = f"platform {spec.platform.value}, {_sharing(spec)}"
    name = "gpu-cluster-policy" if spec.platform is GpuPlatform.OPENSHIFT else "cluster-policy"
    if not is_ours(region, "gpu-operator"):
        return [external("gpu-operator", name, what)]
    findings = Findings(snapshot, place)
    has_gpus = any(node.gpus or node.product for node in nodes)
    findings.look(CLUSTER_POLICIES, name, judge=lambda item: _judge(item, has_gpus=has_gpus))
    return [findings.row("gpu-operator", name, what)]


def _sharing(spec: GpuOperatorSpec) -> str:
    if spec.sharing:
        return f"each GPU shared by {spec.sharing.replicas} ({spec.sharing.mode.value})"
    return f"whole GPUs by {spec.allocation.value}" if spec.mig.value == "none" else f"partitions, MIG {spec.mig.value}"


def _judge(item: Document, *, has_gpus: bool) -> Verdict:
    status = status_of(item)
    ready, error, state = condition(status, "Ready"), condition(status, "Error"), str(status.get("state") or "")
    if state in _STATES:
        return failed(_STATES[state])
    if error.get("status") == "True":
        return failed(words(error))
    if state == "ready" and (ready.get("reason") in _NO_NODES or not has_gpus):
        said = f" ({words(ready)})" if ready.get("reason") in _NO_NODES else ""
        return failed(f"it says ready, but found no GPU node{said}: do the GPU nodes carry node feature discovery's labels?")
    if state == "ready" and ready.get("status") != "False":
        return READY
    return progressing(words(ready) or words(error) or f"its state is {state or 'not set yet'}")
