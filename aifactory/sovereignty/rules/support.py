"""Support: from where help comes. Nobody can measure it: a contract attests it."""

from aifactory.model.statement import Support
from aifactory.sovereignty.fact import Supported
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.countries import all_within
from aifactory.sovereignty.rules.rule import MODEL_ONLY, Rule
from aifactory.sovereignty.world import World

_SEEN = {
    None: "whoever helps (nobody said with which access)",
    "none": "whoever helps (without access, by what they are sent)",
    "supervised": "whoever helps (with supervised access)",
    "remote": "whoever helps (with remote access)",
}


def judge(statement: Support, fact: Supported, world: World) -> Judgement | None:
    """Judge a contract by the countries that help comes from, whatever the access: who has none still sees what is sent."""
    return all_within(
        _SEEN.get(fact.access, f"whoever helps (with access {fact.access})"), fact.countries, statement.within, world
    )


SUPPORT = Rule(
    "support",
    "From where help comes",
    MODEL_ONLY,
    Support,
    Supported,
    judge,
    denies="Somebody helps from outside of `within`, whatever the access. Attested by the contract, not measured.",
    unsure="Nobody said from where they help.",
)
