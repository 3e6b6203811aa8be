"""Encryption in transit: nobody on the way can read along."""

from aifactory.model.statement import InTransit
from aifactory.sovereignty.fact import Sent
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.rule import ALL_STAGES, Rule, allow, deny, unknown
from aifactory.sovereignty.world import World

_PASSING = ("encrypted",)


def judge(statement: InTransit, fact: Sent, _world: World) -> Judgement | None:
    """Judge data on their way; those that stay in the cluster only where the statement says so."""
    if fact.inside and not statement.inside:
        return None
    where = "inside of the cluster" if fact.inside else "outside of the cluster"
    if fact.encrypted is None:
        return unknown(f"nobody said whether data are encrypted on their way {where}; they must be encrypted", _PASSING)
    if fact.encrypted:
        return allow(f"data are encrypted on their way {where}, as they must be encrypted", _PASSING)
    return deny(f"data are not encrypted on their way {where}; they must be encrypted", _PASSING, _PASSING)


IN_TRANSIT = Rule(
    "in-transit",
    "Encryption of data on their way",
    ALL_STAGES,
    InTransit,
    Sent,
    judge,
    denies="Data are not encrypted on their way; inside of the cluster only with `inside`.",
    unsure="Nobody said whether they are.",
)
