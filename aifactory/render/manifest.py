"""What all objects have in common: whose they are, and how they are waited for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aifactory import conventions

Manifest = dict[str, Any]
"""One Kubernetes object as plain values."""

PRIVATE_CIDRS = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
"""Private address ranges (RFC 1918): where a cluster's API server is, so that reaching it never opens the internet."""

API_SERVER_PORTS = (443, 6443)
"""Ports of the API server: the `kubernetes` Service's, and the one that the address behind it listens on."""


SKIP_AWAIT: Final = {"pulumi.com/skipAwait": "true"}
"""Annotation of an object that Pulumi does not wait for, because another object's wait says the same."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose an object is.

    Attributes:
        factory: name of the factory.
        region: name of the region.
        component: name of the component within the region, such as ``billing``.
    """

    factory: str
    region: str
    component: str

    def metadata(
        self,
        name: str,
        *,
        namespace: str | None = None,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
        wait_for: Sequence[str] = (),
        timeout_seconds: int | None = None,
    ) -> Manifest:
        """Return `metadata` with the fixed name, the labels and the owner that every object of ours has.

        Args:
            name: the object's name; fixed, since a name made up by the engine differs from preview to preview.
            namespace: its namespace; None for kinds that have none.
            labels: labels besides the common ones.
            annotations: annotations besides the common ones.
            wait_for: what Pulumi waits for (`pulumi.com/waitFor`: ``condition=...`` or ``jsonpath=...``); all of them.
            timeout_seconds: how long; None leaves Pulumi's default of ten minutes.
        """
        waits = _wait_annotations(wait_for, timeout_seconds)
        metadata: Manifest = {
            "name": name,
            "labels": self.labels() | dict(labels or {}),
            "annotations": self.annotations() | waits | dict(annotations or {}),
        }
        return metadata if namespace is None else metadata | {"namespace": namespace}

    def labels(self) -> dict[str, str]:
        """Return the labels that every object has."""
        return {
            conventions.MANAGED_BY_LABEL: conventions.PLUGIN,
            conventions.PART_OF_LABEL: self.factory,
            conventions.INSTANCE_LABEL: self.component,
            conventions.REGION_LABEL: self.region,
        }

    def annotations(self) -> dict[str, str]:
        """Return the annotations that every object has: its owner, the field manager, and its right of way."""
        return {
            conventions.OWNER_ANNOTATION: conventions.owner(self.factory, self.region, self.component),
            conventions.FIELD_MANAGER_ANNOTATION: conventions.FIELD_MANAGER,
            conventions.FORCE_ANNOTATION: "true",
        }


def _wait_annotations(wait_for: Sequence[str], timeout_seconds: int | None) -> dict[str, str]:
    annotations: dict[str, str] = {}
    if wait_for:
        annotations["pulumi.com/waitFor"] = wait_for[0] if len(wait_for) == 1 else json.dumps(list(wait_for))
    if timeout_seconds is not None:
        annotations["pulumi.com/timeoutSeconds"] = str(timeout_seconds)
    return annotations


def network_policy(scope: Scope, name: str, namespace: str, spec: Manifest) -> Manifest:
    """Return a NetworkPolicy; an empty `podSelector` means every pod of the namespace."""
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": scope.metadata(name, namespace=namespace),
        "spec": spec,
    }


def egress_to_api_server() -> Manifest:
    """Return the egress rule to the API server. It is no pod, so only addresses can name it: private ones."""
    return {
        "to": [{"ipBlock": {"cidr": cidr}} for cidr in PRIVATE_CIDRS],
        "ports": tcp(*API_SERVER_PORTS),
    }


def tcp(*ports: int) -> list[Manifest]:
    """Return the `ports` of a network policy rule."""
    return [{"protocol": "TCP", "port": port} for port in ports]


def namespace_peer(namespace: str, pod_labels: Mapping[str, str] | None = None) -> Manifest:
    """Return a network policy peer: the pods of a namespace, or those of them with these labels."""
    peer: Manifest = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    return peer | {"podSelector": {"matchLabels": dict(pod_labels)}} if pod_labels else peer
