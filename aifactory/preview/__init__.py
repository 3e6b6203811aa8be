"""What `pulumi preview --json` says, and what the rules say of it: for any stack, ours or not."""

from aifactory.preview.findings import PlanFindings, judged
from aifactory.preview.plan import Plan, Step, parse_plan, read_plan

__all__ = ["Plan", "PlanFindings", "Step", "judged", "parse_plan", "read_plan"]
