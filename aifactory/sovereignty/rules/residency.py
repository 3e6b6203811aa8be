"""Residency: where machines stand and data lie."""

from aifactory.model.statement import Residency
from aifactory.sovereignty.alternatives import places_in
from aifactory.sovereignty.fact import Located
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.proof import realm_sources
from aifactory.sovereignty.rules.rule import (
    ALL_STAGES,
    Rule,
    allow,
    deny,
    in_realm,
    no_place,
    realm_words,
    unknown,
)
from aifactory.sovereignty.world import World


def judge(statement: Residency, fact: Located, world: World) -> Judgement | None:
    """Judge where something is by the country that it is in."""
    if statement.kinds and fact.kind not in statement.kinds:
        return None
    allowed = world.countries(statement.within)
    inside = in_realm(fact.place, statement.within, world)
    bounds = realm_words(statement.within)
    if inside is None:
        return unknown(f"{no_place(fact.place)}; {fact.kind} must be within {bounds}", places_in(allowed, fact.place))
    where = f"{fact.kind} in {fact.place.country}"
    sources = realm_sources(statement.within, fact.place.country, world)
    if inside:
        return allow(f"{where}, which is within {bounds}", allowed, sources)
    return deny(
        f"{where}, which is not allowed: it must be within {bounds}", allowed, places_in(allowed, fact.place), sources
    )


RESIDENCY = Rule(
    "residency",
    "Where machines stand and data lie",
    ALL_STAGES,
    Residency,
    Located,
    judge,
    denies="The country is outside of `within`.",
    unsure="The country is unknown, or the place is a logical one such as Azure's `europe`.",
)
