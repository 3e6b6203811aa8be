"""What if: the same region somewhere else, run by somebody else, under other profiles, or on another day.

A changed copy of the factory is judged like the factory itself; what is told is the difference of the two. Nothing is
written.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from pydantic import ValidationError

from aifactory.catalog import organizations
from aifactory.errors import Problem, SpecError
from aifactory.model import FactorySpec, RegionSpec, SiteSpec, known_profiles, nearest, validate
from aifactory.model.problems import problems_of
from aifactory.sovereignty.assess import Assessment, assess
from aifactory.sovereignty.difference import Difference, Kind, Knowledge, compared
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.profile import NO_RULES, Stated, profile_closure, profile_named, statements_of
from aifactory.sovereignty.proposal import Proposal, proposed_site

SOURCE: Final = "what-if"
"""Whose input a problem is in, as errors name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be different; what is left out stays.

    Attributes:
        location: where the region would be, with the provider: ``aws:us-east-1``, ``on-prem:munich``.
        operator: who would run it.
        country: country of the site.
        profiles: profiles that would hold as well.
        without: profiles that would hold no more.
    """

    location: str | None = None
    operator: str | None = None
    country: str | None = None
    profiles: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether the site would be another."""
        return any(value is not None for value in (self.location, self.operator, self.country))


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer.

    Attributes:
        region: the region.
        changes: what was changed, each as ``field: before -> after``.
        notes: what a reader must know of the copy that was judged.
        before: the judgement as things are.
        after: the judgement as they would be.
        differences: what differs, the gravest first.
        unchanged: how many findings are the same.
        waivers_ended: waivers of the region that hold on the first day and are over on the second.
        reviews_due: profiles whose review is due on the second day and was not on the first, or that were added overdue.
    """

    region: str
    changes: tuple[str, ...]
    notes: tuple[str, ...]
    before: Assessment
    after: Assessment
    differences: tuple[Difference, ...]
    unchanged: int
    waivers_ended: tuple[str, ...]
    reviews_due: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """Return the differences of a kind."""
        return tuple(difference for difference in self.differences if difference.kind is kind)


def what_if(
    factory: FactorySpec,
    region: str,
    change: Change,
    today: date,
    on: date,
    fetched: Mapping[str, Fetched] | None = None,
) -> WhatIf:
    """Judge a region as it is, and as it would be.

    Args:
        factory: the factory.
        region: name of the region.
        change: what is to be different.
        today: day of the first judgement.
        on: day of the second.
        fetched: what of operators lies in bundles.

    Raises:
        SpecError: the change cannot be, or there is none; every problem of it is listed.
    """
    spec = factory.region(region)
    changed, proposal = changed_region(factory, spec, change)
    moved = [f"day: {today} -> {on}"] if on != today else []
    if not proposal.changes and not moved:
        rule = "nothing would be different; say what would: --location, --operator, --country, --profile, --as-of"
        raise SpecError(SOURCE, [Problem("change", "", rule)])
    copy = factory.model_copy(update={"regions": {**factory.regions, region: changed}})
    before, after = assess(factory, today, [region], fetched), assess(copy, on, [region], fetched)
    explain = Knowledge(_stated(factory, spec, today), _stated(copy, changed, on), today, on)
    differences, unchanged = compared(before.findings, after.findings, explain)
    return WhatIf(
        region,
        (*proposal.changes, *moved),
        proposal.notes,
        before,
        after,
        differences,
        unchanged,
        tuple(_waivers_ended(factory, region, today, on)),
        tuple(_reviews_due(factory, spec.profiles, changed.profiles, today, on)),
    )


def changed_region(factory: FactorySpec, region: RegionSpec, change: Change) -> tuple[RegionSpec, Proposal]:
    """Return a changed copy of a region, checked as the model checks it, and what was changed.

    A local region has a cluster that only a local site goes with. Elsewhere its site alone is replaced, for the judgement,
    and a note says why nothing could be built so.

    Raises:
        SpecError: every part of the change that cannot be.
    """
    problems = list(_profile_problems(factory, region, change))
    site, proposal = region.site, Proposal()
    if change.moves:
        known = {*organizations(), *factory.organizations}
        try:
            values, proposal = proposed_site(region.site, change.location, change.operator, change.country, known)
            site = validate(SiteSpec, values, SOURCE)
        except SpecError as error:
            problems += [replace(each, where="site") if each.where == "file" else each for each in error.problems]
    if problems:
        raise SpecError(SOURCE, problems)
    profiles = _profiles(region, change)
    told = [*proposal.changes, *_told("profiles", ", ".join(region.profiles), ", ".join(profiles))]
    notes = list(proposal.notes)
    held = [name for name in change.profiles if name in region.profiles]
    notes += [f"profile {name} holds already" for name in held]
    values = {name: getattr(region, name) for name in RegionSpec.model_fields} | {"site": site, "profiles": profiles}
    try:
        changed = RegionSpec.model_validate(values)
    except ValidationError as error:
        changed = region.model_copy(update={"site": site, "profiles": profiles})
        why = "; ".join(problem.rule for problem in problems_of(error, RegionSpec))
        notes.append(f"hypothetical: only the site is replaced, for this judgement; it could not be built so: {why}")
    return changed, Proposal(tuple(told), tuple(notes))


def _told(field: str, before: str, after: str) -> list[str]:
    return [f"{field}: {before} -> {after}"] if before != after else []


def _profiles(region: RegionSpec, change: Change) -> tuple[str, ...]:
    kept = [name for name in region.profiles if name not in change.without and name != NO_RULES]
    return tuple(dict.fromkeys([*kept, *change.profiles])) or (NO_RULES,)


def _profile_problems(factory: FactorySpec, region: RegionSpec, change: Change) -> Iterator[Problem]:
    known = {*known_profiles(), *factory.profiles} - {NO_RULES}
    for name in change.profiles:
        if name == NO_RULES:
            yield Problem("--profile", name, "is the word for no rules; --without-profile NAME takes a profile away")
        elif name not in known:
            rule = "there is no such profile; `aifactory profile list` has them"
            yield Problem("--profile", name, rule, nearest(name, known))
    for name in change.without:
        if name not in region.profiles or name == NO_RULES:
            rule = f"does not hold here, so nothing would change; what holds is {', '.join(region.profiles)}"
            yield Problem("--without-profile", name, rule, nearest(name, set(region.profiles) - {NO_RULES}))


def _stated(factory: FactorySpec, region: RegionSpec, on: date) -> dict[str, Stated]:
    return {stated.name: stated for stated in statements_of(region.profiles, factory.profiles, on)}


def _waivers_ended(factory: FactorySpec, region: str, today: date, on: date) -> Iterator[str]:
    for name, waiver in sorted(factory.waivers.items()):
        if waiver.subject.startswith(f"{region}/") and waiver.approved <= today <= waiver.expires < on:
            yield f"waiver {name} ends on {waiver.expires} ({waiver.rule}, {waiver.subject})"


def _reviews_due(factory: FactorySpec, before: Iterable[str], after: Iterable[str], today: date, on: date) -> Iterator[str]:
    known = profile_closure(before, factory.profiles)
    for name in profile_closure(after, factory.profiles):
        profile = profile_named(name, factory.profiles)
        overdue_already = name in known and today > profile.review_by
        if on > profile.review_by and not overdue_already:
            yield f"profile {name} {profile.version} was to be reviewed by {profile.review_by}; its sources may have changed"
