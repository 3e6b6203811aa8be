"""When an object of a built-in kind counts as ready, and when it never will.

The rules are those of pulumi-kubernetes (``provider/pkg/await``) and of `kubectl rollout status`. A kind
that has no rule is ready when the API server has it. Everything is told from the object itself; a Service
and a PersistentVolumeClaim need one look elsewhere, which `Around` gives.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from aifactory.local.plugins.kubernetes.objects import (
    Kind,
    Object,
    condition,
    items,
    mapping,
    maps,
    number,
    text,
)

_Rule = Callable[[Object, "Around"], "Readiness"]

MINUTE: Final = 60.0
DEFAULT_TIMEOUT_SECONDS: Final = 10 * MINUTE
"""How long to wait for a kind unless told otherwise; pulumi-kubernetes' default for most kinds."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """One judgement.

    Attributes:
        ready: nothing more to wait for.
        failed: it will not become ready by waiting.
        words: what is so, for people.
    """

    ready: bool
    failed: bool
    words: str

    @classmethod
    def done(cls, words: str = "ready") -> "Readiness":
        """Return a judgement that ends the wait well."""
        return cls(ready=True, failed=False, words=words)

    @classmethod
    def waiting(cls, words: str) -> "Readiness":
        """Return a judgement that keeps waiting."""
        return cls(ready=False, failed=False, words=words)

    @classmethod
    def broken(cls, words: str) -> "Readiness":
        """Return a judgement that ends the wait badly."""
        return cls(ready=False, failed=True, words=words)


class Around(Protocol):
    """Looks at other objects that some rules need."""

    def ready_endpoints(self, service: Object) -> int:
        """Return how many ready addresses stand behind a Service."""
        ...

    def binds_on_first_use(self, claim: Object) -> bool:
        """Whether a PersistentVolumeClaim stays unbound until a pod uses it."""
        ...


def rule_for(kind: Kind) -> _Rule | None:
    """Return the rule of a kind; None when it is ready as soon as it exists."""
    return _RULES.get((kind.group, kind.name))


def timeout_for(kind: Kind) -> float:
    """Return how many seconds to wait for a kind by default."""
    return _TIMEOUTS.get((kind.group, kind.name), DEFAULT_TIMEOUT_SECONDS)


# --- workloads -----------------------------------------------------------------------------------------


def _observed(thing: Object) -> bool:
    """Whether the controller has seen the present version of the object."""
    return number(thing, "status", "observedGeneration") >= number(thing, "metadata", "generation")


def _deployment(thing: Object, _around: Around) -> Readiness:
    wanted = number(thing, "spec", "replicas", default=1)
    updated = number(thing, "status", "updatedReplicas")
    available = number(thing, "status", "availableReplicas")
    total = number(thing, "status", "replicas")
    progressing = condition(thing, "Progressing")
    if not _observed(thing):
        return Readiness.waiting("the controller has not seen this version yet")
    if text(progressing, "reason") == "ProgressDeadlineExceeded":
        return Readiness.broken(text(progressing, "message") or "the progress deadline was exceeded")
    if updated < wanted:
        return Readiness.waiting(f"{updated} of {wanted} replicas updated")
    if total > updated:
        return Readiness.waiting(f"{total - updated} old replicas still run")
    if available < wanted:
        return Readiness.waiting(f"{available} of {wanted} replicas available")
    return Readiness.done(f"{available} of {wanted} replicas available")


def _stateful_set(thing: Object, _around: Around) -> Readiness:
    wanted = number(thing, "spec", "replicas", default=1)
    ready = number(thing, "status", "readyReplicas")
    if not _observed(thing):
        return Readiness.waiting("the controller has not seen this version yet")
    if ready < wanted:
        return Readiness.waiting(f"{ready} of {wanted} replicas ready")
    strategy = mapping(thing, "spec", "updateStrategy")
    partition = number(strategy, "rollingUpdate", "partition")
    updated = number(thing, "status", "updatedReplicas")
    if text(strategy, "type") != "OnDelete" and updated < wanted - partition:
        return Readiness.waiting(f"{updated} of {wanted - partition} replicas updated")
    return Readiness.done(f"{ready} of {wanted} replicas ready")


def _daemon_set(thing: Object, _around: Around) -> Readiness:
    wanted = number(thing, "status", "desiredNumberScheduled")
    updated = number(thing, "status", "updatedNumberScheduled")
    available = number(thing, "status", "numberAvailable")
    if not _observed(thing):
        return Readiness.waiting("the controller has not seen this version yet")
    if text(thing, "spec", "updateStrategy", "type") != "OnDelete" and updated < wanted:
        return Readiness.waiting(f"{updated} of {wanted} pods updated")
    if available < wanted:
        return Readiness.waiting(f"{available} of {wanted} pods available")
    return Readiness.done(f"{available} of {wanted} pods available")


def _replica_set(thing: Object, _around: Around) -> Readiness:
    wanted = number(thing, "spec", "replicas", default=1)
    available = number(thing, "status", "availableReplicas")
    if not _observed(thing):
        return Readiness.waiting("the controller has not seen this version yet")
    words = f"{available} of {wanted} replicas available"
    return Readiness.done(words) if available >= wanted else Readiness.waiting(words)


def _pod(thing: Object, _around: Around) -> Readiness:
    phase = text(thing, "status", "phase") or "Pending"
    if phase == "Succeeded":
        return Readiness.done("the pod has succeeded")
    if phase == "Failed":
        return Readiness.broken(text(thing, "status", "message") or "the pod has failed")
    if phase == "Running" and text(condition(thing, "Ready"), "status") == "True":
        return Readiness.done("the pod is ready")
    return Readiness.waiting(f"the pod is {phase}, not ready")


def _job(thing: Object, _around: Around) -> Readiness:
    if mapping(thing, "spec").get("suspend") is True:
        return Readiness.done("the job is suspended")
    failed = condition(thing, "Failed")
    if text(failed, "status") == "True":
        return Readiness.broken(f"the job failed: {text(failed, 'message') or text(failed, 'reason')}")
    if text(condition(thing, "Complete"), "status") == "True":
        return Readiness.done("the job is complete")
    succeeded = number(thing, "status", "succeeded")
    wanted = number(thing, "spec", "completions", default=1)
    return Readiness.waiting(f"{succeeded} of {wanted} completions")


# --- storage, network, types ---------------------------------------------------------------------------


def _claim(thing: Object, around: Around) -> Readiness:
    phase = text(thing, "status", "phase") or "Pending"
    if phase == "Bound":
        return Readiness.done("the claim is bound")
    if phase == "Lost":
        return Readiness.broken("the claim lost its volume")
    if around.binds_on_first_use(thing):
        return Readiness.done("the claim binds when a pod first uses it")
    return Readiness.waiting(f"the claim is {phase}")


def _volume(thing: Object, _around: Around) -> Readiness:
    phase = text(thing, "status", "phase") or "Pending"
    if phase in ("Available", "Bound"):
        return Readiness.done(f"the volume is {phase}")
    if phase == "Failed":
        return Readiness.broken(text(thing, "status", "message") or "the volume failed")
    return Readiness.waiting(f"the volume is {phase}")


def _service(thing: Object, around: Around) -> Readiness:
    kind = text(thing, "spec", "type") or "ClusterIP"
    if kind == "ExternalName":
        return Readiness.done("an external name needs no endpoints")
    if mapping(thing, "spec", "selector") and not around.ready_endpoints(thing):
        return Readiness.waiting("no ready pod stands behind the service")
    if kind == "LoadBalancer" and not items(thing, "status", "loadBalancer", "ingress"):
        return Readiness.waiting("no load balancer has given the service an address")
    return Readiness.done()


def _namespace(thing: Object, _around: Around) -> Readiness:
    phase = text(thing, "status", "phase")
    return Readiness.done() if phase == "Active" else Readiness.waiting(f"the namespace is {phase or 'new'}")


def _crd(thing: Object, _around: Around) -> Readiness:
    accepted = condition(thing, "NamesAccepted")
    if text(accepted, "status") == "False":
        return Readiness.broken(f"its names are not accepted: {text(accepted, 'message')}")
    if text(condition(thing, "Established"), "status") == "True":
        return Readiness.done("established")
    return Readiness.waiting("not established yet")


def _secret(thing: Object, _around: Around) -> Readiness:
    if text(thing, "type") == "kubernetes.io/service-account-token" and not mapping(thing, "data").get("token"):
        return Readiness.waiting("its token has not been made yet")
    return Readiness.done()


_RULES: Final[Mapping[tuple[str, str], _Rule]] = {
    ("", "Namespace"): _namespace,
    ("", "PersistentVolume"): _volume,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "Pod"): _pod,
    ("", "ReplicationController"): _replica_set,
    ("", "Secret"): _secret,
    ("", "Service"): _service,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _crd,
    ("apps", "DaemonSet"): _daemon_set,
    ("apps", "Deployment"): _deployment,
    ("apps", "ReplicaSet"): _replica_set,
    ("apps", "StatefulSet"): _stateful_set,
    ("batch", "Job"): _job,
}

_TIMEOUTS: Final[Mapping[tuple[str, str], float]] = {
    ("", "Namespace"): 5 * MINUTE,
    ("", "PersistentVolume"): 5 * MINUTE,
    ("", "PersistentVolumeClaim"): 5 * MINUTE,
    ("", "Secret"): 5 * MINUTE,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): 2 * MINUTE,
}


def pods_selector(thing: Object) -> str:
    """Return the label selector of the pods that a workload makes, as a query; empty when it makes none."""
    labels = mapping(thing, "spec", "selector", "matchLabels") or mapping(thing, "spec", "selector")
    plain = {key: value for key, value in labels.items() if isinstance(value, str)}
    return ",".join(f"{key}={value}" for key, value in sorted(plain.items()))


def container_troubles(pod: Object) -> list[str]:
    """Return what keeps the containers of a pod from running, in words."""
    troubles: list[str] = []
    for status in maps(pod, "status", "initContainerStatuses") + maps(pod, "status", "containerStatuses"):
        waiting = mapping(status, "state", "waiting")
        ended = mapping(status, "state", "terminated")
        name = text(status, "name")
        if text(waiting, "reason") not in ("", "ContainerCreating", "PodInitializing"):
            troubles.append(f"container {name} waits: {text(waiting, 'reason')} {text(waiting, 'message')}".strip())
        elif ended and number(ended, "exitCode"):
            troubles.append(f"container {name} ended with code {number(ended, 'exitCode')}: {text(ended, 'reason')}")
    return troubles
