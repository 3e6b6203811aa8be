"""Diff, create, update, read and delete of one Kubernetes object: the life of most resources.

The methods take and return decoded properties and know nothing of gRPC. Their order of work is always the
same: normalize, look at what is there, decide, change, wait.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.errors import AifactoryError
from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import Properties
from aifactory.local.plugins.kubernetes import immutable, ownership, preview, state
from aifactory.local.plugins.kubernetes.annotations import Treatment, lenient, treatment
from aifactory.local.plugins.kubernetes.apply import ApplyError, Target, apply, manager_for, relinquish
from aifactory.local.plugins.kubernetes.deletion import delete_object, release_fields
from aifactory.local.plugins.kubernetes.diff import Difference, compare, unready, with_identity
from aifactory.local.plugins.kubernetes.discovery import Resource
from aifactory.local.plugins.kubernetes.objects import (
    PATCH_SUFFIX,
    Kind,
    Object,
    condition,
    is_crd,
    is_patch,
    is_secret,
    kind_of,
    kind_of_token,
    mapping,
    parse_id,
    text,
    to_kubernetes,
    token_of,
    without_nulls,
)
from aifactory.local.plugins.kubernetes.planned import kinds_of
from aifactory.local.plugins.kubernetes.readiness import DEFAULT_TIMEOUT_SECONDS
from aifactory.local.plugins.kubernetes.reasons import explain
from aifactory.local.plugins.kubernetes.redaction import Redactor
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.waits import NotReadyError


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
class _Work:
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
    def of(cls, urn: str, inputs: Mapping[str, Any]) -> "_Work":
        given = cast("Properties", without_nulls(inputs))
        thing = to_kubernetes(cast("Object", codec.reveal(given)))
        kind = kind_of(thing) or kind_of_token(token_of(urn))
        return cls(urn, given, thing, kind, treatment(thing), is_patch(token_of(urn), kind), Redactor.of(given))


class Objects:
    """Handles the objects of one provider."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # --- diff --------------------------------------------------------------------------------------

    def diff(self, urn: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]) -> Diffed:
        """Return what changed between the recorded inputs and those of this run."""
        recorded, work = Recorded.parse(outputs, old_inputs), _Work.of(urn, news)
        old_kind = kind_of(recorded.inputs) or kind_of(recorded.live) or work.kind
        namespaced = self._session.is_namespaced(work.kind)
        old, new = self._placed(recorded.inputs, namespaced=namespaced), self._placed(work.thing, namespaced=namespaced)
        if is_secret(work.kind) and _secret_data(old) == _secret_data(new):
            old, new = _without_data(old), _without_data(new)
        covered = immutable.patterns(work.kind, recorded.live or old, self._session.settings)
        found = compare(old, new, immutable.IDENTITY if work.patch else covered)
        found = with_identity(found, old_kind, work.kind)
        if self._must_replace_unready(work, recorded):
            found.append(unready())
        same_name = text(old, "metadata", "name") == text(new, "metadata", "name")
        same_place = same_name and text(old, "metadata", "namespace") == text(new, "metadata", "namespace")
        replaced = any(entry.replace for entry in found)
        if replaced and same_place:
            self._session.planned.replacement(self._session.identity(new, work.kind, namespaced=namespaced))
        return Diffed(tuple(found), replaced and same_place)

    def _placed(self, thing: Object, *, namespaced: bool) -> Object:
        """Return inputs whose namespace is written out, or left out, as the kind demands."""
        if namespaced:
            return self._session.settled(thing)
        metadata = {key: value for key, value in mapping(thing, "metadata").items() if key != "namespace"}
        return {**thing, "metadata": metadata} if "metadata" in thing else thing

    def _must_replace_unready(self, work: _Work, recorded: Recorded) -> bool:
        if not work.asked.replace_unready:
            return False
        if (work.kind.group, work.kind.name) != ("batch", "Job"):
            self._session.engine.warning("pulumi.com/replaceUnready only has a meaning for Jobs", work.urn)
            return False
        resource = self._session.kinds.find(work.kind)
        name = text(recorded.live, "metadata", "name")
        if resource is None or not name:
            return False
        live = self._session.cluster.find(resource.path(text(recorded.live, "metadata", "namespace"), name))
        return live is not None and text(condition(live, "Complete"), "status") != "True"

    # --- create ------------------------------------------------------------------------------------

    def create(self, urn: str, inputs: Mapping[str, Any], *, dry: bool, timeout_seconds: float | None = None) -> Written:
        """Make an object, or say what would be made.

        Raises:
            TakenError: its name is taken by an object that is not ours.
            ApplyError: the API server refused.
            PartialFailureError: it was made and is not ready.
        """
        work = _Work.of(urn, inputs)
        if dry and codec.has_unknown(work.thing):
            return Written("", work.given)
        resource = self._session.kinds.find(work.kind) if dry else self._session.kinds.get(work.kind)
        if resource is None:
            return self._create_of_planned_kind(work)
        target = self._target(work, resource, recorded_manager="")
        existing = self._existing(work, target, dry=dry)
        if dry:
            replacing = existing is not None and not work.patch and self._is_replacement(work, target)
            made = preview.try_out(self._session, target, work.thing, urn, replacing=replacing)
            return Written("", self._told(work, target, made))
        live = apply(self._session.cluster, target, work.thing)
        if not work.patch:
            self._session.planned.made(target.identity, text(live, "metadata", "uid"))
        return self._finish(work, target, live, work.thing["apiVersion"], timeout_seconds)

    def _create_of_planned_kind(self, work: _Work) -> Written:
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

    def _existing(self, work: _Work, target: Target, *, dry: bool) -> Object | None:
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

    def _is_replacement(self, work: _Work, target: Target) -> bool:
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
        recorded, work = Recorded.parse(outputs, old_inputs), _Work.of(urn, news)
        if dry and codec.has_unknown(work.thing):
            return Written("", work.given)
        resource = self._session.kinds.find(work.kind) if dry else self._session.kinds.get(work.kind)
        if resource is None:
            return self._create_of_planned_kind(work)
        target = self._target(work, resource, recorded_manager=recorded.manager)
        self._refuse_another_owners(work, target, recorded)
        if dry:
            made = preview.try_out(self._session, target, work.thing, urn, replacing=False)
            return Written("", self._told(work, target, made))
        live = apply(self._session.cluster, target, work.thing)
        if recorded.manager and recorded.manager != target.manager:
            relinquish(self._session.cluster, target, recorded.manager, live)
        api_version = recorded.api_version or text(work.thing, "apiVersion")
        return self._finish(work, target, live, api_version, timeout_seconds)

    def _refuse_another_owners(self, work: _Work, target: Target, recorded: Recorded) -> None:
        """Refuse when the object was deleted and another owner has made one of the same name."""
        known = text(recorded.live, "metadata", "uid")
        existing = self._session.cluster.find(target.path)
        if work.patch or not known or existing is None or text(existing, "metadata", "uid") == known:
            return
        if self._session.settings.upsert_existing_objects or ownership.may_take_over(existing, work.thing):
            return
        raise ownership.taken(target.identity, existing, work.thing, work.urn)

    # --- read --------------------------------------------------------------------------------------

    def read(self, urn: str, identifier: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any]) -> Written | None:
        """Return an object as it is now, or None when it is gone.

        Its inputs come back as the cluster has them, so that what others changed shows as a difference.

        Raises:
            PartialFailureError: it is there and not ready.
        """
        recorded = Recorded.parse(outputs, old_inputs)
        kind = kind_of(recorded.inputs) or kind_of(recorded.live) or _kind_to_import(urn)
        resource = self._session.kinds.find(kind)
        if resource is None:
            return None
        namespace, name = parse_id(identifier)
        path = resource.path(namespace or self._session.namespace, name)
        live = self._session.cluster.find(path)
        if live is None:
            return None
        manager = lenient(recorded.inputs).manager or recorded.manager or manager_for(Treatment(), "", urn, patch=False)
        known = recorded.inputs or state.imported(live, manager)
        work = _Work.of(urn, {**known, **old_inputs} if old_inputs else known)
        target = self._target(work, resource, recorded_manager=manager)
        now = state.project(known, live, self._applied_now(target, known)) if recorded.inputs else known
        inputs = state.mark_secrets(state.to_pulumi(now), work.given)
        api_version = recorded.api_version or text(live, "apiVersion")
        told = state.outputs(inputs, live, api_version=api_version, manager=manager)
        if recorded.inputs and not work.patch:
            self._report_unready(work, live, identifier, told, inputs)
        return Written(identifier, told, inputs)

    def _applied_now(self, target: Target, inputs: Object) -> Object | None:
        """Return what the API server would make of recorded inputs; None when it would not take them."""
        forced = Target(target.identity, target.resource, target.manager, force=True, redact=target.redact)
        try:
            return apply(self._session.cluster, forced, inputs, dry_run=True)
        except ApplyError:
            return None

    def _report_unready(self, work: _Work, live: Object, identifier: str, outputs: Properties, inputs: Properties) -> None:
        check = self._session.waiter(work.urn, work.redact).check_for(work.kind, work.asked)
        judged = None if check is None else check(live)
        if judged is not None and not judged.ready:
            reasons = [work.redact(words) for words in [judged.words, *explain(self._session.cluster, live)]]
            raise PartialFailureError(f"{identifier} is not ready", identifier, outputs, reasons, inputs)

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
        kind = kind_of(recorded.live) or kind_of(recorded.inputs) or _kind_to_import(urn)
        resource = self._session.kinds.find(kind)
        if resource is None:
            return  # Without its CRD no object of the kind is left.
        namespace, name = parse_id(identifier)
        place: Object = {"metadata": {"namespace": namespace, "name": name}}
        identity = self._session.identity(place, kind, namespaced=resource.namespaced)
        asked, patch = lenient(recorded.inputs), is_patch(token_of(urn), kind)
        manager = manager_for(asked, recorded.manager, urn, patch=patch)
        target = self._session.target(identity, resource, manager, force=False, redact=Redactor.of(dict(outputs)))
        if patch:
            release_fields(self._session, target, recorded.inputs)
        else:
            delete_object(self._session, target, recorded, asked, urn, timeout_seconds=timeout_seconds)

    # --- shared ------------------------------------------------------------------------------------

    def _target(self, work: _Work, resource: Resource, *, recorded_manager: str) -> Target:
        identity = self._session.identity(work.thing, work.kind, namespaced=resource.namespaced)
        manager = manager_for(work.asked, recorded_manager, work.urn, patch=work.patch)
        return self._session.target(identity, resource, manager, force=work.asked.force, redact=work.redact)

    def _told(self, work: _Work, target: Target, made: Object | None) -> Properties:
        """Return the outputs at preview: what the dry run made, or the inputs when there was none."""
        if made is None:
            return work.given
        told = state.at_preview(made, work.thing)
        return state.outputs(work.given, told, api_version=text(work.thing, "apiVersion"), manager=target.manager)

    def _finish(self, work: _Work, target: Target, live: Object, api_version: str, timeout_seconds: float | None) -> Written:
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

    def _wait(self, work: _Work, target: Target, live: Object, timeout_seconds: float | None) -> Object:
        if work.patch:
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


def _kind_to_import(urn: str) -> Kind:
    kind = kind_of_token(token_of(urn))
    if kind.name.endswith(PATCH_SUFFIX):
        return Kind(kind.group, kind.version, kind.name.removesuffix(PATCH_SUFFIX))
    return kind


def _secret_data(secret: Object) -> Object:
    """Return what a Secret holds, whichever of its two fields it was written to."""
    written = {key: _encoded(value) for key, value in mapping(secret, "stringData").items()}
    return {**mapping(secret, "data"), **written}


def _encoded(value: Any) -> Any:  # noqa: ANN401
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def _without_data(secret: Object) -> Object:
    return {key: value for key, value in secret.items() if key not in ("data", "stringData")}
