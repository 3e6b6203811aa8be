"""Waiting for an object to be ready, or to be gone.

The object is read again and again with growing pauses: a wait is a handful of small reads, survives a
restart of the API server, and ends within a moment of the engine's wish to stop.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes import readiness, waitfor
from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.client import Cluster, Say
from aifactory.local.plugins.kubernetes.objects import Kind, Object, items, mapping, maps, text
from aifactory.local.plugins.kubernetes.readiness import Readiness
from aifactory.local.plugins.kubernetes.reasons import explain

FIRST_PAUSE_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 2.0
PAUSE_GROWTH: Final = 1.5

Clock = Callable[[], float]


class NotReadyError(AifactoryError):
    """An object exists but did not become ready.

    Attributes:
        live: the object as last read.
        reasons: why, in words, most telling first.
    """

    def __init__(self, message: str, live: Object, reasons: list[str]) -> None:
        super().__init__(message, why="; ".join(reasons))
        self.live = live
        self.reasons = reasons


@dataclass(frozen=True, slots=True)
class Waiter:
    """Waits on one cluster.

    Attributes:
        cluster: where the objects are.
        say: shows progress beside the resource.
        clock: seconds that only grow; another one for tests.
    """

    cluster: Cluster
    say: Say
    clock: Clock = time.monotonic

    def until_ready(
        self, path: str, live: Object, kind: Kind, treatment: Treatment, *, timeout_seconds: float | None
    ) -> Object:
        """Wait until the object at `path` is ready and return it.

        Args:
            path: path of the object.
            live: the object as just applied.
            kind: its kind, which says the rule unless `treatment` names conditions.
            treatment: what its annotations ask for.
            timeout_seconds: the engine's own limit (``customTimeouts``); None or 0 falls back to the
                annotation, then to the kind's default.

        Raises:
            NotReadyError: it failed, or the time is over; with reasons.
            CancelledError: the engine wants to stop.
        """
        check = self.check_for(kind, treatment)
        if check is None:
            return live
        limit = timeout_seconds or treatment.timeout_seconds or readiness.timeout_for(kind)
        return self._wait(path, live, check, limit)

    def check_for(self, kind: Kind, treatment: Treatment) -> waitfor.Check | None:
        """Return the check that says whether an object is ready; None when there is nothing to wait for."""
        if treatment.skip_await:
            return None
        if treatment.wait_for:
            return waitfor.both(waitfor.parse(treatment.wait_for))
        rule = readiness.rule_for(kind)
        return None if rule is None else lambda thing: rule(thing, _Around(self.cluster))

    def _wait(self, path: str, live: Object, check: waitfor.Check, limit: float) -> Object:
        name = f"{text(live, 'kind')} {text(live, 'metadata', 'name')}"
        started, pause, said = self.clock(), FIRST_PAUSE_SECONDS, ""
        while True:
            state = check(live)
            if state.ready:
                return live
            elapsed = self.clock() - started
            if state.failed or elapsed > limit:
                raise self._not_ready(name, live, state, limit)
            if state.words != said:
                self.say(f"waiting for {name}: {state.words}")
                said = state.words
            self.cluster.pause(min(pause, max(limit - elapsed, 0.01)), f"waiting for {name} ({state.words})")
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)
            found = self.cluster.find(path)
            if found is None:
                raise NotReadyError(f"{name} was deleted by someone else while it was waited for", live, [])
            live = found

    def _not_ready(self, name: str, live: Object, state: Readiness, limit: float) -> NotReadyError:
        fate = "failed" if state.failed else f"was not ready within {limit:g} s"
        reasons = [state.words, *explain(self.cluster, live)]
        return NotReadyError(f"{name} {fate}", live, list(dict.fromkeys(reasons)))

    def until_gone(self, path: str, live: Object, limit: float) -> None:
        """Wait until the object at `path` is gone, or another one has taken its name.

        Raises:
            NotReadyError: the time is over; the reasons name the finalizers that hold it and, for a
                namespace, what is left in it.
            CancelledError: the engine wants to stop.
        """
        name = f"{text(live, 'kind')} {text(live, 'metadata', 'name')}"
        uid = text(live, "metadata", "uid")
        started, pause, said = self.clock(), FIRST_PAUSE_SECONDS, ""
        while (found := self.cluster.find(path)) is not None and text(found, "metadata", "uid") == uid:
            holders = holders_of(found)
            elapsed = self.clock() - started
            if elapsed > limit:
                raise NotReadyError(f"{name} was not gone within {limit:g} s", found, holders)
            words = "; ".join(holders) or "it is being deleted"
            if words != said:
                self.say(f"waiting for {name} to go: {words}")
                said = words
            self.cluster.pause(min(pause, max(limit - elapsed, 0.01)), f"waiting for {name} to go ({words})")
            pause = min(pause * PAUSE_GROWTH, LONGEST_PAUSE_SECONDS)


def holders_of(thing: Object) -> list[str]:
    """Return what keeps an object that is being deleted, in words."""
    finalizers = [*items(thing, "metadata", "finalizers"), *items(thing, "spec", "finalizers")]
    words = [f"finalizer {entry} holds it" for entry in finalizers]
    if text(thing, "kind") == "Namespace":
        words += [
            text(entry, "message")
            for entry in maps(thing, "status", "conditions")
            if text(entry, "status") == "True" and text(entry, "message")
        ]
    return words


@dataclass(frozen=True, slots=True)
class _Around:
    """Looks at the objects around one; see `readiness.Around`."""

    cluster: Cluster

    def ready_endpoints(self, service: Object) -> int:
        namespace, name = text(service, "metadata", "namespace"), text(service, "metadata", "name")
        slices = self.cluster.get(
            f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices",
            labelSelector=f"kubernetes.io/service-name={name}",
        )
        endpoints = [endpoint for entry in maps(slices, "items") for endpoint in maps(entry, "endpoints")]
        return sum(1 for endpoint in endpoints if mapping(endpoint, "conditions").get("ready") is not False)

    def binds_on_first_use(self, claim: Object) -> bool:
        name = mapping(claim, "spec").get("storageClassName")
        if not isinstance(name, str) or not name:
            return False
        storage = self.cluster.find(f"/apis/storage.k8s.io/v1/storageclasses/{name}")
        return storage is not None and storage.get("volumeBindingMode") == "WaitForFirstConsumer"
