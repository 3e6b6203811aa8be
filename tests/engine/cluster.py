"""A running cluster in the hands of a test: objects of any kind applied, read, awaited and deleted by what they are."""

import re
import time
from collections.abc import Callable
from typing import Any

from aifactory.kube.api import Api, ApiRefusalError

_DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
_STEP = re.compile(r"([^.\[\]]+)(?:\[([^=\]]+)=([^\]]*)\])?")

Object = dict[str, Any]


class Cluster:
    """Objects by apiVersion, kind, namespace and name, whatever their paths are."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._resources: dict[tuple[str, str], tuple[str, bool]] = {}

    def path(self, obj: Object) -> str:
        """Return the object's path; kinds are looked up once, and again when one is not known."""
        key = (obj["apiVersion"], obj["kind"])
        if key not in self._resources:
            self._discover()
        plural, namespaced = self._resources[key]
        root = "/api" if "/" not in key[0] else "/apis"
        where = f"/namespaces/{obj['metadata']['namespace']}" if namespaced else ""
        return f"{root}/{key[0]}{where}/{plural}/{obj['metadata']['name']}"

    def is_namespaced(self, obj: Object) -> bool:
        key = (obj["apiVersion"], obj["kind"])
        if key not in self._resources:
            self._discover()
        return self._resources[key][1]

    def _discover(self) -> None:
        for root in ("/api", "/apis"):
            for group in self.api.request("GET", root, headers=_DISCOVERY)["items"]:
                name = group["metadata"].get("name", "")
                for version in group["versions"]:
                    api_version = f"{name}/{version['version']}" if name else version["version"]
                    for resource in version["resources"]:
                        kind = resource["responseKind"].get("kind", "")
                        self._resources[api_version, kind] = (resource["resource"], resource["scope"] == "Namespaced")

    def apply(self, obj: Object) -> Object:
        return self.api.apply(self.path(obj), obj)

    def get(self, obj: Object) -> Object:
        return self.api.request("GET", self.path(obj))

    def exists(self, obj: Object) -> bool:
        try:
            self.get(obj)
        except ApiRefusalError as refusal:
            if refusal.status == 404:
                return False
            raise
        return True

    def delete(self, obj: Object) -> None:
        self.api.request("DELETE", self.path(obj))

    def wait(self, obj: Object, until: Callable[[Object], bool], *, seconds: float = 30.0) -> Object:
        """Return the object as soon as `until` is true of it; fail with its status after the time."""

        def check() -> Object | None:
            live = self.get(obj)
            return live if until(live) else None

        return wait_for(check, lambda: str(self.get(obj)), seconds)

    def wait_gone(self, obj: Object, *, seconds: float = 60.0) -> None:
        wait_for(lambda: None if self.exists(obj) else True, lambda: f"{obj['kind']} is still there", seconds)


def wait_for(check: Callable[[], Any], explain: Callable[[], str], seconds: float) -> Any:
    """Return what `check` returns once it is not None; fail with the explanation after the time."""
    deadline = time.monotonic() + seconds
    while (found := check()) is None:
        assert time.monotonic() < deadline, f"not within {seconds} s: {explain()}"
        time.sleep(0.1)
    return found


def reference(api_version: str, kind: str, name: str, namespace: str | None = None) -> Object:
    """Return as much of an object as names it."""
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def at(obj: Any, path: str) -> Any:
    """Return what is at a dotted path, or None; ``[key=value]`` picks the first item of a list with that value."""
    for name, key, value in _STEP.findall(path):
        if not isinstance(obj, dict) or name not in obj:
            return None
        obj = obj[name]
        if key:
            obj = next((item for item in obj if str(item.get(key)) == value), None)
    return obj
