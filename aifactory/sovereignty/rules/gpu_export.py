"""GPU export: accelerators that may not reach everyone.

It never gives permission. Where a restricted group is found it denies, with a reference or without one: a reference is what
a person has to read, and that they did is recorded by a waiver, which is approved, ends, and is never a pass.
"""

from collections import deque
from collections.abc import Iterable, Mapping

from aifactory.catalog import Organization, export_groups
from aifactory.model.statement import GpuExport
from aifactory.sovereignty.alternatives import OWNER
from aifactory.sovereignty.fact import Exported
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.operator import SAY_SELF
from aifactory.sovereignty.rules.proof import organization_sources
from aifactory.sovereignty.rules.rule import MODEL_ONLY, Rule, allow, deny, listed, unknown
from aifactory.sovereignty.world import World

_AID = "an aid, not a licence determination"


def judge(statement: GpuExport, fact: Exported, world: World) -> Judgement | None:
    """Judge an end user by its seat, and by the seats of everybody who owns it."""
    bounds = f"a restricted group ({listed(statement.groups)})"
    if fact.end_user is None:
        return unknown(f"nobody said who uses {fact.accelerator}; its seat and its owners' must not be in {bounds}")
    holders = _holders(fact.end_user, world.organizations)
    restricted, stale, sources = _groups(statement.groups, world)
    read = [*sources, *organization_sources(holders, world)]
    hits = [
        f"{' <- '.join(path)} has its seat in {seat} ({listed(restricted[seat])})"
        for name, path in holders.items()
        if (seat := _seat(name, world)) in restricted and seat
    ]
    if hits:
        return deny(_review(fact, hits), sorted(restricted), sources=read)
    unsure = [*stale, *_unsure(holders, world)]
    if unsure:
        because = f"{'; '.join(unsure)}; who uses {fact.accelerator} must not be seated in {bounds}, nor its owners"
        return unknown(because, sources=read)
    among = listed(f"{name} ({_seat(name, world)})" for name in holders)
    return allow(f"{fact.accelerator}: no seat in {bounds} found among {among}; {_AID}", sorted(restricted), read)


def _review(fact: Exported, hits: Iterable[str]) -> str:
    found = f"{fact.accelerator} for {fact.end_user}: {'; '.join(hits)}"
    if fact.reference is None:
        return f"{found}; review: a licence, or an exception, is needed and no reference to one is declared; {_AID}"
    told = f"somebody must hold {fact.reference} against it, and a waiver that says so is the record of it"
    return f"{found}; review: {told}; {_AID}"


def _holders(name: str, organizations: Mapping[str, Organization]) -> dict[str, tuple[str, ...]]:
    """Return an organization and everybody who owns it, at any share, each with the shortest way to it.

    Licensors do not count here: `chain` tells an owner who is a licensor too by the shorter way alone.
    """
    found: dict[str, tuple[str, ...]] = {name: (name,)}
    waiting = deque([name])
    while waiting:
        key = waiting.popleft()
        facts = organizations.get(key)
        owners = [held.owner for held in facts.owners] if facts else []
        parent = [facts.ultimate_parent] if facts and facts.ultimate_parent else []
        for owner in (*owners, *parent):
            if owner not in found:
                found[owner] = (*found[key], owner)
                waiting.append(owner)
    return found


def _groups(names: Iterable[str], world: World) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """Return the countries with the groups that name them, what is not known of groups, and where groups were read."""
    countries: dict[str, list[str]] = {}
    stale: list[str] = []
    sources: list[str] = []
    for name in names:
        group = export_groups().get(name)
        if group is None:
            stale.append(f"the catalog has no group {name}")
            continue
        if not group.holds(world.on):
            since, until = group.since or "the beginning", group.until or "now"
            stale.append(f"group {name} was read for the time from {since} to {until}, not for {world.on}; read it anew")
            continue
        sources.append(f"{name}: {group.source}")
        for country in group.members:
            countries.setdefault(country, []).append(name)
    return countries, stale, sources


def _unsure(holders: Iterable[str], world: World) -> list[str]:
    missing: list[str] = []
    for name in holders:
        if name not in world.organizations:
            missing.append(SAY_SELF if name == OWNER else f"nobody described {name}")
        elif _seat(name, world) is None:
            missing.append(f"where {name} has its seat is unknown")
    return missing


def _seat(name: str, world: World) -> str | None:
    facts = world.organizations.get(name)
    return facts.seat if facts else None


GPU_EXPORT = Rule(
    "gpu-export",
    "Who uses GPUs",
    MODEL_ONLY,
    GpuExport,
    Exported,
    judge,
    denies="The end user, or anyone who owns it, is seated in one of `groups`: review. A reference to a licence changes the "
    "sentence, not the verdict; only a waiver excepts it, and nothing here is ever a permission.",
    unsure="The end user, a seat or an owner is unknown, or a group was not read for that day.",
)
