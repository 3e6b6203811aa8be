"""Which kinds there are."""

import pytest

from aifactory.local.plugins.kubernetes import discovery
from aifactory.local.plugins.kubernetes.discovery import Kinds, Resource
from aifactory.local.plugins.kubernetes.failures import UnknownKindError
from aifactory.local.plugins.kubernetes.objects import Kind
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of, status

DEPLOYMENT = Kind("apps", "v1", "Deployment")
WIDGET = Kind("example.com", "v1", "Widget")


class TestPaths:
    """Prevents requests to paths that no API server has."""

    @pytest.mark.parametrize(
        ("resource", "path"),
        [
            (Resource(DEPLOYMENT, "deployments", namespaced=True), "/apis/apps/v1/namespaces/ns/deployments/a"),
            (Resource(Kind("", "v1", "Pod"), "pods", namespaced=True), "/api/v1/namespaces/ns/pods/a"),
            (Resource(Kind("", "v1", "Namespace"), "namespaces", namespaced=False), "/api/v1/namespaces/a"),
        ],
    )
    def test_objects(self, resource, path):
        assert resource.path("ns", "a") == path

    def test_collections(self):
        assert Resource(DEPLOYMENT, "deployments", namespaced=True).path("ns") == "/apis/apps/v1/namespaces/ns/deployments"


class TestKinds:
    """Prevents a request for each object, and a kind that stays unknown after its CRD was made."""

    def test_all_kinds_cost_two_requests(self, api):
        kinds = Kinds(cluster_of(api))
        assert kinds.find(DEPLOYMENT).plural == "deployments"
        assert kinds.find(Kind("", "v1", "Namespace")).namespaced is False
        assert [request.url.path for request in api.requests] == ["/api", "/apis"]

    def test_a_kind_that_came_later_is_found(self, api):
        kinds = Kinds(cluster_of(api))
        assert kinds.find(WIDGET) is None
        api.groups["example.com"] = [("widgets", "Widget", True)]
        assert kinds.find(WIDGET).plural == "widgets"

    def test_subresources_are_no_kinds(self, api):
        api.groups["example.com"] = [("widgets/scale", "Widget", True)]
        kinds = Kinds(cluster_of(api))
        kinds.find(DEPLOYMENT)
        kinds.forget("example.com")
        assert kinds.find(WIDGET) is None

    def test_a_server_without_the_aggregated_document(self, api):
        plain = {"kind": "APIVersions", "versions": ["v1"]}
        api.answer(lambda _: __import__("httpx2").Response(200, json=plain), times=2)
        assert Kinds(cluster_of(api)).find(DEPLOYMENT).plural == "deployments"

    def test_forgotten_groups_are_asked_for_again(self, api):
        api.groups["example.com"] = [("widgets", "Widget", True)]
        kinds = Kinds(cluster_of(api))
        kinds.find(WIDGET)
        del api.groups["example.com"]
        assert kinds.find(WIDGET) is not None
        kinds.forget("example.com")
        assert kinds.find(WIDGET) is None

    def test_a_new_kind_is_given_time_to_be_served(self, api, monkeypatch):
        monkeypatch.setattr(discovery, "SETTLING_PAUSE_SECONDS", 0.01)
        api.answer(status(404, "NotFound", ""), times=4)
        api.groups["example.com"] = [("widgets", "Widget", True)]
        api.answers = [(lambda request: request.url.path.startswith("/apis/example.com"), lambda _: status(404))] * 3
        kinds = Kinds(cluster_of(api))
        kinds.find(DEPLOYMENT)
        kinds.forget("example.com")
        assert kinds.get(WIDGET).plural == "widgets"

    def test_what_is_never_served_is_named_with_what_to_do(self, api, monkeypatch):
        monkeypatch.setattr(discovery, "SETTLING_SECONDS", 0.02)
        monkeypatch.setattr(discovery, "SETTLING_PAUSE_SECONDS", 0.01)
        with pytest.raises(UnknownKindError, match=r"does not serve Widget \(example.com/v1\)") as raised:
            Kinds(cluster_of(api)).get(WIDGET)
        assert "install the CRD" in str(raised.value)

    def test_trouble_is_not_absence(self, api):
        kinds = Kinds(cluster_of(api))
        kinds.find(DEPLOYMENT)
        api.answer(status(403, "Forbidden", "not yours"))
        with pytest.raises(Exception, match="not yours"):
            kinds.find(WIDGET)
