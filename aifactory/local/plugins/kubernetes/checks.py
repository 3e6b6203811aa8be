"""Check: refuse what cannot work, before anything is planned, and fill in what the program may leave out.

All failures of a resource are returned at once, each with the property it is about.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.local.plugins import codec
from aifactory.local.plugins.codec import UNKNOWN, Properties
from aifactory.local.plugins.kubernetes import state, waitfor
from aifactory.local.plugins.kubernetes.annotations import AUTONAMED, AnnotationError, treatment
from aifactory.local.plugins.kubernetes.objects import (
    Kind,
    Object,
    annotations_of,
    is_crd,
    is_namespace,
    kind_of,
    kind_of_token,
    mapping,
    name_of,
    text,
    to_kubernetes,
    token_of,
    without_nulls,
)
from aifactory.local.plugins.kubernetes.session import Session


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing wrong with the inputs of a resource."""

    property_path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs to go on with, and what is wrong with them."""

    inputs: Properties
    failures: tuple[Failure, ...]


def check(session: Session, urn: str, olds: Mapping[str, Any], news: Mapping[str, Any]) -> Checked:
    """Return the inputs of an object, filled in, and all that is wrong with them.

    Args:
        session: the provider.
        urn: the resource's URN.
        olds: inputs of the earlier run; empty for a new resource.
        news: inputs of this run, secrets wrapped.

    What is planned (namespaces, custom kinds) and what the engine holds already is remembered for the
    previews of other resources.
    """
    given = cast("Properties", without_nulls(news))
    plain = cast("Object", codec.reveal(given))
    before = cast("Object", codec.reveal(dict(olds)))
    kind = kind_of(plain) or kind_of_token(token_of(urn))
    filled = _with_namespace(session, _with_earlier_name(plain, before), kind)
    failures = tuple(_failures(filled, kind))
    if not failures:
        _remember(session, urn, filled, before, kind)
    return Checked(state.mark_secrets(filled, given), failures)


def _with_earlier_name(plain: Object, before: Object) -> Object:
    """Keep a name that the official plugin once made up; the stand-in itself makes up none."""
    if name_of(plain) != "" or annotations_of(before).get(AUTONAMED) != "true":
        return plain
    metadata = mapping(plain, "metadata")
    annotations = {**mapping(metadata, "annotations"), AUTONAMED: "true"}
    name = text(before, "metadata", "name")
    return {**plain, "metadata": {**metadata, "name": name, "annotations": annotations}}


def _with_namespace(session: Session, plain: Object, kind: Kind) -> Object:
    metadata = plain.get("metadata", {})
    if metadata is UNKNOWN or mapping(plain, "metadata").get("namespace") or not session.is_namespaced(kind):
        return plain
    return {**plain, "metadata": {**mapping(plain, "metadata"), "namespace": session.namespace}}


def _failures(plain: Object, kind: Kind) -> Iterator[Failure]:
    if kind.name.endswith("List") and "items" in plain:
        yield Failure("kind", f"{kind} is a list of objects; make one resource for each of them")
        return
    metadata = mapping(plain, "metadata")
    if name_of(plain) == "":
        given = "metadata.generateName makes a new name on every run" if "generateName" in metadata else "missing"
        yield Failure(
            "metadata.name",
            f"every object needs a fixed name ({given}): a made-up name differs between preview and up, and after"
            " a crash nobody finds the object again",
        )
    try:
        waitfor.parse(treatment(plain).wait_for)
    except AnnotationError as error:
        yield Failure(f'metadata.annotations["{error.annotation}"]', str(error))


def _remember(session: Session, urn: str, plain: Object, before: Object, kind: Kind) -> None:
    planned = session.planned
    name = text(plain, "metadata", "name")
    if is_namespace(kind) and name:
        planned.namespace(name)
    if is_crd(kind):
        planned.definition(to_kubernetes(plain))
    if text(before, "metadata", "name"):
        namespaced = session.is_namespaced(kind)
        planned.held(urn, session.identity(before, kind_of(before) or kind, namespaced=namespaced))
