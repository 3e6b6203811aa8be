"""A namespace with what keeps its pods apart from all others."""

from aifactory.model import NamespaceSpec, ReachSpec
from aifactory.render.admission.words import PROTECT_ANNOTATION
from aifactory.render.manifest import Manifest, Scope, namespace_peer, network_policy, tcp

POD_SECURITY_VERSION = "v1.34"
"""Version of the Pod Security Standards that is enforced: the lowest Kubernetes that the catalog's operators share. A
fixed one, so that an upgrade of the cluster does not refuse pods that ran the day before."""


def render_namespace(scope: Scope, name: str, spec: NamespaceSpec) -> list[Manifest]:
    """Return a namespace, policies that deny all its traffic but DNS and what it may reach, and its quota of GPUs."""
    return [
        _namespace(scope, name, spec),
        _deny_all(scope, name),
        _allow_dns(scope, name),
        *(_reach(scope, name, target, rules) for target, rules in spec.reaches.items()),
        _quota(scope, name, spec),
    ]


def pod_security_labels(level: str) -> dict[str, str]:
    """Return the labels by which the API server enforces a Pod Security level, audits it and warns of it."""
    modes = ("enforce", "audit", "warn")
    levels = {f"pod-security.kubernetes.io/{mode}": level for mode in modes}
    return levels | {f"pod-security.kubernetes.io/{mode}-version": POD_SECURITY_VERSION for mode in modes}


def _namespace(scope: Scope, name: str, spec: NamespaceSpec) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": scope.metadata(
            name,
            labels=pod_security_labels(spec.pod_security.value),
            annotations={PROTECT_ANNOTATION: "true"} if spec.protect else {},
        ),
    }


def _deny_all(scope: Scope, namespace: str) -> Manifest:
    return network_policy(scope, "deny-all", namespace, {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]})


def _allow_dns(scope: Scope, namespace: str) -> Manifest:
    """Without names nothing can be reached; the cluster's own DNS is the one destination that every pod has."""
    ports = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    rule = {"to": [namespace_peer("kube-system", {"k8s-app": "kube-dns"})], "ports": ports}
    return network_policy(scope, "allow-dns", namespace, {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]})


def _reach(scope: Scope, namespace: str, target: str, spec: ReachSpec) -> Manifest:
    """Return the half of a connection that the client's side must allow; the target's own policy allows the other."""
    rule = {"to": [namespace_peer(spec.namespace, spec.labels)], "ports": tcp(*spec.ports)}
    rules: Manifest = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [rule]}
    return network_policy(scope, f"to-{target}", namespace, rules)


def _quota(scope: Scope, namespace: str, spec: NamespaceSpec) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": scope.metadata("gpus", namespace=namespace),
        "spec": {"hard": {"requests.nvidia.com/gpu": str(spec.gpu_quota)}},
    }
