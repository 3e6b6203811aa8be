"""Right objects of most kinds, and ways to make one thing of them wrong, each with what must be said of it."""

from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import yaml

VALID: list[dict[str, Any]] = list(yaml.safe_load_all((Path(__file__).parent / "valid_objects.yaml").read_text()))
BY_KIND = {manifest["kind"]: manifest for manifest in VALID}
MISSING = object()

Place = tuple[str | int, ...]


def changed(manifest: dict[str, Any], place: Place, value: Any) -> dict[str, Any]:
    """Return a copy with another value at a place; MISSING takes it out."""
    copy = deepcopy(manifest)
    *way, last = place
    target: Any = copy
    for part in way:
        target = target[part]
    if value is MISSING:
        del target[last]
    else:
        target[last] = value
    return copy


class Fault(NamedTuple):
    """One thing made wrong, and what must be said of it."""

    kind: str
    place: Place
    value: Any
    where: str
    words: str
    nearest: str = ""


POD: Place = ("spec", "template", "spec")
CONTAINER: Place = (*POD, "containers", 0)
LISTENER: Place = ("spec", "listeners", 0)
FLAVOR: Place = ("spec", "resourceGroups", 0, "flavors", 0)
DOMAIN: Place = (*POD, "domain")

FAULTS = [
    # A misspelt field, at every depth.
    Fault(
        "Cluster", ("spec", "instnces"), 3, "spec.instnces", "no such field of postgresql.cnpg.io/v1 Cluster", "instances"
    ),
    Fault("Cluster", ("spc",), {}, "spc", "there are apiVersion, kind, metadata, spec", "spec"),
    Fault(
        "Cluster", ("spec", "storage", "storageclass"), "fast", "spec.storage.storageclass", "no such field", "storageClass"
    ),
    Fault(
        "Cluster", ("spec", "affinity", "topologykey"), "zone", "spec.affinity.topologykey", "no such field", "topologyKey"
    ),
    Fault("Cluster", ("metadata", "lables"), {}, "metadata.lables", "annotations, labels, name, namespace", "labels"),
    Fault(
        "Deployment", (*CONTAINER, "imagePullPolcy"), "Always", "containers[0].imagePullPolcy", "no such", "imagePullPolicy"
    ),
    Fault("Deployment", (*POD, "nodeSelectors"), {}, "spec.template.spec.nodeSelectors", "no such field", "nodeSelector"),
    Fault("Deployment", (*CONTAINER, "env", 0, "val"), "x", "containers[0].env[0].val", "name, value, valueFrom", "value"),
    Fault("ClusterPolicy", ("spec", "dcgmexporter"), {}, "spec.dcgmexporter", "nvidia.com/v1 ClusterPolicy", "dcgmExporter"),
    Fault("ClusterQueue", (*FLAVOR, "resource"), [], "flavors[0].resource", "there are name, resources", "resources"),
    Fault("VirtualMachine", (*POD, "gpus"), 1, "spec.template.spec.gpus", "no such field of kubevirt.io/v1 VirtualMachine"),
    Fault("VirtualMachine", (*DOMAIN, "devices", "gpu"), [], "domain.devices.gpu", "no such field", "gpus"),
    Fault("DataVolume", ("spec", "storage", "acessModes"), [], "spec.storage.acessModes", "no such field", "accessModes"),
    Fault("DataVolume", ("spec", "source", "blank", "size"), 1, "spec.source.blank.size", "there are none here"),
    Fault("HTTPRoute", ("spec", "rules", 0, "timeout"), {}, "spec.rules[0].timeout", "no such field", "timeouts"),
    Fault("ClusterPolicy", ("metadata", "namespace"), "gpu", "metadata.namespace", "lives in no namespace"),
    Fault("Service", ("status",), {}, "status", "no such field of v1 Service"),
    # Wrong types, and both ways to be wrong where a number or text may stand.
    Fault(
        "Cluster", ("spec", "instances"), "3", "spec.instances", "must be a whole number, and is text", "3 without quotes"
    ),
    Fault("Cluster", ("spec", "instances"), 2.5, "spec.instances", "must be a whole number, and is a number"),
    Fault("Cluster", ("spec", "enablePDB"), "true", "spec.enablePDB", "must be true or false", "true without quotes"),
    Fault("Cluster", ("spec", "storage", "size"), 20, "spec.storage.size", "must be text, and is a whole number", '"20"'),
    Fault("Cluster", ("spec", "instances"), None, "spec.instances", "must be a whole number, and is nothing"),
    Fault("Cluster", ("spec", "resources", "requests", "cpu"), True, "requests.cpu", "a whole number or text", '"true"'),
    Fault(
        "Service", ("spec", "ports", 1, "targetPort"), 80.5, "spec.ports[1].targetPort", "a whole number or text", '"80.5"'
    ),
    Fault(
        "Service", ("spec", "ports", 1, "targetPort"), ["http"], "spec.ports[1].targetPort", "number or text, and is a list"
    ),
    Fault("Deployment", ("spec", "replicas"), True, "spec.replicas", "must be a whole number, and is true or false"),
    Fault("ConfigMap", ("data", "workers"), 4, "data.workers", "must be text, and is a whole number", '"4"'),
    # A list for a map, and a map for a list.
    Fault(
        "Deployment", (*POD, "containers"), {"name": "a"}, "spec.template.spec.containers", "must be a list, and is a map"
    ),
    Fault("Deployment", ("spec", "selector"), [{"app": "a"}], "spec.selector", "must be a map of fields, and is a list"),
    Fault(
        "Deployment", (*CONTAINER, "args"), "--port=1", "containers[0].args", "must be a list, and is text", '["--port=1"]'
    ),
    # Values that are not among those allowed, or out of bounds.
    Fault(
        "InferencePool", ("spec", "endpointPickerRef", "failureMode"), "FailClosed", "failureMode", "FailOpen", "FailClose"
    ),
    Fault("Cluster", ("spec", "postgresql", "synchronous", "method"), "all", "method", "one of any, first", "any or first"),
    Fault("ScheduledBackup", ("spec", "method"), "Plugin", "spec.method", "must be one of", "plugin"),
    Fault("Gateway", (*LISTENER, "port"), 99999, "spec.listeners[0].port", "must be at most 65535", "65535"),
    Fault("Gateway", (*LISTENER, "hostname"), "Models.Test", "spec.listeners[0].hostname", "must match"),
    Fault("InferencePool", ("spec", "targetPorts"), [], "spec.targetPorts", "must hold at least 1"),
    Fault("ClusterQueue", (*FLAVOR, "name"), "H 100", "flavors[0].name", "must match"),
    Fault("Cluster", ("spec", "resources", "limits", "memory"), "4 GB", "spec.resources.limits.memory", "must match"),
    Fault("Cluster", ("metadata", "labels", "aifactory.dev/region"), "a" * 64, "labels[aifactory.dev/region]", "at most 63"),
    Fault("Cluster", ("metadata", "labels", "two words"), "a", "metadata.labels[two words]", "no key that Kubernetes takes"),
    # What is missing.
    Fault("ScheduledBackup", ("spec", "schedule"), MISSING, "spec.schedule", "required by postgresql.cnpg.io/v1 Scheduled"),
    Fault("Cluster", ("spec",), MISSING, "spec", "is required"),
    Fault("Deployment", (*CONTAINER, "name"), MISSING, "spec.template.spec.containers[0].name", "is required by apps/v1"),
    Fault("Certificate", ("spec", "issuerRef", "name"), MISSING, "spec.issuerRef.name", "is required"),
    Fault("Cluster", ("metadata", "namespace"), MISSING, "metadata.namespace", "is required"),
    Fault("Deployment", ("metadata", "name"), MISSING, "metadata.name", "is required"),
    # A kind or a version that is none.
    Fault("Cluster", ("kind",), "Clutser", "kind", "nobody checked it", "Cluster"),
    Fault("Cluster", ("apiVersion",), "postgresql.cnpg.io/v2", "apiVersion", "there is no Cluster", "postgresql.cnpg.io/v1"),
    Fault("Deployment", ("apiVersion",), "v1", "apiVersion", "there is no Deployment in v1", "apps/v1"),
    Fault("Deployment", ("kind",), "Deploymnet", "kind", "nobody checked it", "Deployment"),
    # Lists whose items must differ.
    Fault("Deployment", (*CONTAINER, "env", 0, "name"), "DB_PASSWORD", "containers[0].env", "two items with the same name"),
    Fault("Gateway", ("spec", "listeners"), BY_KIND["Gateway"]["spec"]["listeners"] * 2, "spec.listeners", "the same name"),
]
