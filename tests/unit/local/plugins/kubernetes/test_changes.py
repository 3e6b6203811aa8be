"""What a run would change of one object."""

import base64

import pytest

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes.changes import diff
from aifactory.local.plugins.kubernetes.objects import Identity
from tests.unit.local.plugins.kubernetes.fake_api import session_of, urn

CONFIG_MAP, JOB = "kubernetes:core/v1:ConfigMap", "kubernetes:batch/v1:Job"


def thing(kind="ConfigMap", api_version="v1", name="a", namespace="ns", **fields):
    annotations = fields.pop("annotations", None)
    metadata = {"name": name, "namespace": namespace} | ({"annotations": annotations} if annotations else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def found(session, old, new, token=CONFIG_MAP):
    live = {**old, "metadata": {**old["metadata"], "uid": "u"}}
    result = diff(session, urn(token), {**live, "__inputs": old}, old, new)
    return {entry.property_path: entry.replace for entry in result.differences}, result.delete_before_replace


class TestDiff:
    """Prevents differences by what is only spelt another way."""

    def test_unchanged(self, session):
        assert found(session, thing(data={"a": "1"}), thing(data={"a": "1"})) == ({}, False)

    def test_no_request_is_needed(self, api, session):
        found(session, thing(), thing())
        assert {request.url.path for request in api.requests} <= {"/api", "/apis"}

    def test_the_default_namespace_written_out(self, session):
        bare = thing()
        del bare["metadata"]["namespace"]
        assert found(session, thing(namespace="default"), bare) == ({}, False)

    def test_a_namespace_on_a_cluster_wide_kind(self, session):
        old = thing("Namespace", namespace="ns")
        new = thing("Namespace", namespace="other")
        assert found(session, old, new, "kubernetes:core/v1:Namespace") == ({}, False)

    def test_a_secret_written_the_other_way(self, session):
        old = thing("Secret", stringData={"a": "b"})
        new = thing("Secret", data={"a": base64.b64encode(b"b").decode()})
        assert found(session, old, new, "kubernetes:core/v1:Secret") == ({}, False)

    def test_another_version_of_the_kind_is_an_update(self, session):
        old, new = thing("Deployment", "apps/v1beta1"), thing("Deployment", "apps/v1")
        assert found(session, old, new, "kubernetes:apps/v1:Deployment") == ({"apiVersion": False}, False)

    def test_unknown_name(self, session):
        assert found(session, thing(), thing(name=UNKNOWN)) == ({"metadata.name": True}, False)


class TestReplacement:
    """Prevents the new object from meeting the old one of its name, and waiting for it where it need not."""

    def test_the_old_goes_first_if_the_name_stays(self, session):
        old, new = thing(data={"a": "1"}), thing(data={"a": "2"})
        assert found(session, old, new) == ({"data.a": True}, True)
        assert session.planned.is_replaced(Identity("", "ConfigMap", "ns", "a"))

    @pytest.mark.parametrize("changed", [{"name": "b"}, {"namespace": "other"}])
    def test_the_new_comes_first_if_it_has_another(self, session, changed):
        assert found(session, thing(), thing(**changed))[1] is False

    def test_a_patch_may_change_anything_but_what_it_patches(self, session):
        old, new = thing(data={"a": "1"}), thing(data={"a": "2"})
        assert found(session, old, new, "kubernetes:core/v1:ConfigMapPatch") == ({"data.a": False}, False)
        assert found(session, old, thing(name="b"), "kubernetes:core/v1:ConfigMapPatch")[0]["metadata.name"]

    def test_in_place_if_the_provider_allows_it(self, api):
        session = session_of(api, config_map_mutable=True)
        assert found(session, thing(data={"a": "1"}), thing(data={"a": "2"})) == ({"data.a": False}, False)


class TestReplaceUnready:
    """Prevents a Job that failed from being taken for done."""

    ASKED = {"pulumi.com/replaceUnready": "true"}  # noqa: RUF012

    def job(self, **fields):
        return thing("Job", "batch/v1", annotations=self.ASKED, **fields)

    def test_failed(self, api, session):
        failed = {"conditions": [{"type": "Failed", "status": "True"}]}
        api.put("/apis/batch/v1/namespaces/ns/jobs/a", self.job(status=failed))
        differences, first = found(session, self.job(), self.job(), JOB)
        assert list(differences.values()) == [True]
        assert first

    def test_complete(self, api, session):
        done = {"conditions": [{"type": "Complete", "status": "True"}]}
        api.put("/apis/batch/v1/namespaces/ns/jobs/a", self.job(status=done))
        assert found(session, self.job(), self.job(), JOB) == ({}, False)

    def test_gone(self, session):
        assert found(session, self.job(), self.job(), JOB) == ({}, False)

    def test_other_kinds_are_warned_of(self, session):
        assert found(session, thing(annotations=self.ASKED), thing(annotations=self.ASKED)) == ({}, False)
        assert "only has a meaning for Jobs" in session.engine.words
