"""From the gateway to the pool of replicas."""

from aifactory.model import GatewaySpec, ModelSpec
from aifactory.render.inference.names import PICKER_PORT, SERVING_PORT, ModelNames
from aifactory.render.manifest import Manifest, Scope

INFERENCE_GROUP = "inference.networking.k8s.io"

REQUEST_TIMEOUT = "600s"
"""Longest answer; a long generation takes minutes, and a gateway's default of 15 s would cut it off."""

_ACCEPTED = ("Accepted", "ResolvedRefs")


def _parents(condition: str) -> str:
    """Wait for a condition that Gateway API sets per parent, below ``status.parents``."""
    return f'jsonpath={{.status.parents[*].conditions[?(@.type=="{condition}")].status}}=True'


def render_gateway(scope: Scope, names: ModelNames, gateway: GatewaySpec) -> list[Manifest]:
    """Return the certificate and the gateway of a model: TLS only, and routes only from its own namespace."""
    certificate: Manifest = {
        "apiVersion": "cert-manager.io/v1",
        "kind": "Certificate",
        "metadata": scope.metadata(names.model, namespace=names.namespace, wait_for=["condition=Ready"]),
        "spec": {
            "secretName": names.tls_secret,
            "dnsNames": [names.host],
            "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": gateway.issuer},
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
        },
    }
    listener: Manifest = {
        "name": "https",
        "hostname": names.host,
        "port": 443,
        "protocol": "HTTPS",
        "tls": {
            "mode": "Terminate",
            "certificateRefs": [{"group": "", "kind": "Secret", "name": names.tls_secret}],
        },
        "allowedRoutes": {"namespaces": {"from": "Same"}},
    }
    return [
        certificate,
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": scope.metadata(names.model, namespace=names.namespace, wait_for=["condition=Programmed"]),
            "spec": {"gatewayClassName": gateway.class_name, "listeners": [listener]},
        },
    ]


def render_pool(scope: Scope, names: ModelNames, spec: ModelSpec) -> list[Manifest]:
    """Return the pool of replicas, and how important its requests are."""
    pool_ref = {"group": INFERENCE_GROUP, "kind": "InferencePool", "name": names.model}
    return [
        {
            "apiVersion": f"{INFERENCE_GROUP}/v1",
            "kind": "InferencePool",
            "metadata": scope.metadata(names.model, namespace=names.namespace),
            "spec": {
                "selector": {"matchLabels": names.replica_labels},
                "targetPorts": [{"number": SERVING_PORT}],
                "endpointPickerRef": {
                    "group": "",
                    "kind": "Service",
                    "name": names.picker,
                    "port": {"number": PICKER_PORT},
                    # Open would send requests past the picker when it is down, and so past priorities and limits.
                    "failureMode": "FailClose",
                },
            },
        },
        {
            "apiVersion": "llm-d.ai/v1alpha2",
            "kind": "InferenceObjective",
            "metadata": scope.metadata(names.model, namespace=names.namespace),
            "spec": {"priority": spec.priority, "poolRef": pool_ref},
        },
    ]


def render_route(scope: Scope, names: ModelNames) -> list[Manifest]:
    """Return the route; it is last, so that nobody is sent to replicas that do not answer yet."""
    backend = {
        "group": INFERENCE_GROUP,
        "kind": "InferencePool",
        "name": names.model,
        "port": SERVING_PORT,
        "weight": 1,
    }
    rule: Manifest = {
        "matches": [{"path": {"type": "PathPrefix", "value": "/v1"}}],
        "backendRefs": [backend],
        "timeouts": {"request": REQUEST_TIMEOUT},
    }
    parent = {
        "group": "gateway.networking.k8s.io",
        "kind": "Gateway",
        "name": names.model,
        "sectionName": "https",
    }
    waits = [_parents(condition) for condition in _ACCEPTED]
    return [
        {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "HTTPRoute",
            "metadata": scope.metadata(names.model, namespace=names.namespace, wait_for=waits),
            "spec": {"parentRefs": [parent], "hostnames": [names.host], "rules": [rule]},
        }
    ]
