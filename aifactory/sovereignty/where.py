"""Where data of a class may run: every known place judged as if a region were there, best first.

A place is judged by what follows from being there: where machines and data would be, who would run them, whether bringing
the data there is a transfer, and who may use GPUs. The rest depends on how a region is built, and is for `check`.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

from aifactory.catalog import accelerators, locations
from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, FlowKind, RegionSpec, known_profiles, nearest
from aifactory.sovereignty.fact import Exported, Fact, Located, Moved, Operated, Place
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import NO_RULES, Stated, statements_of
from aifactory.sovereignty.proposal import PROVIDERS
from aifactory.sovereignty.surroundings import surroundings_of
from aifactory.sovereignty.waiver import apply_waivers
from aifactory.sovereignty.world import World, world_of

SOURCE: Final = "where"
"""Whose input a problem is in, as errors name it."""

RULES: Final = ("residency", "transfer", "operator", "gpu-export")
"""Rules that a place is judged by."""


class Answer(StrEnum):
    """Whether the data may run in a place."""

    ALLOWED = "allowed"
    """Nothing excludes it."""
    WAIVED = "waived"
    """Denied, and every denial is excepted by a waiver of a region that is there."""
    UNKNOWN = "unknown"
    """Excluded by nothing but what nobody said."""
    DENIED = "denied"
    """A rule denies it."""

    @property
    def is_place(self) -> bool:
        """Whether the data may run there."""
        return self in {Answer.ALLOWED, Answer.WAIVED}


class Gpu(StrEnum):
    """What is known of GPUs of the kind that was asked for."""

    DECLARED = "declared"
    """The region has a pool of them."""
    UNKNOWN = "unknown"
    """Nobody said: the catalog does not know which GPUs a cloud has in a region, nor whether one gets any."""
    NONE = "none"
    """The region has no pool of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A place, and what was found of it.

    Attributes:
        name: the region's name for one of the factory, else the place with its provider: ``aws/eu-central-1``.
        location: the place with its provider.
        place: where that is.
        operator: who runs machines there.
        region: region of the factory that is there; None for a place of a cloud where the factory has none.
        simulated: whether it is a region on one machine, whose nodes are SIMULATED.
        gpu: what is known of GPUs; None when none were asked for.
        gpus: how many of them are declared; None where none are.
        guaranteed: how many of these are guaranteed to tenants.
        findings: what was found; allowances too.
    """

    name: str
    location: str
    place: Place
    operator: str | None
    region: str | None = None
    simulated: bool = False
    gpu: Gpu | None = None
    gpus: int | None = None
    guaranteed: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What excludes it, in the order of `RULES`."""
        return tuple(sorted((item for item in self.findings if item.blocks), key=lambda item: RULES.index(item.rule)))

    @property
    def advisory(self) -> tuple[Finding, ...]:
        """What denies it, or does not know, and excludes nothing."""
        weak = {Verdict.DENY, Verdict.UNKNOWN}
        return tuple(item for item in self.findings if item.verdict in weak and not item.blocks)

    @property
    def answer(self) -> Answer:
        """Whether the data may run there."""
        stops = {reason.judgement.verdict for item in self.blocking for reason in item.reasons if reason.blocks}
        if stops:
            return Answer.DENIED if Verdict.DENY in stops else Answer.UNKNOWN
        return Answer.WAIVED if any(item.verdict is Verdict.WAIVED for item in self.findings) else Answer.ALLOWED


@dataclass(frozen=True, slots=True)
class Where:
    """All places, best first.

    Attributes:
        data_class: class of the data.
        gpu: GPUs that were asked for; None: none.
        accelerators: what of the catalog these are.
        profiles: profiles that were judged by.
        statements: how many of their statements speak of places.
        on: the day.
        candidates: the places, best first.
        notes: what a reader must know.
    """

    data_class: str
    gpu: str | None
    accelerators: tuple[str, ...]
    profiles: tuple[str, ...]
    statements: int
    on: date
    candidates: tuple[Candidate, ...]
    notes: tuple[str, ...]

    @property
    def places(self) -> tuple[Candidate, ...]:
        """Where the data may run; a region on one machine is none."""
        return tuple(item for item in self.candidates if item.answer.is_place and not item.simulated)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked.

    Attributes:
        data_class: class of the data.
        gpu: accelerator of the catalog, or how its key begins: ``h100``; None: no GPUs are needed.
        providers: only places of these; empty: of all.
        profiles: profiles to judge by; empty: all that a region of the factory has.
    """

    data_class: str
    gpu: str | None = None
    providers: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()


def where(factory: FactorySpec, question: Question, on: date) -> Where:
    """Judge every place for data of a class.

    Args:
        factory: the factory.
        question: what is asked.
        on: the day.

    Raises:
        SpecError: the question names what is not there; every problem of it is listed.
    """
    kinds = _accelerators(question.gpu) if question.gpu else ()
    _refuse(factory, question, kinds)
    profiles = question.profiles or _all_profiles(factory)
    statements = tuple(each for each in statements_of(profiles, factory.profiles, on) if each.statement.rule in RULES)
    origins = _origins(factory, question.data_class, on)
    judging = _Judging(factory, question, on, statements, world_of(on, factory), origins)
    found = [judging.judged(each) for each in (*_own(factory, question, kinds), *_clouds(factory, question))]
    countries = {surroundings_of(name, region).place.country for name, region in factory.regions.items()}
    found.sort(key=lambda item: _rank(item, countries))
    notes = tuple(_notes(question, profiles, statements, origins))
    return Where(question.data_class, question.gpu, kinds, profiles, len(statements), on, tuple(found), notes)


def _accelerators(gpu: str) -> tuple[str, ...]:
    """Return the accelerators that a name means: a key, or whole words that keys begin with: ``l4`` is no ``l40s``."""
    return tuple(key for key in accelerators() if key == gpu or key.startswith(f"{gpu}-"))


def _refuse(factory: FactorySpec, question: Question, kinds: Collection[str]) -> None:
    problems: list[Problem] = []
    if question.data_class not in factory.data_classes:
        there = ", ".join(sorted(factory.data_classes)) or "none at all"
        rule = f"no such class of data; factory {factory.name} has {there}"
        problems.append(Problem("--class", question.data_class, rule, nearest(question.data_class, factory.data_classes)))
    if question.gpu and not kinds:
        short = {key.partition("-")[0] for key in accelerators()}
        rule = f"no such accelerator in the catalog; there are {', '.join(accelerators())}, or how one begins"
        problems.append(Problem("--gpu", question.gpu, rule, nearest(question.gpu, {*accelerators(), *short})))
    for provider in question.providers:
        if provider not in PROVIDERS:
            rule = f"no such provider; there are {', '.join(PROVIDERS)}"
            problems.append(Problem("--provider", provider, rule, nearest(provider, PROVIDERS)))
    known = {*known_profiles(), *factory.profiles}
    for name in question.profiles:
        if name not in known:
            rule = "there is no such profile; `aifactory profile list` has them"
            problems.append(Problem("--profile", name, rule, nearest(name, known)))
    if problems:
        raise SpecError(SOURCE, problems)


def _all_profiles(factory: FactorySpec) -> tuple[str, ...]:
    named = {name for region in factory.regions.values() for name in region.profiles}
    return tuple(sorted(named - {NO_RULES})) or (NO_RULES,)


def _origins(factory: FactorySpec, data_class: str, on: date) -> dict[str, Place]:
    """Return the regions in which data of the class are now, and where these are."""
    return {
        name: surroundings_of(name, region).place
        for name, region in factory.regions.items()
        if any(fact.data_class == data_class for fact in region_facts(factory, name, on))
    }


def _own(factory: FactorySpec, question: Question, kinds: Collection[str]) -> Iterator[Candidate]:
    """Yield the regions of the factory."""
    for name, region in factory.regions.items():
        site = region.site
        if question.providers and site.provider not in question.providers:
            continue
        pools = [pool for pool, spec in region.gpu_pools.items() if spec.accelerator in kinds]
        gpus = sum(region.gpu_pools[pool].gpus for pool in pools)
        yield Candidate(
            name=name,
            location=f"{site.provider}/{site.location}",
            place=surroundings_of(name, region).place,
            operator=site.operator,
            region=name,
            simulated=region.is_local,
            gpu=(Gpu.DECLARED if pools else Gpu.NONE) if question.gpu else None,
            gpus=gpus if pools else None,
            guaranteed=_guaranteed(region, pools),
        )


def _guaranteed(region: RegionSpec, pools: Iterable[str]) -> int:
    return sum(tenant.guaranteed.get(pool, 0) for pool in pools for tenant in region.tenants.values())


def _clouds(factory: FactorySpec, question: Question) -> Iterator[Candidate]:
    """Yield the places of clouds where the factory has no region."""
    taken = {f"{region.site.provider}/{region.site.location}" for region in factory.regions.values()}
    for key, location in locations().items():
        if location.is_place and key not in taken and (not question.providers or location.provider in question.providers):
            yield Candidate(
                name=key,
                location=key,
                place=Place(country=location.country, subdivision=location.subdivision, location=key),
                operator=location.operator,
                gpu=Gpu.UNKNOWN if question.gpu else None,
            )


@dataclass(frozen=True, slots=True)
class _Judging:
    """Judges candidates, all by the same."""

    factory: FactorySpec
    question: Question
    on: date
    statements: tuple[Stated, ...]
    world: World
    origins: dict[str, Place]

    def judged(self, candidate: Candidate) -> Candidate:
        """Return a candidate with its findings; waivers count where a region is."""
        found = judge(self._facts(candidate), self.statements, self.world, candidate.name)
        if candidate.region is not None:
            found = apply_waivers(found, self.factory.waivers, self.on).findings
        return replace(candidate, findings=found)

    def _facts(self, candidate: Candidate) -> Iterator[Fact]:
        """Yield what follows from being there. A region's site is named as its findings name it, so that waivers fit."""
        data_class, place = self.question.data_class, candidate.place
        site = f"{candidate.region}/site" if candidate.region else candidate.name
        data = f"{candidate.name}/{data_class}"
        yield Located(subject=site, data_class=data_class, kind="compute", place=place)
        yield Located(subject=data, data_class=data_class, kind=FlowKind.STORAGE, place=place)
        yield Operated(subject=site, data_class=data_class, operator=candidate.operator)
        for origin, from_place in self.origins.items():
            if origin != candidate.region:
                yield Moved(
                    subject=f"{data} from {origin}",
                    data_class=data_class,
                    kind=FlowKind.STORAGE,
                    origin=from_place,
                    place=place,
                    encrypted=True,
                    recipient=candidate.operator,
                )
        if self.question.gpu:
            yield from self._exported(candidate, self.question.gpu)

    def _exported(self, candidate: Candidate, gpu: str) -> Iterator[Exported]:
        """Yield who would use GPUs: those whom the region declares, or for a place without one those of any region."""
        if candidate.region is not None:
            export = self.factory.regions[candidate.region].export
            users, reference = (export.end_users if export else ()), export.reference if export else None
        else:
            exports = [region.export for region in self.factory.regions.values() if region.export]
            # A licence that was given for another place is none here.
            users, reference = tuple(dict.fromkeys(user for export in exports for user in export.end_users)), None
        for user in users or (None,):
            subject = f"{candidate.name}/gpu {gpu}/{user or 'end user'}"
            yield Exported(subject=subject, accelerator=gpu, end_user=user, reference=reference)


_ANSWERS: Final = list(Answer)
_GPUS: Final = [Gpu.DECLARED, Gpu.UNKNOWN, Gpu.NONE]


def _rank(candidate: Candidate, countries: Collection[str | None]) -> tuple[object, ...]:
    """Return what places are ordered by, the best first; see docs/what-if.md."""
    free = (candidate.gpus or 0) - candidate.guaranteed
    return (
        _ANSWERS.index(candidate.answer),
        candidate.simulated,
        _GPUS.index(candidate.gpu) if candidate.gpu else 0,
        -free if candidate.gpu is Gpu.DECLARED else 0,
        candidate.region is None,
        candidate.place.country not in countries,
        len(candidate.advisory),
        candidate.place.country or "",
        candidate.name,
    )


def _notes(
    question: Question, profiles: Collection[str], statements: Collection[Stated], origins: Collection[str]
) -> Iterator[str]:
    if not question.profiles:
        yield f"judged by the profiles that regions of the factory have: {', '.join(profiles)}; --profile names others"
    if not statements:
        yield "no statement of these profiles speaks of places, so nothing is excluded; that is no permission"
    if origins:
        yield f"bringing the data there from {', '.join(sorted(origins))} is judged as a transfer, encrypted on its way"
    else:
        yield f"no region has data of class {question.data_class} yet, so bringing them somewhere was not judged"
    if question.gpu:
        yield "which GPUs a cloud has in a region is not in the catalog: unknown, not absent"
    yield "keys, images, telemetry, support and the like depend on how a region is built: `aifactory check` judges them"
