"""Requests, retries and their bounds."""

import json
import threading
import time

import httpx2
import pytest

from aifactory.local.plugins.kubernetes.client import APPLY_TYPE, CancelledError
from aifactory.local.plugins.kubernetes.failures import ApiError, UnreachableError
from tests.unit.local.plugins.kubernetes.fake_api import cluster_of, status

PATH = "/api/v1/namespaces/default/configmaps/a"
THING = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"a": "b"}}


class TestRequests:
    """Prevents an apply without its manager, or one that lets misspelt fields pass."""

    def test_apply(self, api):
        made = cluster_of(api).apply(PATH, THING, manager="me")
        request = api.requests[-1]
        assert dict(request.url.params) == {"fieldManager": "me", "fieldValidation": "Strict"}
        assert request.headers["content-type"] == APPLY_TYPE
        assert json.loads(request.content) == THING
        assert made["metadata"]["uid"]

    def test_force_and_dry_run(self, api):
        cluster_of(api).apply(PATH, THING, manager="me", force=True, dry_run=True)
        assert api.requests[-1].url.params["force"] == "true"
        assert api.requests[-1].url.params["dryRun"] == "All"
        assert api.objects == {}

    def test_find_tells_absence_from_trouble(self, api):
        assert cluster_of(api).find(PATH) is None
        api.answer(status(403, "Forbidden", "no"))
        with pytest.raises(ApiError, match="no"):
            cluster_of(api).find(PATH)

    def test_deletion_of_what_is_gone_is_fine(self, api):
        assert cluster_of(api).delete(PATH, propagation="Background") is None

    def test_deletion_spares_another_object_of_the_name(self, api):
        api.put(PATH, THING)
        with pytest.raises(ApiError) as raised:
            cluster_of(api).delete(PATH, propagation="Background", uid="other")
        assert raised.value.code == 409
        assert PATH in api.objects

    def test_warnings_are_passed_on_once(self, api):
        heard = []
        cluster = cluster_of(api, warn=heard.append)
        headers = [("warning", '299 - "v1beta1 is \\"old\\""')]
        api.answer(lambda _: httpx2.Response(200, json={}, headers=headers), times=2)
        cluster.get(PATH)
        cluster.get(PATH)
        assert heard == ['v1beta1 is "old"']


class TestRetries:
    """Prevents a restart of the API server from failing a run, and a cluster that is down from hanging one."""

    @pytest.mark.parametrize("code", [429, 502, 503, 504])
    def test_later_is_asked_again(self, api, code):
        api.put(PATH, THING)
        api.answer(status(code, "", "later"), times=2)
        assert cluster_of(api).get(PATH)["data"] == {"a": "b"}
        assert api.count("GET") == 3

    @pytest.mark.parametrize("code", [400, 403, 404, 409, 422, 500])
    def test_a_refusal_is_final(self, api, code):
        api.answer(status(code, "", "no"))
        with pytest.raises(ApiError):
            cluster_of(api).get(PATH)
        assert api.count("GET") == 1

    def test_a_lost_connection_is_made_again(self, api):
        api.put(PATH, THING)

        def lost(request):
            raise httpx2.ReadError("reset")

        api.answer(lost, times=2)
        said = []
        assert cluster_of(api, say=said.append).get(PATH)["data"] == {"a": "b"}
        assert len(said) == 1
        assert "reset" in said[0]

    def test_a_server_that_is_not_there_is_named_within_the_bounds(self, api):
        def refused(request):
            raise httpx2.ConnectError("Connection refused")

        api.answer(refused, times=999)
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"https://127.0.0.1:6443 gave no answer .*Connection refused"):
            cluster_of(api).get(PATH)
        assert time.monotonic() - started < 3

    def test_a_server_that_answered_before_is_given_more_time(self, api):
        def refused(request):
            raise httpx2.ConnectError("Connection refused")

        cluster = cluster_of(api)
        cluster.find(PATH)
        api.answer(refused, times=999)
        started = time.monotonic()
        with pytest.raises(UnreachableError):
            cluster.get(PATH)
        assert time.monotonic() - started > 0.35

    def test_the_last_answer_is_the_error(self, api):
        api.answer(status(503, "", "etcd is away"), times=999)
        with pytest.raises(ApiError, match="etcd is away"):
            cluster_of(api).get(PATH)

    def test_the_servers_own_pause_is_kept(self, api):
        api.put(PATH, THING)
        api.answer(httpx2.Response(429, json={}, headers={"retry-after": "999"}))
        with pytest.raises(ApiError):
            cluster_of(api).get(PATH)
        assert api.count("GET") == 1

    def test_the_engine_may_stop_it(self, api):
        stop = threading.Event()
        api.answer(status(503, "", "later"), times=999)
        threading.Timer(0.05, stop.set).start()
        with pytest.raises(CancelledError, match="waiting for the API server"):
            cluster_of(api, stop).get(PATH)
