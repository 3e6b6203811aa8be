"""Creating, updating and deleting one object."""

import json
import threading

import pytest

from aifactory.conventions import FIELD_MANAGER, OWNER_ANNOTATION
from aifactory.errors import AifactoryError
from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.apply import ApplyError
from aifactory.local.plugins.kubernetes.custom import MissingPatchTargetError, Objects
from aifactory.local.plugins.kubernetes.ownership import TakenError
from aifactory.local.plugins.kubernetes.work import PartialFailureError
from tests.unit.local.plugins.kubernetes.fake_api import conflict, session_of, status, urn

CONFIG_MAP, PATCH = "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:ConfigMapPatch"
PATH = "/api/v1/namespaces/ns/configmaps/a"
OWNER = "factory/region/part"


def config_map(data=None, owner=OWNER, **annotations):
    given = {**annotations, **({OWNER_ANNOTATION: owner} if owner else {})}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "a", "namespace": "ns", "annotations": given},
        "data": data or {"k": "v"},
    }


@pytest.fixture
def objects(session):
    return Objects(session)


def waiting(seconds="0"):
    return {"pulumi.com/waitFor": "jsonpath={.data.ready}=yes", "pulumi.com/timeoutSeconds": seconds or "0"}


class TestCreate:
    """Prevents objects over someone else's, and made objects that the engine does not hear of."""

    def test_made(self, api, objects):
        made = objects.create(urn(CONFIG_MAP), config_map(), dry=False)
        assert made.identifier == "ns/a"
        assert made.outputs["__fieldManager"] == FIELD_MANAGER
        assert api.objects[PATH]["data"] == {"k": "v"}

    def test_secrets_are_sent_plain_and_recorded_wrapped(self, api, objects):
        made = objects.create(urn(CONFIG_MAP), config_map({"k": Secret("v")}), dry=False)
        assert api.objects[PATH]["data"] == {"k": "v"}
        assert made.outputs["data"] == {"k": Secret("v")}

    def test_the_same_owners_object_is_taken_over(self, api, objects):
        api.put(PATH, config_map({"old": "x"}))
        assert objects.create(urn(CONFIG_MAP), config_map(), dry=False).outputs["data"] == {"k": "v"}

    @pytest.mark.parametrize("owner", [None, "factory/region/other"])
    @pytest.mark.parametrize("dry", [True, False])
    def test_anyone_elses_is_refused(self, api, objects, owner, dry):
        api.put(PATH, config_map(owner=owner))
        with pytest.raises(TakenError):
            objects.create(urn(CONFIG_MAP), config_map(), dry=dry)
        assert api.count("PATCH") == 0

    def test_unless_the_provider_says_so(self, api):
        api.put(PATH, config_map(owner=None))
        objects = Objects(session_of(api, upsert_existing_objects=True))
        assert objects.create(urn(CONFIG_MAP), config_map(), dry=False).identifier == "ns/a"

    def test_a_wait_that_fails_is_a_partial_failure(self, api, objects):
        inputs = config_map({"k": Secret("hunter2hunter2")}, **waiting())
        with pytest.raises(PartialFailureError) as raised:
            objects.create(urn(CONFIG_MAP), inputs, dry=False, timeout_seconds=0.1)
        assert raised.value.identifier == "ns/a"
        assert raised.value.outputs["__inputs"]["data"] == {"k": Secret("hunter2hunter2")}
        assert "was not ready within 0.1 s" in raised.value.reasons[0]
        assert "{.data.ready} has no value yet" in raised.value.reasons[1]

    def test_an_outage_during_the_wait_is_one_too(self, api, objects):
        api.answer(status(503, "", "etcd is away"), method="GET", times=0)

        def lost(request):
            raise __import__("httpx2").ConnectError("refused")

        api.answers = [
            (lambda request: request.method == "GET" and request.url.path == PATH and bool(api.objects), lost)
        ] * 999
        with pytest.raises(PartialFailureError, match="gave no answer"):
            objects.create(urn(CONFIG_MAP), config_map(**waiting("60")), dry=False)

    def test_a_refusal_is_not(self, api, objects):
        api.answer(status(422, "Invalid", "no"), method="PATCH")
        with pytest.raises(ApplyError):
            objects.create(urn(CONFIG_MAP), config_map(), dry=False)

    def test_one_that_is_going_is_waited_for(self, api, objects, monkeypatch):
        api.put(PATH, {**config_map(owner=None), "metadata": {"name": "a", "deletionTimestamp": "now", "finalizers": ["x"]}})
        threading.Timer(0.2, api.objects.pop, [PATH]).start()
        made = objects.create(urn(CONFIG_MAP), config_map(), dry=False)
        assert "deletionTimestamp" not in made.outputs["metadata"]

    def test_a_crd_makes_its_kinds_known(self, api, objects, session):
        token = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"
        spec = {"group": "example.com", "names": {"kind": "Widget"}, "versions": [{"name": "v1", "served": True}]}
        established = {"conditions": [{"type": "Established", "status": "True"}]}
        crd = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "widgets.example.com"},
            "spec": spec,
            "status": established,
        }
        api.groups["example.com"] = [("widgets", "Widget", True)]
        made = objects.create(urn(token), crd, dry=False)
        assert made.identifier == "widgets.example.com"


class TestPreview:
    """Prevents a preview from changing anything, and from failing on what will be there."""

    def test_a_dry_run(self, api, objects):
        told = objects.create(urn(CONFIG_MAP), config_map(), dry=True)
        assert told.identifier == ""
        assert told.outputs["metadata"]["uid"] is UNKNOWN
        assert api.objects == {}

    def test_unknown_inputs_cost_no_request(self, api, objects):
        told = objects.create(urn(CONFIG_MAP), config_map({"k": UNKNOWN}), dry=True)
        assert told.outputs["data"] == {"k": UNKNOWN}
        assert api.requests == []

    def test_a_kind_that_is_not_there_and_not_planned(self, objects, session):
        thing = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
        told = objects.create(urn("kubernetes:example.com/v1:Widget"), thing, dry=True)
        assert told.outputs == thing
        assert "no CRD of it was planned" in session.engine.words

    def test_a_replacement_does_not_meet_the_object_that_will_go(self, api, objects, session):
        api.put(PATH, config_map(owner=None))
        recorded = {**config_map(owner=None), "__inputs": config_map(owner=None)}
        assert objects.diff(urn(CONFIG_MAP), recorded, config_map(owner=None), config_map({"k": "new"}, owner=None))
        told = objects.create(urn(CONFIG_MAP), config_map({"k": "new"}, owner=None), dry=True)
        assert told.outputs["metadata"]["name"] == "a"
        assert told.outputs["data"] == {"k": "new"}
        assert "aifactory-dry-run" in api.requests[-1].url.path


class TestUpdate:
    """Prevents an update of an object that is no longer ours."""

    def recorded(self, api, **more):
        live = api.put(PATH, config_map())
        return {**live, "__inputs": config_map(), "__initialApiVersion": "v1", "__fieldManager": FIELD_MANAGER, **more}

    def update(self, objects, recorded, news, **more):
        return objects.update(urn(CONFIG_MAP), recorded, recorded["__inputs"], news, **{"dry": False, **more})

    def test_changed(self, api, objects):
        made = self.update(objects, self.recorded(api), config_map({"k": "new"}))
        assert made.outputs["data"] == {"k": "new"}

    def test_previewed(self, api, objects):
        told = self.update(objects, self.recorded(api), config_map({"k": "new"}), dry=True)
        assert told.outputs["data"] == {"k": "new"}
        assert api.objects[PATH]["data"] == {"k": "v"}

    def test_one_that_is_gone_is_made_again(self, api, objects):
        recorded = self.recorded(api)
        del api.objects[PATH]
        assert self.update(objects, recorded, config_map()).outputs["data"] == {"k": "v"}

    def test_another_owners_of_the_same_name_is_refused(self, api, objects):
        recorded = self.recorded(api)
        del api.objects[PATH]
        api.put(PATH, config_map(owner="factory/region/thief"))
        with pytest.raises(TakenError, match="thief"):
            self.update(objects, recorded, config_map())

    def test_the_recorded_manager_is_kept(self, api, objects):
        made = self.update(objects, self.recorded(api, __fieldManager="pulumi-kubernetes-1"), config_map({"k": "new"}))
        assert made.outputs["__fieldManager"] == "pulumi-kubernetes-1"

    def test_a_conflict_at_preview(self, api, objects):
        recorded = self.recorded(api)
        api.answer(conflict("kubectl", ".data.k"), method="PATCH", dry=True)
        with pytest.raises(ApplyError, match=r"'kubectl' holds data\.k"):
            self.update(objects, recorded, config_map({"k": "new"}), dry=True)


class TestDelete:
    """Prevents deletions that were not meant, and ones that were not done."""

    def recorded(self, api):
        return {**api.put(PATH, config_map()), "__inputs": config_map()}

    def delete(self, objects, recorded, **more):
        objects.delete(urn(CONFIG_MAP), "ns/a", recorded, config_map(), **more)

    def test_gone(self, api, objects):
        self.delete(objects, self.recorded(api))
        assert PATH not in api.objects
        body = json.loads(next(request for request in api.requests if request.method == "DELETE").content)
        assert body["propagationPolicy"] == "Background"
        assert body["preconditions"]["uid"]

    def test_gone_already(self, api, objects):
        recorded = self.recorded(api)
        del api.objects[PATH]
        self.delete(objects, recorded)
        assert api.count("DELETE") == 0

    def test_without_its_kind(self, objects):
        thing = {"apiVersion": "gone.example.com/v1", "kind": "Gone", "metadata": {"name": "a"}}
        objects.delete(urn("kubernetes:gone.example.com/v1:Gone"), "ns/a", thing, thing)

    def test_what_this_run_took_over_is_kept(self, api, objects, session):
        recorded = self.recorded(api)
        objects.create(urn(CONFIG_MAP, "new"), config_map(), dry=False)
        self.delete(objects, recorded)
        assert PATH in api.objects
        assert "took it over" in session.engine.words

    def test_what_this_run_made_is_not(self, api, objects):
        made = objects.create(urn(CONFIG_MAP), config_map(), dry=False)
        self.delete(objects, made.outputs)
        assert PATH not in api.objects

    def test_another_object_of_the_name_is_kept(self, api, objects, session):
        recorded = self.recorded(api)
        del api.objects[PATH]
        api.put(PATH, config_map(owner=None))
        self.delete(objects, recorded)
        assert PATH in api.objects
        assert "another one than this resource made" in session.engine.words

    def test_one_that_is_held_names_the_finalizer(self, api, objects):
        recorded = self.recorded(api)
        api.objects[PATH]["metadata"]["finalizers"] = ["example.com/hold"]
        with pytest.raises(AifactoryError, match="was not gone within") as raised:
            self.delete(objects, recorded, timeout_seconds=0.1)
        assert "finalizer example.com/hold holds it" in str(raised.value)


class TestPatches:
    """Prevents a patch from owning what it patches."""

    def test_there_must_be_something_to_patch(self, objects):
        with pytest.raises(MissingPatchTargetError):
            objects.create(urn(PATCH), config_map(), dry=False)

    def test_no_owner_is_needed(self, api, objects):
        api.put(PATH, config_map(owner="someone/else/here"))
        made = objects.create(urn(PATCH), config_map({"k": "patched"}, owner=None), dry=False)
        assert made.outputs["__fieldManager"].startswith("aifactory-patch-")

    def test_its_deletion_gives_the_fields_up(self, api, objects):
        api.put(PATH, config_map())
        made = objects.create(urn(PATCH), config_map({"k": "patched"}), dry=False)
        objects.delete(urn(PATCH), "ns/a", made.outputs, config_map({"k": "patched"}))
        assert PATH in api.objects
        last = api.requests[-1]
        assert last.method == "PATCH"
        assert last.url.params["fieldManager"] == made.outputs["__fieldManager"]
        assert "data" not in json.loads(last.content)
