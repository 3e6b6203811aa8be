"""What a machine's pods may reach and be reached by, in namespaces where everything else is denied."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from aifactory import conventions
from aifactory.model import VirtualMachineSpec
from aifactory.render.manifest import PRIVATE_CIDRS, SKIP_AWAIT, Manifest, Scope, namespace_peer, network_policy, tcp
from aifactory.render.virtualization.platform import CDI_NAMESPACE, HCO_NAMESPACE

MACHINE_LABEL: Final = f"{conventions.GROUP}/virtual-machine"
"""Label of a machine's template; KubeVirt gives it on to the pod that the machine runs in."""

_IMPORTER_LABELS: Final = {"app": "containerized-data-importer", "cdi.kubevirt.io": "importer"}
_RECEIVER_LABELS: Final = {"app": "containerized-data-importer", "cdi.kubevirt.io": "cdi-upload-server"}
_SENDER_LABELS: Final = {"app": "containerized-data-importer", "cdi.kubevirt.io": "cdi-clone-source"}
"""Labels of the pods that CDI makes to fill a disk, in the disk's namespace but for the sender, which is in its source's
(pkg/common/common.go, pkg/controller/import-controller.go)."""

_CDI_PORT: Final = 8443
"""Port on which an importer tells its progress, and on which a receiver takes a clone."""


def machine_labels(name: str) -> dict[str, str]:
    """Return the label that tells the pod of a machine from all others."""
    return {MACHINE_LABEL: name}


def render_policies(scope: Scope, name: str, spec: VirtualMachineSpec) -> list[Manifest]:
    """Return the policy of the machine, and those of the pods that fill its disks."""
    return [_machine_policy(scope, name, spec), *_import_policy(scope, name, spec), *_clone_policies(scope, name, spec)]


def _machine_policy(scope: Scope, name: str, spec: VirtualMachineSpec) -> Manifest:
    rules: Manifest = {
        "podSelector": {"matchLabels": machine_labels(name)},
        # Named without rules, so denied also where no guardrails deny it; policies of one's own add to it.
        "policyTypes": ["Ingress", "Egress"],
    }
    if spec.clients and spec.ports:
        peers = [namespace_peer(client) for client in spec.clients]
        rules["ingress"] = [{"from": peers, "ports": tcp(*spec.ports.values())}]
    # Not the bare name: that of a machine called `billing-import` would be the import policy of `billing`.
    return network_policy(scope, f"{name}-machine", spec.namespace, rules)


def _import_policy(scope: Scope, name: str, spec: VirtualMachineSpec) -> Iterator[Manifest]:
    """Let importers out to the ports of the sources. No policy can name a host, so addresses have to do: private ones."""
    ports = sorted({urlsplit(disk.source_url).port or 443 for disk in spec.disks.values() if disk.source_url})
    if not ports:
        return
    controllers = [namespace_peer(place) for place in (CDI_NAMESPACE, HCO_NAMESPACE)]
    cidrs = spec.import_cidrs or PRIVATE_CIDRS
    rules = {
        "podSelector": {"matchLabels": dict(_IMPORTER_LABELS)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"from": controllers, "ports": tcp(_CDI_PORT)}],
        "egress": [{"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs], "ports": tcp(*ports)}],
    }
    yield network_policy(scope, f"{name}-import", spec.namespace, rules)


def _clone_policies(scope: Scope, name: str, spec: VirtualMachineSpec) -> Iterator[Manifest]:
    """Let a clone in where the storage cannot make it by itself and CDI copies from pod to pod."""
    sources = sorted({disk.source_object[0] for disk in spec.disks.values() if disk.source_object})
    if not sources:
        return
    receiving = {
        "podSelector": {"matchLabels": dict(_RECEIVER_LABELS)},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [namespace_peer(source, _SENDER_LABELS) for source in sources], "ports": tcp(_CDI_PORT)}],
    }
    yield network_policy(scope, f"{name}-clone", spec.namespace, receiving)
    if spec.namespace in sources:
        sending = {
            "podSelector": {"matchLabels": dict(_SENDER_LABELS)},
            "policyTypes": ["Egress"],
            "egress": [{"to": [{"podSelector": {"matchLabels": dict(_RECEIVER_LABELS)}}], "ports": tcp(_CDI_PORT)}],
        }
        yield network_policy(scope, f"{name}-clone-source", spec.namespace, sending)


def render_service(scope: Scope, name: str, spec: VirtualMachineSpec) -> list[Manifest]:
    """Return the Service that gives the machine an address like a pod's; none for a machine without ports."""
    if not spec.ports:
        return []
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        # The machine's own wait says when it runs. Waiting for endpoints here would hold an `up` for ten minutes wherever
        # there is no pod behind it: a machine that is halted, or simulated.
        "metadata": scope.metadata(name, namespace=spec.namespace, annotations=SKIP_AWAIT),
        "spec": {
            "type": "ClusterIP",
            "selector": machine_labels(name),
            "ports": [
                {"name": port_name, "port": port, "targetPort": port, "protocol": "TCP"}
                for port_name, port in spec.ports.items()
            ],
        },
    }
    return [service]
