"""Namespaces: their guardrails as they are, against those that they should have."""

from typing import Any

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import Cluster, quota


class TestNamespaces:
    """Prevents guardrails that somebody loosened by hand from going unnoticed."""

    def test_what_it_is(self) -> None:
        assert Cluster().row("namespace", "ai").what == "Pod Security restricted, 2 of 4 GPUs"
        assert Cluster().row("namespace", "data").what == "Pod Security restricted, no GPUs"

    def test_a_missing_one(self) -> None:
        row = Cluster().without(kinds.NAMESPACES).row("namespace", "ai")
        assert (row.state, row.reason) == (State.MISSING, "Namespace ai is not in the cluster; `pulumi up` makes it")

    def test_a_loosened_level_is_failed(self) -> None:
        def loosen(item: dict[str, Any]) -> None:
            item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "privileged"

        row = Cluster().change(kinds.NAMESPACES, loosen, "ai").row("namespace", "ai")
        assert row.state is State.FAILED
        assert row.reason == "enforces privileged instead of restricted; the next `pulumi up` sets it back"

    def test_a_level_that_was_taken_away_is_failed(self) -> None:
        row = Cluster().change(kinds.NAMESPACES, lambda item: item["metadata"].pop("labels"), "ai").row("namespace", "ai")
        assert "enforces nothing instead of restricted" in row.reason

    def test_a_raised_quota_is_failed(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.QUOTAS][0] = quota("ai", 400, 2)
        row = cluster.row("namespace", "ai")
        assert (row.state, row.reason) == (
            State.FAILED,
            "its quota allows 400 GPUs instead of 4; the next `pulumi up` sets it back",
        )

    def test_a_quota_that_is_gone_is_missing(self) -> None:
        row = Cluster().without(kinds.QUOTAS).row("namespace", "ai")
        assert (row.state, row.reason) == (
            State.MISSING,
            "ResourceQuota ai/gpus is not in the cluster; `pulumi up` makes it",
        )

    def test_one_that_is_being_deleted(self) -> None:
        row = Cluster().status(kinds.NAMESPACES, "ai", phase="Terminating").row("namespace", "ai")
        assert (row.state, row.reason) == (State.PROGRESSING, "is being deleted")
