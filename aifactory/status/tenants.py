"""Tenants: whether each one's queue admits work, what it is sure of, and what waits."""

from aifactory.kube.objects import status_of
from aifactory.model import RegionSpec, TenantSpec
from aifactory.render.region import is_ours
from aifactory.status.findings import Findings, Place, by_condition, external
from aifactory.status.kinds import CLUSTER_QUEUES, Kind
from aifactory.status.rows import BlockStatus, failed
from aifactory.status.snapshot import Snapshot


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    return (CLUSTER_QUEUES,) if region.tenants and is_ours(region, "kueue") else ()


def rows(snapshot: Snapshot, region: RegionSpec, place: Place) -> list[BlockStatus]:
    """Return a row for each tenant."""
    if not is_ours(region, "kueue"):
        return [external("tenant", name, _guarantees(spec)) for name, spec in region.tenants.items()]
    return [_row(Findings(snapshot, place), name, spec) for name, spec in region.tenants.items()]


def _row(findings: Findings, name: str, spec: TenantSpec) -> BlockStatus:
    queue = findings.look(CLUSTER_QUEUES, name, judge=by_condition("Active", failed))
    what = _guarantees(spec)
    if queue:
        status = status_of(queue)
        admitted, pending = int(status.get("admittedWorkloads") or 0), int(status.get("pendingWorkloads") or 0)
        what += f"; workloads: {admitted} admitted, {pending} pending"
    return findings.row("tenant", name, what)


def _guarantees(spec: TenantSpec) -> str:
    sure = ", ".join(f"{gpus} of {pool}" for pool, gpus in spec.guaranteed.items() if gpus)
    return f"{', '.join(spec.namespaces)}: {f'{sure} guaranteed' if sure else 'no GPU guaranteed'}"
