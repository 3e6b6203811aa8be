"""Statements, a region, and objects that the tests of admission share, pure and on a real API server."""

from datetime import date
from typing import Any

from pydantic import TypeAdapter

from aifactory.catalog import organizations
from aifactory.model import SiteSpec, Statement
from aifactory.model.namespace import AdmissionSpec
from aifactory.render.admission import render_admission
from aifactory.render.manifest import Manifest, Scope
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

SCOPE = Scope("demo", "here", "rails")
SITE = SiteSpec(provider="on-prem", location="hall-2", country="DE", operator="self")
WORLD = World(date(2026, 11, 22), organizations())
DIGEST = "@sha256:" + "0123456789abcdef" * 4

_ANY: TypeAdapter[Statement] = TypeAdapter(Statement)

ALL: dict[str, dict[str, Any]] = {
    "machines": {"rule": "residency", "within": {"countries": ["DE", "FR"]}},
    "encrypted": {"rule": "in-transit"},
    "quiet": {"rule": "telemetry", "within": {"countries": ["DE"]}},
    "images": {"rule": "registry", "hosts": ["ghcr.io", "registry.internal:5000"]},
    "keys": {"rule": "key-custody", "minimum": "customer", "within": {"countries": ["DE"]}},
}
"""One statement of each rule that admission enforces, by the name it has in the profile."""

STORAGE: dict[str, Any] = {
    "storage_classes": {
        "default": {"encrypted": True, "key": "ours"},
        "fast": {"encrypted": True, "key": "ours"},
        "cheap": {"encrypted": False},
        "abroad": {"encrypted": True, "key": "theirs"},
        "node-disks": {"encrypted": True, "key": "ours"},
    },
    "keys": {
        "ours": {"custody": "hsm", "country": "DE", "operator": "self"},
        "theirs": {"custody": "provider", "country": "US", "operator": "self"},
    },
}


def stated(name: str, **fields: Any) -> Stated:
    """A statement of the profile ``corporate``, valid in all that is not said."""
    words = {"says": "As the board of the company decided.", "source": "decision 12 of the board"}
    return Stated(f"corporate/{name}", _ANY.validate_python({**words, **fields}))


def statements(*names: str, **changes: Any) -> list[Stated]:
    """Statements of `ALL`: those named, or all; `changes` go into each."""
    return [stated(name, **{**ALL[name], **changes}) for name in sorted(names or ALL)]


def settings(**fields: Any) -> AdmissionSpec:
    return AdmissionSpec.model_validate(fields)


def rendered(*names: str, scope: Scope = SCOPE, changes: dict[str, Any] | None = None, **fields: Any) -> list[Manifest]:
    """The objects of the statements named, or of none when it is ``none``."""
    held = [] if names == ("none",) else statements(*names, **(changes or {}))
    return render_admission(scope, held, WORLD, settings(**fields), SITE)


def policy(manifests: list[Manifest], name: str) -> Manifest:
    (found,) = [m for m in manifests if m["kind"].endswith("Policy") and m["metadata"]["name"].startswith(f"{name}.")]
    return found


def binding(manifests: list[Manifest], name: str) -> Manifest:
    (found,) = [m for m in manifests if m["kind"].endswith("Binding") and m["metadata"]["name"].startswith(f"{name}.")]
    return found


# --- objects ------------------------------------------------------------------------------------------


def thing(
    api_version: str, kind: str, name: str, spec: Any = None, namespace: str | None = "team", **metadata: Any
) -> Manifest:
    place = {"namespace": namespace} if namespace else {}
    made: Manifest = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, **metadata}}
    return made if spec is None else made | {"spec": spec}


def container(image: str = f"ghcr.io/org/app{DIGEST}", name: str = "main", **env: str) -> dict[str, Any]:
    return {"name": name, "image": image, "env": [{"name": key, "value": value} for key, value in env.items()]}


def pod(*images: str, namespace: str = "team", **spec: Any) -> Manifest:
    containers = [container(image, f"c{number}") for number, image in enumerate(images)] or [container()]
    return thing("v1", "Pod", "it", {"containers": containers} | spec, namespace)


def template(pod_spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": {"app": "it"}}, "spec": pod_spec}


def node(country: str | None, **labels: str) -> Manifest:
    labelled = {"aifactory.dev/country": country} if country is not None else {}
    return thing("v1", "Node", "machine", {}, None, labels=labelled | labels)


def claim(storage_class: str | None, name: str = "data") -> Manifest:
    named = {"storageClassName": storage_class} if storage_class is not None else {}
    size = {"requests": {"storage": "1Gi"}}
    return thing("v1", "PersistentVolumeClaim", name, {"accessModes": ["ReadWriteOnce"], "resources": size} | named)


def service(kind: str, **spec: Any) -> Manifest:
    name = {"externalName": "example.org"} if kind == "ExternalName" else {"ports": [{"port": 443}]}
    return thing("v1", "Service", "it", {"type": kind} | name | spec)


def gateway(protocol: str) -> Manifest:
    tls = {"tls": {"certificateRefs": [{"name": "cert"}]}} if protocol in {"HTTPS", "TLS"} else {}
    listener = {"name": "front", "port": 443, "protocol": protocol} | tls
    return thing("gateway.networking.k8s.io/v1", "Gateway", "it", {"gatewayClassName": "it", "listeners": [listener]})


def ingress(host: str | None, *tls: list[str]) -> Manifest:
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "it", "port": {"number": 80}}}}
    rule = {"http": {"paths": [path]}} | ({"host": host} if host else {})
    entries = {"tls": [{"secretName": "cert"} | ({"hosts": hosts} if hosts else {}) for hosts in tls]} if tls else {}
    return thing("networking.k8s.io/v1", "Ingress", "it", {"rules": [rule]} | entries)


def egress(*rules: Any) -> Manifest:
    spec = {"podSelector": {}, "policyTypes": ["Egress"], "egress": list(rules)}
    return thing("networking.k8s.io/v1", "NetworkPolicy", "it", spec)


def to_cidr(cidr: str) -> dict[str, Any]:
    return {"to": [{"ipBlock": {"cidr": cidr}}], "ports": [{"protocol": "TCP", "port": 443}]}
