"""Inputs, normalized once."""

import pytest

from aifactory.local.plugins.codec import Secret
from aifactory.local.plugins.kubernetes.annotations import AnnotationError
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.objects import Kind
from aifactory.local.plugins.kubernetes.work import Work, kind_meant
from tests.unit.local.plugins.kubernetes.fake_api import session_of, urn

TOKEN = "kubernetes:core/v1:ConfigMap"


def config_map(**annotations):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "annotations": annotations}}


class TestWork:
    """Prevents secrets that are sent wrapped, or recorded plain."""

    def test_both_forms(self):
        work = Work.of(urn(TOKEN), {**config_map(), "data": {"k": Secret("v"), "none": None}})
        assert work.thing["data"] == {"k": "v"}
        assert work.given["data"] == {"k": Secret("v")}
        assert work.redact("say v") == "say v"

    def test_the_inputs_say_the_kind_else_the_token(self):
        assert Work.of(urn("kubernetes:apps/v1beta1:Deployment"), config_map()).kind.name == "ConfigMap"
        assert Work.of(urn("kubernetes:apps/v1:Deployment"), {}).kind == Kind("apps", "v1", "Deployment")

    def test_patches(self):
        assert Work.of(urn("kubernetes:core/v1:ConfigMapPatch"), config_map()).patch
        assert kind_meant(urn("kubernetes:core/v1:ConfigMapPatch")).name == "ConfigMap"

    def test_bad_annotations_are_only_a_new_runs_to_refuse(self):
        bad = config_map(**{"pulumi.com/skipAwait": "yes"})
        with pytest.raises(AnnotationError):
            Work.of(urn(TOKEN), bad)
        assert not Work.of(urn(TOKEN), bad, recorded=True).asked.skip_await


class TestTarget:
    """Prevents a forced apply that nobody asked for."""

    RESOURCE = Resource(Kind("", "v1", "ConfigMap"), "configmaps", namespaced=True)

    @pytest.mark.parametrize(
        ("annotation", "setting", "force"), [("true", False, True), ("", True, True), ("", False, False)]
    )
    def test_force(self, api, annotation, setting, force):
        session = session_of(api, patch_force=setting)
        work = Work.of(urn(TOKEN), config_map(**{"pulumi.com/patchForce": annotation}))
        assert work.target(session, self.RESOURCE, recorded_manager="").force is force

    def test_the_former_manager(self, session):
        work = Work.of(urn(TOKEN), config_map(**{"pulumi.com/patchFieldManager": "new"}))
        assert work.target(session, self.RESOURCE, recorded_manager="old").former == "old"
        assert work.target(session, self.RESOURCE, recorded_manager="new").former == ""
