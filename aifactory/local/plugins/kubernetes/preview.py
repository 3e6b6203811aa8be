"""Dry runs: what the API server would make of an object, before anything is made.

A dry run goes through defaulting, strict validation and admission, so a misspelt field or a conflict shows
at preview. What cannot be tried because something it needs is only planned is tried as near to it as
possible, and where that is not possible either, the preview says that it was not verified.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.apply import ApplyError, Target, apply, in_words
from aifactory.local.plugins.kubernetes.objects import DEFAULT_NAMESPACE, Identity, Kind, Object, mapping
from aifactory.local.plugins.kubernetes.planned import unknown_fields
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session

_NO_DRY_RUN: Final = "does not support dry run"


class PlannedFieldError(AifactoryError):
    """An object has fields that its planned CRD does not have."""


def try_out(session: Session, target: Target, thing: Object, urn: str, *, replacing: bool) -> Object | None:
    """Return the object that applying `thing` would make, or None when that could not be tried.

    Args:
        session: the provider.
        target: where the object would go.
        thing: the object.
        urn: its URN, for notes.
        replacing: an object of this identity is there and would be deleted first.

    Raises:
        ApplyError, PlannedFieldError: it would be refused.
    """
    if replacing:
        return _elsewhere(session, target, thing, target.identity.namespace)
    try:
        return apply(session.cluster, target, thing, dry_run=True)
    except ApplyError as error:
        cause = error.cause
        if cause.is_missing and target.resource.namespaced:
            return _without_namespace(session, target, thing, urn)
        if cause.names_unknown_fields and session.planned.kind(target.resource.kind) is not None:
            check_against_plan(session, thing, target.resource.kind, target.identity, target.redact)
            return None
        if cause.is_forbidden or _NO_DRY_RUN in cause.message:
            # What admission misses (a service account, a priority class) may be planned in this very run.
            session.engine.warning(f"not verified by a dry run: {error.message}", urn)
            return None
        raise


def check_against_plan(session: Session, thing: Mapping[str, Any], kind: Kind, identity: Identity, redact: Redactor) -> None:
    """Check an object against the CRD that this run plans.

    Raises:
        PlannedFieldError: it has fields that the planned CRD does not have.
    """
    planned = session.planned.kind(kind)
    fields = unknown_fields(thing, planned.schema) if planned is not None else []
    if fields:
        raise PlannedFieldError(
            f"{identity} has fields that its planned CRD does not have: {redact(', '.join(fields))}",
            why="the API server would refuse them",
            fix="correct the spelling, or the place of the field",
        )


def _without_namespace(session: Session, target: Target, thing: Object, urn: str) -> Object | None:
    namespace = target.identity.namespace
    if not session.planned.has_namespace(namespace):
        session.engine.warning(
            f"{target.identity}: there is no namespace {namespace}, and none was planned before this resource;"
            " make it depend on its namespace",
            urn,
        )
    return _elsewhere(session, target, thing, DEFAULT_NAMESPACE)


def _elsewhere(session: Session, target: Target, thing: Object, namespace: str) -> Object | None:
    """Dry-run an object under a name and in a namespace where nothing is in its way."""
    if not target.resource.namespaced:
        return None
    identity = target.identity
    name = f"aifactory-dry-run-{hashlib.sha256(identity.id.encode()).hexdigest()[:8]}"
    there = replace(target, identity=replace(identity, namespace=namespace, name=name))
    try:
        made = apply(session.cluster, there, thing, dry_run=True)
    except ApplyError as error:
        if error.cause.names_unknown_fields:
            raise in_words(error.cause, target) from None
        # Other refusals may come from the other place; the real run will tell.
        return None
    metadata = {**mapping(made, "metadata"), "name": identity.name, "namespace": identity.namespace}
    return {**made, "metadata": metadata}
