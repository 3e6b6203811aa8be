"""The GPU Operator."""

from typing import Any

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import WHOLE, Cluster, false, true


class TestGpuOperator:
    """Prevents its `ready` from being believed in a cluster in which it found no GPU."""

    def policy(self, **status: Any) -> Cluster:
        return Cluster().status(kinds.CLUSTER_POLICIES, **status)

    def test_what_it_is(self) -> None:
        assert Cluster().row("gpu-operator").what == "platform bare-metal, whole GPUs by device-plugin"
        shared = {"platform": "bare-metal", "sharing": {"mode": "mps", "replicas": 4}}
        assert Cluster().row("gpu-operator", gpu_operator=shared).what == "platform bare-metal, each GPU shared by 4 (mps)"
        cut = {"platform": "bare-metal", "mig": "single"}
        assert Cluster().row("gpu-operator", gpu_operator=cut).what == "platform bare-metal, partitions, MIG single"

    def test_ready_without_gpu_nodes_is_failed(self) -> None:
        for reason in ("NoGPUNodes", "NFDLabelsMissing"):
            row = self.policy(conditions=[true("Ready", reason=reason, message="No GPU node found")]).row("gpu-operator")
            assert row.state is State.FAILED
            assert row.reason.startswith("it says ready, but found no GPU node (No GPU node found)")

    def test_ready_where_no_node_has_gpus_is_failed_whatever_it_says(self) -> None:
        row = Cluster().without(kinds.NODES).row("gpu-operator")
        assert (row.state, row.reason[:40]) == (State.FAILED, "it says ready, but found no GPU node: do")

    def test_not_ready_gives_the_conditions_words(self) -> None:
        waits = [false("Ready", "ClusterPolicy is not ready, states not ready: [state-driver]")]
        row = self.policy(state="notReady", conditions=waits).row("gpu-operator")
        assert (row.state, row.reason) == (
            State.PROGRESSING,
            "ClusterPolicy is not ready, states not ready: [state-driver]",
        )

    def test_an_error_is_failed(self) -> None:
        error = [true("Error", message="driver image not found"), false("Ready")]
        row = self.policy(state="notReady", conditions=error).row("gpu-operator")
        assert (row.state, row.reason) == (State.FAILED, "driver image not found")

    def test_a_second_policy_that_is_ignored_is_failed(self) -> None:
        row = self.policy(state="ignored").row("gpu-operator")
        assert row.state is State.FAILED
        assert "another ClusterPolicy" in row.reason

    def test_one_that_nobody_has_looked_at_yet(self) -> None:
        row = self.policy(state="", conditions=[]).row("gpu-operator")
        assert (row.state, row.reason) == (State.PROGRESSING, "its state is not set yet")

    def test_on_openshift_it_has_another_name(self) -> None:
        row = Cluster().row("gpu-operator", gpu_operator={"platform": "openshift"})
        assert (row.name, row.state) == ("gpu-cluster-policy", State.MISSING)

    def test_an_external_one_is_none_of_ours(self) -> None:
        external = {"operators": WHOLE["operators"] | {"gpu-operator": {"install": "external"}}}
        assert Cluster().without(kinds.CLUSTER_POLICIES).row("gpu-operator", **external).state is State.EXTERNAL
