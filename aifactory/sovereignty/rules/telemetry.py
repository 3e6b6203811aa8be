"""Telemetry: what is reported, and to whom."""

from collections.abc import Iterator

from aifactory.model.statement import Telemetry
from aifactory.sovereignty.fact import Reported
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.rules.countries import one_within
from aifactory.sovereignty.rules.rule import ALL_STAGES, Rule, allow, combined, deny, unknown
from aifactory.sovereignty.world import World

_SILENCED = "reporting switched off"
_DECLARED = "declared under telemetry"


def judge(statement: Telemetry, fact: Reported, world: World) -> Judgement | None:
    """Judge a sink, or a program that may report to its maker."""
    if fact.vendor is None:
        return combined(_sink(statement, fact, world))
    if fact.silenced:
        return allow(f"reporting to {fact.vendor} is switched off", [_SILENCED])
    found = combined(_vendor(statement, fact, world))
    if fact.silenced is None and found and found.verdict is Verdict.DENY:
        # It may be silent after all, and then it would pass.
        return unknown(
            f"nobody knows whether {fact.vendor} is reported to; if so: {found.because}", found.passing, found.sources
        )
    return found


def _sink(statement: Telemetry, fact: Reported, world: World) -> Iterator[Judgement]:
    yield _declared(fact, "the sink")
    yield one_within("the sink", fact.country, statement.within, world)


def _vendor(statement: Telemetry, fact: Reported, world: World) -> Iterator[Judgement]:
    if not statement.vendors:
        because = f"the program reports to {fact.vendor}; reporting to makers must be switched off"
        yield deny(because, [_SILENCED], [_SILENCED])
        return
    yield _declared(fact, f"reporting to {fact.vendor}")
    yield one_within(f"what {fact.vendor} is told", fact.country, statement.within, world)


def _declared(fact: Reported, what: str) -> Judgement:
    if fact.declared:
        return allow(f"{what} is declared", [_DECLARED])
    return deny(f"{what} is not declared; it must be declared under telemetry", [_DECLARED], [_DECLARED])


TELEMETRY = Rule(
    "telemetry",
    "What is reported, and to whom",
    ALL_STAGES,
    Telemetry,
    Reported,
    judge,
    denies="A sink is undeclared or outside of `within`; a program reports to its maker without `vendors`, undeclared, or "
    "to outside of `within`.",
    unsure="Nobody said in which country a sink is; nobody knows whether reporting to a maker, which would be denied, is "
    "switched off.",
)
