"""The endpoint picker (EPP): for each request it names the replica to send it to."""

from hashlib import sha256
from typing import Final

import yaml

from aifactory import conventions
from aifactory.catalog import images
from aifactory.render.inference.names import (
    PICKER_HEALTH_PORT,
    PICKER_METRICS_PORT,
    PICKER_PORT,
    SERVING_PORT,
    ModelNames,
)
from aifactory.render.manifest import SKIP_AWAIT, Manifest, Scope, egress_to_api_server, network_policy, tcp

CONFIG_FILE: Final = "picker.yaml"

CONFIG_HASH_ANNOTATION: Final = f"{conventions.GROUP}/config-hash"

_SCORERS: Final = {
    "queue-scorer": 2,
    "kv-cache-utilization-scorer": 2,
    "prefix-cache-scorer": 3,
    "no-hit-lru-scorer": 2,
}
"""What makes a replica the better one, and how much it counts: the weights of KServe v0.20.0's preset for one profile."""

_RULES: Final = (
    ("", ("pods",), ("get", "list", "watch")),
    ("inference.networking.k8s.io", ("inferencepools",), ("get", "list", "watch")),
    ("llm-d.ai", ("inferenceobjectives", "inferencemodelrewrites"), ("get", "list", "watch")),
)
"""What the picker reads (llm-d router 0.9.0). It writes nothing: with one replica it needs no leader election."""


def render_picker(scope: Scope, names: ModelNames) -> list[Manifest]:
    """Return the endpoint picker of a model with its rights, settings and traffic."""
    return [
        *_access(scope, names),
        _config(scope, names),
        _service(scope, names),
        _network_policy(scope, names),
        _deployment(scope, names),
    ]


def _access(scope: Scope, names: ModelNames) -> list[Manifest]:
    metadata = scope.metadata(names.picker, namespace=names.namespace)
    rules = [{"apiGroups": [group], "resources": list(kinds), "verbs": list(verbs)} for group, kinds, verbs in _RULES]
    account = {"kind": "ServiceAccount", "name": names.picker, "namespace": names.namespace}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": names.picker}
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata,
            "automountServiceAccountToken": False,
        },
        {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": rules},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "subjects": [account],
            "roleRef": role,
        },
    ]


def _settings() -> str:
    config = {
        "apiVersion": "inference.networking.x-k8s.io/v1alpha1",
        "kind": "EndpointPickerConfig",
        "plugins": [{"type": name} for name in ("single-profile-handler", *_SCORERS, "max-score-picker")],
        "schedulingProfiles": [
            {
                "name": "default",
                "plugins": [
                    *({"pluginRef": name, "weight": weight} for name, weight in _SCORERS.items()),
                    {"pluginRef": "max-score-picker"},
                ],
            }
        ],
    }
    return yaml.safe_dump(config, sort_keys=False)


def _config(scope: Scope, names: ModelNames) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": scope.metadata(names.picker, namespace=names.namespace),
        "data": {CONFIG_FILE: _settings()},
    }


def _service(scope: Scope, names: ModelNames) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        # The picker's Deployment says when it answers. Waiting for endpoints here as well would hold a run whose program
        # died before it came to the Deployment for ten minutes.
        "metadata": scope.metadata(names.picker, namespace=names.namespace, annotations=SKIP_AWAIT),
        "spec": {
            "type": "ClusterIP",
            "selector": names.picker_labels,
            "ports": [
                {
                    "name": "grpc",
                    "port": PICKER_PORT,
                    "targetPort": PICKER_PORT,
                    "protocol": "TCP",
                    "appProtocol": "http2",
                },
                {
                    "name": "metrics",
                    "port": PICKER_METRICS_PORT,
                    "targetPort": PICKER_METRICS_PORT,
                    "protocol": "TCP",
                },
            ],
        },
    }


def _network_policy(scope: Scope, names: ModelNames) -> Manifest:
    gateway = {"podSelector": {"matchLabels": {"gateway.networking.k8s.io/gateway-name": names.model}}}
    replicas = {"podSelector": {"matchLabels": names.replica_labels}}
    rules = {
        "podSelector": {"matchLabels": names.picker_labels},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": [gateway], "ports": tcp(PICKER_PORT)}],
        "egress": [{"to": [replicas], "ports": tcp(SERVING_PORT)}, egress_to_api_server()],
    }
    return network_policy(scope, names.picker, names.namespace, rules)


def _deployment(scope: Scope, names: ModelNames) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": scope.metadata(names.picker, namespace=names.namespace),
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": names.picker_labels},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": {
                "metadata": {
                    "labels": scope.labels() | names.picker_labels,
                    # The picker reads its settings once, at start: other settings must make another pod.
                    "annotations": {CONFIG_HASH_ANNOTATION: sha256(_settings().encode()).hexdigest()[:16]},
                },
                "spec": {
                    "serviceAccountName": names.picker,
                    "automountServiceAccountToken": True,
                    "enableServiceLinks": False,
                    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                    "containers": [_container(names)],
                    "volumes": [{"name": "config", "configMap": {"name": names.picker}}],
                },
            },
        },
    }


def _container(names: ModelNames) -> Manifest:
    def probe(service: str) -> Manifest:
        return {
            "grpc": {"port": PICKER_HEALTH_PORT, "service": service},
            "periodSeconds": 10,
            "timeoutSeconds": 2,
        }

    return {
        "name": "epp",
        "image": images()["endpoint-picker"].pull,
        "args": [
            f"--pool-name={names.model}",
            f"--pool-namespace={names.namespace}",
            "--pool-group=inference.networking.k8s.io",
            f"--config-file=/config/{CONFIG_FILE}",
            f"--grpc-port={PICKER_PORT}",
            f"--grpc-health-port={PICKER_HEALTH_PORT}",
            f"--metrics-port={PICKER_METRICS_PORT}",
        ],
        "ports": [
            {"name": "grpc", "containerPort": PICKER_PORT, "protocol": "TCP"},
            {"name": "grpc-health", "containerPort": PICKER_HEALTH_PORT, "protocol": "TCP"},
            {"name": "metrics", "containerPort": PICKER_METRICS_PORT, "protocol": "TCP"},
        ],
        "readinessProbe": probe("readiness"),
        "livenessProbe": probe("liveness"),
        # As KServe's preset requests; no CPU limit, since a throttled picker delays every request.
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "config", "mountPath": "/config", "readOnly": True}],
    }
