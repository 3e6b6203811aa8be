"""What a bundle brings, as objects of ours: definitions that are waited for, and an operator's objects in order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from aifactory.conventions import GROUP, MANAGED_BY_LABEL
from aifactory.render.manifest import SKIP_AWAIT, Manifest, Scope

ESTABLISHED_SECONDS: Final = 60
"""How long a definition may take to be served: seconds on a busy API server, and for ever when its names are taken."""

OPERATOR_ANNOTATION: Final = f"{GROUP}/operator"
"""Which operator of the catalog an object came with, so that whoever meets it in the cluster knows whom to ask."""

_BEFORE_WORKLOADS: Final = frozenset(
    {"ClusterRoleBinding", "NetworkPolicy", "PodDisruptionBudget", "RoleBinding", "Service"}
)
_WORKLOADS: Final = frozenset({"CronJob", "DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet"})
_ADMISSION: Final = frozenset(
    {
        "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "ValidatingWebhookConfiguration",
    }
)  # fmt: skip
"""What may refuse other objects. It comes last: a webhook without its server refuses the very pods that would serve it."""

_AGGREGATED: Final = "APIService"
"""Answered by the operator's pods; while nobody answers, no namespace of the cluster can be deleted."""

_OWN_GROUPS: Final = (".k8s.io", "apps", "autoscaling", "batch", "policy", "v1")


@dataclass(frozen=True, slots=True)
class Brought:
    """What a bundle brings, as plain values.

    Attributes:
        chart: path of the chart as Helm takes it; empty when it brings none.
        crds: its CustomResourceDefinitions.
        manifests: its objects.
    """

    chart: str = ""
    crds: tuple[Manifest, ...] = ()
    manifests: tuple[Manifest, ...] = ()

    @property
    def namespaces(self) -> tuple[str, ...]:
        """Namespaces that its objects make."""
        return tuple(thing["metadata"]["name"] for thing in self.manifests if thing["kind"] == "Namespace")

    def labels_of(self, namespace: str) -> dict[str, str]:
        """Return the labels that it gives to a namespace; its webhooks may select by them."""
        for thing in self.manifests:
            if thing["kind"] == "Namespace" and thing["metadata"]["name"] == namespace:
                return dict(thing["metadata"].get("labels") or {})
        return {}


def definitions(scope: Scope, operator: str, crds: Iterable[Manifest]) -> tuple[Manifest, ...]:
    """Return an operator's definitions as objects of ours, each waited for until the API server serves it.

    Args:
        scope: whose they are.
        operator: the operator's name in the catalog.
        crds: the definitions as the operator's makers wrote them.
    """
    waits = scope.metadata("", wait_for=["condition=Established"], timeout_seconds=ESTABLISHED_SECONDS)["annotations"]
    return tuple(_ours(scope, operator, crd, waits) for crd in sorted(crds, key=lambda crd: crd["metadata"]["name"]))


def stages(scope: Scope, operator: str, manifests: Iterable[Manifest]) -> tuple[tuple[Manifest, ...], ...]:
    """Return an operator's objects in groups, each to be made when all of those before it are there.

    Accounts, roles, settings; then bindings, Services and certificates; then what runs; then its own resources and
    aggregated APIs; then webhooks. Namespaces are left out: the plan makes each once.

    Args:
        scope: whose they are.
        operator: the operator's name in the catalog.
        manifests: the objects as the operator's makers wrote them.
    """
    grouped: dict[int, list[Manifest]] = {}
    for thing in manifests:
        if thing["kind"] != "Namespace":
            # A Service counts as ready once pods stand behind it, and those come after it.
            waits = SKIP_AWAIT if thing["kind"] == "Service" else {}
            grouped.setdefault(_stage(thing), []).append(_ours(scope, operator, thing, waits))
    return tuple(tuple(grouped[number]) for number in sorted(grouped))


def _stage(thing: Mapping[str, Any]) -> int:
    kind, group = str(thing["kind"]), str(thing["apiVersion"]).partition("/")[0]
    if kind in _ADMISSION:
        return 5
    if kind == _AGGREGATED:
        return 4
    if kind in _WORKLOADS:
        return 3
    if kind in _BEFORE_WORKLOADS or group == "cert-manager.io":
        # Pods mount the Secrets that certificates become.
        return 2
    own = group.endswith(_OWN_GROUPS) and not group.endswith("x-k8s.io")
    return 1 if own else 4


def _ours(scope: Scope, operator: str, thing: Manifest, more: Mapping[str, str]) -> Manifest:
    """Return an object with our owner and waits; its own labels stay, as selectors of its makers may count on them."""
    metadata = cast("dict[str, Any]", thing["metadata"])
    theirs = cast("dict[str, str]", metadata.get("labels") or {})
    notes = cast("dict[str, str]", metadata.get("annotations") or {})
    managed = {MANAGED_BY_LABEL: scope.labels()[MANAGED_BY_LABEL]}
    kept = {key: value for key, value in metadata.items() if key not in {"creationTimestamp", "generation", "uid"}}
    ours = {
        "labels": scope.labels() | theirs | managed,
        "annotations": notes | scope.annotations() | {OPERATOR_ANNOTATION: operator} | dict(more),
    }
    return {key: value for key, value in thing.items() if key != "status"} | {"metadata": kept | ours}
