"""One object as the cluster has it now: refresh, import, and `get` of what others made."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from aifactory.conventions import FIELD_MANAGER
from aifactory.local.plugins.codec import Properties
from aifactory.local.plugins.kubernetes import state
from aifactory.local.plugins.kubernetes.annotations import lenient
from aifactory.local.plugins.kubernetes.apply import ApplyError, Target, apply
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.objects import Object, kind_of, parse_id, text
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.waits import NotReadyError
from aifactory.local.plugins.kubernetes.work import PartialFailureError, Work, Written, kind_meant

PATIENCE_SECONDS: Final = 5.0
"""How long a refresh lets an object become ready: enough for a controller to see what was changed a moment
ago."""


def read(
    session: Session, urn: str, identifier: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any]
) -> Written | None:
    """Return an object as it is now, or None when it is gone.

    Its inputs come back as the cluster has them, so that what others changed shows as a difference. Without
    recorded
    inputs it is an import: then the inputs are what its field manager applied, or else all that is not a
    controller's.

    Raises:
        PartialFailureError: it is there and not ready.
    """
    recorded = Recorded.parse(outputs, old_inputs)
    kind = kind_of(recorded.inputs) or kind_of(recorded.live) or kind_meant(urn)
    resource = session.kinds.find(kind)
    namespace, name = parse_id(identifier)
    live = None if resource is None else session.cluster.find(resource.path(namespace or session.namespace, name))
    if resource is None or live is None:
        return None
    if not recorded.inputs:
        return _imported(urn, identifier, live, lenient(live).manager or FIELD_MANAGER)
    return _refreshed(session, urn, identifier, live, resource, recorded, old_inputs)


def _imported(urn: str, identifier: str, live: Object, manager: str) -> Written:
    work = Work.of(urn, state.to_pulumi(state.imported(live, manager)), recorded=True)
    inputs = state.mark_secrets(work.given, {})
    return Written(identifier, _outputs(inputs, live, text(live, "apiVersion"), manager), inputs)


def _refreshed(
    session: Session,
    urn: str,
    identifier: str,
    live: Object,
    resource: Resource,
    recorded: Recorded,
    old_inputs: Mapping[str, Any],
) -> Written:
    work = Work.of(urn, old_inputs or recorded.inputs, recorded=True)
    target = work.target(session, resource, recorded_manager=recorded.manager)
    now = state.project(recorded.inputs, live, _applied_now(session, target, recorded.inputs))
    inputs = state.mark_secrets(state.to_pulumi(now), work.given)
    manager = recorded.manager or target.manager
    told = _outputs(inputs, live, recorded.api_version or text(live, "apiVersion"), manager)
    if not work.patch:
        _report_unready(session, work, target, live, Written(identifier, told, inputs))
    return Written(identifier, told, inputs)


def _outputs(inputs: Properties, live: Object, api_version: str, manager: str) -> Properties:
    return state.outputs(inputs, live, api_version=api_version, manager=manager)


def _applied_now(session: Session, target: Target, inputs: Object) -> Object | None:
    """Return what the API server would make of recorded inputs; None when it would not take them."""
    try:
        return apply(session.cluster, replace(target, force=True), inputs, dry_run=True)
    except ApplyError:
        return None


def _report_unready(session: Session, work: Work, target: Target, live: Object, found: Written) -> None:
    waiter = session.waiter(work.urn, work.redact)
    try:
        waiter.until_ready(target.path, live, work.kind, work.asked, timeout_seconds=PATIENCE_SECONDS)
    except NotReadyError as error:
        reasons = [work.redact(words) for words in error.reasons]
        message = f"{found.identifier} is not ready"
        raise PartialFailureError(message, found.identifier, found.outputs, reasons, found.inputs) from None
