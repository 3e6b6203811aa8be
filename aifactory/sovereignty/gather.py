"""From a region's specs to the facts that rules judge: all that is declared, nothing that is guessed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from aifactory.model import FactorySpec, FlowKind
from aifactory.sovereignty.copies import OWN
from aifactory.sovereignty.declared import declared_facts
from aifactory.sovereignty.fact import Fact, Kept, Located, Moved, Operated, Place, Pulled, Reported, Retained, Sent
from aifactory.sovereignty.flow import HERE, NODE_DISKS, Flow
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.region import region_flows
from aifactory.sovereignty.surroundings import Surroundings, surroundings_of


def region_facts(
    factory: FactorySpec, name: str, on: date, fetched: Mapping[str, Fetched] | None = None
) -> tuple[Fact, ...]:
    """Return every fact of a region.

    Args:
        factory: the factory.
        name: name of the region.
        on: the day, for how long ago something was.
        fetched: what of operators lies in bundles.
    """
    region = factory.region(name)
    around = surroundings_of(name, region, owner=factory.organizations.get(OWN))
    flows = region_flows(name, region, fetched)
    return _once([*block_facts(around, flows), *declared_facts(around, region, on)])


def site_facts(around: Surroundings) -> Iterator[Fact]:
    """Yield what is to be said of where machines stand and who runs them."""
    subject = f"{around.region}/site"
    yield Located(subject=subject, source=around.source("site"), kind="compute", place=around.place)
    yield Operated(subject=subject, source=around.source("site.operator"), operator=around.site.operator)


def held_facts(flows: Iterable[Flow], around: Surroundings) -> Iterator[Fact]:
    """Yield that data of the owner are brought to where the region is: kept in another country, they have gone there.

    How they come there is another flow; that this one is encrypted is not what is asked of it.
    """
    stored = [flow for flow in flows if flow.kind is FlowKind.STORAGE and flow.destination == HERE]
    for data_class in dict.fromkeys(flow.data_class for flow in stored):
        yield Moved(
            subject=f"{around.region}/data {data_class or 'of no class'}",
            source=around.source("site"),
            data_class=data_class,
            kind=FlowKind.STORAGE,
            origin=Place(country=around.owner_seat),
            place=around.place,
            encrypted=True,
            recipient=around.site.operator,
        )


def flow_facts(flows: Iterable[Flow], around: Surroundings) -> Iterator[Fact]:
    """Yield the facts of flows: where they end and who is there, encryption, what is fetched, retention."""
    for flow in flows:
        subject = _subject(flow, around.region)
        source = around.source(_section(flow))
        if flow.kind in {FlowKind.IMAGE_PULL, FlowKind.MODEL_PULL}:
            yield from _pulled(flow, around.region, source)
        elif flow.kind is FlowKind.TELEMETRY:
            declared = flow.operator in around.reporting
            yield Reported(
                subject=subject,
                source=source,
                declared=declared or flow.silenced is True,
                vendor=flow.operator,
                silenced=flow.silenced,
                country=flow.country,
            )
        elif flow.kind not in {FlowKind.ADMIN, FlowKind.KEY}:
            yield from _data(flow, subject, source, around)


def _data(flow: Flow, subject: str, source: str, around: Surroundings) -> Iterator[Fact]:
    """Yield what is to be said of a flow that carries data."""
    place = _place(flow, around)
    # State holds what all blocks put out, and help is given with whatever there is.
    data_class = "*" if flow.kind in {FlowKind.STATE, FlowKind.SUPPORT} else flow.data_class
    # Whoever helps is a name that somebody chose, and it may be the word for what stays.
    inside = flow.destination == HERE and flow.kind is not FlowKind.SUPPORT
    if flow.kind.keeps:
        yield Located(subject=subject, source=source, data_class=data_class, kind=flow.kind, place=place)
    if flow.kind.keeps and flow.kind is not FlowKind.REPLICA:
        yield _kept(flow, subject, source, data_class, around)
    if not inside:
        recipient = flow.operator
        yield Moved(
            subject=subject,
            source=source,
            data_class=data_class,
            kind=flow.kind,
            origin=around.place,
            place=place,
            encrypted=flow.encrypted,
            recipient=recipient,
        )
        yield Operated(subject=subject, source=source, data_class=data_class, operator=recipient)
    if flow.kind is not FlowKind.STORAGE:
        yield Sent(subject=subject, source=source, data_class=data_class, encrypted=flow.encrypted, inside=inside)
    if flow.kind in {FlowKind.LOGS, FlowKind.METRICS, FlowKind.TRACES} and not inside:
        yield Reported(subject=subject, source=source, data_class=data_class, declared=True, country=flow.country)
    if flow.kind in {FlowKind.BACKUP, FlowKind.LOGS, FlowKind.TRACES}:
        yield Retained(subject=subject, source=source, data_class=data_class, days=flow.retention_days)


_SECTIONS: Final = (
    ("database ", "databases."),
    ("virtual machine platform ", "virtualization"),
    ("virtual machine ", "virtual_machines."),
    ("model ", "models."),
    ("gpu operator ", "gpu_operator"),
)
"""How a block's name begins, and which section of its region describes it."""

_OWN: Final = {FlowKind.STATE: "state", FlowKind.KEY: "state.key", FlowKind.ADMIN: "access", FlowKind.SUPPORT: "support."}


def _section(flow: Flow) -> str:
    """Return the section of a region that a flow follows from."""
    for words, section in _SECTIONS:
        if flow.block.startswith(words):
            return section + (flow.block.removeprefix(words) if section.endswith(".") else "")
    if flow.block.startswith("operator "):
        return f"operators.{flow.block.rpartition('/')[2]}"
    section = _OWN.get(flow.kind, "telemetry.sinks.")
    return section + (flow.part.partition(" ")[0] if section.endswith(".") else "")


def _place(flow: Flow, around: Surroundings) -> Place:
    if flow.destination == HERE and flow.kind is not FlowKind.SUPPORT:
        return around.place
    return Place(country=flow.country, location=flow.location)


def _kept(flow: Flow, subject: str, source: str, data_class: str | None, around: Surroundings) -> Kept:
    """Return whose key opens what lies there."""
    keeper = around.site.operator if flow.destination == HERE else flow.operator
    if flow.storage_class is not None:
        source = around.source(f"storage_classes.{flow.storage_class or 'default'}")
        volumes = around.storage_classes.get(flow.storage_class or "default")
        encrypted = volumes.encrypted if volumes else None
        key = volumes.key if volumes else None
    else:
        encrypted, key = True if flow.key else None, flow.key
    held = around.keys.get(key or "")
    return Kept(
        subject=subject,
        source=source,
        data_class=data_class,
        encrypted=encrypted,
        custody=held.custody if held else None,
        country=held.country if held else None,
        holder=held.operator if held else None,
        keeper=keeper,
    )


def _pulled(flow: Flow, region: str, source: str) -> Iterator[Pulled]:
    what = flow.kind.value
    if not flow.images:
        # Whether what comes from there is pinned is decided by somebody else: a catalog of OLM, a chart's index, the node.
        yield Pulled(
            subject=f"{region}/{flow.block}/{what} {flow.destination}", source=source, host=flow.destination, pinned=None
        )
    for image in flow.images:
        name = image.partition("@")[0]
        # Without its tag, so that a waiver does not end with each new version.
        head, slash, last = name.rpartition("/")
        name = f"{head}{slash}{last.partition(':')[0]}"
        subject = f"{region}/{flow.block}/{what} {name}"
        yield Pulled(subject=subject, source=source, host=flow.destination, pinned="@sha256:" in image)


def _subject(flow: Flow, region: str) -> str:
    """Return what a finding is about, as a waiver writes it: stable as long as it is the same flow."""
    # What the region itself causes needs no name besides the region's.
    block = "" if flow.block == f"region {region}" else f"{flow.block}/"
    words = [flow.kind.value, flow.part, "" if flow.destination in {HERE, NODE_DISKS} else flow.destination]
    return f"{region}/{block}{' '.join(word for word in words if word)}"


def block_facts(around: Surroundings, flows: Iterable[Flow]) -> tuple[Fact, ...]:
    """Return the facts of a site and of flows there; those of one block, where it stands alone."""
    found = tuple(flows)
    return _once([*site_facts(around), *held_facts(found, around), *flow_facts(found, around)])


def _once(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """Return facts once each, and of the pulls of one image the least pinned, so that a finding's identity is its own.

    Subjects of images have no tags, so a block may pull one in several versions: it is pinned where all of them are.
    """
    found: dict[object, Fact] = {}
    for fact in facts:
        key = (fact.subject, fact.host) if isinstance(fact, Pulled) else fact
        other = found.setdefault(key, fact)
        if isinstance(fact, Pulled) and isinstance(other, Pulled) and _pinning(fact) < _pinning(other):
            found[key] = fact
    return tuple(found.values())


def _pinning(fact: Pulled) -> int:
    """Return how sure it is that an image is what somebody looked at: not at all, nobody knows, or it is."""
    return (False, None, True).index(fact.pinned)
