"""Deleting an object and waiting until it is gone.

A deletion that is only asked for is not done: a namespace with a finalizer left in it comes back to bite
the next `up`. So the wait is on the object being gone, and when it hangs, the words say what holds it.
"""

from collections.abc import Mapping
from typing import Any, Final

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes import ownership
from aifactory.local.plugins.kubernetes.annotations import Treatment
from aifactory.local.plugins.kubernetes.apply import Target, in_words
from aifactory.local.plugins.kubernetes.failures import ApiError
from aifactory.local.plugins.kubernetes.holding import LET_GO, held_objects
from aifactory.local.plugins.kubernetes.objects import Object, is_crd, text
from aifactory.local.plugins.kubernetes.readiness import DEFAULT_TIMEOUT_SECONDS
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.waits import NotReadyError

SKIPPABLE: Final = frozenset(
    {
        ("", "Namespace"),
        ("", "Pod"),
        ("", "ReplicationController"),
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "Job"),
    }
)
"""Kinds on which ``skipAwait`` also means not to wait for the deletion (pulumi-kubernetes'
`overrides.go`)."""


class DeletionError(AifactoryError):
    """An object could not be deleted, or was not gone in time."""


def delete_object(
    session: Session, target: Target, recorded: Recorded, asked: Treatment, urn: str, *, timeout_seconds: float | None
) -> None:
    """Delete an object and wait until it is gone; one that is gone already is fine.

    Args:
        session: the provider.
        target: the object.
        recorded: what the engine recorded of it.
        asked: what its annotations ask for.
        urn: its URN.
        timeout_seconds: the engine's limit; None or 0 falls back to the annotation, then to ten minutes.

    Raises:
        DeletionError: it is still there when the time is over; the words name the finalizers that hold it.
        ApplyError: the API server refused.
    """
    live = session.cluster.find(target.path)
    if live is None or not _is_ours(session, target, recorded, live, urn):
        return
    uid = text(live, "metadata", "uid")
    try:
        session.cluster.delete(target.path, propagation=asked.propagation, uid=uid)
    except ApiError as error:
        if error.reason == "Conflict" and "UID" in error.message:
            return  # Another object took the name between our look and our request; ours is gone.
        raise in_words(error, target) from None
    kind = target.resource.kind
    if not (asked.skip_await and (kind.group, kind.name) in SKIPPABLE):
        limit = timeout_seconds or asked.timeout_seconds or DEFAULT_TIMEOUT_SECONDS
        _wait(session, target, live, urn, limit)
    if is_crd(kind):
        session.kinds.forget(text(live, "spec", "group"))


def _wait(session: Session, target: Target, live: Object, urn: str, limit: float) -> None:
    try:
        session.waiter(urn, target.redact).until_gone(target.path, live, limit)
    except NotReadyError as error:
        held = held_objects(session.cluster, error.live) if is_crd(target.resource.kind) else []
        raise DeletionError(
            error.message,
            why=target.redact("; ".join([*held, *error.reasons])) or "the API server does not say what holds it",
            fix=LET_GO,
        ) from None


def _is_ours(session: Session, target: Target, recorded: Recorded, live: Object, urn: str) -> bool:
    """Whether the object that is there is the one that this resource means."""
    uid, known = text(live, "metadata", "uid"), text(recorded.live, "metadata", "uid")
    if session.planned.is_taken_over(target.identity, uid):
        session.engine.info(f"{target.identity} is kept: another resource of this run took it over", urn)
        return False
    if known and uid != known and not ownership.may_take_over(live, recorded.inputs):
        session.engine.warning(
            f"{target.identity} is not deleted: the object of this name is another one than this resource made", urn
        )
        return False
    return True


def release_fields(session: Session, target: Target, inputs: Mapping[str, Any]) -> None:
    """Give up the fields that a Patch resource set; fields that only it set go.

    Raises:
        ApplyError: a required field would go.
    """
    if session.cluster.find(target.path) is None:
        return
    metadata = {"name": target.identity.name}
    if target.identity.namespace:
        metadata["namespace"] = target.identity.namespace
    bare = {"apiVersion": inputs.get("apiVersion"), "kind": inputs.get("kind"), "metadata": metadata}
    try:
        session.cluster.apply(target.path, bare, manager=target.manager, force=True)
    except ApiError as error:
        raise in_words(error, target) from None
