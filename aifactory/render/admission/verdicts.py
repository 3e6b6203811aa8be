"""What a statement says of a fact: the lists in a policy are made by the same judgement as everything else."""

from aifactory.sovereignty.fact import Fact
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World


def passes(fact: Fact, stated: Stated, world: World) -> bool:
    """Return whether a statement lets a fact pass; one that does not speak of it does."""
    findings = judge([fact], [stated], world, "")
    return all(finding.verdict is Verdict.ALLOW for finding in findings)
