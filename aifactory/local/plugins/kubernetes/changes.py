"""What a run would change of one object: the provider's Diff."""

import base64
from collections.abc import Mapping
from typing import Any

from aifactory.local.plugins.kubernetes import immutable
from aifactory.local.plugins.kubernetes.diff import compare, unready, with_identity
from aifactory.local.plugins.kubernetes.objects import Object, condition, is_secret, kind_of, mapping, text
from aifactory.local.plugins.kubernetes.session import Session
from aifactory.local.plugins.kubernetes.state import Recorded
from aifactory.local.plugins.kubernetes.work import Diffed, Work


def diff(
    session: Session, urn: str, outputs: Mapping[str, Any], old_inputs: Mapping[str, Any], news: Mapping[str, Any]
) -> Diffed:
    """Return what changed between the recorded inputs and those of this run.

    A replacement is remembered: its creation at preview will meet the object that is still there.
    """
    recorded, work = Recorded.parse(outputs, old_inputs), Work.of(urn, news)
    old_kind = kind_of(recorded.inputs) or kind_of(recorded.live) or work.kind
    namespaced = session.is_namespaced(work.kind)
    old = _placed(session, recorded.inputs, namespaced=namespaced)
    new = _placed(session, work.thing, namespaced=namespaced)
    if is_secret(work.kind) and _secret_data(old) == _secret_data(new):
        old, new = _without_data(old), _without_data(new)
    covered = immutable.patterns(work.kind, recorded.live or old, session.settings)
    found = compare(old, new, immutable.IDENTITY if work.patch else covered)
    found = with_identity(found, old_kind, work.kind)
    if _must_replace_unready(session, work, recorded):
        found.append(unready())
    replaced = any(entry.replace for entry in found)
    same_place = _place(old) == _place(new)
    if replaced and same_place:
        session.planned.replacement(session.identity(new, work.kind, namespaced=namespaced))
    return Diffed(tuple(found), delete_before_replace=replaced and same_place)


def _place(thing: Object) -> tuple[str, str]:
    return text(thing, "metadata", "namespace"), text(thing, "metadata", "name")


def _placed(session: Session, thing: Object, *, namespaced: bool) -> Object:
    """Return inputs whose namespace is written out, or left out, as the kind demands."""
    if namespaced:
        return session.settled(thing)
    metadata = {key: value for key, value in mapping(thing, "metadata").items() if key != "namespace"}
    return {**thing, "metadata": metadata} if metadata else thing


def _must_replace_unready(session: Session, work: Work, recorded: Recorded) -> bool:
    if not work.asked.replace_unready:
        return False
    if (work.kind.group, work.kind.name) != ("batch", "Job"):
        session.engine.warning("pulumi.com/replaceUnready only has a meaning for Jobs", work.urn)
        return False
    resource = session.kinds.find(work.kind)
    namespace, name = _place(recorded.live)
    live = session.cluster.find(resource.path(namespace, name)) if resource is not None and name else None
    return live is not None and text(condition(live, "Complete"), "status") != "True"


def _secret_data(secret: Object) -> Object:
    """Return what a Secret holds, whichever of its two fields it was written to."""
    written = {key: _encoded(value) for key, value in mapping(secret, "stringData").items()}
    return {**mapping(secret, "data"), **written}


def _encoded(value: Any) -> Any:  # noqa: ANN401
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) else value


def _without_data(secret: Object) -> Object:
    return {key: value for key, value in secret.items() if key not in ("data", "stringData")}
