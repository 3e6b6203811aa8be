"""Whose object it is: what to do when the name that is to be made is taken already.

Server-side apply would quietly merge into whatever is there, and a later destroy would delete it. So a
creation looks first. An object that carries the same owner annotation is ours: an earlier `up` made it and
was cut off before the engine had written it down. Anything else is refused with the owner's name and the
words for an import.
"""

from collections.abc import Mapping
from typing import Any

from aifactory.conventions import OWNER_ANNOTATION
from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.objects import Identity, annotations_of, name_in, token_of


class TakenError(AifactoryError):
    """The name of an object that is to be made is taken by an object that is not ours."""


def owner_of(thing: Mapping[str, Any]) -> str:
    """Return the owner that an object names; empty when it names none."""
    owner = annotations_of(thing).get(OWNER_ANNOTATION)
    return owner if isinstance(owner, str) else ""


def may_take_over(existing: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an object that exists is the one that is to be made, by its owner annotation."""
    owner = owner_of(wanted)
    return bool(owner) and owner_of(existing) == owner


def taken(identity: Identity, existing: Mapping[str, Any], wanted: Mapping[str, Any], urn: str) -> TakenError:
    """Return the refusal to make an object whose name is taken."""
    theirs, ours = owner_of(existing), owner_of(wanted)
    belongs = f"belongs to {theirs!r}" if theirs else f"has no {OWNER_ANNOTATION} annotation"
    wants = f"this one would belong to {ours!r}" if ours else "this one names no owner either"
    return TakenError(
        f"{identity} exists already and {belongs}; {wants}",
        why="applying over it would mix two owners' fields, and a destroy would delete what is not ours",
        fix=(
            f"take it in hand with `pulumi import {token_of(urn)} {name_in(urn)} {identity.id}`, choose another name,"
            " delete it, or set upsertExistingObjects on the provider"
        ),
    )
