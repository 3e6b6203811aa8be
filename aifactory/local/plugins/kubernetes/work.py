"""One resource at work: its inputs normalized once, and the shapes in which results leave.

`custom`, `changes`, `reading` and `release` share these; none of them knows gRPC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.errors import AifactoryError
from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import Properties
from aifactory.local.plugins.kubernetes.annotations import Treatment, lenient, treatment
from aifactory.local.plugins.kubernetes.apply import Target, manager_for
from aifactory.local.plugins.kubernetes.diff import Difference
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.objects import (
    PATCH_SUFFIX,
    Kind,
    Object,
    is_patch,
    kind_of,
    kind_of_token,
    to_kubernetes,
    token_of,
    without_nulls,
)
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session


class PartialFailureError(AifactoryError):
    """An object was made or changed, but is not as it should be; the next run goes on from there.

    Attributes:
        identifier: its Pulumi id.
        outputs: what the engine records.
        reasons: why, in words.
        inputs: the inputs to record; only for a read.
    """

    def __init__(
        self, message: str, identifier: str, outputs: Properties, reasons: list[str], inputs: Properties | None = None
    ) -> None:
        super().__init__(message, why="; ".join(reasons))
        self.identifier, self.outputs = identifier, outputs
        self.reasons, self.inputs = reasons, inputs


@dataclass(frozen=True, slots=True)
class Diffed:
    """What changed, and whether the old object must go before the new one comes."""

    differences: tuple[Difference, ...]
    delete_before_replace: bool


@dataclass(frozen=True, slots=True)
class Written:
    """An object as made, changed or read; the id is empty at preview."""

    identifier: str
    outputs: Properties
    inputs: Properties | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One object under one resource, normalized.

    Attributes:
        urn: the resource's URN.
        given: its inputs as they came, secrets wrapped.
        thing: its inputs as the API server wants them.
        kind: the object's kind.
        asked: what its annotations ask for.
        patch: whether it patches an object of someone else.
        redact: cuts its secrets out of messages.
    """

    urn: str
    given: Properties
    thing: Object
    kind: Kind
    asked: Treatment
    patch: bool
    redact: Redactor

    @classmethod
    def of(cls, urn: str, inputs: Mapping[str, Any], *, recorded: bool = False) -> "Work":
        """Return the work for these inputs.

        Args:
            urn: the resource's URN.
            inputs: as they came, secrets wrapped.
            recorded: the inputs are an earlier run's; bad annotations in them are not this run's to refuse.
        """
        given = cast("Properties", without_nulls(inputs))
        thing = to_kubernetes(cast("Object", codec.reveal(given)))
        kind = kind_of(thing) or kind_meant(urn)
        asked = lenient(thing) if recorded else treatment(thing)
        return cls(urn, given, thing, kind, asked, is_patch(token_of(urn), kind), Redactor.of(given))

    def target(self, session: Session, resource: Resource, *, recorded_manager: str) -> Target:
        """Return where the object goes, and by which field manager."""
        manager = manager_for(self.asked, recorded_manager, self.urn, patch=self.patch)
        return Target(
            identity=session.identity(self.thing, self.kind, namespaced=resource.namespaced),
            resource=resource,
            manager=manager,
            force=self.asked.force or session.settings.patch_force,
            redact=self.redact,
            former=recorded_manager if recorded_manager != manager else "",
        )


def kind_meant(urn: str) -> Kind:
    """Return the kind of object that a resource is about, by its type token; for a patch, what it patches."""
    kind = kind_of_token(token_of(urn))
    if kind.name.endswith(PATCH_SUFFIX):
        return Kind(kind.group, kind.version, kind.name.removesuffix(PATCH_SUFFIX))
    return kind
