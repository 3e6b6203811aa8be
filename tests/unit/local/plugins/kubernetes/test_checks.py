"""Check: what is refused before anything is planned, and what is filled in."""

import pytest

from aifactory.local.plugins.codec import UNKNOWN, Secret
from aifactory.local.plugins.kubernetes.checks import check
from aifactory.local.plugins.kubernetes.objects import Identity, Kind
from tests.unit.local.plugins.kubernetes.fake_api import urn

CONFIG_MAP, NAMESPACE = "kubernetes:core/v1:ConfigMap", "kubernetes:core/v1:Namespace"
SECRET, CRD = "kubernetes:core/v1:Secret", "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


def config_map(**metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def checked(session, news, olds=None, token=CONFIG_MAP):
    found = check(session, urn(token), olds or {}, news)
    return found.inputs, {failure.property_path: failure.reason for failure in found.failures}


class TestNames:
    """Prevents names that differ between preview and up, and objects that nobody finds again after a crash."""

    def test_missing(self, session):
        _, failures = checked(session, config_map())
        assert "fixed name (missing)" in failures["metadata.name"]

    def test_generated(self, session):
        _, failures = checked(session, config_map(generateName="a-"))
        assert "generateName" in failures["metadata.name"]

    @pytest.mark.parametrize("metadata", [UNKNOWN, {"name": UNKNOWN}])
    def test_unknown_is_not_missing(self, session, metadata):
        assert checked(session, {**config_map(), "metadata": metadata})[1] == {}

    def test_a_name_that_the_official_plugin_made_up_is_kept(self, session):
        olds = config_map(name="a-1234", annotations={"pulumi.com/autonamed": "true"})
        inputs, failures = checked(session, config_map(labels={"x": "y"}), olds)
        assert failures == {}
        assert inputs["metadata"]["name"] == "a-1234"
        assert inputs["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}

    def test_a_name_that_was_given_once_is_not_made_up(self, session):
        assert "metadata.name" in checked(session, config_map(), config_map(name="a"))[1]


class TestNamespaces:
    """Prevents objects in a namespace that the program did not mean."""

    def test_filled_in(self, session):
        assert checked(session, config_map(name="a"))[0]["metadata"]["namespace"] == "default"

    def test_given(self, session):
        assert checked(session, config_map(name="a", namespace="mine"))[0]["metadata"]["namespace"] == "mine"
        unknown = checked(session, config_map(name="a", namespace=UNKNOWN))[0]
        assert unknown["metadata"]["namespace"] is UNKNOWN

    def test_cluster_wide(self, session):
        thing = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a"}}
        assert "namespace" not in checked(session, thing, token=NAMESPACE)[0]["metadata"]

    def test_a_kind_that_nobody_knows_is_taken_to_have_one(self, session):
        thing = {"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "a"}}
        assert checked(session, thing, token="kubernetes:example.com/v1:Widget")[0]["metadata"]["namespace"] == "default"


class TestFailures:
    """Prevents one failure from hiding the next."""

    def test_all_at_once(self, session):
        _, failures = checked(session, config_map(annotations={"pulumi.com/timeoutSeconds": "5m"}))
        assert set(failures) == {"metadata.name", 'metadata.annotations["pulumi.com/timeoutSeconds"]'}

    def test_waits_are_understood_before_they_begin(self, session):
        _, failures = checked(session, config_map(name="a", annotations={"pulumi.com/waitFor": "jsonpath={..x}"}))
        assert "not understood" in failures['metadata.annotations["pulumi.com/waitFor"]']

    def test_lists(self, session):
        thing = {"apiVersion": "v1", "kind": "ConfigMapList", "items": []}
        assert "list of objects" in checked(session, thing)[1]["kind"]


class TestSecrets:
    """Prevents a check from stripping the secretness that the program gave."""

    def test_marked_fields(self, session):
        inputs, _ = checked(session, {**config_map(name="a"), "data": {"k": Secret("v"), "plain": "x"}})
        assert inputs["data"] == {"k": Secret("v"), "plain": "x"}

    def test_contents_of_secrets(self, session):
        thing = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": {"k": "v"}}
        assert checked(session, thing, token=SECRET)[0]["stringData"] == Secret({"k": "v"})

    def test_nulls_go(self, session):
        assert "immutable" not in checked(session, {**config_map(name="a"), "immutable": None})[0]


class TestMemory:
    """Prevents previews that do not know what was planned before them."""

    def test_namespaces_and_kinds(self, session):
        checked(session, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "ns"}}, token=NAMESPACE)
        spec = {
            "group": "example.com",
            "scope": "Cluster",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": {"x_kubernetes_preserve_unknown_fields": True}}}],
        }
        crd = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": "w"},
            "spec": spec,
        }
        checked(session, crd, token=CRD)
        assert session.planned.has_namespace("ns")
        planned = session.planned.kind(Kind("example.com", "v1", "Widget"))
        assert planned.namespaced is False
        assert planned.schema == {"x-kubernetes-preserve-unknown-fields": True}

    def test_what_the_engine_holds_already(self, session):
        checked(session, config_map(name="a"), config_map(name="a", namespace="ns"))
        assert session.planned.is_held(urn(CONFIG_MAP), Identity("", "ConfigMap", "ns", "a"))

    def test_refused_inputs_are_not_planned(self, session):
        checked(session, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"generateName": "ns"}}, token=NAMESPACE)
        assert not session.planned.has_namespace("ns")
