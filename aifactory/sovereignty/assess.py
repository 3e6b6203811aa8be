"""The verdict on a factory: every rule on every fact of its regions, on one day."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from aifactory.model import FactorySpec
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.profile import profile_closure, profile_named, statements_of
from aifactory.sovereignty.waiver import apply_waivers
from aifactory.sovereignty.world import world_of

SOON: Final = timedelta(days=30)
"""How long before its end a waiver is spoken of."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What holds for a factory on a day.

    Attributes:
        factory: its name.
        on: the day.
        regions: regions that were looked at.
        findings: all findings, allowances too, by region, rule and subject.
        warnings: what blocks nothing and should be looked at: profiles to review, waivers that end or fit nothing.
    """

    factory: str
    on: date
    regions: tuple[str, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...]

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """Findings that stop their region."""
        return tuple(finding for finding in self.findings if finding.blocks)

    @property
    def passes(self) -> bool:
        """Whether no region is stopped."""
        return not self.blocking

    def of(self, region: str) -> tuple[Finding, ...]:
        """Return the findings of a region."""
        return tuple(finding for finding in self.findings if finding.region == region)

    def counts(self) -> dict[str, int]:
        """Return how many findings there are of each verdict, every verdict named."""
        return {verdict.value: sum(finding.verdict is verdict for finding in self.findings) for verdict in Verdict}


def assess(
    factory: FactorySpec,
    on: date,
    regions: Iterable[str] | None = None,
    fetched: Mapping[str, Fetched] | None = None,
) -> Assessment:
    """Judge a factory on a day.

    Args:
        factory: the factory.
        on: the day; nothing here has a clock.
        regions: regions to look at. Default: all.
        fetched: what of operators lies in bundles; see `aifactory.sovereignty.operators`.
    """
    names = tuple(factory.regions if regions is None else regions)
    world = world_of(on, factory)
    found: list[Finding] = []
    for name in names:
        statements = statements_of(factory.region(name).profiles, factory.profiles, on)
        if statements:
            found += judge(region_facts(factory, name, on, fetched), statements, world, name)
    waived = apply_waivers(found, factory.waivers, on)
    # A waiver of a region that is not looked at is not one that fits nothing.
    unused = waived.unused if set(names) == set(factory.regions) else ()
    return Assessment(factory.name, on, names, waived.findings, tuple(_warnings(factory, names, unused, on)))


def _warnings(factory: FactorySpec, regions: Iterable[str], unused: Iterable[str], on: date) -> Iterable[str]:
    used = {profile for name in regions for profile in factory.region(name).profiles}
    for name in profile_closure(used, factory.profiles):
        profile = profile_named(name, factory.profiles)
        if on > profile.review_by:
            yield f"profile {name} {profile.version} was to be reviewed by {profile.review_by}; its sources may have changed"
    for name in unused:
        waiver = factory.waivers[name]
        yield f"waiver {name} fits no finding ({waiver.rule}, {waiver.subject}); remove it, or mend its subject"
    for name, waiver in sorted(factory.waivers.items()):
        if on <= waiver.expires <= on + SOON:
            yield f"waiver {name} ends on {waiver.expires}; what it excepts blocks from the day after"
