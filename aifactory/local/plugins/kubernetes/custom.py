"""Create, update and delete of one Kubernetes object: the life of most resources.

The methods take and return decoded properties and know nothing of gRPC. Their order of work is always the
same: normalize, look at what is there, decide, change, wait.
"""

from collections.abc import Mapping
from typing import Any

from aifactory.errors import AifactoryError
from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import Properties
from aifactory.local.plugins.kubernetes import ownership, preview, state
from aifactory.local.plugins.kubernetes.annotations import lenient
from aifactory.local.plugins.kubernetes.apply import Target, apply, manager_for, relinquish
from aifactory.local.plugins.kubernetes.changes import diff
from aifactory.local.plugins.kubernetes.checks import Checked, check
from aifactory.local.plugins.kubernetes.deletion import delete_object, release_fields
from aifactory.local.plugins.kubernetes.objects import (
    Object,
    is_crd,
    is_patch,
    kind_of,
    parse_id,
    text,
    token_of,
)
from aifactory.local.plugins.kubernetes.planned import kinds_of
from aifactory.local.plugins.kubernetes.readiness import DEFAULT_TIMEOUT_SECONDS
from aifactory.local.plugins.kubernetes.reading import read
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.waits import NotReadyError
from aifactory.local.plugins.kubernetes.work import Diffed, PartialFailureError, Work, Written, kind_meant


class Objects:
    """Handles the objects of one provider."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def check(self, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
        """See `checks.check`."""
        return check(self._session, urn, olds, news)

    def diff(self, urn: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        """See `changes.diff`."""
        return diff(self._session, urn, outputs, old_inputs, news)

    def read(self, urn: str, identifier: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Written | None:
        """See `reading.read`."""
        return read(self._session, urn, identifier, outputs, old_inputs)

    # --- create ------------------------------------------------------------------------------------

    def create(self, urn: str, inputs: Mapping[str, Any], *, dry: bool, timeout_seconds: float | None = None) -> Written:
        """Make an object, or say what would be made.

        Raises:
            TakenError: its name is taken by an object that is not ours.
            ApplyError: the API server refused.
            PartialFailureError: it was made and is not ready.
        """
        work = Work.of(urn, inputs)
        if dry and codec.has_unknown(work.thing):
            return Written("", work.given)
        resource = self._session.kinds.find(work.kind) if dry else self._session.kinds.get(work.kind)
        if resource is None:
            return self._create_of_planned_kind(work)
        target = work.target(self._session, resource, recorded_manager="")
        existing = self._existing(work, target, dry=dry)
        if dry:
            replacing = existing is not None and not work.patch and self._is_replacement(work, target)
            made = preview.try_out(self._session, target, work.thing, urn, replacing=replacing)
            return Written("", self._told(work, target, made))
        live = apply(self._session.cluster, target, work.thing)
        if existing is not None and not work.patch:
            self._session.planned.taken_over(target.identity, text(live, "metadata", "uid"))
        return self._finish(work, target, live, work.thing["apiVersion"], timeout_seconds)

    def _create_of_planned_kind(self, work: Work) -> Written:
        """Preview an object whose kind the API server does not serve yet."""
        planned = self._session.planned.kind(work.kind)
        identity = self._session.identity(work.thing, work.kind, namespaced=planned is None or planned.namespaced)
        if planned is None:
            self._session.engine.warning(
                f"{identity} is not verified: the API server does not serve {work.kind}, and no CRD of it was planned"
                " before this resource; make it depend on its CRD",
                work.urn,
            )
        preview.check_against_plan(self._session, work.thing, work.kind, identity, work.redact)
        return Written("", work.given)

    def _existing(self, work: Work, target: Target, *, dry: bool) -> Object | None:
        """Return the object that has the name already and may be taken over; wait for one that is going."""
        existing = self._session.cluster.find(target.path)
        if work.patch:
            if existing is None and not dry:
                raise MissingPatchTargetError(
                    f"{target.identity} is not there to be patched",
                    why="a Patch resource changes fields of an object that something else makes",
                    fix="make this resource depend on whatever makes the object",
                )
            return existing
        if existing is not None and text(existing, "metadata", "deletionTimestamp"):
            if not dry:
                waiter = self._session.waiter(work.urn, work.redact)
                waiter.until_gone(target.path, existing, work.asked.timeout_seconds or DEFAULT_TIMEOUT_SECONDS)
            return None
        if existing is None or self._session.settings.upsert_existing_objects:
            return existing
        if ownership.may_take_over(existing, work.thing) or self._is_replacement(work, target):
            return existing
        raise ownership.taken(target.identity, existing, work.thing, work.urn)

    def _is_replacement(self, work: Work, target: Target) -> bool:
        """Whether the object of this name is the one that this very resource is about to replace."""
        planned = self._session.planned
        return planned.is_replaced(target.identity) or planned.is_held(work.urn, target.identity)

    # --- update ------------------------------------------------------------------------------------

    def update(
        self,
        urn: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        news: Mapping[str, Any],
        *,
        dry: bool,
        timeout_seconds: float | None = None,
    ) -> Written:
        """Change an object, or say what it would become; raises as `create`."""
        recorded, work = Recorded.parse(outputs, old_inputs), Work.of(urn, news)
        if dry and codec.has_unknown(work.thing):
            return Written("", work.given)
        resource = self._session.kinds.find(work.kind) if dry else self._session.kinds.get(work.kind)
        if resource is None:
            return self._create_of_planned_kind(work)
        target = work.target(self._session, resource, recorded_manager=recorded.manager)
        self._refuse_another_owners(work, target, recorded)
        if dry:
            made = preview.try_out(self._session, target, work.thing, urn, replacing=False)
            return Written("", self._told(work, target, made))
        live = apply(self._session.cluster, target, work.thing)
        if recorded.manager and recorded.manager != target.manager:
            relinquish(self._session.cluster, target, recorded.manager, live)
        api_version = recorded.api_version or text(work.thing, "apiVersion")
        return self._finish(work, target, live, api_version, timeout_seconds)

    def _refuse_another_owners(self, work: Work, target: Target, recorded: Recorded) -> None:
        """Refuse when the object was deleted and another owner has made one of the same name."""
        known = text(recorded.live, "metadata", "uid")
        existing = self._session.cluster.find(target.path)
        if work.patch or not known or existing is None or text(existing, "metadata", "uid") == known:
            return
        if self._session.settings.upsert_existing_objects or ownership.may_take_over(existing, work.thing):
            return
        raise ownership.taken(target.identity, existing, work.thing, work.urn)

    # --- delete ------------------------------------------------------------------------------------

    def delete(
        self,
        urn: str,
        identifier: str,
        outputs: Mapping[str, Any],
        old_inputs: Mapping[str, Any],
        *,
        timeout_seconds: float | None = None,
    ) -> None:
        """Delete an object and wait until it is gone; a Patch resource gives its fields up instead."""
        recorded = Recorded.parse(outputs, old_inputs)
        kind = kind_of(recorded.live) or kind_of(recorded.inputs) or kind_meant(urn)
        resource = self._session.kinds.find(kind)
        if resource is None:
            return  # Without its CRD no object of the kind is left.
        namespace, name = parse_id(identifier)
        place: Object = {"metadata": {"namespace": namespace, "name": name}}
        identity = self._session.identity(place, kind, namespaced=resource.namespaced)
        asked, patch = lenient(recorded.inputs), is_patch(token_of(urn), kind)
        manager = manager_for(asked, recorded.manager, urn, patch=patch)
        target = Target(identity, resource, manager, force=False, redact=Redactor.of(dict(outputs)))
        if patch:
            release_fields(self._session, target, recorded.inputs)
        else:
            delete_object(self._session, target, recorded, asked, urn, timeout_seconds=timeout_seconds)

    # --- shared ------------------------------------------------------------------------------------

    def _told(self, work: Work, target: Target, made: Object | None) -> Properties:
        """Return the outputs at preview: what the dry run made, or the inputs when there was none."""
        if made is None:
            return work.given
        told = state.at_preview(made, work.thing)
        return state.outputs(work.given, told, api_version=text(work.thing, "apiVersion"), manager=target.manager)

    def _finish(self, work: Work, target: Target, live: Object, api_version: str, timeout_seconds: float | None) -> Written:
        """Wait until an object that was applied is ready, and return what to record of it."""
        reasons: list[str] = []
        try:
            live = self._wait(work, target, live, timeout_seconds)
        except NotReadyError as error:
            live, reasons = error.live, [error.message, *error.reasons]
        except AifactoryError as error:
            # The object is there, whatever kept us from seeing it ready: the engine must know of it.
            reasons = [str(error)]
        outputs = state.outputs(work.given, live, api_version=api_version, manager=target.manager)
        if reasons:
            shown = [work.redact(words) for words in reasons]
            raise PartialFailureError(shown[0], target.identity.id, outputs, shown)
        return Written(target.identity.id, outputs)

    def _wait(self, work: Work, target: Target, live: Object, timeout_seconds: float | None) -> Object:
        if work.patch and not work.asked.wait_for:
            # Whether somebody else's object is ready is waited for only where the program says so.
            return live
        waiter = self._session.waiter(work.urn, work.redact)
        live = waiter.until_ready(target.path, live, work.kind, work.asked, timeout_seconds=timeout_seconds)
        if is_crd(work.kind):
            # Established is the controller's word; what counts is that the API server serves the kinds.
            self._session.kinds.forget(text(live, "spec", "group"))
            if not work.asked.skip_await:
                for entry in kinds_of(live):
                    self._session.kinds.get(entry.kind)
        return live


class MissingPatchTargetError(AifactoryError):
    """A Patch resource has nothing to patch."""
