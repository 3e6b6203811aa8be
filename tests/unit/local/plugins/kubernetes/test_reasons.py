"""Why an object is not ready, in words."""

from aifactory.local.plugins.kubernetes.reasons import explain
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of, status

PODS = "/api/v1/namespaces/ns/pods"
DEPLOYMENT = {
    "kind": "Deployment",
    "metadata": {"name": "d", "namespace": "ns", "uid": "u"},
    "spec": {"selector": {"matchLabels": {"app": "a"}}},
    "status": {"conditions": [{"type": "Available", "status": "False", "reason": "MinimumReplicasUnavailable"}]},
}


class TestExplain:
    """Prevents a timeout that says no more than that it happened."""

    def test_conditions_pods_and_events(self, api):
        scheduled = {"type": "PodScheduled", "status": "False", "message": "0/3 nodes have nvidia.com/gpu"}
        api.put(f"{PODS}/p", {"kind": "Pod", "metadata": {"name": "p"}, "status": {"conditions": [scheduled]}})
        event = {"reason": "FailedCreate", "message": "quota is used up", "lastTimestamp": "2026-01-01T00:00:00Z"}
        api.put("/api/v1/namespaces/ns/events/e", {"kind": "Event", "metadata": {"name": "e"}, **event})
        assert explain(cluster_of(api), DEPLOYMENT) == [
            "condition Available is False: MinimumReplicasUnavailable",
            "pod p is not scheduled: 0/3 nodes have nvidia.com/gpu",
            "event FailedCreate: quota is used up",
        ]

    def test_only_pods_of_the_object_are_asked_for(self, api):
        explain(cluster_of(api), DEPLOYMENT)
        pods = next(request for request in api.requests if request.url.path == PODS)
        assert pods.url.params["labelSelector"] == "app=a"

    def test_bad_news_that_are_true(self, api):
        thing = {
            "metadata": {},
            "status": {"conditions": [{"type": "ReplicaFailure", "status": "True", "message": "denied"}]},
        }
        assert explain(cluster_of(api), thing) == ["condition ReplicaFailure is True: denied"]

    def test_good_news_are_no_reasons(self, api):
        assert (
            explain(cluster_of(api), {"metadata": {}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}) == []
        )

    def test_ready_pods_are_no_reasons(self, api):
        ready = {"type": "Ready", "status": "True"}
        api.put(f"{PODS}/p", {"kind": "Pod", "metadata": {"name": "p"}, "status": {"conditions": [ready]}})
        assert len(explain(cluster_of(api), DEPLOYMENT)) == 1

    def test_trouble_while_asking_does_not_hide_the_wait(self, api):
        api.answer(status(403, "Forbidden", "pods are not yours"))
        assert explain(cluster_of(api), DEPLOYMENT) == [
            "condition Available is False: MinimumReplicasUnavailable",
            "(no more is known: pods are not yours)",
        ]
