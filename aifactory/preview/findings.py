"""Findings that a plan would bring, and those that it would end; judged as the policy pack judges."""

from collections.abc import Iterable
from dataclasses import dataclass

from aifactory.policy.configuration import Rules
from aifactory.policy.extract import seen
from aifactory.policy.resource import Resource
from aifactory.policy.verdict import decide
from aifactory.preview.plan import Plan
from aifactory.sovereignty.difference import Difference, Kind, Knowledge, compared
from aifactory.sovereignty.finding import Finding


@dataclass(frozen=True, slots=True)
class PlanFindings:
    """What the rules say of a plan.

    Attributes:
        plan: the plan.
        differences: findings that differ between what is and what is planned, the gravest first.
        unchanged: how many do not.
        blocking: findings of what is planned that stop it, new or not.
        unread: types of resources that the plan makes or keeps and of which nothing was understood, sorted.
    """

    plan: Plan
    differences: tuple[Difference, ...]
    unchanged: int
    blocking: tuple[Finding, ...]
    unread: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[Difference, ...]:
        """Return the differences of one kind."""
        return tuple(each for each in self.differences if each.kind is kind)


def judged(plan: Plan, rules: Rules) -> PlanFindings:
    """Judge what a plan changes, before and after.

    Args:
        plan: the plan. Resources that it leaves alone are not in it, and not judged here: the pack judges them.
        rules: what holds for the stack.
    """
    before, _ = _findings((step.before for step in plan.steps if step.before), rules)
    after, unread = _findings((step.after for step in plan.steps if step.after), rules)
    stated = {each.name: each for each in rules.statements}
    explain = Knowledge(stated, stated, rules.world.on, rules.world.on)
    differences, unchanged = compared(before, after, explain)
    return PlanFindings(plan, differences, unchanged, tuple(each for each in after if each.blocks), unread)


def _findings(found: Iterable[Resource], rules: Rules) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    findings: list[Finding] = []
    unread: set[str] = set()
    for resource in found:
        what = seen(resource, rules.setting)
        if not what.known:
            unread.add(resource.kind)
        findings += [each.finding for each in decide(what.observations, rules)]
    return tuple(findings), tuple(sorted(unread))
