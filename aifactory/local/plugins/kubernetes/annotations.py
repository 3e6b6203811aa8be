"""The `pulumi.com/*` annotations by which an object says how the provider shall treat it.

They are pulumi-kubernetes' own (``provider/pkg/metadata/annotations.go``). A value that means nothing is
refused at `Check`: the official plugin ignores most of them silently, and a wait that was asked for and
misspelt is a workload reported ready that is not.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from aifactory.conventions import FIELD_MANAGER_ANNOTATION
from aifactory.errors import AifactoryError
from aifactory.local.plugins.kubernetes.objects import annotations_of

WAIT_FOR: Final = "pulumi.com/waitFor"
SKIP_AWAIT: Final = "pulumi.com/skipAwait"
TIMEOUT_SECONDS: Final = "pulumi.com/timeoutSeconds"
PATCH_FORCE: Final = "pulumi.com/patchForce"
FIELD_MANAGER: Final = FIELD_MANAGER_ANNOTATION
DELETION_PROPAGATION: Final = "pulumi.com/deletionPropagationPolicy"
REPLACE_UNREADY: Final = "pulumi.com/replaceUnready"
AUTONAMED: Final = "pulumi.com/autonamed"

Propagation = Literal["Background", "Foreground", "Orphan"]

_PROPAGATIONS: Final[dict[str, Propagation]] = {
    "background": "Background",
    "foreground": "Foreground",
    "orphan": "Orphan",
}


@dataclass(frozen=True, slots=True)
class Treatment:
    """How one object is to be treated.

    Attributes:
        wait_for: expressions that must all hold before the object counts as ready; empty means the kind's own
            rule (see `readiness`).
        skip_await: do not wait for readiness; nor for the deletion, on the kinds where the official plugin
            does so.
        timeout_seconds: how long to wait; None means the kind's default.
        force: take over fields that another field manager holds.
        manager: field manager asked for; empty means the provider's choice.
        propagation: what a deletion does with dependents. Default Background: the object is gone when its
            finalizers are, and the garbage collector follows. (The official default is Foreground, which on a
            kind whose CRD is seconds old waits for the collector to learn of it.)
        replace_unready: a Job that failed is replaced on the next run.
    """

    wait_for: tuple[str, ...] = ()
    skip_await: bool = False
    timeout_seconds: float | None = None
    force: bool = False
    manager: str = ""
    propagation: Propagation = "Background"
    replace_unready: bool = False


class AnnotationError(AifactoryError):
    """An annotation has a value that means nothing; `annotation` names it."""

    def __init__(self, annotation: str, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message, why=why, fix=fix)
        self.annotation = annotation


def treatment(thing: Mapping[str, Any]) -> Treatment:
    """Return how an object is to be treated; a value not known yet counts as not given.

    Raises:
        AnnotationError: an annotation has a value that means nothing.
    """
    found = {key: value for key, value in annotations_of(thing).items() if isinstance(value, str)}
    return Treatment(
        wait_for=_expressions(found.get(WAIT_FOR, "")),
        skip_await=_flag(found, SKIP_AWAIT),
        timeout_seconds=_seconds(found.get(TIMEOUT_SECONDS, "")),
        force=_flag(found, PATCH_FORCE),
        manager=found.get(FIELD_MANAGER, ""),
        propagation=_propagation(found.get(DELETION_PROPAGATION, "")),
        replace_unready=_flag(found, REPLACE_UNREADY),
    )


def lenient(thing: Mapping[str, Any]) -> Treatment:
    """Return how a recorded object is to be treated; with annotations that mean nothing, as if bare."""
    try:
        return treatment(thing)
    except AnnotationError:
        return Treatment()


def _flag(found: Mapping[str, str], annotation: str) -> bool:
    value = found.get(annotation, "").lower()
    if value not in ("", "true", "false"):
        raise AnnotationError(annotation, f'{annotation} is "{value}"', fix='write "true" or "false"')
    return value == "true"


def _seconds(value: str) -> float | None:
    if not value:
        return None
    if not value.isdigit():
        raise AnnotationError(
            TIMEOUT_SECONDS,
            f'{TIMEOUT_SECONDS} is "{value}"',
            fix='write whole seconds as a string, such as "300"',
        )
    return float(value)


def _propagation(value: str) -> Propagation:
    if not value:
        return "Background"
    if value.lower() not in _PROPAGATIONS:
        choices = ", ".join(_PROPAGATIONS)
        raise AnnotationError(DELETION_PROPAGATION, f'{DELETION_PROPAGATION} is "{value}"', fix=f"one of {choices}")
    return _PROPAGATIONS[value.lower()]


def _expressions(value: str) -> tuple[str, ...]:
    if not value:
        return ()
    try:
        parsed: object = json.loads(value)
    except json.JSONDecodeError:
        parsed = value
    given = cast("list[object]", parsed) if isinstance(parsed, list) else [value]
    if not given:
        raise AnnotationError(WAIT_FOR, f"{WAIT_FOR} is an empty list", fix="name at least one condition")
    for expression in given:
        if not isinstance(expression, str) or not expression.startswith(("jsonpath=", "condition=")):
            raise AnnotationError(
                WAIT_FOR,
                f"{WAIT_FOR} has {expression!r}",
                why="an expression says what to look at by its prefix",
                fix='write "condition=Ready" or "jsonpath={.status.phase}=Running"',
            )
    return tuple(cast("list[str]", given))
