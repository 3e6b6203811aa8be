"""What the rules say of what was seen, and the words for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aifactory.policy.configuration import Rules
from aifactory.policy.observation import Observation
from aifactory.sovereignty.finding import Finding, Reason, Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.waiver import apply_waivers

LATER: Final = (
    "known only when `pulumi up` has made what it comes from. Write the value in the program to have it judged now; or run "
    "`pulumi up --skip-preview`, which judges it before the resource is made"
)

_HEADS: Final = {Verdict.DENY: "denied", Verdict.UNKNOWN: "unknown, which is denied", Verdict.WAIVED: "waived"}


@dataclass(frozen=True, slots=True)
class Decision:
    """A finding on something that was seen.

    Attributes:
        finding: what the rules say.
        unknown: properties that it rests on and whose values are only known at `pulumi up`.
    """

    finding: Finding
    unknown: tuple[str, ...] = ()

    @property
    def blocks(self) -> bool:
        """Whether it stops the stack."""
        return self.finding.blocks

    @property
    def shown(self) -> bool:
        """Whether anybody is told of it: what is allowed goes without saying."""
        return self.finding.verdict is not Verdict.ALLOW


def decide(observations: Iterable[Observation], rules: Rules) -> tuple[Decision, ...]:
    """Return what the rules say of what was seen, waivers applied, in the order in which it was seen."""
    pairs = [
        (finding, observation.unknown)
        for observation in observations
        for finding in judge([observation.fact], rules.statements, rules.world, rules.region)
    ]
    waived = apply_waivers([finding for finding, _ in pairs], rules.waivers, rules.world.on)
    return tuple(Decision(finding, unknown) for finding, (_, unknown) in zip(waived.findings, pairs, strict=True))


def words(decision: Decision) -> str:
    """Return a decision as text: what, why, what would pass, whose rule, and its id.

    It holds no value of a property but those that facts are made of: places, hosts, organizations, numbers of days.
    """
    finding = decision.finding
    head = _HEADS.get(finding.verdict, finding.verdict.value)
    if not finding.blocks and finding.verdict is not Verdict.WAIVED:
        head = f"{finding.verdict.value} by a rule that is not mandatory"
    lines = [f"{finding.rule}: {head}: {finding.subject}"]
    lines += [f"  {because}" for because in dict.fromkeys(reason.judgement.because for reason in _telling(finding))]
    if decision.unknown and finding.verdict is Verdict.UNKNOWN:
        lines.append(f"  {', '.join(dict.fromkeys(decision.unknown))}: {LATER}")
    if finding.passing and finding.verdict is not Verdict.WAIVED:
        lines.append(f"  would pass: {', '.join(finding.passing)}")
    lines += [f"  {reason.statement}: {reason.says} ({reason.nature}; {reason.source})" for reason in _telling(finding)]
    if finding.waiver:
        lines.append(f"  waiver {finding.waiver}: {finding.note}")
    lines.append(f"  finding {finding.id}")
    return "\n".join(lines)


def _telling(finding: Finding) -> tuple[Reason, ...]:
    """Return the reasons that are no allowance: all of them, since mending one alone would not pass."""
    return tuple(reason for reason in finding.reasons if reason.judgement.verdict is not Verdict.ALLOW)
