"""Managed services: what a provider runs, and the owner of the factory does not."""

from aifactory.model.statement import ManagedService
from aifactory.sovereignty.alternatives import OWNER
from aifactory.sovereignty.fact import Managed
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.rule import BEFORE_UP, Rule, allow, deny, listed, unknown
from aifactory.sovereignty.world import World


def judge(statement: ManagedService, fact: Managed, _world: World) -> Judgement | None:
    """Judge a service by its sort, where somebody else runs it."""
    bounds = f"services that may be managed: {listed(sorted(statement.allowed))}"
    if fact.managed is False:
        return allow(f"{fact.service} is not managed: the owner of the factory runs it", statement.allowed)
    if fact.service in statement.allowed:
        return allow(f"{fact.service} may be managed ({bounds})", statement.allowed)
    if fact.managed is None:
        return unknown(f"nobody said whether {fact.service} is managed; {bounds}", [OWNER])
    return deny(f"{fact.service} is managed by {fact.operator or 'somebody else'}; {bounds}", statement.allowed, [OWNER])


MANAGED_SERVICE = Rule(
    "managed-service",
    "Services that a provider runs",
    BEFORE_UP,
    ManagedService,
    Managed,
    judge,
    denies="Somebody else than the owner of the factory runs a service whose sort is not in `allowed`.",
    unsure="Nobody said who runs a service whose sort is not in `allowed`.",
)
