"""What a region is made of: releases of operators, images and models, with licence, supplier and its country."""

from collections.abc import Iterator
from dataclasses import dataclass

from aifactory.catalog import images, releases
from aifactory.catalog.gpu_operands import gpu_operands
from aifactory.catalog.supply import Supply, supplies
from aifactory.evidence.case import Case
from aifactory.model import FlowKind


@dataclass(frozen=True, slots=True)
class Component:
    """One component.

    Attributes:
        kind: ``operator``, ``image``, ``chart`` or ``model``.
        name: what it is called; an image's is its repository.
        version: its version; empty when nobody said.
        digest: SHA-256 of an image, without its prefix; empty when it is not pinned.
        licence: SPDX expression of its source; None when nobody read it.
        image_licence: licence of the image where its maker says that it is another.
        supplier: key of the organization that supplies it; None when nobody read it.
        country: country of the supplier's seat; None when unknown.
        of: blocks that use it, sorted.
        source: where licence and supplier were read.
        declared: whether factory.yaml leads to it; false for what was only seen in the state or the cluster.
    """

    kind: str
    name: str
    version: str
    digest: str = ""
    licence: str | None = None
    image_licence: str | None = None
    supplier: str | None = None
    country: str | None = None
    of: tuple[str, ...] = ()
    source: str = "nobody read it"
    declared: bool = True


def components_of(case: Case) -> tuple[Component, ...]:
    """Return every component of a region, by kind and name; what only the state or the cluster shows is there too."""
    found = {(one.kind, one.name, one.version): one for one in _declared(case)}
    for image in _seen(case):
        one = _image(image, (), case, declared=False)
        found.setdefault((one.kind, one.name, one.version), one)
    return tuple(found[key] for key in sorted(found))


def _declared(case: Case) -> Iterator[Component]:
    for name, spec in case.spec.operators.items():
        release = releases()[name]
        yield _supplied("operator", name, spec.version or release.version, name, (f"operator {name}",), case)
    for name, model in case.spec.models.items():
        yield Component(
            "model",
            name,
            "",
            licence=model.licence,
            of=(f"model {name}",),
            source=case.around.source(f"models.{name}.licence") if model.licence else "nobody said",
        )
    users: dict[str, set[str]] = {}
    for flow in case.flows:
        for image in flow.images if flow.kind is FlowKind.IMAGE_PULL else ():
            users.setdefault(image, set()).add(flow.block)
    for image, blocks in users.items():
        yield _image(image, tuple(sorted(blocks)), case)


def _seen(case: Case) -> Iterator[str]:
    yield from case.state.images() if case.state else ()
    yield from case.observed.images if case.observed else ()


def _image(image: str, blocks: tuple[str, ...], case: Case, *, declared: bool = True) -> Component:
    reference, _, digest = image.partition("@")
    head, slash, last = reference.rpartition("/")
    repository, _, tag = last.partition(":")
    return _supplied(
        "image",
        f"{head}{slash}{repository}",
        tag,
        _role(reference),
        blocks,
        case,
        digest=digest.removeprefix("sha256:"),
        declared=declared,
    )


def _role(reference: str) -> str:
    """Return the key that licence and supplier of an image are kept under; empty when nobody read them."""
    repository = reference.rpartition(":")[0] or reference
    for role, known in images().items():
        if known.reference.rpartition(":")[0] == repository:
            return role
    operands = {f"{one.repository}/{one.image}" for one in gpu_operands().values()}
    if repository in operands:
        return "gpu-operator"
    for name, release in releases().items():
        if any(image.partition("@")[0].rpartition(":")[0] == repository for image in release.images):
            return name
    return ""


def _supplied(
    kind: str,
    name: str,
    version: str,
    key: str,
    blocks: tuple[str, ...],
    case: Case,
    *,
    digest: str = "",
    declared: bool = True,
) -> Component:
    known = supplies().get(key, Supply(source="nobody read it"))
    return Component(
        kind,
        name,
        version,
        digest,
        known.licence,
        known.image_licence if kind == "image" else None,
        known.supplier,
        case.seat(known.supplier),
        blocks,
        known.source,
        declared,
    )
