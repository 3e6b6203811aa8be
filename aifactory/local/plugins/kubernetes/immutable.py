"""Which fields of which kinds cannot be changed in place, so that a change of them needs a replacement.

A pattern is a path of keys; ``*`` stands for one key or list item, and a pattern covers everything below
it. A pattern that starts with ``!`` takes back what an earlier one covered: a StatefulSet's whole ``spec``
is immutable except for a few fields. The API server's validation is the source (`ValidateUpdate` of each
kind in ``k8s.io/kubernetes/pkg/apis``); where the official plugin replaces although the API server would
not (data of ConfigMaps and Secrets, Job completions), it does so here too.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from aifactory.local.plugins.kubernetes.objects import Kind
from aifactory.local.plugins.kubernetes.settings import Settings

PathStep = str | int
Path = tuple[PathStep, ...]
Patterns = tuple[str, ...]

IDENTITY: Final[Patterns] = ("metadata.name", "metadata.namespace")
"""Fields of every kind that name the object; another name is another object."""

_SELECTOR: Final[Patterns] = ("spec.selector",)
_VOLUME_SOURCES: Final[Patterns] = (
    "spec",
    "!spec.accessModes",
    "!spec.capacity",
    "!spec.claimRef",
    "!spec.mountOptions",
    "!spec.nodeAffinity",
    "!spec.persistentVolumeReclaimPolicy",
    "!spec.storageClassName",
    "!spec.volumeAttributesClassName",
    "!spec.volumeMode",
)

_BY_KIND: Final[Mapping[tuple[str, str], Patterns]] = {
    ("", "PersistentVolume"): _VOLUME_SOURCES,
    # Growing a claim is an update; the official plugin would replace it, and the data with it.
    ("", "PersistentVolumeClaim"): ("spec", "!spec.resources", "!spec.volumeAttributesClassName"),
    ("", "Pod"): (
        "spec",
        "!spec.activeDeadlineSeconds",
        "!spec.containers.*.image",
        "!spec.initContainers.*.image",
        "!spec.schedulingGates",
        "!spec.terminationGracePeriodSeconds",
        "!spec.tolerations",
    ),
    ("", "ReplicationController"): (),
    ("", "ResourceQuota"): ("spec.scopes", "spec.scopeSelector"),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.clusterIPs"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): (
        "spec.group",
        "spec.names.kind",
        "spec.names.plural",
        "spec.scope",
    ),
    ("apps", "ControllerRevision"): ("data",),
    ("apps", "DaemonSet"): _SELECTOR,
    ("apps", "Deployment"): _SELECTOR,
    ("apps", "ReplicaSet"): _SELECTOR,
    ("apps", "StatefulSet"): (
        "spec",
        "!spec.minReadySeconds",
        "!spec.ordinals",
        "!spec.persistentVolumeClaimRetentionPolicy",
        "!spec.replicas",
        "!spec.revisionHistoryLimit",
        "!spec.template",
        "!spec.updateStrategy",
    ),
    ("batch", "Job"): ("spec.completionMode", "spec.completions", "spec.selector", "spec.template"),
    ("discovery.k8s.io", "EndpointSlice"): ("addressType",),
    ("networking.k8s.io", "IngressClass"): ("spec.controller",),
    ("node.k8s.io", "RuntimeClass"): ("handler",),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): ("roleRef",),
    ("rbac.authorization.k8s.io", "RoleBinding"): ("roleRef",),
    ("resource.k8s.io", "ResourceClaim"): ("spec",),
    ("resource.k8s.io", "ResourceClaimTemplate"): ("spec",),
    ("scheduling.k8s.io", "PriorityClass"): ("preemptionPolicy", "value"),
    ("storage.k8s.io", "StorageClass"): (
        "parameters",
        "provisioner",
        "reclaimPolicy",
        "volumeBindingMode",
    ),
    ("storage.k8s.io", "VolumeAttributesClass"): ("driverName", "parameters"),
}

_DATA: Final[Patterns] = ("binaryData", "data", "immutable", "stringData")


def patterns(kind: Kind, old: Mapping[str, Any], settings: Settings) -> Patterns:
    """Return the patterns of the fields of `kind` whose change needs a replacement.

    Args:
        kind: the kind of object.
        old: the object as recorded, which for ConfigMaps and Secrets says whether it is sealed.
        settings: says whether ConfigMaps and Secrets are otherwise changed in place.
    """
    found = IDENTITY + _BY_KIND.get((kind.group, kind.name), ())
    mutable = {"ConfigMap": settings.config_map_mutable, "Secret": settings.secret_mutable}
    if kind.group == "" and kind.name in mutable and (old.get("immutable") is True or not mutable[kind.name]):
        # Sealing an object that is open (``immutable: true`` added) is an update; unsealing it is not
        # possible.
        found += _DATA if old.get("immutable") is True else tuple(p for p in _DATA if p != "immutable")
    return found


def is_immutable(path: Sequence[PathStep], patterns: Iterable[str]) -> bool:
    """Whether a change at `path` touches what the patterns cover: at it, below it, or around it."""
    covered = False
    for pattern in patterns:
        steps = pattern.removeprefix("!").split(".")
        if pattern.startswith("!"):
            covered = covered and not _covers(steps, path)
        elif _covers(steps, path) or _covers_part_of(steps, path):
            covered = True
    return covered


def _covers(steps: Sequence[str], path: Sequence[PathStep]) -> bool:
    """Whether `path` is at or below the pattern."""
    return len(path) >= len(steps) and _agree(steps, path)


def _covers_part_of(steps: Sequence[str], path: Sequence[PathStep]) -> bool:
    """Whether the pattern lies below `path`: an added ``spec`` brings an immutable field with it."""
    return len(path) < len(steps) and _agree(steps, path)


def _agree(steps: Sequence[str], path: Sequence[PathStep]) -> bool:
    return all(step in ("*", str(part)) for step, part in zip(steps, path, strict=False))
