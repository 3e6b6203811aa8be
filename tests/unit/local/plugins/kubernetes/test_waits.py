"""Waiting until an object is ready, or gone."""

import threading
import time

import pytest

from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.client import CancelledError
from aifactory.local.plugins.kubernetes.objects import Kind
from aifactory.local.plugins.kubernetes.waits import NotReadyError, Waiter, holders_of
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of

PATH = "/api/v1/namespaces/ns/pods/p"
POD = Kind("", "v1", "Pod")


def pod(phase="Pending", **metadata):
    return {"kind": "Pod", "metadata": {"name": "p", "namespace": "ns", **metadata}, "status": {"phase": phase}}


@pytest.fixture
def said():
    return []


@pytest.fixture
def waiter(api, said):
    return Waiter(cluster_of(api), said.append)


def ready(waiter, live, treatment=None, kind=POD, timeout_seconds=None):
    return waiter.until_ready(PATH, live, kind, treatment or Treatment(), timeout_seconds=timeout_seconds)


class TestUntilReady:
    """Prevents a wait that ends too early, too late, or without a word."""

    def test_ready_at_once_costs_no_request(self, waiter, api):
        assert ready(waiter, pod("Succeeded"))["status"]["phase"] == "Succeeded"
        assert api.requests == []

    def test_it_becomes_ready(self, waiter, api, said):
        live = api.put(PATH, pod())
        threading.Timer(0.3, api.put, (PATH, pod("Succeeded"))).start()
        assert ready(waiter, live)["status"]["phase"] == "Succeeded"
        assert said == ["waiting for Pod p: the pod is Pending, not ready"]

    def test_it_fails_at_once(self, waiter, api):
        with pytest.raises(NotReadyError, match="Pod p failed"):
            ready(waiter, api.put(PATH, pod("Failed")), timeout_seconds=60)

    def test_the_time_is_over(self, waiter, api):
        with pytest.raises(NotReadyError, match=r"was not ready within 0.2 s") as raised:
            ready(waiter, api.put(PATH, pod()), timeout_seconds=0.2)
        assert raised.value.reasons[0] == "the pod is Pending, not ready"
        assert raised.value.live["status"]["phase"] == "Pending"

    @pytest.mark.parametrize(("asked", "given", "limit"), [(0.3, None, 0.3), (60, 0.2, 0.2), (0.2, 0, 0.2)])
    def test_which_limit_wins(self, waiter, api, asked, given, limit):
        with pytest.raises(NotReadyError, match=f"within {limit} s"):
            ready(waiter, api.put(PATH, pod()), Treatment(timeout_seconds=asked), timeout_seconds=given)

    def test_it_is_deleted_meanwhile(self, waiter):
        with pytest.raises(NotReadyError, match="deleted by someone else"):
            ready(waiter, pod())

    def test_nothing_to_wait_for(self, waiter, api):
        thing = pod()
        assert ready(waiter, thing, Treatment(skip_await=True)) is thing
        assert ready(waiter, thing, kind=Kind("example.com", "v1", "Widget")) is thing

    def test_the_programs_condition_replaces_the_kinds_rule(self, waiter):
        asked = Treatment(wait_for=("jsonpath={.status.phase}=Pending",))
        assert ready(waiter, pod(), asked)["status"]["phase"] == "Pending"

    def test_a_stop_ends_it_at_once(self, api):
        stop = threading.Event()
        waiter = Waiter(cluster_of(api, stop), lambda _: None)
        live = api.put(PATH, pod())
        threading.Timer(0.2, stop.set).start()
        started = time.monotonic()
        with pytest.raises(CancelledError, match="waiting for Pod p"):
            ready(waiter, live, timeout_seconds=60)
        assert time.monotonic() - started < 2


class TestUntilGone:
    """Prevents a deletion that is reported while a finalizer still holds the object."""

    def test_gone(self, waiter):
        waiter.until_gone(PATH, pod(uid="u"), 1)

    def test_another_object_of_the_name_is_not_waited_for(self, waiter, api):
        api.put(PATH, pod())
        waiter.until_gone(PATH, pod(uid="earlier"), 1)

    def test_it_hangs(self, waiter, api, said):
        live = api.put(PATH, pod(finalizers=["example.com/hold"]))
        with pytest.raises(NotReadyError, match="was not gone within") as raised:
            waiter.until_gone(PATH, live, 0.2)
        assert raised.value.reasons == ["finalizer example.com/hold holds it"]
        assert said == ["waiting for Pod p to go: finalizer example.com/hold holds it"]

    def test_a_namespace_says_what_is_left_in_it(self):
        thing = {
            "kind": "Namespace",
            "spec": {"finalizers": ["kubernetes"]},
            "status": {
                "conditions": [
                    {"type": "NamespaceContentRemaining", "status": "True", "message": "widgets has 1 resource instances"},
                    {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "all discovered"},
                ]
            },
        }
        assert holders_of(thing) == ["finalizer kubernetes holds it", "widgets has 1 resource instances"]


class TestLooksElsewhere:
    """Prevents a Service from being ready by endpoints that are not, and a wait for a claim that waits for its pod."""

    def test_endpoints(self, api):
        slices = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices"
        endpoints = [{"conditions": {"ready": True}}, {"conditions": {"ready": False}}, {}]
        api.put(f"{slices}/s", {"metadata": {"name": "s"}, "endpoints": endpoints})
        waiter = Waiter(cluster_of(api), lambda _: None)
        service = {"metadata": {"name": "s", "namespace": "ns"}, "spec": {"selector": {"a": "b"}}}
        assert waiter.check_for(Kind("", "v1", "Service"), Treatment())(service).ready
        assert api.requests[-1].url.params["labelSelector"] == "kubernetes.io/service-name=s"

    @pytest.mark.parametrize(("mode", "ready"), [("WaitForFirstConsumer", True), ("Immediate", False)])
    def test_claims(self, api, mode, ready):
        api.put("/apis/storage.k8s.io/v1/storageclasses/fast", {"metadata": {"name": "fast"}, "volumeBindingMode": mode})
        waiter = Waiter(cluster_of(api), lambda _: None)
        claim = {"metadata": {"name": "c"}, "spec": {"storageClassName": "fast"}, "status": {"phase": "Pending"}}
        assert waiter.check_for(Kind("", "v1", "PersistentVolumeClaim"), Treatment())(claim).ready is ready
