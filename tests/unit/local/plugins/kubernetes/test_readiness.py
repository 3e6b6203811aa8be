"""When objects of built-in kinds are ready."""

import pytest

from aifactory.local.plugins.kubernetes import readiness
from aifactory.local.plugins.kubernetes.objects import Kind


class Around:
    """Looks that a test decides."""

    def __init__(self, endpoints=0, late=False):
        self.endpoints, self.late = endpoints, late

    def ready_endpoints(self, service):
        return self.endpoints

    def binds_on_first_use(self, claim):
        return self.late


def judge(group, kind, thing, around=None):
    return readiness.rule_for(Kind(group, "v1", kind))(thing, around or Around())


def rollout(spec=None, generation=1, observed=1, **status):
    return {
        "metadata": {"generation": generation},
        "spec": {"replicas": 2, **(spec or {})},
        "status": {"observedGeneration": observed, **status},
    }


class TestWorkloads:
    """Prevents "ready" while old pods still serve, and waiting for what will never come."""

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            ({"observed": 0}, "has not seen"),
            ({"updatedReplicas": 1}, "1 of 2 replicas updated"),
            ({"updatedReplicas": 2, "replicas": 3}, "1 old replicas still run"),
            ({"updatedReplicas": 2, "replicas": 2, "availableReplicas": 1}, "1 of 2 replicas available"),
        ],
    )
    def test_deployment_waits(self, status, words):
        state = judge("apps", "Deployment", rollout(**status))
        assert not state.ready
        assert not state.failed
        assert words in state.words

    def test_deployment(self):
        assert judge("apps", "Deployment", rollout(updatedReplicas=2, replicas=2, availableReplicas=2)).ready
        assert judge("apps", "Deployment", rollout(spec={"replicas": 0})).ready

    def test_deployment_that_gave_up(self):
        conditions = [
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too slow"}
        ]
        state = judge("apps", "Deployment", rollout(conditions=conditions))
        assert state.failed
        assert state.words == "too slow"

    @pytest.mark.parametrize(
        ("spec", "status", "ready"),
        [
            ({}, {"readyReplicas": 2, "updatedReplicas": 2}, True),
            ({}, {"readyReplicas": 2, "updatedReplicas": 1}, False),
            ({}, {"readyReplicas": 1, "updatedReplicas": 2}, False),
            ({"updateStrategy": {"rollingUpdate": {"partition": 1}}}, {"readyReplicas": 2, "updatedReplicas": 1}, True),
            ({"updateStrategy": {"type": "OnDelete"}}, {"readyReplicas": 2, "updatedReplicas": 0}, True),
            ({}, {"readyReplicas": 2, "updatedReplicas": 2, "observed": 0}, False),
        ],
    )
    def test_stateful_set(self, spec, status, ready):
        assert judge("apps", "StatefulSet", rollout(spec=spec, **status)).ready is ready

    @pytest.mark.parametrize(
        ("status", "ready"),
        [
            ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 3}, True),
            ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 2, "numberAvailable": 3}, False),
            ({"desiredNumberScheduled": 3, "updatedNumberScheduled": 3, "numberAvailable": 2}, False),
            ({"desiredNumberScheduled": 0}, True),
        ],
    )
    def test_daemon_set(self, status, ready):
        assert judge("apps", "DaemonSet", rollout(**status)).ready is ready

    def test_replica_set(self):
        assert judge("apps", "ReplicaSet", rollout(availableReplicas=2)).ready
        assert not judge("apps", "ReplicaSet", rollout(availableReplicas=1)).ready

    @pytest.mark.parametrize(
        ("status", "ready", "failed"),
        [
            ({"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}, True, False),
            ({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]}, False, False),
            ({"phase": "Succeeded"}, True, False),
            ({"phase": "Failed"}, False, True),
            ({}, False, False),
        ],
    )
    def test_pod(self, status, ready, failed):
        state = judge("", "Pod", {"status": status})
        assert (state.ready, state.failed) == (ready, failed)

    @pytest.mark.parametrize(
        ("thing", "ready", "failed"),
        [
            ({"status": {"conditions": [{"type": "Complete", "status": "True"}]}}, True, False),
            ({"status": {"conditions": [{"type": "Failed", "status": "True", "message": "exit 1"}]}}, False, True),
            ({"spec": {"suspend": True}}, True, False),
            ({"spec": {"completions": 3}, "status": {"succeeded": 1}}, False, False),
        ],
    )
    def test_job(self, thing, ready, failed):
        state = judge("batch", "Job", thing)
        assert (state.ready, state.failed) == (ready, failed)


class TestOthers:
    """Prevents a wait that cannot end, and a kind that is used before it is served."""

    @pytest.mark.parametrize(
        ("phase", "late", "ready", "failed"),
        [
            ("Bound", False, True, False),
            ("Pending", False, False, False),
            ("Pending", True, True, False),
            ("Lost", True, False, True),
        ],
    )
    def test_claim(self, phase, late, ready, failed):
        state = judge("", "PersistentVolumeClaim", {"status": {"phase": phase}}, Around(late=late))
        assert (state.ready, state.failed) == (ready, failed)

    @pytest.mark.parametrize(
        ("spec", "status", "endpoints", "ready"),
        [
            ({}, {}, 0, True),
            ({"selector": {"a": "b"}}, {}, 0, False),
            ({"selector": {"a": "b"}}, {}, 1, True),
            ({"type": "ExternalName", "selector": {"a": "b"}}, {}, 0, True),
            ({"type": "LoadBalancer"}, {}, 0, False),
            ({"type": "LoadBalancer"}, {"loadBalancer": {"ingress": [{"ip": "1"}]}}, 0, True),
        ],
    )
    def test_service(self, spec, status, endpoints, ready):
        assert judge("", "Service", {"spec": spec, "status": status}, Around(endpoints)).ready is ready

    def test_namespace(self):
        assert judge("", "Namespace", {"status": {"phase": "Active"}}).ready
        assert not judge("", "Namespace", {}).ready

    @pytest.mark.parametrize(
        ("conditions", "ready", "failed"),
        [
            ([], False, False),
            ([{"type": "Established", "status": "True"}], True, False),
            ([{"type": "NamesAccepted", "status": "False", "message": "taken"}], False, True),
        ],
    )
    def test_crd(self, conditions, ready, failed):
        thing = {"status": {"conditions": conditions}}
        state = judge("apiextensions.k8s.io", "CustomResourceDefinition", thing)
        assert (state.ready, state.failed) == (ready, failed)

    @pytest.mark.parametrize(
        ("phase", "ready", "failed"),
        [("Available", True, False), ("Bound", True, False), ("Pending", False, False), ("Failed", False, True)],
    )
    def test_volume(self, phase, ready, failed):
        state = judge("", "PersistentVolume", {"status": {"phase": phase}})
        assert (state.ready, state.failed) == (ready, failed)

    def test_a_service_accounts_token(self):
        kind = "kubernetes.io/service-account-token"
        assert not judge("", "Secret", {"type": kind}).ready
        assert judge("", "Secret", {"type": kind, "data": {"token": "x"}}).ready
        assert judge("", "Secret", {"type": "Opaque"}).ready

    def test_kinds_without_a_rule(self):
        assert readiness.rule_for(Kind("example.com", "v1", "Deployment")) is None

    def test_timeouts(self):
        assert readiness.timeout_for(Kind("apps", "v1", "Deployment")) == 600
        assert readiness.timeout_for(Kind("", "v1", "Namespace")) == 300


class TestWords:
    """Prevents "not ready" without a hint at the container that crashes."""

    def test_selectors(self):
        assert readiness.pods_selector({"spec": {"selector": {"matchLabels": {"b": "2", "a": "1"}}}}) == "a=1,b=2"
        assert readiness.pods_selector({"spec": {"selector": {"a": "1"}}}) == "a=1"
        assert readiness.pods_selector({"spec": {"selector": {"matchExpressions": [{}]}}}) == ""

    def test_containers(self):
        pod = {
            "status": {
                "initContainerStatuses": [{"name": "i", "state": {"terminated": {"exitCode": 2, "reason": "Error"}}}],
                "containerStatuses": [
                    {"name": "a", "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}},
                    {"name": "b", "state": {"waiting": {"reason": "ContainerCreating"}}},
                    {"name": "c", "state": {"running": {}}},
                ],
            }
        }
        assert readiness.container_troubles(pod) == [
            "container i ended with code 2: Error",
            "container a waits: ImagePullBackOff no such image",
        ]
