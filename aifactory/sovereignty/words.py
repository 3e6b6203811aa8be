"""Findings in words, for terminals, errors and policy messages; never more than a finding holds."""

from collections.abc import Iterable

from aifactory.sovereignty.finding import Finding, Reason

MOST_MATCHED = 40
"""How many members of a set are written out; a longer one is cut with its length."""


def finding_text(finding: Finding) -> str:
    """Return a finding as lines: verdict and subject, each deciding reason, what would pass, where the fact stands."""
    lines = [f"{finding.verdict.value.upper()} {finding.rule}: {finding.subject}  [{finding.id}]"]
    for reason in finding.decisive:
        lines += _reason(reason)
    if finding.passing:
        lines.append(f"  would pass: {', '.join(finding.passing)}")
    if finding.waiver:
        lines.append(f"  waiver {finding.waiver}: {finding.note}")
    lines.append(f"  declared in {finding.source}")
    return "\n".join(lines)


def _reason(reason: Reason) -> Iterable[str]:
    advisory = "" if reason.mandatory else "; advisory"
    yield f"  {reason.judgement.because}"
    yield f"  by {reason.statement} ({reason.source}; {reason.nature}{advisory}): {reason.says}"
    if reason.judgement.matched:
        yield f"  compared with: {listed(reason.judgement.matched)}"
    if reason.judgement.sources:
        yield f"  known from: {'; '.join(reason.judgement.sources)}"


def listed(values: tuple[str, ...]) -> str:
    """Return values in a row, a long row cut with how many there are."""
    if len(values) <= MOST_MATCHED:
        return ", ".join(values)
    return f"{', '.join(values[:MOST_MATCHED])}, ... ({len(values)} in all)"
