"""The plain client: what is sent, and what is said when the server says no."""

import json
import time
from pathlib import Path

import httpx2
import pytest

from aifactory.errors import ControlPlaneError
from aifactory.kube.api import Api, ApiRefusalError, UnreachableError, connect, each, wait_until
from tests.unit.local.crds.server import FakeServer


def api_that(answer: httpx2.Response | Exception) -> Api:
    def respond(_: httpx2.Request) -> httpx2.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(respond)))


class TestRequests:
    """Prevents objects applied by another field manager, and refusals that lose the server's reason."""

    def test_apply_is_server_side_by_one_field_manager(self) -> None:
        server = FakeServer()
        server.api().apply("/api/v1/nodes/n", {"kind": "Node", "metadata": {"name": "n"}})
        (request,) = server.requests
        assert request.method == "PATCH"
        assert request.headers["Content-Type"] == "application/apply-patch+yaml"
        assert dict(request.url.params) == {"fieldManager": "aifactory", "force": "true"}
        assert json.loads(request.content)["metadata"] == {"name": "n"}

    def test_a_refusal_carries_status_and_reason(self) -> None:
        with pytest.raises(ApiRefusalError, match="spec is wrong") as caught:
            api_that(httpx2.Response(422, json={"message": "spec is wrong"})).request("GET", "/x")
        assert caught.value.status == 422

    @pytest.mark.parametrize("body", [b"<html>proxy</html>", b"[]", b'"text"'])
    def test_a_refusal_in_another_form_is_shown_as_it_is(self, body: bytes) -> None:
        with pytest.raises(ApiRefusalError) as caught:
            api_that(httpx2.Response(502, content=body)).request("GET", "/x")
        assert body.decode() in caught.value.reason

    def test_no_answer_is_an_error_that_names_what_to_look_at(self) -> None:
        with pytest.raises(ControlPlaneError, match="gave no answer") as caught:
            api_that(httpx2.ConnectError("connection refused")).request("GET", "/x")
        assert "status" in caught.value.fix

    def test_metadata_of_an_empty_collection(self) -> None:
        assert FakeServer().api().metadata("/api/v1/nodes") == []

    def test_served_kinds_have_their_group_and_version(self) -> None:
        def respond(request: httpx2.Request) -> httpx2.Response:
            core = [{"metadata": {}, "versions": [{"version": "v1", "resources": [{"responseKind": {"kind": "Pod"}}]}]}]
            resources = [{"responseKind": {"kind": "Deployment"}}]
            apps = [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": resources}]}]
            return httpx2.Response(200, json={"items": core if request.url.path == "/api" else apps})

        api = Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(respond)))
        assert api.served() == {("v1", "Pod"), ("apps/v1", "Deployment")}

    def test_collections_are_read_in_one_request(self) -> None:
        asked: list[str] = []

        def respond(request: httpx2.Request) -> httpx2.Response:
            asked.append(request.url.path)
            resources = [{"resource": "deployments", "responseKind": {"kind": "Deployment"}}]
            groups = [{"metadata": {"name": "apps"}, "versions": [{"version": "v1", "resources": resources}]}]
            return httpx2.Response(200, json={"items": groups})

        api = Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(respond)))
        assert api.collections() == {("apps/v1", "deployments")}
        assert asked == ["/apis"]

    def test_silence_and_refusal_are_told_apart(self) -> None:
        with pytest.raises(UnreachableError):
            api_that(httpx2.ConnectTimeout("timed out")).request("GET", "/x")
        with pytest.raises(ApiRefusalError):
            api_that(httpx2.Response(503, json={"message": "starting"})).request("GET", "/x")


class TestConnect:
    """Prevents a traceback out of a library when the kubeconfig is not there or is no kubeconfig."""

    def test_a_missing_kubeconfig_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(ControlPlaneError, match="nowhere"), connect(tmp_path / "nowhere"):
            pytest.fail("connected")

    def test_a_file_that_is_no_kubeconfig_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "config").write_text("clusters: [")
        with pytest.raises(ControlPlaneError, match="no kubeconfig"), connect(tmp_path / "config"):
            pytest.fail("connected")

    def test_content_is_called_what_the_caller_calls_it(self) -> None:
        with (
            pytest.raises(ControlPlaneError, match="context lab is no kubeconfig that can be used"),
            connect({"clusters": [], "contexts": []}, "context lab"),
        ):
            pytest.fail("connected")


class TestEach:
    """Prevents results out of order, and a failure of one among many that goes unnoticed."""

    def test_results_are_in_order(self) -> None:
        def slow_first(item: int) -> int:
            time.sleep(0.05 if item == 0 else 0)
            return item * 10

        assert each(slow_first, range(5)) == [0, 10, 20, 30, 40]

    def test_an_error_is_raised(self) -> None:
        def fails(item: int) -> int:
            if item == 3:
                raise ControlPlaneError("three")
            return item

        with pytest.raises(ControlPlaneError, match="three"):
            each(fails, range(5))


class TestWaitUntil:
    """Prevents a wait that misses what came at the last moment, or never ends."""

    def test_what_the_check_finds_is_returned(self) -> None:
        answers = iter([None, None, "there"])
        assert wait_until(lambda: next(answers), timeout_seconds=5) == "there"

    def test_none_after_the_time(self) -> None:
        begun = time.monotonic()
        assert wait_until(lambda: None, timeout_seconds=0.2) is None
        assert 0.2 <= time.monotonic() - begun < 2

    def test_the_check_is_made_at_least_once(self) -> None:
        assert wait_until(lambda: "there", timeout_seconds=0) == "there"
