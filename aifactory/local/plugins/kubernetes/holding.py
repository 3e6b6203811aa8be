"""What keeps a CustomResourceDefinition that is being deleted: objects of it that something holds, by name.

The API server deletes every object of a definition before it lets the definition go. One that bears a finalizer stays until
its controller takes that away, and for ever when the controller went first. The definition itself says only that its
objects are being deleted; which, and who holds them, is what a person needs.
"""

import time
from collections.abc import Iterable
from typing import Final

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.client import CancelledError, Cluster
from aifactory.local.plugins.kubernetes.objects import Object, items, maps, text

MOST_OBJECTS: Final = 5
"""Objects of one definition that are named; the others mostly wait for the same."""

_PAUSE_SECONDS: Final = 1.0

LET_GO: Final = "start the controller that would remove the finalizer, or remove it by hand if that is gone for good"
"""What to do about an object that a finalizer holds."""

DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def held_objects(cluster: Cluster, definition: Object) -> list[str]:
    """Return the objects that keep a definition, in words; empty when there are none, or when they cannot be read.

    Never raises for want of an answer: that the definition is still there is the news, and this only adds to it.
    """
    group, plural, kind = (text(definition, "spec", *path) for path in (("group",), ("names", "plural"), ("names", "kind")))
    stored = next((text(one, "name") for one in maps(definition, "spec", "versions") if one.get("storage") is True), "")
    try:
        # In the version that is stored nothing has to be converted by a webhook that may be gone.
        found = maps(cluster.get(f"/apis/{group}/{stored}/{plural}"), "items")
    except AifactoryError:
        return []
    words = [_words(kind, thing) for thing in found[:MOST_OBJECTS]]
    return [*words, f"and {len(found) - MOST_OBJECTS} more of kind {kind}"] if len(found) > MOST_OBJECTS else words


def _words(kind: str, thing: Object) -> str:
    namespace, name = text(thing, "metadata", "namespace"), text(thing, "metadata", "name")
    finalizers = ", ".join(str(one) for one in items(thing, "metadata", "finalizers"))
    full = f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"
    return f"{full} is held by finalizer {finalizers}" if finalizers else f"{full} is still there"


def definitions_held(cluster: Cluster, names: Iterable[str]) -> list[str]:
    """Return, in words, those definitions that are being deleted and cannot go, each with what keeps it.

    Args:
        cluster: where they are.
        names: names of definitions; those that are gone, or stay, are left out.

    Raises:
        CancelledError: the engine wants to stop.
    """
    words: list[str] = []
    for name in names:
        try:
            definition = cluster.find(f"{DEFINITIONS}/{name}")
        except CancelledError:
            raise
        except AifactoryError:
            continue
        if definition is not None and text(definition, "metadata", "deletionTimestamp"):
            held = held_objects(cluster, definition)
            words.append(f"{name} waits for its objects: {'; '.join(held)}" if held else f"{name} is still being deleted")
    return words


def wait_for_definitions(cluster: Cluster, names: Iterable[str], seconds: float) -> list[str]:
    """Wait until definitions that are being deleted are gone; return in words those that are not gone in time.

    The API server looks at a definition whose objects went late only after a growing pause, so that it may stay for some
    seconds more.

    Raises:
        CancelledError: the engine wants to stop.
    """
    wanted, deadline = list(names), time.monotonic() + seconds
    while (held := definitions_held(cluster, wanted)) and time.monotonic() < deadline:
        cluster.pause(min(_PAUSE_SECONDS, max(deadline - time.monotonic(), 0.01)), "waiting for definitions to go")
    return held
