"""Residency: where machines stand and data lie."""

from aifactory.model.statement import Residency
from aifactory.sovereignty.alternatives import places_in
from aifactory.sovereignty.fact import Located
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.rule import ALL_STAGES, Rule, allow, deny, in_realm, no_place, unknown
from aifactory.sovereignty.world import World


def judge(statement: Residency, fact: Located, world: World) -> Judgement | None:
    """Judge where something is by the country that it is in."""
    if statement.kinds and fact.kind not in statement.kinds:
        return None
    allowed = world.countries(statement.within)
    inside = in_realm(fact.place, statement.within, world)
    passing = places_in(allowed, fact.place)
    if inside is None:
        return unknown(no_place(fact.place), passing)
    where = f"{fact.kind} in {fact.place.country}"
    if inside:
        return allow(f"{where}, which is allowed", allowed)
    return deny(f"{where}, which is not allowed", allowed, passing)


RESIDENCY = Rule("residency", "Where machines stand and data lie", ALL_STAGES, Residency, Located, judge)
