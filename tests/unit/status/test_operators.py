"""Operators: there or not, and in which version."""

from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import WHOLE, Cluster, controller, false, simulated

HOME = releases()["cloudnative-pg"].namespace
VERSION = releases()["cloudnative-pg"].version


def installed(install: str, **more: Any) -> dict[str, Any]:
    return {"operators": WHOLE["operators"] | {"cloudnative-pg": {"install": install} | more}}


def only(*controllers: dict[str, Any]) -> Cluster:
    cluster = Cluster()
    others = [item for item in cluster.objects[kinds.DEPLOYMENTS] if item["metadata"]["namespace"] != HOME]
    cluster.objects[kinds.DEPLOYMENTS] = [*others, *controllers]
    return cluster


class TestVersion:
    """Prevents a version that nobody reads from being shown as the one that runs."""

    def test_the_expected_one_needs_no_more_words(self) -> None:
        row = Cluster().row("operator", "cloudnative-pg")
        assert (row.state, row.what) == (State.READY, f"CloudNativePG {VERSION}, adopted")

    def test_another_one_is_said(self) -> None:
        row = only(controller("cnpg", str(HOME), "v1.28.1")).row("operator", "cloudnative-pg")
        assert row.what == f"CloudNativePG {VERSION}, adopted; 1.28.1 runs"

    def test_programs_beside_it_do_not_count(self) -> None:
        beside = [controller("cnpg", str(HOME), VERSION), controller("plugin", str(HOME), "0.14.0")]
        assert only(*beside).row("operator", "cloudnative-pg").what == f"CloudNativePG {VERSION}, adopted"

    def test_none_to_be_read_is_unknown(self) -> None:
        assert "which version runs is unknown" in only().row("operator", "cloudnative-pg").what

    def test_another_operator_of_the_same_namespace_is_not_taken_for_it(self) -> None:
        assert releases()["barman-cloud"].namespace == HOME
        both = [controller("cnpg", str(HOME), "1.28.1"), controller("barman", str(HOME), releases()["barman-cloud"].version)]
        assert only(*both).row("operator", "cloudnative-pg").what.endswith("; 1.28.1 runs")

    def test_with_olm_the_channel_decides_and_what_runs_is_said(self) -> None:
        cluster = Cluster()
        cluster.objects[kinds.DEPLOYMENTS].append(controller("kueue", "openshift-kueue-operator", "1.2.0"))
        olm = {"operators": WHOLE["operators"] | {"kueue": {"install": "olm"}}}
        channel = getattr(releases()["kueue"].olm, "channel", "")
        row = cluster.row("operator", "kueue", **olm)
        assert row.what == f"Kueue of channel {channel}, installed by olm; 1.2.0 runs"

    def test_where_nothing_can_run_nothing_is_said_to(self) -> None:
        row = simulated(Cluster()).row("operator", "cloudnative-pg")
        assert (row.state, row.what, row.simulated) == (State.READY, f"CloudNativePG {VERSION}, adopted", True)


class TestPresence:
    """Prevents waiting ten minutes for a controller that is not in the cluster."""

    def test_an_adopted_one_that_is_missing_is_for_its_owner_to_install(self) -> None:
        cluster = Cluster()
        cluster.absent.add("clusters.postgresql.cnpg.io")
        row = cluster.row("operator", "cloudnative-pg")
        assert row.state is State.MISSING
        assert row.reason == "it is not in the cluster (no clusters.postgresql.cnpg.io); install it (helm)"

    def test_one_of_ours_is_installed_by_up(self) -> None:
        cluster = Cluster()
        cluster.absent.add("clusters.postgresql.cnpg.io")
        assert cluster.row("operator", "cloudnative-pg", **installed("helm")).reason.endswith("`pulumi up` installs it")

    def test_a_controller_that_is_not_ready_is_named(self) -> None:
        slow = controller("cnpg", str(HOME), VERSION)
        slow["status"] = {"readyReplicas": 0, "conditions": [false("Available", "no minimum availability")]}
        row = only(slow).row("operator", "cloudnative-pg")
        assert (row.state, row.reason) == (State.PROGRESSING, "cnpg: 0 of 1 ready: no minimum availability")

    def test_definitions_without_a_controller_are_no_operator_that_we_installed(self) -> None:
        row = only().row("operator", "cloudnative-pg", **installed("helm"))
        assert (row.state, row.reason) == (State.MISSING, f"nothing runs in namespace {HOME}")

    def test_it_is_looked_for_in_the_namespace_that_was_named(self) -> None:
        cluster = only(controller("cnpg", "databases", VERSION))
        row = cluster.row("operator", "cloudnative-pg", **installed("helm", namespace="databases"))
        assert row.state is State.READY

    def test_controllers_that_may_not_be_read_are_unknown_for_one_of_ours(self) -> None:
        cluster = Cluster()
        cluster.refused[kinds.DEPLOYMENTS.path] = (403, "no")
        assert cluster.row("operator", "cloudnative-pg", **installed("helm")).state is State.UNKNOWN
        assert cluster.row("operator", "cloudnative-pg").state is State.READY


class TestExternal:
    """Prevents what is none of ours from being counted against us."""

    @pytest.mark.parametrize(("operator", "block"), [("gpu-operator", "gpu-operator"), ("kueue", "tenant")])
    def test_neither_it_nor_what_it_serves_is_looked_at(self, operator: str, block: str) -> None:
        cluster = Cluster()
        cluster.absent |= set(releases()[operator].crds)
        external = {"operators": WHOLE["operators"] | {operator: {"install": "external"}}}
        status = cluster.observe(**external)
        assert not any(
            kind.path in cluster.asked
            for kind in (kinds.CLUSTER_POLICIES, kinds.CLUSTER_QUEUES)
            if kind.operator == operator
        )
        rows = [row for row in status.blocks if (row.block, row.name) == ("operator", operator) or row.block == block]
        assert len(rows) == 2
        assert [(row.state, row.reason) for row in rows] == [(State.EXTERNAL, "")] * 2
        assert status.ready
        assert status.score == "19 of 19 ready, 2 external"

    def test_what_the_region_makes_all_the_same_is_looked_at(self) -> None:
        external = {"operators": WHOLE["operators"] | {"cloudnative-pg": {"install": "external"}}}
        assert Cluster().without(kinds.POSTGRES).row("database", **external).state is State.MISSING
