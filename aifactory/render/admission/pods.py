"""Pods, and what holds the template of one: where they are, and how CEL finds the pod in them."""

from typing import Final

from aifactory.render.admission.policy import Match

POD_KINDS: Final = (
    Match("", ("pods", "pods/ephemeralcontainers", "replicationcontrollers"), ("v1",)),
    Match("apps", ("daemonsets", "deployments", "replicasets", "statefulsets"), ("v1",)),
    Match("batch", ("cronjobs", "jobs"), ("v1",)),
)
"""Kubernetes' own kinds. Their controllers' pods are looked at as well; looking at these too refuses what somebody applies
there and then, and not some time later in an event."""


def _pod(spec: str) -> str:
    return f"{spec}.?jobTemplate.?spec.?template.?spec.or({spec}.?template.?spec).orValue({spec})"


VARIABLES: Final = {
    "spec": "dyn(object).spec",
    # What was there before is not judged again: else nobody could scale down, or take a finalizer off, what is wrong.
    "oldSpec": "oldObject == null ? dyn({}) : dyn(oldObject).spec",
    "pod": _pod("variables.spec"),
    "oldPod": _pod("variables.oldSpec"),
}
"""`spec` and `pod` of the object, `oldSpec` and `oldPod` of what it was before an update, empty at its creation."""


def containers(pod: str) -> str:
    """Return all containers of a pod, of whatever sort."""
    sorts = ("containers", "initContainers", "ephemeralContainers")
    return "(" + " + ".join(f"{pod}.?{sort}.orValue([])" for sort in sorts) + ")"


def only_new(now: str, before: str) -> str:
    """Return the values of a list that were not there before."""
    return f"{now}.filter(value, !(value in {before}))"
