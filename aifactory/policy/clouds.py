"""Facts of resources of AWS and Azure, by the tables; nothing here knows a type by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aifactory.model import FlowKind
from aifactory.policy import keys
from aifactory.policy.conditions import Answer, flagged, tell
from aifactory.policy.firewall import EVERYONE, open_ports
from aifactory.policy.images import pulled
from aifactory.policy.observation import Observation, Setting
from aifactory.policy.places import OPEN_INTERNET, operator_at, paired_with, place_named
from aifactory.policy.resource import Resource
from aifactory.policy.tables import AtRest, Copies, Row, Volume, rows
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first, list_of, select, whole
from aifactory.sovereignty.fact import (
    ALL_CLASSES,
    Administered,
    Kept,
    Located,
    Managed,
    Moved,
    Operated,
    Place,
    Retained,
    Sent,
)


@dataclass(frozen=True, slots=True)
class Cloud:
    """One resource of a cloud, with what all its facts have in common.

    Attributes:
        resource: the resource.
        provider: ``aws`` or ``azure``.
        place: where it stands.
        waiting: property that would say where, and is known only at `pulumi up`.
        setting: what no resource says.
        stack: all resources of the stack; None as long as not all of them are there.
    """

    resource: Resource
    provider: str
    place: Place
    waiting: tuple[str, ...]
    setting: Setting
    stack: tuple[Resource, ...] | None

    def subject(self, what: str) -> str:
        """Return what a finding is about, as a waiver writes it; it holds no value of a property."""
        return f"{self.resource.stack}/{self.resource.kind} {self.resource.name}/{what}"

    @property
    def source(self) -> str:
        """Where facts stand."""
        return f"resource {self.resource.name}"

    @property
    def data_class(self) -> str | None:
        """Class of the data in it, as its tag says; None when no tag says a class that there is."""
        said = Found("tags", self.resource.properties.get("tags")).fields.get(self.setting.class_tag)
        return said if isinstance(said, str) and said in self.setting.classes else None


def cloud_of(resource: Resource, setting: Setting, stack: tuple[Resource, ...] | None) -> Cloud | None:
    """Return a resource as one of a cloud; None when it is of none."""
    provider = keys.PROVIDERS.get(resource.package)
    if provider is None:
        return None
    name = "region" if provider == "aws" else "location"
    found = first(resource.properties, name)
    if found.value is ABSENT and not resource.is_provider:
        found = first(resource.provider, name)
    waiting = (found.path,) if found.value is UNKNOWN else ()
    return Cloud(resource, provider, place_named(provider, found.value), waiting, setting, stack)


def cloud_facts(cloud: Cloud) -> tuple[list[Observation], bool]:
    """Return what is seen of a resource of a cloud, and whether its type is one that the tables know."""
    if cloud.resource.is_provider:
        return list(_provider(cloud)), True
    row = rows(cloud.provider).get(cloud.resource.kind)
    if row is None:
        return list(_by_place(cloud)), False
    return list(_of_row(cloud, row)), True


def _provider(cloud: Cloud) -> Iterator[Observation]:
    """Whatever a provider makes without saying where stands in its region. One that says none makes nothing by itself."""
    name = "region" if cloud.provider == "aws" else "location"
    if first(cloud.resource.properties, name).value is ABSENT:
        return
    subject = cloud.subject("region")
    yield Observation(Located(subject=subject, source=cloud.source, kind="compute", place=cloud.place), cloud.waiting)
    if cloud.place.country is not None:
        yield Observation(Operated(subject=subject, source=cloud.source, operator=operator_at(cloud.place)))


def _by_place(cloud: Cloud) -> Iterator[Observation]:
    """A type that nobody knows is judged by its own place, where it says one: what it holds or runs is there."""
    name = "region" if cloud.provider == "aws" else "location"
    if first(cloud.resource.properties, name).value is not ABSENT:
        place = Located(subject=cloud.subject("place"), source=cloud.source, kind="compute", place=cloud.place)
        yield Observation(place, cloud.waiting)


def _of_row(cloud: Cloud, row: Row) -> Iterator[Observation]:
    place = Place(location="everywhere", logical=True) if row.everywhere else cloud.place
    if row.keeps:
        fact = Located(
            subject=cloud.subject(row.keeps), source=cloud.source, data_class=cloud.data_class, kind=row.keeps, place=place
        )
        yield Observation(fact, cloud.waiting)
    if row.runs or row.everywhere:
        subject = cloud.subject("machines")
        yield Observation(Located(subject=subject, source=cloud.source, kind="compute", place=place), cloud.waiting)
    if row.service:
        data_class = cloud.data_class if row.keeps else ALL_CLASSES
        fact = Managed(
            subject=cloud.subject("service"),
            source=cloud.source,
            data_class=data_class,
            service=row.service,
            managed=True,
            operator=operator_at(cloud.place),
        )
        yield Observation(fact)
    if row.keeps and row.at_rest:
        yield _at_rest(cloud, row.at_rest, row.keeps, Found("", cloud.resource.properties))
    for volume in row.volumes:
        for part, holder in _volumes(cloud, volume):
            yield _at_rest(cloud, volume, FlowKind.STORAGE, holder, part)
    yield from _movements(cloud, row)
    yield from _doors(cloud, row)
    if row.retention:
        yield _retained(cloud, row, row.retention)
    for path in row.images:
        yield from pulled(cloud.resource.properties, path, cloud.subject, cloud.source)


def _volumes(cloud: Cloud, volume: Volume) -> Iterator[tuple[str, Found]]:
    """Yield each disk: what findings call it, and the properties that its paths start from."""
    if volume.each is None:
        yield f" {volume.name}", Found("", cloud.resource.properties)
        return
    value = whole(cloud.resource.properties, volume.each)
    if value is UNKNOWN:
        yield f" {volume.name}", Found(volume.each, UNKNOWN)
    for index, item in enumerate(list_of(value)):
        yield f" {volume.name} {index}", Found(f"{volume.each}[{index}]", item)


def _at_rest(cloud: Cloud, at_rest: AtRest, kind: FlowKind, holder: Found, part: str = "") -> Observation:
    """Return how data are encrypted where they lie; of several keys the weakest counts."""
    resource, properties = cloud.resource, holder.value
    found = select(properties, at_rest.key) if at_rest.key and properties is not UNKNOWN else (Found("", properties),)
    if not at_rest.key and properties is not UNKNOWN:
        found = (Found("", ABSENT),)
    if at_rest.said_by and cloud.stack is not None and found[0].value is ABSENT:
        resource, found = _said_elsewhere(cloud, at_rest, found)
    named = any(each.value is not ABSENT for each in found)
    answer = Answer(None, (holder.path,)) if properties is UNKNOWN else _encrypted(properties, at_rest, named=named)
    root = (holder.path or found[0].path).partition(".")[0].partition("[")[0]
    linked = resource.links.get(root, ())
    held = [keys.key_of(each.value, cloud.provider, cloud.place, linked, cloud.setting) for each in found]
    weakest = min(held, key=lambda each: -1 if each.custody is None else each.custody.rank)
    fact = Kept(
        subject=cloud.subject(f"{kind}{part}"),
        source=cloud.source,
        data_class=cloud.data_class,
        encrypted=answer.holds,
        custody=weakest.custody if answer.holds is not False else None,
        country=weakest.place.country,
        holder=weakest.holder,
        keeper=operator_at(cloud.place),
    )
    waiting = weakest.custody is None
    unknown = [f"{holder.path}.{each.path}".strip(".") for each in found if each.value is UNKNOWN and waiting]
    late = answer.holds is not False and (named or bool(at_rest.said_by))
    return Observation(fact, tuple(dict.fromkeys((*answer.unknown, *unknown))), late)


def _encrypted(properties: Mapping[str, Any], at_rest: AtRest, *, named: bool) -> Answer:
    if at_rest.flag is None:
        return Answer(holds=True) if named else Answer(at_rest.default)
    answer = flagged(properties, at_rest.flag, at_rest.values, at_rest.default)
    # A key that is named encrypts, unless the flag says in so many words that nothing is encrypted.
    said = first(properties, at_rest.flag).value is not ABSENT
    return Answer(holds=True) if named and not said and at_rest.default is not False else answer


def _said_elsewhere(cloud: Cloud, at_rest: AtRest, found: tuple[Found, ...]) -> tuple[Resource, tuple[Found, ...]]:
    """Return the resource of the stack that says the key of this one, and what it says."""
    for other in cloud.stack or ():
        row = rows(cloud.provider).get(other.kind) if other.kind in at_rest.said_by else None
        if row is None or row.of is None or row.at_rest is None or row.at_rest.key is None:
            continue
        pointed = [each.urn for each in other.links.get(row.of, ())]
        named = first(other.properties, row.of).value
        if cloud.resource.urn in pointed or (isinstance(named, str) and named == cloud.resource.properties.get("bucket")):
            return other, select(other.properties, row.at_rest.key)
    return cloud.resource, found


def _movements(cloud: Cloud, row: Row) -> Iterator[Observation]:
    for copies in row.copies:
        for found in select(cloud.resource.properties, copies.path):
            if found.value is not ABSENT:
                yield from _copy(cloud, copies, found)
    if row.paired:
        answer = tell(row.paired, cloud.resource.properties)
        pair = paired_with(cloud.place)
        # A place without a pair keeps its copies at home, whatever is chosen; of an unknown place nobody knows the pair.
        if answer.holds is not False and (pair is not None or cloud.place.country is None):
            place = pair if answer.holds and pair else Place()
            yield from _moved(cloud, row.paired.kind, "copies", cloud.place, place, (*cloud.waiting, *answer.unknown))
    if row.origin:
        found = first(cloud.resource.properties, row.origin)
        name = keys.arn_region(found.value) or found.value
        unknown = (found.path,) if found.value is UNKNOWN else ()
        origin, kind = place_named(cloud.provider, name), row.keeps or FlowKind.COPY
        yield from _moved(cloud, kind, "copies", origin, cloud.place, (*cloud.waiting, *unknown), located=False)


def _copy(cloud: Cloud, copies: Copies, found: Found) -> Iterator[Observation]:
    unknown = (found.path,) if found.value is UNKNOWN else ()
    what = f"copy {found.path}"
    if copies.of == "region":
        place = place_named(cloud.provider, keys.arn_region(found.value) or found.value)
        if place.location != cloud.place.location or not place.location:
            yield from _moved(cloud, copies.kind, what, cloud.place, place, unknown)
        return
    linked = cloud.resource.links.get(copies.path.partition(".")[0], ())
    places = [keys.region_of(each, cloud.provider) for each in linked]
    for place in places or [Place()]:
        yield from _moved(cloud, copies.kind, what, cloud.place, place, unknown, late=True)


def _moved(
    cloud: Cloud,
    kind: FlowKind,
    what: str,
    origin: Place,
    place: Place,
    unknown: tuple[str, ...] = (),
    *,
    located: bool = True,
    late: bool = False,
) -> Iterator[Observation]:
    """Yield that data go somewhere, and that they lie there; what a provider sends within its own network is encrypted."""
    subject, data_class = cloud.subject(what), cloud.data_class
    moved = Moved(
        subject=subject,
        source=cloud.source,
        data_class=data_class,
        kind=kind,
        origin=origin,
        place=place,
        recipient=operator_at(place),
    )
    yield Observation(moved, unknown, late)
    if located:
        fact = Located(subject=subject, source=cloud.source, data_class=data_class, kind=kind, place=place)
        yield Observation(fact, unknown, late)


def _doors(cloud: Cloud, row: Row) -> Iterator[Observation]:
    """Yield who can come in: to data, to the API that administers it, and whether what they say is encrypted."""
    properties = cloud.resource.properties
    for condition in row.open:
        answer = tell(condition, properties)
        if answer.holds is not False:
            fact = Moved(
                subject=cloud.subject("access from everywhere"),
                source=cloud.source,
                data_class=cloud.data_class,
                kind=FlowKind.REQUEST,
                origin=cloud.place,
                place=OPEN_INTERNET,
            )
            yield Observation(fact, answer.unknown)
    if row.admin:
        closed = [tell(condition, properties) for condition in row.admin.closed]
        public, unknown = _public(cloud, closed, row.admin.ranges)
        fact = Administered(
            subject=cloud.subject("api"),
            source=cloud.source,
            public=public,
            countries=cloud.setting.administrators,
            identity_country=cloud.setting.identity_country,
        )
        yield Observation(fact, unknown)
    if row.in_transit and not (row.in_transit.unless and tell(row.in_transit.unless, properties).holds):
        answer = tell(row.in_transit, properties)
        fact = Sent(subject=cloud.subject("transport"), source=cloud.source, encrypted=answer.holds)
        yield Observation(fact, answer.unknown)
    for door in open_ports(properties, row.firewall):
        subject = cloud.subject(f"open ports {door.path}".rstrip())
        if door.administers is not False:
            fact = Administered(
                subject=subject,
                source=cloud.source,
                public=door.administers,
                countries=cloud.setting.administrators,
                identity_country=cloud.setting.identity_country,
            )
            yield Observation(fact, door.unknown)
        if door.plain:
            yield Observation(Sent(subject=subject, source=cloud.source, encrypted=False))


def _public(cloud: Cloud, closed: list[Answer], ranges: str | None) -> tuple[bool | None, tuple[str, ...]]:
    if any(answer.holds for answer in closed):
        return False, ()
    unknown = tuple(path for answer in closed for path in answer.unknown)
    found = select(cloud.resource.properties, ranges) if ranges else ()
    unknown += tuple(each.path for each in found if each.value is UNKNOWN)
    said = [str(each.value).lower() for each in found if each.known]
    if said and not EVERYONE.intersection(said) and not any(each.value is UNKNOWN for each in found):
        return False, ()
    if EVERYONE.intersection(said) and not unknown:
        return True, ()
    return (None, unknown) if unknown else (True, ())


def _retained(cloud: Cloud, row: Row, path: str) -> Observation:
    found = first(cloud.resource.properties, path)
    # Zero is for ever in some services and never in others: neither is a time that anybody said.
    days = int(found.value) if isinstance(found.value, int | float) and found.value > 0 else None
    subject = cloud.subject(row.keeps or "copies")
    fact = Retained(subject=subject, source=cloud.source, data_class=cloud.data_class, days=days)
    return Observation(fact, (found.path,) if found.value is UNKNOWN else ())
