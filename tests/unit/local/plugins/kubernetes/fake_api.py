"""An API server small enough to read: it stores what is applied, keeps field managers, and fails on request."""

import json
import threading
from collections.abc import Callable
from typing import Any

import httpx2
from lightkube.config.kubeconfig import KubeConfig

from aifactory.local.plugins.enginelog import EngineLog
from aifactory.local.plugins.kubernetes.client import Bounds, Cluster
from aifactory.local.plugins.kubernetes.discovery import Kinds
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.settings import Kubeconfig, Settings

QUICK = Bounds(
    first_contact_seconds=0.3, outage_seconds=0.6, first_pause_seconds=0.01, longest_pause_seconds=0.05, timeout_seconds=5
)

SERVED = {
    "": [
        ("configmaps", "ConfigMap", True),
        ("secrets", "Secret", True),
        ("pods", "Pod", True),
        ("namespaces", "Namespace", False),
        ("services", "Service", True),
        ("persistentvolumeclaims", "PersistentVolumeClaim", True),
    ],
    "apps": [("deployments", "Deployment", True), ("statefulsets", "StatefulSet", True)],
    "batch": [("jobs", "Job", True)],
    "apiextensions.k8s.io": [("customresourcedefinitions", "CustomResourceDefinition", False)],
}

Answer = Callable[[httpx2.Request], httpx2.Response]


def status(code: int, reason: str = "", message: str = "", causes: list[dict[str, str]] | None = None) -> httpx2.Response:
    body = {"kind": "Status", "code": code, "reason": reason, "message": message, "details": {"causes": causes or []}}
    return httpx2.Response(code, json=body)


def conflict(manager: str, *fields: str) -> httpx2.Response:
    causes = [
        {"reason": "FieldManagerConflict", "field": field, "message": f'conflict with "{manager}" using v1'}
        for field in fields
    ]
    return status(409, "Conflict", f"Apply failed with {len(fields)} conflict", causes)


class FakeApi:
    """Answers requests from memory; `planned` answers come first, one for each request that they fit."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[httpx2.Request] = []
        self.answers: list[tuple[Callable[[httpx2.Request], bool], Answer]] = []
        self.groups = {group: list(kinds) for group, kinds in SERVED.items()}
        self.namespaces: set[str] | None = None
        self._numbers = 0
        self._lock = threading.Lock()

    # --- what tests say ----------------------------------------------------------------------------

    def answer(
        self, response: httpx2.Response | Answer, *, method: str = "", dry: bool | None = None, times: int = 1
    ) -> None:
        """Answer the next fitting requests so."""

        def fits(request: httpx2.Request) -> bool:
            is_dry = request.url.params.get("dryRun") == "All"
            return (not method or request.method == method) and (dry is None or dry == is_dry)

        make = response if callable(response) else lambda _: response
        self.answers += [(fits, make)] * times

    def put(self, path: str, thing: dict[str, Any], *, manager: str = "someone") -> dict[str, Any]:
        """Store an object as someone else made it."""
        return self._store(path, json.loads(json.dumps(thing)), manager)

    def count(self, method: str, **parameters: str) -> int:
        return sum(
            1
            for request in self.requests
            if request.method == method and all(request.url.params.get(k) == v for k, v in parameters.items())
        )

    # --- what the client sees ----------------------------------------------------------------------

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        with self._lock:
            self.requests.append(request)
            for position, (fits, make) in enumerate(self.answers):
                if fits(request):
                    del self.answers[position]
                    return make(request)
        path = request.url.path
        if path in ("/api", "/apis"):
            return httpx2.Response(200, json=self._aggregated(core=path == "/api"))
        if path == "/version":
            return httpx2.Response(200, json={"gitVersion": "v1.36.3"})
        parts = path.strip("/").split("/")
        if (parts[0] == "api" and len(parts) == 2) or (parts[0] == "apis" and len(parts) == 3):
            return self._group_version("" if parts[0] == "api" else parts[1])
        return getattr(self, f"_{request.method.lower()}")(request, path)

    def _aggregated(self, *, core: bool) -> dict[str, Any]:
        chosen = {group: kinds for group, kinds in self.groups.items() if (group == "") == core}
        items = [
            {
                "metadata": {"name": group} if group else {},
                "versions": [{"version": "v1", "resources": [self._entry(*kind) for kind in kinds]}],
            }
            for group, kinds in chosen.items()
        ]
        return {"kind": "APIGroupDiscoveryList", "items": items}

    def _entry(self, plural: str, kind: str, namespaced: bool) -> dict[str, Any]:
        return {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced" if namespaced else "Cluster"}

    def _group_version(self, group: str) -> httpx2.Response:
        if group not in self.groups:
            return status(404, "NotFound", "no such group")
        resources = [{"name": plural, "kind": kind, "namespaced": there} for plural, kind, there in self.groups[group]]
        return httpx2.Response(200, json={"kind": "APIResourceList", "resources": resources})

    def _get(self, request: httpx2.Request, path: str) -> httpx2.Response:
        if path in self.objects:
            return httpx2.Response(200, json=self.objects[path])
        inside = [thing for key, thing in self.objects.items() if key.startswith(f"{path}/")]
        collection = path.rsplit("/", 1)[-1]
        if any(collection == plural for kinds in self.groups.values() for plural, *_ in kinds) or collection in (
            "events",
            "endpointslices",
        ):
            return httpx2.Response(200, json={"kind": "List", "items": inside})
        return status(404, "NotFound", f"{path} not found")

    def _patch(self, request: httpx2.Request, path: str) -> httpx2.Response:
        body = json.loads(request.content)
        namespace = body["metadata"].get("namespace")
        if namespace and self.namespaces is not None and namespace not in {*self.namespaces, "default"}:
            return status(404, "NotFound", f'namespaces "{namespace}" not found')
        if request.url.params.get("dryRun") == "All":
            return httpx2.Response(200, json=self._merged(path, body, request.url.params["fieldManager"]))
        return httpx2.Response(200, json=self._store(path, body, request.url.params["fieldManager"]))

    def _delete(self, request: httpx2.Request, path: str) -> httpx2.Response:
        thing = self.objects.get(path)
        if thing is None:
            return status(404, "NotFound", "gone")
        wanted = json.loads(request.content).get("preconditions", {}).get("uid")
        if wanted and wanted != thing["metadata"]["uid"]:
            return status(409, "Conflict", "Precondition failed: UID in precondition does not match")
        if thing["metadata"].get("finalizers"):
            thing["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
        else:
            del self.objects[path]
        return httpx2.Response(200, json=thing)

    def _merged(self, path: str, body: dict[str, Any], manager: str) -> dict[str, Any]:
        before = self.objects.get(path, {})
        self._numbers += 1
        metadata = {
            **before.get("metadata", {}),
            **body.get("metadata", {}),
            "uid": before.get("metadata", {}).get("uid", f"uid-{self._numbers}"),
            "resourceVersion": str(self._numbers),
            "generation": before.get("metadata", {}).get("generation", 0) + 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [{"manager": manager, "operation": "Apply", "fieldsV1": fields_of(body)}],
        }
        return {**before, **body, "metadata": metadata}

    def _store(self, path: str, body: dict[str, Any], manager: str) -> dict[str, Any]:
        self.objects[path] = self._merged(path, body, manager)
        return self.objects[path]


def fields_of(body: Any) -> dict[str, Any]:
    """Return the ``fieldsV1`` of an applied object, maps only."""
    if not isinstance(body, dict):
        return {}
    return {
        f"f:{key}": fields_of(value) for key, value in body.items() if key not in ("apiVersion", "kind", "name", "namespace")
    }


class Said(EngineLog):
    """An engine's log that remembers."""

    def __init__(self) -> None:
        super().__init__("")
        self.lines: list[str] = []

    def _send(self, severity, message, urn, *, ephemeral=False):
        self.lines.append(message)

    @property
    def words(self) -> str:
        return "\n".join(self.lines)


def config(server: str = "https://127.0.0.1:6443"):
    return (
        KubeConfig.from_server(server).get()._replace(user=__import__("lightkube.config.models", fromlist=["User"]).User())
    )


def cluster_of(api: Any, stop: threading.Event | None = None, **options: Any) -> Cluster:
    return Cluster(config(), stop=stop, bounds=QUICK, transport=httpx2.MockTransport(api), **options)


def session_of(api: Any, **settings: Any) -> Session:
    cluster = cluster_of(api)
    return Session(
        cluster=cluster,
        kinds=Kinds(cluster),
        settings=Settings(**settings),
        namespace="default",
        context="local",
        kubeconfig=Kubeconfig({}, None),
        engine=Said(),
    )


def urn(token: str, name: str = "it") -> str:
    return f"urn:pulumi:stack::project::{token}::{name}"
