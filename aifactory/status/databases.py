"""Databases: Postgres, the pooler in front of it, and whether one could go back to a backup."""

import re
from dataclasses import dataclass
from typing import Final

from aifactory.catalog import images
from aifactory.kube.objects import (
    Document,
    condition,
    is_simulated,
    labels_of,
    mapping,
    namespace_of,
    spec_of,
    status_of,
    words,
)
from aifactory.model import DatabaseSpec, RegionSpec
from aifactory.render.postgres import pooler_name
from aifactory.render.postgres.backup import PLUGIN, store_name
from aifactory.status import pods
from aifactory.status.findings import Findings, Place, judge_condition
from aifactory.status.kinds import OBJECT_STORES, PODS, POOLERS, POSTGRES, SCHEDULED_BACKUPS, Kind
from aifactory.status.rows import READY, BlockStatus, Verdict, count, failed, progressing
from aifactory.status.snapshot import Snapshot

HEALTHY: Final = "Cluster in healthy state"

_BROKEN: Final = {
    "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
    "Cluster cannot proceed to reconciliation due to an error while interacting with plugins",
    "Cluster has incomplete or invalid image catalog",
    "Cluster is unrecoverable and needs manual intervention",
    "Cluster cannot execute instance online upgrade due to missing architecture binary",
    "Unable to create required cluster objects",
    "Invalid cluster definition",
    "Waiting for user action",
}
"""Phases that do not end by themselves (CloudNativePG v1.30.0, api/v1/cluster_types.go)."""


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One Postgres cluster, as its operator's status tells it.

    Attributes:
        name: its name.
        namespace: its namespace.
        phase: the operator's own words; empty before it has said any.
        ready: instances that are ready.
        instances: instances that there should be.
        simulated: whether the status was set by a simulation and no Postgres runs.
    """

    name: str
    namespace: str
    phase: str
    ready: int
    instances: int
    simulated: bool


def kinds(region: RegionSpec) -> tuple[Kind, ...]:
    """Return what is listed for it."""
    specs = region.databases.values()
    poolers = (POOLERS,) if any(spec.pooler for spec in specs) else ()
    backups = (SCHEDULED_BACKUPS, OBJECT_STORES) if any(spec.backup for spec in specs) else ()
    return (POSTGRES, PODS, *poolers, *backups) if region.databases else ()


def database_facts(snapshot: Snapshot, region: RegionSpec) -> tuple[DatabaseFacts, ...]:
    """Return the region's databases; what is not there yet has zero of everything ready."""
    facts: list[DatabaseFacts] = []
    for name, spec in region.databases.items():
        item = snapshot.listings[POSTGRES].items.get((spec.namespace, name), {"metadata": {}})
        status = status_of(item)
        phase, ready = str(status.get("phase") or ""), int(status.get("readyInstances") or 0)
        facts.append(DatabaseFacts(name, spec.namespace, phase, ready, spec.instances, is_simulated(item)))
    return tuple(facts)


def rows(snapshot: Snapshot, region: RegionSpec, place: Place) -> list[BlockStatus]:
    """Return a row for each database."""
    return [_row(Findings(snapshot, place), name, spec) for name, spec in region.databases.items()]


def _row(findings: Findings, name: str, spec: DatabaseSpec) -> BlockStatus:
    own = [pod for pod in findings.snapshot.all(PODS) if _is_instance(pod, name, spec.namespace)]
    cluster = findings.look(POSTGRES, name, spec.namespace, lambda item: _judge(item, spec, own))
    last = ""
    if cluster:
        if spec.pooler:
            wanted = spec.pooler.instances
            findings.look(POOLERS, pooler_name(name), spec.namespace, lambda item: _judge_pooler(item, wanted))
        if spec.backup:
            last = _last_backup(findings, cluster, spec.namespace)
            findings.look(SCHEDULED_BACKUPS, store_name(name), spec.namespace, _judge_schedule)
            findings.add(*_backup(cluster, last))
    return findings.row("database", name, _what(spec, last), _address(name, spec))


def _is_instance(pod: Document, cluster: str, namespace: str) -> bool:
    return namespace_of(pod) == namespace and labels_of(pod).get("cnpg.io/cluster") == cluster


def _what(spec: DatabaseSpec, last: str) -> str:
    version = re.search(r":(\d+(?:\.\d+)*)", images()["postgresql"].reference)
    parts = [f"Postgres {version.group(1)}" if version else "Postgres", count(spec.instances, "instance")]
    parts.append(f"{spec.storage_gib} GiB")
    if spec.backup:
        parts.append(f"backup to {spec.backup.store} ({spec.backup.schedule}){f', last {last}' if last else ''}")
    else:
        parts.append("no backups")
    return ", ".join(parts)


def _address(name: str, spec: DatabaseSpec) -> str:
    pooled = f", pooled at {pooler_name(name)}.{spec.namespace}.svc" if spec.pooler else ""
    return f"{name}-rw.{spec.namespace}.svc{pooled}"


def _judge(item: Document, spec: DatabaseSpec, own: list[Document]) -> Verdict:
    status = status_of(item)
    phase, ready = str(status.get("phase") or ""), int(status.get("readyInstances") or 0)
    if phase in _BROKEN:
        return failed(": ".join(filter(None, (phase, str(status.get("phaseReason") or "")))))
    if phase == HEALTHY and ready >= spec.instances:
        return judge_condition(condition(status, "Ready"), "Ready", item)
    said = "" if phase == HEALTHY else ": ".join(filter(None, (phase, str(status.get("phaseReason") or ""))))
    instances = f"{ready} of {spec.instances} instances are ready"
    return progressing("; ".join(filter(None, (said, instances, *pods.trouble(own)))))


def _judge_pooler(item: Document, wanted: int) -> Verdict:
    status = status_of(item)
    phase, ready = str(status.get("phase") or ""), int(status.get("instances") or 0)
    said = ": ".join(filter(None, (phase, str(status.get("phaseReason") or status.get("error") or ""))))
    if phase == "failed":
        return failed(f"pooler: {said}")
    if phase in {"inactive", "paused"}:
        return progressing(f"pooler: {said}")
    return READY if ready >= wanted else progressing(f"pooler: {ready} of {wanted} instances run")


def _backup(cluster: Document, last: str) -> list[Verdict]:
    """Judge whether the log is archived and base backups are taken."""
    status, found = status_of(cluster), list[Verdict]()
    archiving, backup = condition(status, "ContinuousArchiving"), condition(status, "LastBackupSucceeded")
    if archiving.get("status") == "False":
        found.append(failed(f"archiving of the write-ahead log: {words(archiving)}"))
    if backup.get("status") == "False" and backup.get("reason") != "BackupStarted":
        found.append(failed(f"last backup: {words(backup)}"))
    elif not last and backup.get("status") != "True" and not is_simulated(cluster):
        found.append(progressing("no base backup is complete yet, so there is nothing to go back to"))
    return found


def _judge_schedule(item: Document) -> Verdict:
    if spec_of(item).get("suspend"):
        return failed("backups are suspended")
    error = str(status_of(item).get("error") or "")
    return failed(f"scheduled backup: {error}") if error else READY


def _last_backup(findings: Findings, cluster: Document, namespace: str) -> str:
    """Return when the last base backup ended, from the object store that the cluster archives to; empty when none has."""
    listing = findings.snapshot.listings[OBJECT_STORES]
    if listing.problem:
        findings.add(listing.problem)
        return ""
    nothing: Document = {}
    plugins: list[Document] = spec_of(cluster).get("plugins") or []
    parameters = mapping(next((one for one in plugins if one.get("name") == PLUGIN), nothing), "parameters")
    store = listing.items.get((namespace, str(parameters.get("barmanObjectName") or "")), {})
    server = str(parameters.get("serverName") or cluster["metadata"]["name"])
    window = mapping(status_of(store), "serverRecoveryWindow", server)
    return str(window.get("lastSuccessfulBackupTime") or "")
