"""An API server that keeps what is applied to it: enough of one for installations and nodes."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from aifactory.kube.api import Api

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


class FakeServer:
    """Objects by path.

    Attributes:
        objects: what was applied, by path.
        applied: paths in the order of their applies.
        deleted: paths in the order of their deletions.
        refuse: called with each request's path; a text refuses the request with it.
        hidden: definitions that are accepted and never served.
        unpublished: definitions that are served and not in the OpenAPI documents, for that many more looks.
    """

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.applied: list[str] = []
        self.deleted: list[str] = []
        self.requests: list[httpx2.Request] = []
        self.refuse: Callable[[str], str] = lambda _: ""
        self.hidden: set[str] = set()
        self.unpublished: dict[str, int] = {}

    def api(self) -> Api:
        transport = httpx2.MockTransport(self.answer)
        return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=transport))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        path = request.url.path
        if refusal := self.refuse(path):
            return httpx2.Response(422, json={"message": refusal})
        if request.method == "PATCH":
            return self._apply(path, json.loads(request.content))
        if request.method == "DELETE":
            self.deleted.append(path)
            return httpx2.Response(200, json=self.objects.pop(path))
        if "apidiscovery" in request.headers["Accept"]:
            return httpx2.Response(200, json={"items": self._groups() if path == "/apis" else []})
        if path.startswith("/openapi/v3/apis/"):
            return self._openapi(path.removeprefix("/openapi/v3/apis/"))
        if path in self.objects:
            return httpx2.Response(200, json=self.objects[path])
        items = [found for name, found in self.objects.items() if name.rpartition("/")[0] == path]
        if not items and path not in {DEFINITIONS, "/api/v1/nodes"}:
            return httpx2.Response(404, json={"message": f"no {path}"})
        return httpx2.Response(200, json={"items": items or None if "Partial" in request.headers["Accept"] else items})

    def _apply(self, path: str, body: dict[str, Any]) -> httpx2.Response:
        self.applied.append(path)
        target = path.removesuffix("/status")
        kept = self.objects.setdefault(target, {})
        kept |= {"status": body.get("status", {})} if path.endswith("/status") else body | {"status": kept.get("status", {})}
        return httpx2.Response(200, json=kept)

    def _definitions(self) -> list[dict[str, Any]]:
        found = [item for path, item in self.objects.items() if path.startswith(DEFINITIONS)]
        return [item for item in found if item["metadata"]["name"] not in self.hidden]

    def _groups(self) -> list[dict[str, Any]]:
        return [
            {
                "metadata": {"name": item["spec"]["group"]},
                "versions": [
                    {"version": version["name"], "resources": [{"responseKind": {"kind": item["spec"]["names"]["kind"]}}]}
                    for version in item["spec"]["versions"]
                ],
            }
            for item in self._definitions()
        ]

    def _openapi(self, group_version: str) -> httpx2.Response:
        group, version = group_version.split("/")
        paths: dict[str, Any] = {}
        for item in self._definitions():
            name = item["metadata"]["name"]
            if item["spec"]["group"] != group:
                continue
            if self.unpublished.get(name, 0) > 0:
                self.unpublished[name] -= 1
                continue
            paths[f"/apis/{group}/{version}/namespaces/{{namespace}}/{item['spec']['names']['plural']}/{{name}}"] = {}
        if not paths:
            return httpx2.Response(404, json={"message": "no such document"})
        return httpx2.Response(200, json={"paths": paths})
