"""The first of the four places: what rules deny is refused before the engine registers anything."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, date, datetime

from aifactory.errors import DeniedError
from aifactory.model import DeclaredSpec, FactorySpec, ProfileSpec, SiteSpec
from aifactory.sovereignty import Flow
from aifactory.sovereignty.assess import Assessment, assess
from aifactory.sovereignty.finding import Finding
from aifactory.sovereignty.gather import block_facts
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.profile import Stated, statements_of
from aifactory.sovereignty.surroundings import Surroundings
from aifactory.sovereignty.waiver import apply_waivers
from aifactory.sovereignty.words import finding_text
from aifactory.sovereignty.world import World, world_of


def today() -> date:
    """Return the day in UTC: the one clock, asked at the edge alone."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for a component.

    Attributes:
        statements: statements of its profiles that hold on the day.
        world: what is known on the day.
        own: profiles of the factory's own.
        surroundings: what is declared around the component; None inside of a region, which was judged as a whole.
    """

    statements: tuple[Stated, ...]
    world: World
    own: Mapping[str, ProfileSpec]
    surroundings: DeclaredSpec | None = None


_REGION: ContextVar[Rules | None] = ContextVar("rules_of_region", default=None)


def rules_of_region() -> Rules | None:
    """Return the rules of the region whose components are being made; None for a component that stands alone."""
    return _REGION.get()


@contextmanager
def judged(factory: FactorySpec, region: str, on: date) -> Generator[None]:
    """Make the rules of a region that was judged as a whole known to the components that are made inside of this block."""
    statements = statements_of(factory.region(region).profiles, factory.profiles, on)
    token = _REGION.set(Rules(statements, world_of(on, factory), factory.profiles))
    try:
        yield
    finally:
        _REGION.reset(token)


def rules_alone(profiles: Iterable[str], declared: DeclaredSpec) -> Rules:
    """Return the rules of a component that stands alone.

    Args:
        profiles: names of its profiles.
        declared: what is declared of its surroundings.
    """
    on = declared.as_of or today()
    own = declared.profiles
    shown = FactorySpec.model_construct(
        organizations=declared.organizations, data_classes=declared.data_classes, transfers=declared.transfers
    )
    return Rules(statements_of(profiles, own, on), world_of(on, shown), own, declared)


def require_region(factory: FactorySpec, region: str, on: date, fetched: Mapping[str, Fetched] | None = None) -> Assessment:
    """Refuse a region that rules deny, and return what was found.

    Args:
        factory: the factory.
        region: name of the region.
        on: the day.
        fetched: what of operators lies in bundles.

    Raises:
        DeniedError: with every finding that blocks.
    """
    found = assess(factory, on, [region], fetched)
    _require(f"region {region}", found.findings, on)
    return found


def require_block(name: str, region: str, site: SiteSpec, rules: Rules, flows: Iterable[Flow]) -> None:
    """Refuse a component that stands alone and that rules deny.

    Args:
        name: class and name of the component.
        region: name of its region, as findings have it.
        site: where it stands.
        rules: what holds.
        flows: where its data go.

    Raises:
        DeniedError: with every finding that blocks.
    """
    declared = rules.surroundings
    if declared is None or not rules.statements:
        return
    owner = declared.organizations.get("self")
    seat = owner.seat if owner else None
    around = Surroundings(region, site, name, declared.keys, declared.storage_classes, declared.reporting, seat)
    found = judge(block_facts(around, flows), rules.statements, rules.world, region)
    _require(name, apply_waivers(found, declared.waivers, rules.world.on).findings, rules.world.on)


def _require(who: str, findings: Iterable[Finding], on: date) -> None:
    blocking = [finding for finding in findings if finding.blocks]
    if not blocking:
        return
    noun = "finding" if len(blocking) == 1 else "findings"
    texts = "\n".join(finding_text(finding) for finding in blocking)
    raise DeniedError(f"{who}: {len(blocking)} {noun} on {on}, nothing was created\n{texts}")
