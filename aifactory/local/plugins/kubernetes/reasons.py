"""Why an object is not ready: its conditions, its pods, its last warnings, in words.

The API server holds the answer to "why does it hang?", in places that one has to know. When a wait ends
badly these are read once and put into the error.
"""

from typing import Final

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.client import Cluster
from aifactory.local.plugins.kubernetes.objects import Object, condition, conditions, maps, text
from aifactory.local.plugins.kubernetes.readiness import container_troubles, pods_selector

MOST_PODS: Final = 3
"""Pods that are described; the others mostly suffer from the same."""

MOST_EVENTS: Final = 3

_GOOD_WHEN_FALSE: Final = ("failed", "failure", "pressure", "degraded", "deadlocked", "stalled", "suspended")
"""Words in the names of conditions whose ``True`` is the bad news."""


def explain(cluster: Cluster, thing: Object) -> list[str]:
    """Return reasons why `thing` is not ready; empty when the API server knows none.

    Never raises for want of an answer: the wait's own failure is the news, and this only adds to it.
    """
    reasons = [_condition_words(entry) for entry in conditions(thing) if _is_bad(entry)]
    namespace = text(thing, "metadata", "namespace")
    try:
        pods = [thing] if text(thing, "kind") == "Pod" else _pods_of(cluster, thing, namespace)
        reasons += [words for pod in pods[:MOST_PODS] for words in _pod_words(pod)]
        reasons += _events(cluster, [thing, *pods[:MOST_PODS]], namespace)
    except AifactoryError as error:
        reasons.append(f"(no more is known: {error.message})")
    return list(dict.fromkeys(reasons))


def _is_bad(entry: Object) -> bool:
    name, status = text(entry, "type").lower(), text(entry, "status")
    negative = any(word in name for word in _GOOD_WHEN_FALSE)
    return status == ("True" if negative else "False") or status == "Unknown"


def _condition_words(entry: Object) -> str:
    words = f"condition {text(entry, 'type')} is {text(entry, 'status')}"
    details = ": ".join(part for part in (text(entry, "reason"), text(entry, "message")) if part)
    return f"{words}: {details}" if details else words


def _pods_of(cluster: Cluster, thing: Object, namespace: str) -> list[Object]:
    selector = pods_selector(thing)
    if not selector or not namespace:
        return []
    found = maps(cluster.get(f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector), "items")
    return [pod for pod in found if text(condition(pod, "Ready"), "status") != "True"]


def _pod_words(pod: Object) -> list[str]:
    name = text(pod, "metadata", "name")
    scheduled = condition(pod, "PodScheduled")
    if text(scheduled, "status") == "False":
        return [f"pod {name} is not scheduled: {text(scheduled, 'message') or text(scheduled, 'reason')}"]
    return [f"pod {name}: {trouble}" for trouble in container_troubles(pod)]


def _events(cluster: Cluster, things: list[Object], namespace: str) -> list[str]:
    where = f"/api/v1/namespaces/{namespace or 'default'}/events"
    words: list[str] = []
    for thing in things:
        uid = text(thing, "metadata", "uid")
        selector = f"involvedObject.uid={uid},type=Warning"
        events = maps(cluster.get(where, fieldSelector=selector), "items") if uid else []
        events.sort(key=lambda event: text(event, "lastTimestamp") or text(event, "eventTime"))
        words += [f"event {text(event, 'reason')}: {text(event, 'message')}" for event in events[-MOST_EVENTS:]]
    return words
