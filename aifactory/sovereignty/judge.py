"""The decision: facts and statements in, findings out. Whoever has a fact, in whichever place, calls this."""

from collections.abc import Iterable
from typing import Any

from aifactory.sovereignty.fact import Fact
from aifactory.sovereignty.finding import Finding, Reason, Verdict
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.rules import BY_NAME, Rule
from aifactory.sovereignty.rules.rule import unknown
from aifactory.sovereignty.world import World


def judge(facts: Iterable[Fact], statements: Iterable[Stated], world: World, region: str) -> tuple[Finding, ...]:
    """Apply every statement to every fact that it speaks of.

    Args:
        facts: what there is. Two facts of the same rule and subject become two findings.
        statements: what holds.
        world: what is known on that day.
        region: region that the findings block.

    Returns:
        A finding for each fact that at least one statement speaks of, sorted by rule and subject.
    """
    by_rule: dict[str, list[Stated]] = {}
    for stated in statements:
        by_rule.setdefault(stated.statement.rule, []).append(stated)
    found = (_finding(fact, by_rule.get(fact.rule, ()), world, region) for fact in facts)
    return tuple(sorted((item for item in found if item), key=lambda item: (item.rule, item.subject)))


def _finding(fact: Fact, statements: Iterable[Stated], world: World, region: str) -> Finding | None:
    reasons = tuple(reason for stated in statements if (reason := _reason(fact, stated, world)))
    if not reasons:
        return None
    verdict = max((reason.judgement.verdict for reason in reasons), key=lambda item: item.weight)
    return Finding(fact.rule, fact.subject, region, verdict, reasons, fact.plain(), fact.source)


def _reason(fact: Fact, stated: Stated, world: World) -> Reason | None:
    statement = stated.statement
    covered = world.covers(statement.classes, fact.data_class)
    if covered is False:
        return None
    rule: Rule[Any, Any] = BY_NAME[fact.rule]
    judgement = rule.judge(statement, fact, world)
    if judgement is None:
        return None
    # What is not known to be covered passes where it would pass if it were; else somebody has to say what it is.
    if covered is None and judgement.verdict is not Verdict.ALLOW:
        missing = f"nobody said which class of data this is, and for {_named(statement.classes)}: {judgement.because}"
        judgement = unknown(missing, judgement.passing, judgement.sources)
    return Reason(
        stated.name,
        judgement,
        statement.says,
        statement.source,
        statement.nature,
        statement.mandatory,
        statement.waivable,
    )


def _named(classes: str | tuple[str, ...]) -> str:
    if isinstance(classes, tuple):
        return f"data of the classes {', '.join(classes)}"
    return "data of persons" if classes == "personal" else "all data"
