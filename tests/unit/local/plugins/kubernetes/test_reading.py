"""Refresh and import of one object."""

import pytest

from aifactory.conventions import FIELD_MANAGER
from aifactory.local.plugins.codec import Secret
from aifactory.local.plugins.kubernetes import reading
from aifactory.local.plugins.kubernetes.reading import read
from aifactory.local.plugins.kubernetes.work import PartialFailureError
from tests.unit.local.plugins.kubernetes.fake_api import status, urn

TOKEN, PATH = "kubernetes:core/v1:ConfigMap", "/api/v1/namespaces/ns/configmaps/a"
INPUTS = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"k": "v"}}


def refreshed(session, inputs=INPUTS, **recorded):
    return read(session, urn(TOKEN), "ns/a", {**inputs, "__inputs": inputs, **recorded}, inputs)


class TestRefresh:
    """Prevents drift that nobody sees."""

    def test_unchanged(self, api, session):
        api.put(PATH, INPUTS)
        assert refreshed(session).inputs == INPUTS

    def test_drifted(self, api, session):
        api.put(PATH, {**INPUTS, "data": {"k": "drifted"}})
        found = refreshed(session)
        assert found.inputs["data"] == {"k": "drifted"}
        assert found.outputs["__inputs"]["data"] == {"k": "drifted"}

    def test_secretness_stays(self, api, session):
        api.put(PATH, {**INPUTS, "data": {"k": "drifted"}})
        found = refreshed(session, {**INPUTS, "data": {"k": Secret("v")}})
        assert found.inputs["data"] == {"k": Secret("drifted")}

    def test_the_dry_run_is_forced_and_stores_nothing(self, api, session):
        api.put(PATH, INPUTS)
        refreshed(session, __fieldManager="me")
        dry = next(request for request in api.requests if request.method == "PATCH")
        assert dict(dry.url.params) == {
            "fieldManager": "me",
            "fieldValidation": "Strict",
            "force": "true",
            "dryRun": "All",
        }

    def test_without_leave_to_apply_values_are_compared_as_written(self, api, session):
        api.put(PATH, {**INPUTS, "data": {"k": "drifted"}})
        api.answer(status(403, "Forbidden", "read only"), method="PATCH")
        assert refreshed(session).inputs["data"] == {"k": "drifted"}

    def test_manager_and_version_stay(self, api, session):
        api.put(PATH, INPUTS)
        told = refreshed(session, __fieldManager="me", __initialApiVersion="v1beta1").outputs
        assert (told["__fieldManager"], told["__initialApiVersion"]) == ("me", "v1beta1")

    def test_gone(self, session):
        assert refreshed(session) is None

    def test_gone_with_its_kind(self, session):
        assert read(session, urn("kubernetes:gone.example.com/v1:Gone"), "ns/a", {}, {}) is None

    def test_not_ready(self, api, session, monkeypatch):
        monkeypatch.setattr(reading, "PATIENCE_SECONDS", 0.1)
        inputs = {**INPUTS, "metadata": {**INPUTS["metadata"], "annotations": {"pulumi.com/waitFor": "condition=Ready"}}}
        api.put(PATH, inputs)
        with pytest.raises(PartialFailureError) as raised:
            refreshed(session, inputs)
        assert raised.value.inputs == inputs
        assert raised.value.reasons == ["condition Ready is not set yet"]

    def test_bad_annotations_of_an_earlier_run_do_not_block(self, api, session):
        inputs = {**INPUTS, "metadata": {**INPUTS["metadata"], "annotations": {"pulumi.com/timeoutSeconds": "5m"}}}
        api.put(PATH, inputs)
        assert refreshed(session, inputs).inputs == inputs


class TestImport:
    """Prevents an import that would change what it takes over."""

    def test_of_our_own(self, api, session):
        api.put(PATH, INPUTS, manager=FIELD_MANAGER)
        api.objects[PATH]["status"] = {"x": 1}
        found = read(session, urn(TOKEN), "ns/a", {}, {})
        assert found.inputs == INPUTS
        assert found.outputs["status"] == {"x": 1}

    def test_of_a_strangers(self, api, session):
        api.put(PATH, {**INPUTS, "data": {"k": "v", "more": "x"}})
        assert read(session, urn(TOKEN), "ns/a", {}, {}).inputs["data"] == {"k": "v", "more": "x"}

    def test_contents_of_secrets_are_secret(self, api, session):
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "ns"}, "data": {"k": "dg=="}}
        api.put("/api/v1/namespaces/ns/secrets/a", secret)
        found = read(session, urn("kubernetes:core/v1:Secret"), "ns/a", {}, {})
        assert found.inputs["data"] == Secret({"k": "dg=="})
        assert found.outputs["data"] == Secret({"k": "dg=="})

    def test_an_id_without_a_namespace_means_the_default_one(self, api, session):
        api.put("/api/v1/namespaces/default/configmaps/a", {**INPUTS, "metadata": {"name": "a", "namespace": "default"}})
        assert read(session, urn(TOKEN), "a", {}, {}).identifier == "a"
