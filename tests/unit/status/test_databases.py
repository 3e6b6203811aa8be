"""Databases, their poolers and their backups."""

from typing import Any

import pytest

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import Cluster, false, obj, simulated, true

HEALTHY = "Cluster in healthy state"
PLAIN = {"databases": {"billing": {"namespace": "data"}}}


def instance(name: str, message: str) -> dict[str, Any]:
    labels = {"cnpg.io/cluster": "billing"}
    return obj(name, "data", labels=labels, spec={}, status={"conditions": [false("PodScheduled", message)]})


class TestWhat:
    """Prevents a database without backups from looking like one with them."""

    def test_with_pooler_and_backup(self) -> None:
        row = Cluster().row("database")
        assert row.what == ("Postgres 18.4, 3 instances, 20 GiB, backup to backups (0 2 * * *), last 2026-03-01T02:00:09Z")
        assert row.address == "billing-rw.data.svc, pooled at billing-pooler.data.svc"

    def test_without_either(self) -> None:
        row = Cluster().row("database", **PLAIN)
        assert row.what == "Postgres 18.4, 3 instances, 20 GiB, no backups"
        assert row.address == "billing-rw.data.svc"
        assert row.state is State.READY

    def test_what_it_does_not_have_is_not_asked_for(self) -> None:
        cluster = Cluster()
        cluster.observe(**PLAIN)
        asked = [path for path in cluster.asked if "cnpg" in path]
        assert asked == [kinds.POSTGRES.path]


class TestCluster:
    """Prevents a phase of the operator's from being called ready, and one without end from being waited for."""

    def test_a_missing_one_gives_one_reason(self) -> None:
        cluster = Cluster().without(kinds.POSTGRES).without(kinds.POOLERS).without(kinds.SCHEDULED_BACKUPS)
        row = cluster.row("database")
        assert (row.state, row.reason) == (State.MISSING, "Cluster data/billing is not in the cluster; `pulumi up` makes it")

    def test_one_that_is_made_says_how_far_it_is(self) -> None:
        cluster = Cluster().status(kinds.POSTGRES, phase="Creating a new replica", readyInstances=1)
        row = cluster.row("database")
        assert (row.state, row.reason) == (State.PROGRESSING, "Creating a new replica; 1 of 3 instances are ready")

    def test_an_instance_that_is_not_placed_says_why(self) -> None:
        cluster = Cluster().status(kinds.POSTGRES, phase=HEALTHY, readyInstances=2)
        cluster.objects[kinds.PODS].append(instance("billing-3", "0/5 nodes are available: 5 node(s) had no volume."))
        assert cluster.row("database").reason == (
            "2 of 3 instances are ready; 0/5 nodes are available: 5 node(s) had no volume."
        )

    def test_nobody_has_looked_at_it_yet(self) -> None:
        row = Cluster().change(kinds.POSTGRES, lambda item: item.update(status={})).row("database", **PLAIN)
        assert (row.state, row.reason) == (State.PROGRESSING, "0 of 3 instances are ready")

    @pytest.mark.parametrize(
        "phase",
        ["Invalid cluster definition", "Cluster is unrecoverable and needs manual intervention", "Waiting for user action"],
    )
    def test_a_phase_that_does_not_end_is_failed(self, phase: str) -> None:
        row = Cluster().status(kinds.POSTGRES, phase=phase, phaseReason="storage cannot shrink").row("database")
        assert (row.state, row.reason) == (State.FAILED, f"{phase}: storage cannot shrink")

    def test_a_healthy_phase_with_a_false_condition_is_not_ready(self) -> None:
        row = Cluster().status(kinds.POSTGRES, conditions=[false("Ready", "Cluster Is Not Ready")]).row("database", **PLAIN)
        assert (row.state, row.reason) == (State.PROGRESSING, "Cluster Is Not Ready")


class TestPooler:
    """Prevents clients from being sent to a pooler that is not there."""

    def test_a_missing_one(self) -> None:
        row = Cluster().without(kinds.POOLERS).row("database")
        assert (row.state, row.reason) == (
            State.MISSING,
            "Pooler data/billing-pooler is not in the cluster; `pulumi up` makes it",
        )

    def test_too_few_instances(self) -> None:
        row = Cluster().status(kinds.POOLERS, instances=1).row("database")
        assert (row.state, row.reason) == (State.PROGRESSING, "pooler: 1 of 2 instances run")

    def test_a_failed_one(self) -> None:
        row = Cluster().status(kinds.POOLERS, phase="failed", phaseReason="no such cluster").row("database")
        assert (row.state, row.reason) == (State.FAILED, "pooler: failed: no such cluster")

    def test_a_paused_one_serves_nobody(self) -> None:
        assert Cluster().status(kinds.POOLERS, phase="paused").row("database").reason == "pooler: paused"


class TestBackup:
    """Prevents the discovery, on the day it is needed, that there is no backup."""

    def test_archiving_that_fails(self) -> None:
        fails = [true("Ready"), false("ContinuousArchiving", "unexpected failure invoking barman-cloud-wal-archive")]
        row = Cluster().status(kinds.POSTGRES, conditions=fails).row("database")
        assert row.state is State.FAILED
        assert row.reason == "archiving of the write-ahead log: unexpected failure invoking barman-cloud-wal-archive"

    def test_a_last_backup_that_failed(self) -> None:
        fails = [true("Ready"), false("LastBackupSucceeded", "access denied", reason="LastBackupFailed")]
        row = Cluster().status(kinds.POSTGRES, conditions=fails).row("database")
        assert (row.state, row.reason) == (State.FAILED, "last backup: access denied")

    def test_none_yet(self) -> None:
        cluster = Cluster().status(kinds.POSTGRES, conditions=[true("Ready")])
        cluster.status(kinds.OBJECT_STORES, serverRecoveryWindow={})
        row = cluster.row("database")
        assert (row.state, row.reason) == (
            State.PROGRESSING,
            "no base backup is complete yet, so there is nothing to go back to",
        )
        assert "last" not in row.what

    def test_the_first_one_under_way_is_none_yet_and_not_failed(self) -> None:
        runs = [true("Ready"), false("LastBackupSucceeded", "New Backup starting up", reason="BackupStarted")]
        cluster = Cluster().status(kinds.POSTGRES, conditions=runs)
        assert cluster.status(kinds.OBJECT_STORES, serverRecoveryWindow={}).row("database").state is State.PROGRESSING

    def test_a_later_one_under_way_is_ready(self) -> None:
        runs = [true("Ready"), false("LastBackupSucceeded", "New Backup starting up", reason="BackupStarted")]
        assert Cluster().status(kinds.POSTGRES, conditions=runs).row("database").state is State.READY

    def test_a_simulated_database_is_not_blamed_for_having_none(self) -> None:
        cluster = simulated(Cluster()).status(kinds.OBJECT_STORES, serverRecoveryWindow={})
        row = cluster.status(kinds.POSTGRES, conditions=[true("Ready")]).row("database")
        assert (row.state, row.simulated) == (State.READY, True)

    def test_a_missing_schedule(self) -> None:
        row = Cluster().without(kinds.SCHEDULED_BACKUPS).row("database")
        assert (row.state, row.reason) == (
            State.MISSING,
            "ScheduledBackup data/billing-backup is not in the cluster; `pulumi up` makes it",
        )

    def test_a_suspended_schedule(self) -> None:
        row = Cluster().change(kinds.SCHEDULED_BACKUPS, lambda item: item["spec"].update(suspend=True)).row("database")
        assert (row.state, row.reason) == (State.FAILED, "backups are suspended")

    def test_a_schedule_that_the_operator_cannot_read(self) -> None:
        row = Cluster().status(kinds.SCHEDULED_BACKUPS, error="expected 6 fields").row("database")
        assert (row.state, row.reason) == (State.FAILED, "scheduled backup: expected 6 fields")

    def test_the_plugin_is_not_in_the_cluster(self) -> None:
        cluster = Cluster()
        cluster.absent.add("objectstores.barmancloud.cnpg.io")
        row = cluster.row("database")
        assert row.state is State.MISSING
        assert "the operator Barman Cloud plugin of CloudNativePG is not in the cluster" in row.reason
        assert "no base backup" not in row.reason, "the database itself says that the last one succeeded"

    def test_the_window_of_another_generation_does_not_count(self) -> None:
        other = {"here-billing-0": {"lastSuccessfulBackupTime": "2020-01-01T00:00:00Z"}}
        cluster = Cluster().status(kinds.OBJECT_STORES, serverRecoveryWindow=other)
        assert "2020" not in cluster.row("database").what
