"""Which facts cap a level of SEAL: a reading of the framework's levels, written down so that it can be disputed.

Exclusive control from outside of the Union leaves at most level 1, indirect control and material dependencies at most 2,
marginal control at most 3; level 4 has no critical dependency outside.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from aifactory.catalog import accelerators, exposure, foreign_holdings, members
from aifactory.evidence.case import Case
from aifactory.evidence.components import components_of
from aifactory.sovereignty.fact import Administered, Kept, Located, Supported
from aifactory.sovereignty.rules.licence import osi_approved, passes


@dataclass(frozen=True, slots=True)
class Cap:
    """A fact that leaves a level at most.

    Attributes:
        level: the level.
        why: the fact.
        source: where it stands.
    """

    level: int
    why: str
    source: str


def _union(case: Case) -> frozenset[str]:
    return members("eu", case.on)


def _control(case: Case) -> Iterator[Cap]:
    """Yield what ownership of whoever runs the machines leaves."""
    name, union = case.spec.site.operator, _union(case)
    organizations, source = case.world.organizations, case.around.source("site.operator")
    known = organizations.get(name)
    if known is None or known.seat is None:
        yield Cap(3, f"nobody said where {name}, who runs the machines, has its seat", source)
        return
    if known.seat not in union:
        yield Cap(1, f"{name}, who runs the machines, has its seat in {known.seat}", f"{source}; {known.source}")
        return
    parent = organizations.get(known.ultimate_parent or "")
    if parent and parent.seat and parent.seat not in union:
        yield Cap(1, f"{name} belongs to {known.ultimate_parent}, seated in {parent.seat}", f"{source}; {known.source}")
    held = foreign_holdings(name, union, organizations)
    if held.total or held.unnamed:
        yield Cap(
            3, f"{held.total} % of {name} are held from outside of the Union, {held.unnamed} % by nobody knows whom", source
        )


def _law(case: Case) -> Iterator[Cap]:
    union, site = _union(case), case.spec.site
    if site.country not in union:
        yield Cap(0, f"the machines stand in {site.country}", case.around.source("site.country"))
    behind = exposure(site.operator, case.world.organizations)
    for country, links in behind.countries.items():
        if country not in union:
            first = links[0]
            level = 1 if first.role in {"itself", "ultimate-parent"} else 2
            why = f"the law of {country} may reach {site.operator} through {first.organization} ({first.role})"
            yield Cap(level, why, case.around.source("site.operator"))
    if behind.unknown:
        names = ", ".join(link.organization for link in behind.unknown)
        yield Cap(3, f"nobody knows where {names} has its seat", case.around.source("site.operator"))


def _data(case: Case) -> Iterator[Cap]:
    union = _union(case)
    for fact in case.facts:
        if isinstance(fact, Located) and fact.place.country is not None and fact.place.country not in union:
            yield Cap(0, f"{fact.subject} is in {fact.place.country}", fact.source)
        if isinstance(fact, Kept):
            yield from _key(fact, case, union)
    for pool in sorted({pool.accelerator for pool in case.spec.gpu_pools.values()}):
        vendor = _maker(accelerators()[pool].vendor)
        seat = case.seat(vendor)
        if seat not in union:
            where = f"seated in {seat}" if seat else "whose seat nobody knows"
            why = f"every GPU of kind {pool} is made by {vendor}, {where}, and none of the Union takes its place"
            yield Cap(2, why, case.around.source("gpu_pools"))


def _maker(vendor: str) -> str:
    return vendor.partition(".")[0]


def _key(fact: Kept, case: Case, union: frozenset[str]) -> Iterator[Cap]:
    seat = case.seat(fact.keeper)
    if fact.encrypted is False:
        yield Cap(1, f"{fact.subject} is not encrypted where it lies", fact.source)
    elif fact.custody is not None and fact.custody.value == "provider" and seat is not None and seat not in union:
        yield Cap(1, f"{fact.keeper}, seated in {seat}, can use the key of {fact.subject}", fact.source)
    elif fact.custody is None:
        yield Cap(3, f"nobody said who can use the key of {fact.subject}", fact.source)


def _operations(case: Case) -> Iterator[Cap]:
    union = _union(case)
    for fact in case.facts:
        if isinstance(fact, Administered):
            away = sorted(set(fact.countries or ()) - union)
            if away:
                yield Cap(1, f"administrators are in {', '.join(away)}", fact.source)
        if isinstance(fact, Supported):
            away = sorted(set(fact.countries or ()) - union)
            if away:
                level = 2 if fact.access in {"remote", "supervised"} else 3
                yield Cap(level, f"{fact.subject} comes from {', '.join(away)} with access {fact.access}", fact.source)
    source = case.around.source("exit")
    if case.spec.exit is None:
        yield Cap(2, "nobody said how one leaves", source)
    elif case.spec.exit.tested is None:
        yield Cap(3, "leaving was never tried", source)


def _supply(case: Case) -> Iterator[Cap]:
    union = _union(case)
    by_country: dict[str, list[str]] = {}
    unknown: list[str] = []
    for one in components_of(case):
        if one.country is None:
            unknown.append(one.name)
        elif one.country not in union:
            by_country.setdefault(one.country, []).append(one.name)
    for country, names in sorted(by_country.items()):
        yield Cap(3, f"{len(names)} components are supplied from {country}: {', '.join(names)}", "catalog: supplies")
    if unknown:
        yield Cap(3, f"nobody knows who supplies {', '.join(unknown)}", "catalog: supplies")
    if case.spec.gpu_pools:
        yield Cap(2, "accelerators of one maker outside of the Union have no second source", case.around.source("gpu_pools"))


def _technology(case: Case) -> Iterator[Cap]:
    for one in components_of(case):
        licence = one.image_licence or one.licence
        if licence is None:
            yield Cap(3, f"nobody read the licence of {one.name}", one.source)
        elif passes(licence, osi_approved) is not True:
            yield Cap(2, f"{one.name} comes under {licence}, which is not open", one.source)


def _nothing(_case: Case) -> Iterator[Cap]:
    return iter(())


CAPS: Final[Mapping[str, Callable[[Case], Iterator[Cap]]]] = {
    "SOV-1": _control,
    "SOV-2": _law,
    "SOV-3": _data,
    "SOV-4": _operations,
    "SOV-5": _supply,
    "SOV-6": _technology,
    # Audits and energy are nothing that infrastructure shows.
    "SOV-7": _nothing,
    "SOV-8": _nothing,
}
"""What caps each objective."""
