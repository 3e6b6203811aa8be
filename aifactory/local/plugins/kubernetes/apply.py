"""Server-side apply with words: whose fields are in the way, which fields are misspelt.

One apply serves creation and update. The answer of the API server is for programs; a person needs the
manager that holds a field, the field, and what can be done.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aifactory.conventions import FIELD_MANAGER
from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.annotations import PATCH_FORCE, Treatment
from aifactory.local.plugins.kubernetes.client import Cluster
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.failures import ApiError, FieldConflictError
from aifactory.local.plugins.kubernetes.objects import Identity, Object, mapping, maps, text
from aifactory.local.plugins.kubernetes.redaction import Redactor

_OTHER_MANAGER: Final = re.compile(r'conflict with "([^"]+)"')
_UNKNOWN_FIELD: Final = re.compile(r'unknown field "([^"]+)"|\.?(\S+): field not declared in schema')


class ApplyError(AifactoryError):
    """The API server did not take an object.

    Attributes:
        cause: its own error.
    """

    def __init__(self, message: str, cause: ApiError, *, why: str = "", fix: str = "") -> None:
        super().__init__(message, why=why, fix=fix)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Target:
    """Where one object goes.

    Attributes:
        identity: its identity.
        resource: how the API server serves its kind.
        manager: field manager that applies it.
        force: take over other managers' fields.
        redact: cuts its secrets out of messages.
        former: an earlier field manager of this same resource, whose fields may be taken over.
    """

    identity: Identity
    resource: Resource
    manager: str
    force: bool
    redact: Redactor
    former: str = ""

    @property
    def path(self) -> str:
        """The object's own path."""
        return self.resource.path(self.identity.namespace, self.identity.name)


def manager_for(treatment: Treatment, recorded: str, urn: str, *, patch: bool) -> str:
    """Return the field manager to apply by.

    Args:
        treatment: an annotation wins.
        recorded: the manager of the earlier run; kept, so that a state of the official plugin goes on
            smoothly.
        urn: the resource's URN.
        patch: whether it patches an object of someone else. A patch needs a manager of its own: applied by
            the one that made the object, it would take away every field that it does not name.
    """
    if treatment.manager:
        return treatment.manager
    if recorded:
        return recorded
    if patch:
        return f"{FIELD_MANAGER}-patch-{hashlib.sha256(urn.encode()).hexdigest()[:8]}"
    return FIELD_MANAGER


def apply(cluster: Cluster, target: Target, thing: Mapping[str, Any], *, dry_run: bool = False) -> Object:
    """Apply `thing` and return the object that results.

    Raises:
        ApplyError: the API server refused, in words.
        UnreachableError, CancelledError: as `Cluster.apply`.
    """
    placed = _placed(thing, target)
    try:
        try:
            return cluster.apply(target.path, placed, manager=target.manager, force=target.force, dry_run=dry_run)
        except FieldConflictError as error:
            if not target.former or set(_holders(error)) != {target.former}:
                raise
            return cluster.apply(target.path, placed, manager=target.manager, force=True, dry_run=dry_run)
    except ApiError as error:
        raise in_words(error, target) from None


def _placed(thing: Mapping[str, Any], target: Target) -> Object:
    """Return `thing` with the metadata that its place demands; a cluster-wide kind has no namespace."""
    metadata = {key: value for key, value in mapping(thing, "metadata").items() if key != "namespace"}
    metadata["name"] = target.identity.name
    if target.resource.namespaced:
        metadata["namespace"] = target.identity.namespace
    return {**thing, "metadata": metadata}


def relinquish(cluster: Cluster, target: Target, manager: str, live: Object) -> None:
    """Let a field manager give up its fields, after another one has applied the object."""
    held = {(text(e, "manager"), text(e, "operation")) for e in maps(live, "metadata", "managedFields")}
    if (manager, "Apply") not in held:
        return
    bare: Object = {"apiVersion": text(live, "apiVersion"), "kind": text(live, "kind"), "metadata": {}}
    try:
        cluster.apply(target.path, _placed(bare, target), manager=manager, force=True)
    except ApiError as error:
        raise in_words(error, target) from None


def in_words(error: ApiError, target: Target) -> ApplyError:
    """Return the refusal of the API server as an error for a person, free of secrets."""
    name = str(target.identity)
    said = target.redact(error.message)
    if isinstance(error, FieldConflictError):
        return _conflict(error, name)
    if error.names_unknown_fields:
        fields = [first or second for first, second in _UNKNOWN_FIELD.findall(error.message)]
        return ApplyError(
            f"{name} has fields that its kind does not have: {target.redact(', '.join(fields)) or said}",
            error,
            why="the API server would drop them, and what they ask for would silently not happen",
            fix="correct the spelling, or the apiVersion, or the place of the field",
        )
    if error.is_forbidden:
        return ApplyError(f"{name} is forbidden: {said}", error)
    causes = [f"{field}: {target.redact(message)}" for field, message in error.causes if field]
    why = error.why or "; ".join(causes[1:])
    return ApplyError(f"{name} was refused by the API server: {said}", error, why=why, fix=error.fix)


def _holders(error: FieldConflictError) -> dict[str, list[str]]:
    """Return the fields in the way by the manager that holds them."""
    held: dict[str, list[str]] = {}
    for field, message in error.causes:
        match = _OTHER_MANAGER.search(message)
        held.setdefault(match[1] if match else "another manager", []).append(field.removeprefix("."))
    return held


def _conflict(error: FieldConflictError, name: str) -> ApplyError:
    words = "; ".join(f"{manager!r} holds {', '.join(fields)}" for manager, fields in _holders(error).items())
    return ApplyError(
        f"{name}: other field managers hold fields that this program sets: {words}",
        error,
        why="applying anyway would start a tug-of-war with whoever set them",
        fix=f'leave these fields to them, or take them over once with the annotation {PATCH_FORCE}: "true"',
    )
