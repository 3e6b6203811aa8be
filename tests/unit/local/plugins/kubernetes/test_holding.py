"""Who keeps a definition that is being deleted."""

import pytest

from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.deletion import DeletionError, delete_object
from aifactory.local.plugins.kubernetes.helm import HelmError
from aifactory.local.plugins.kubernetes.holding import DEFINITIONS, LET_GO, definitions_held, held_objects
from aifactory.local.plugins.kubernetes.objects import kind_of
from aifactory.local.plugins.kubernetes.release import Releases
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.work import Work
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of, status, urn

QUEUES = "/apis/kueue.x-k8s.io/v1beta2/clusterqueues"
NAME = "clusterqueues.kueue.x-k8s.io"


def definition(**metadata):
    versions = [{"name": "v1beta1", "storage": False}, {"name": "v1beta2", "storage": True}]
    names = {"plural": "clusterqueues", "kind": "ClusterQueue"}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME, **metadata},
        "spec": {"group": "kueue.x-k8s.io", "names": names, "versions": versions},
    }


GOING = definition(deletionTimestamp="2026-01-01T00:00:00Z")


def queue(name, *finalizers, **metadata):
    held = {"finalizers": list(finalizers)} if finalizers else {}
    return {"metadata": {"name": name, **held, **metadata}, "spec": {"secret": "hunter2"}}


@pytest.fixture
def kueue(api):
    """The API server as it serves Kueue's queues."""
    api.groups["kueue.x-k8s.io"] = [("clusterqueues", "ClusterQueue", False)]
    return api


def put(api, *things):
    for thing in things:
        api.put(f"{QUEUES}/{thing['metadata']['name']}", thing)


class TestObjects:
    """Prevents "customresourcecleanup" from being all that a person learns."""

    def test_each_is_named_with_what_holds_it(self, kueue):
        put(kueue, queue("theirs", "example.org/a", "example.org/b"), queue("other", namespace="ns"))
        assert held_objects(cluster_of(kueue), definition()) == [
            "ClusterQueue theirs is held by finalizer example.org/a, example.org/b",
            "ClusterQueue ns/other is still there",
        ]

    def test_they_are_read_in_the_version_that_needs_no_conversion(self, kueue):
        assert held_objects(cluster_of(kueue), definition()) == []
        assert kueue.requests[-1].url.path == QUEUES

    def test_many_are_counted(self, kueue):
        put(kueue, *(queue(f"q{number}", "x") for number in range(8)))
        words = held_objects(cluster_of(kueue), definition())
        assert len(words) == 6
        assert words[-1] == "and 3 more of kind ClusterQueue"

    def test_what_may_not_be_read_is_no_second_error(self, api):
        api.answer(status(403, "Forbidden", "no"))
        assert held_objects(cluster_of(api), definition()) == []

    def test_their_contents_are_not_told(self, kueue):
        put(kueue, queue("theirs", "x"))
        words = str(held_objects(cluster_of(kueue), definition()))
        assert "theirs" in words
        assert "hunter2" not in words


class TestDefinitions:
    """Prevents a chart that is uninstalled from leaving definitions behind that nobody speaks of."""

    def test_only_those_that_are_going_are_told(self, api):
        api.put(f"{DEFINITIONS}/{NAME}", definition())
        assert definitions_held(cluster_of(api), [NAME, "gone.example.org"]) == []

    def test_with_what_keeps_them(self, kueue):
        kueue.put(f"{DEFINITIONS}/{NAME}", GOING)
        assert definitions_held(cluster_of(kueue), [NAME]) == [f"{NAME} is still being deleted"]
        put(kueue, queue("theirs", "x"))
        words = f"{NAME} waits for its objects: ClusterQueue theirs is held by finalizer x"
        assert definitions_held(cluster_of(kueue), [NAME]) == [words]

    def test_one_that_may_not_be_read_is_left_out(self, api):
        api.answer(status(403, "Forbidden", "no"))
        assert definitions_held(cluster_of(api), [NAME]) == []


class TestDeletion:
    """Prevents the deletion of a definition from hanging without a name."""

    def test_the_error_names_the_object_and_its_finalizer(self, kueue, session):
        thing = definition(finalizers=["customresourcecleanup.apiextensions.k8s.io"])
        work = Work.of(urn("kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"), thing)
        target = work.target(session, session.kinds.find(kind_of(thing)), recorded_manager="")
        live = kueue.put(target.path, thing)
        put(kueue, queue("theirs", "example.org/keep"))
        with pytest.raises(DeletionError) as raised:
            delete_object(session, target, Recorded.parse(live, thing), Treatment(), work.urn, timeout_seconds=0.1)
        assert raised.value.why.startswith("ClusterQueue theirs is held by finalizer example.org/keep; ")
        assert "customresourcecleanup" in raised.value.why


class TestReleases:
    """Prevents Helm's "uninstalled" from hiding what could not go."""

    NAMES = {"CustomResourceDefinition.apiextensions.k8s.io/apiextensions.k8s.io/v1": [NAME]}  # noqa: RUF012

    @pytest.fixture
    def helm(self, monkeypatch):
        """Helm as far as an uninstall goes: it says what is put into `fails`, or nothing."""
        fails: list[HelmError] = []

        def run(_, arguments, **__):
            assert arguments[0] == "uninstall"
            if fails:
                raise fails.pop()
            return ""

        monkeypatch.setattr("aifactory.local.plugins.kubernetes.helm.Helm.run", run)
        return fails

    def delete(self, session, **given):
        held = {"name": "kueue", "namespace": "kueue-system", "resourceNames": self.NAMES, "timeout": 1, **given}
        Releases(session).delete(urn("kubernetes:helm.sh/v3:Release"), "kueue-system/kueue", {}, held)

    @pytest.mark.parametrize("words", ["timed out waiting for the condition", ""])
    def test_what_keeps_a_definition_of_the_chart_is_told(self, kueue, session, helm, words):
        kueue.put(f"{DEFINITIONS}/{NAME}", GOING)
        put(kueue, queue("theirs", "example.org/keep"))
        if words:
            helm.append(HelmError(words))
        with pytest.raises(HelmError) as raised:
            self.delete(session)
        assert raised.value.message.startswith("release kueue-system/kueue: ")
        assert words in raised.value.message
        assert "ClusterQueue theirs is held by finalizer example.org/keep" in raised.value.why
        assert raised.value.fix == LET_GO

    def test_another_failure_is_told_as_it_is(self, session, helm):
        helm.append(HelmError("no such hook"))
        with pytest.raises(HelmError) as raised:
            self.delete(session)
        assert str(raised.value) == "release kueue-system/kueue: no such hook"

    def test_definitions_that_are_gone_or_stay_are_nobodys_fault(self, kueue, session, helm):
        self.delete(session)
        kueue.put(f"{DEFINITIONS}/{NAME}", definition())
        self.delete(session)

    def test_a_definition_that_goes_a_moment_later_is_waited_for(self, kueue, session, helm, monkeypatch):
        kueue.put(f"{DEFINITIONS}/{NAME}", GOING)
        waited = []

        def pause(_, seconds, doing):
            waited.append(doing)
            kueue.objects.pop(f"{DEFINITIONS}/{NAME}")

        monkeypatch.setattr("aifactory.local.plugins.kubernetes.client.Cluster.pause", pause)
        self.delete(session, timeout=60)
        assert waited == ["waiting for definitions to go"]

    def test_who_does_not_wait_is_not_told(self, kueue, session, helm):
        kueue.put(f"{DEFINITIONS}/{NAME}", GOING)
        self.delete(session, skipAwait=True)
