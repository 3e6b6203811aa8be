"""Retention: how long copies are kept."""

from aifactory.model.statement import Retention
from aifactory.sovereignty.fact import Retained
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.rule import NOT_IN_CLUSTER, Rule, allow, deny, unknown
from aifactory.sovereignty.world import World


def judge(statement: Retention, fact: Retained, _world: World) -> Judgement | None:
    """Judge a time in days; both bounds belong to what is allowed."""
    low, high = statement.min_days, statement.max_days
    words = [f"at least {low} days"] if low is not None else []
    words += [f"at most {high} days"] if high is not None else []
    bounds = f"copies must be kept {' and '.join(words)}"
    nearest = [f"{days} days" for days in (low, high) if days is not None]
    if fact.days is None:
        return unknown(f"nobody said how long copies are kept; {bounds}", nearest)
    if low is not None and fact.days < low:
        return deny(f"copies are kept {fact.days} days; {bounds}", nearest, [f"{low} days"])
    if high is not None and fact.days > high:
        return deny(f"copies are kept {fact.days} days; {bounds}", nearest, [f"{high} days"])
    return allow(f"copies are kept {fact.days} days; {bounds}", nearest)


RETENTION = Rule(
    "retention",
    "How long copies are kept",
    NOT_IN_CLUSTER,
    Retention,
    Retained,
    judge,
    denies="Copies are kept for less than `min_days` or for more than `max_days`.",
    unsure="Nobody said for how long.",
)
