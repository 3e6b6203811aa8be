"""Tenants: whether their work is admitted."""

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import Cluster, false


class TestTenants:
    """Prevents a team whose work never starts from being told that all is well."""

    def test_what_it_is(self) -> None:
        row = Cluster().row("tenant")
        assert row.what == "research: 8 of h100 guaranteed; workloads: 2 admitted, 1 pending"

    def test_one_without_a_guarantee_says_so(self) -> None:
        tenants = {"science": {"namespaces": ["research", "ai"]}}
        assert Cluster().row("tenant", tenants=tenants).what.startswith("research, ai: no GPU guaranteed")

    def test_a_queue_that_admits_nothing_is_failed_with_its_message(self) -> None:
        inactive = [false("Active", "Can't admit new workloads: references missing ResourceFlavor(s): h100.")]
        row = Cluster().status(kinds.CLUSTER_QUEUES, conditions=inactive).row("tenant")
        assert row.state is State.FAILED
        assert row.reason == "Can't admit new workloads: references missing ResourceFlavor(s): h100."

    def test_one_that_nobody_has_looked_at_yet(self) -> None:
        assert Cluster().status(kinds.CLUSTER_QUEUES, conditions=[]).row("tenant").state is State.PROGRESSING

    def test_a_missing_one(self) -> None:
        assert Cluster().without(kinds.CLUSTER_QUEUES).row("tenant").state is State.MISSING
