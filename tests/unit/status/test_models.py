"""Models: whether they run, and whether anybody reaches them."""

from typing import Any

import pytest

from aifactory.status import kinds
from aifactory.status.rows import State
from tests.unit.status.cluster import Cluster, false, replica, true

FULL = "0/3 nodes are available: 3 Insufficient nvidia.com/gpu."


def one_waits() -> Cluster:
    cluster = Cluster().status(kinds.DEPLOYMENTS, "assistant", readyReplicas=1)
    cluster.objects[kinds.PODS][1] = replica("assistant-b", None, FULL)
    return cluster


class TestWhat:
    """Prevents an endpoint that has to be looked up elsewhere."""

    def test_replicas_nodes_and_endpoint(self) -> None:
        row = Cluster().row("model")
        assert row.what == "2 replicas of 1 GPU on h100-0 x1, h100-1 x1"
        assert row.address == "https://assistant.ai.test.internal/v1"

    def test_the_pickers_pod_is_no_replica(self) -> None:
        cluster = Cluster()
        picker = replica("assistant-epp", "system-0")
        picker["spec"]["containers"] = [{}]
        cluster.objects[kinds.PODS].append(picker)
        assert "system-0" not in cluster.row("model").what


class TestReplicas:
    """Prevents a replica that waits for ever from waiting without a word."""

    def test_a_missing_one_gives_one_reason(self) -> None:
        cluster = Cluster().without(kinds.DEPLOYMENTS).without(kinds.GATEWAYS).without(kinds.ROUTES)
        row = cluster.row("model")
        assert (row.state, row.reason) == (
            State.MISSING,
            "Deployment ai/assistant is not in the cluster; `pulumi up` makes it",
        )

    def test_one_that_waits_gives_the_schedulers_words(self) -> None:
        row = one_waits().row("model")
        assert (row.state, row.reason) == (State.PROGRESSING, f"1 of 2 replicas are ready; {FULL}")
        assert one_waits().observe().facts.models[0].waiting == FULL

    def test_one_whose_image_cannot_be_pulled(self) -> None:
        cluster = Cluster().status(kinds.DEPLOYMENTS, "assistant", readyReplicas=0)
        waits = {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}
        cluster.status(kinds.PODS, "assistant-a", containerStatuses=[{"state": waits}])
        assert cluster.row("model").reason == (
            "0 of 2 replicas are ready; pod assistant-a: ImagePullBackOff: Back-off pulling image"
        )

    def test_one_that_has_just_begun_gives_no_false_alarm(self) -> None:
        cluster = Cluster().status(kinds.DEPLOYMENTS, "assistant", readyReplicas=1)
        begun = [{"state": {"waiting": {"reason": "ContainerCreating"}}}, {"state": {"running": {}}}]
        cluster.status(kinds.PODS, "assistant-a", containerStatuses=begun)
        assert cluster.row("model").reason == "1 of 2 replicas are ready"

    def test_a_rollout_past_its_deadline_is_failed_with_the_cause(self) -> None:
        late = [false("Progressing", 'ReplicaSet "assistant-1" has timed out progressing.')]
        row = one_waits().status(kinds.DEPLOYMENTS, "assistant", conditions=late).row("model")
        assert (row.state, row.reason) == (
            State.FAILED,
            f'ReplicaSet "assistant-1" has timed out progressing.; {FULL}',
        )

    def test_pods_that_a_quota_forbids_are_failed(self) -> None:
        forbidden = [true("ReplicaFailure", message="pods is forbidden: exceeded quota: gpus")]
        row = one_waits().status(kinds.DEPLOYMENTS, "assistant", conditions=forbidden).row("model")
        assert row.state is State.FAILED
        assert row.reason.startswith("pods is forbidden: exceeded quota: gpus")


class TestWay:
    """Prevents a model that runs and that nobody reaches from being called ready."""

    @pytest.mark.parametrize(
        ("kind", "conditions", "state", "reason"),
        [
            (kinds.GATEWAYS, [false("Programmed", "no address yet")], State.PROGRESSING, "gateway: no address yet"),
            (
                kinds.GATEWAYS,
                [false("Accepted", "no such class"), false("Programmed")],
                State.FAILED,
                "gateway: no such class",
            ),
            (kinds.CERTIFICATES, [false("Ready", "Issuing")], State.PROGRESSING, "certificate: Issuing"),
            (
                kinds.CERTIFICATES,
                [false("Ready", "no secret"), false("Issuing", "CA not found", reason="Failed")],
                State.FAILED,
                "certificate: no secret; CA not found",
            ),
            (
                kinds.CERTIFICATES,
                [true("Ready"), false("Issuing", "will be retried", reason="Failed")],
                State.READY,
                "",
            ),
        ],
        ids=["no address", "no class", "issuing", "issuing failed", "renewal failed, still valid"],
    )
    def test_gateway_and_certificate(self, kind: Any, conditions: list[Any], state: State, reason: str) -> None:
        row = Cluster().status(kind, conditions=conditions).row("model")
        assert (row.state, row.reason) == (state, reason)

    @pytest.mark.parametrize(
        ("parents", "state", "reason"),
        [
            ([], State.PROGRESSING, "route: no gateway has taken it yet"),
            (
                [{"conditions": [false("Accepted", "no matching listener"), true("ResolvedRefs")]}],
                State.FAILED,
                "route: no matching listener",
            ),
            (
                [{"conditions": [true("Accepted"), false("ResolvedRefs", "InferencePool not found")]}],
                State.FAILED,
                "route: InferencePool not found",
            ),
        ],
        ids=["no parent", "not accepted", "backend missing"],
    )
    def test_route(self, parents: list[Any], state: State, reason: str) -> None:
        row = Cluster().status(kinds.ROUTES, parents=parents).row("model")
        assert (row.state, row.reason) == (state, reason)

    @pytest.mark.parametrize("kind", [kinds.GATEWAYS, kinds.ROUTES, kinds.CERTIFICATES], ids=lambda kind: kind.kind)
    def test_a_missing_part(self, kind: Any) -> None:
        row = Cluster().without(kind).row("model")
        assert row.state is State.MISSING
        assert row.reason == f"{kind.kind} ai/assistant is not in the cluster; `pulumi up` makes it"
