"""Server-side apply with words."""

import json

import pytest

from aifactory.conventions import FIELD_MANAGER
from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.apply import ApplyError, Target, apply, manager_for, relinquish
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.objects import Identity, Kind
from aifactory.local.plugins.kubernetes.redaction import Redactor
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of, conflict, status

THING = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "ns"}, "data": {"a": "b"}}


def target(namespaced=True, **more):
    kind = Kind("", "v1", "ConfigMap")
    identity = Identity("", "ConfigMap", "ns" if namespaced else "", "a")
    resource = Resource(kind, "configmaps", namespaced=namespaced)
    given = {"manager": "me", "force": False, "redact": Redactor(["hunter2"]), **more}
    return Target(identity, resource, **given)


class TestManagers:
    """Prevents a patch from being applied by the manager of the object, which would take its fields away."""

    @pytest.mark.parametrize(
        ("asked", "recorded", "patch", "manager"),
        [
            ("", "", False, FIELD_MANAGER),
            ("mine", "old", False, "mine"),
            ("", "pulumi-kubernetes-1", False, "pulumi-kubernetes-1"),
        ],
    )
    def test_order(self, asked, recorded, patch, manager):
        assert manager_for(Treatment(manager=asked), recorded, "urn", patch=patch) == manager

    def test_patches_have_one_of_their_own(self):
        one, other = (manager_for(Treatment(), "", urn, patch=True) for urn in ("urn:1", "urn:2"))
        assert one != other
        assert one.startswith(f"{FIELD_MANAGER}-patch-")
        assert one == manager_for(Treatment(), "", "urn:1", patch=True)


class TestApply:
    """Prevents an object from being applied to another place than its path says."""

    def test_place(self, api):
        apply(cluster_of(api), target(), {**THING, "metadata": {"name": "other"}})
        body = json.loads(api.requests[-1].content)
        assert body["metadata"] == {"name": "a", "namespace": "ns"}
        assert api.requests[-1].url.path == "/api/v1/namespaces/ns/configmaps/a"

    def test_a_cluster_wide_kind_has_no_namespace(self, api):
        apply(cluster_of(api), target(namespaced=False), THING)
        assert "namespace" not in json.loads(api.requests[-1].content)["metadata"]


class TestWords:
    """Prevents "Apply failed with 1 conflict" and other words that help nobody."""

    def refused(self, api, response, **more):
        api.answer(response)
        with pytest.raises(ApplyError) as raised:
            apply(cluster_of(api), target(**more), THING)
        return str(raised.value)

    def test_conflicts(self, api):
        words = self.refused(api, conflict("kubectl", ".data.a", ".metadata.labels.b"))
        assert "'kubectl' holds data.a, metadata.labels.b" in words
        assert 'pulumi.com/patchForce: "true"' in words

    @pytest.mark.parametrize(
        "message",
        [
            'strict decoding error: unknown field "spec.replcas", unknown field "spec.x"',
            "failed: errors:\n  .spec.replcas: field not declared in schema\n  .spec.x: field not declared in schema",
        ],
    )
    def test_misspelt_fields(self, api, message):
        words = self.refused(api, status(400, "BadRequest", message))
        assert "fields that its kind does not have: spec.replcas, spec.x" in words

    def test_refusals_list_their_causes_without_secrets(self, api):
        causes = [
            {"field": "spec.a", "message": 'Invalid value: "hunter2"'},
            {"field": "spec.b", "message": 'Invalid value: "hunter2": too short'},
        ]
        words = self.refused(api, status(422, "Invalid", 'a is invalid: "hunter2"', causes))
        assert "hunter2" not in words
        assert "spec.b: " in words

    def test_forbidden(self, api):
        assert "is forbidden: exceeded quota" in self.refused(api, status(403, "Forbidden", "exceeded quota"))


class TestFormerManagers:
    """Prevents a change of our own field manager from ending in a conflict with ourselves."""

    def test_own_fields_are_taken_over(self, api):
        api.answer(conflict("first", ".data.a"))
        apply(cluster_of(api), target(former="first"), THING)
        assert api.requests[-1].url.params["force"] == "true"

    def test_others_fields_are_not(self, api):
        api.answer(conflict("kubectl", ".data.a"))
        with pytest.raises(ApplyError, match="'kubectl' holds"):
            apply(cluster_of(api), target(former="first"), THING)
        assert api.count("PATCH") == 1

    def test_relinquishing(self, api):
        live = {**THING, "metadata": {"managedFields": [{"manager": "first", "operation": "Apply"}]}}
        relinquish(cluster_of(api), target(), "first", live)
        body = json.loads(api.requests[-1].content)
        assert api.requests[-1].url.params["fieldManager"] == "first"
        assert "data" not in body

    def test_nothing_to_relinquish(self, api):
        relinquish(cluster_of(api), target(), "first", THING)
        assert api.requests == []

    def test_a_field_that_may_not_go_is_told(self, api):
        live = {**THING, "metadata": {"managedFields": [{"manager": "first", "operation": "Apply"}]}}
        api.answer(status(422, "Invalid", "spec.selector is required"))
        with pytest.raises(ApplyError, match="required"):
            relinquish(cluster_of(api), target(), "first", live)


class TestWebhooks:
    """Prevents an object from being refused by a webhook whose operator nobody names."""

    DOWN = (
        'Internal error occurred: failed calling webhook "mclusterqueue.kb.io": failed to call webhook: Post '
        '"https://kueue-webhook-service.kueue-system.svc:443/mutate?timeout=10s": no endpoints available for service '
        '"kueue-webhook-service"'
    )

    def test_one_that_does_not_answer_is_named_with_its_operator_and_what_to_do(self, api):
        api.answer(status(500, "InternalError", self.DOWN), times=1000)
        with pytest.raises(ApplyError) as raised:
            apply(cluster_of(api), target(), THING)
        assert "mclusterqueue.kb.io" in raised.value.message
        assert raised.value.why.endswith("it is of Kueue (kueue)")
        assert "--namespace kueue-system" in raised.value.fix

    def test_one_that_denies_is_told_as_it_is(self, api):
        api.answer(status(400, "Invalid", 'admission webhook "v.kb.io" denied the request: no cohort'))
        with pytest.raises(ApplyError) as raised:
            apply(cluster_of(api), target(), THING)
        assert "no cohort" in raised.value.message
        assert raised.value.fix == ""
