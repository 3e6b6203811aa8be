"""Why pods do not run, in the words of the scheduler and of the kubelets."""

from collections.abc import Iterable
from typing import cast

from aifactory.kube.objects import Document, condition, mapping, name_of, spec_of, status_of

_STARTING = {"ContainerCreating", "PodInitializing"}
"""Reasons of waiting that only say that it has begun."""


def node_of(pod: Document) -> str:
    """Return the node that a pod was placed on; empty while it is on none."""
    return str(spec_of(pod).get("nodeName") or "")


def placed_on(pods: Iterable[Document]) -> tuple[str, ...]:
    """Return the node of each pod that was placed, sorted."""
    return tuple(sorted(filter(None, map(node_of, pods))))


def waiting(pods: Iterable[Document]) -> str:
    """Return why the first pod that is not placed waits, in the scheduler's words; empty when all are placed."""
    unplaced = (pod for pod in pods if not node_of(pod))
    return next((str(condition(status_of(pod), "PodScheduled").get("message", "")) for pod in unplaced), "")


def trouble(pods: Iterable[Document]) -> list[str]:
    """Return why pods do not run, each reason once: not placed, or a container that does not start."""
    pods = list(pods)
    found = [waiting(pods), *(one for pod in pods if node_of(pod) for one in _containers(pod))]
    return list(dict.fromkeys(filter(None, found)))


def _containers(pod: Document) -> Iterable[str]:
    status = status_of(pod)
    for key in ("initContainerStatuses", "containerStatuses"):
        for container in cast("list[Document] | None", status.get(key)) or ():
            held = mapping(container, "state", "waiting")
            reason = str(held.get("reason") or "")
            if reason and reason not in _STARTING:
                yield f"pod {name_of(pod)}: {': '.join(filter(None, (reason, str(held.get('message') or ''))))}"
