"""Dry runs, and what to do where none is possible."""

import pytest

from aifactory.local.plugins.kubernetes.apply import ApplyError
from aifactory.local.plugins.kubernetes.custom import Objects
from aifactory.local.plugins.kubernetes.preview import PlannedFieldError
from tests.unit.local.plugins.kubernetes.fake_api import status, urn

TOKEN = "kubernetes:core/v1:ConfigMap"
WIDGET = "kubernetes:example.com/v1:Widget"
MISSPELT = status(400, "BadRequest", 'strict decoding error: unknown field "spec.sise"')


def thing(namespace="ns", kind="ConfigMap", api_version="v1", **fields):
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": "a", "namespace": namespace}, **fields}


def plan_widgets(session):
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {}}}}}
    version = {"name": "v1", "schema": {"openAPIV3Schema": schema}}
    session.planned.definition({"spec": {"group": "example.com", "names": {"kind": "Widget"}, "versions": [version]}})


def preview(session, inputs, token=TOKEN):
    return Objects(session).create(urn(token), inputs, dry=True)


class TestMissingNamespaces:
    """Prevents a first preview of a region from verifying nothing, because its namespaces are only planned."""

    def test_planned_ones_are_tried_in_the_default_namespace(self, api, session):
        api.namespaces = set()
        session.planned.namespace("ns")
        told = preview(session, thing())
        assert told.outputs["metadata"]["namespace"] == "ns"
        assert told.outputs["metadata"]["name"] == "a"
        assert api.requests[-1].url.path.startswith("/api/v1/namespaces/default/configmaps/aifactory-dry-run-")
        assert session.engine.lines == []

    def test_others_are_warned_of(self, api, session):
        api.namespaces = set()
        preview(session, thing())
        assert "there is no namespace ns, and none was planned" in session.engine.words

    def test_a_misspelt_field_is_found_there_too(self, api, session):
        api.namespaces = set()
        session.planned.namespace("ns")
        api.answer(status(404, "NotFound", 'namespaces "ns" not found'), method="PATCH")
        api.answer(MISSPELT, method="PATCH")
        with pytest.raises(ApplyError, match="ConfigMap a in namespace ns has fields"):
            preview(session, thing())

    def test_what_only_the_default_namespace_refuses_is_not_told(self, api, session):
        api.namespaces = set()
        session.planned.namespace("ns")
        api.answer(status(404, "NotFound", 'namespaces "ns" not found'), method="PATCH")
        api.answer(status(403, "Forbidden", "quota of default"), method="PATCH")
        assert preview(session, thing()).outputs == thing()


class TestPlannedKinds:
    """Prevents a misspelt field of a planned kind, and a false alarm by the CRD that is about to change."""

    def test_checked_against_the_plan(self, session):
        plan_widgets(session)
        assert (
            preview(session, thing(kind="Widget", api_version="example.com/v1", spec={"size": 1}), WIDGET).identifier == ""
        )
        with pytest.raises(PlannedFieldError, match=r"spec\.sise"):
            preview(session, thing(kind="Widget", api_version="example.com/v1", spec={"sise": 1}), WIDGET)

    def test_a_field_that_only_the_planned_crd_has(self, api, session):
        api.groups["example.com"] = [("widgets", "Widget", True)]
        plan_widgets(session)
        api.answer(status(400, "BadRequest", 'strict decoding error: unknown field "spec.size"'), method="PATCH")
        assert (
            preview(session, thing(kind="Widget", api_version="example.com/v1", spec={"size": 1}), WIDGET).identifier == ""
        )


class TestRefusals:
    """Prevents a preview that fails on what the same run will bring, and one that hides what will fail."""

    def test_invalid_fails(self, api, session):
        api.answer(status(422, "Invalid", "no"), method="PATCH")
        with pytest.raises(ApplyError):
            preview(session, thing())

    def test_forbidden_is_told_and_goes_on(self, api, session):
        api.answer(status(403, "Forbidden", "service account not found"), method="PATCH")
        assert preview(session, thing()).outputs == thing()
        assert "not verified by a dry run" in session.engine.words

    def test_webhooks_that_know_no_dry_run(self, api, session):
        api.answer(status(400, "BadRequest", 'admission webhook "x" does not support dry run'), method="PATCH")
        assert preview(session, thing()).outputs == thing()
