"""What a deletion waits for; the flow itself is tested with `custom`."""

import json

import pytest

from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.apply import ApplyError
from aifactory.local.plugins.kubernetes.deletion import delete_object, release_fields
from aifactory.local.plugins.kubernetes.objects import kind_of
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.work import Work
from tests.unit.local.plugins.kubernetes.fake_api import status, urn


def held(kind="ConfigMap", api_version="v1"):
    metadata = {"name": "a", "namespace": "ns", "finalizers": ["hold"]}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def delete(api, session, thing, **asked):
    work = Work.of(urn("kubernetes:core/v1:ConfigMap"), thing)
    target = work.target(session, session.kinds.find(kind_of(thing)), recorded_manager="")
    live = api.put(target.path, thing)
    recorded = Recorded.parse(live, thing)
    delete_object(session, target, recorded, Treatment(**asked), work.urn, timeout_seconds=0.1)


class TestWaiting:
    """Prevents a deletion from hanging on what the program said not to wait for, and only there."""

    def test_skip_await_on_kinds_where_the_official_plugin_agrees(self, api, session):
        delete(api, session, held("Deployment", "apps/v1"), skip_await=True)

    def test_skip_await_elsewhere_still_waits(self, api, session):
        with pytest.raises(Exception, match="was not gone within"):
            delete(api, session, held(), skip_await=True)

    def test_propagation(self, api, session):
        delete(api, session, held("Deployment", "apps/v1"), skip_await=True, propagation="Orphan")
        sent = next(request for request in api.requests if request.method == "DELETE")
        assert json.loads(sent.content)["propagationPolicy"] == "Orphan"

    def test_another_object_that_took_the_name_meanwhile_is_spared(self, api, session):
        api.answer(status(409, "Conflict", "the UID in the precondition does not match"), method="DELETE")
        delete(api, session, held())

    def test_a_refusal_is_told(self, api, session):
        api.answer(status(403, "Forbidden", "not yours"), method="DELETE")
        with pytest.raises(ApplyError, match="not yours"):
            delete(api, session, held())


class TestReleasingFields:
    """Prevents a patch from deleting what it patched."""

    def target(self, session):
        work = Work.of(urn("kubernetes:core/v1:ConfigMapPatch"), held())
        return work.target(session, session.kinds.find(work.kind), recorded_manager="")

    def test_nothing_is_left_to_release(self, api, session):
        release_fields(session, self.target(session), held())
        assert api.count("PATCH") == 0

    def test_a_required_field_is_told(self, api, session):
        target = self.target(session)
        api.put(target.path, held())
        api.answer(status(422, "Invalid", "spec.selector: Required value"), method="PATCH")
        with pytest.raises(ApplyError, match="Required value"):
            release_fields(session, target, held())
