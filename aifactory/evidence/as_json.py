"""A report as JSON, for programs: everything that the findings hold."""

import json
from typing import Any

from aifactory.evidence.redact import clean
from aifactory.evidence.report import Report, because, standing
from aifactory.sovereignty.finding import Finding, Reason


def render(report: Report) -> str:
    """Return the report as a JSON document."""
    return json.dumps(clean(values(report)), indent=2, ensure_ascii=False) + "\n"


def values(report: Report) -> dict[str, Any]:
    """Return the report as plain values."""
    found = report.assessment
    return {
        "file": report.file,
        "ok": found.passes,
        "factory": found.factory,
        "as_of": found.on.isoformat(),
        "aifactory": report.version,
        "regions": list(found.regions),
        "simulated": list(report.simulated),
        "counts": found.counts(),
        "blocking": len(found.blocking),
        "warnings": list(found.warnings),
        "findings": [finding_values(finding, report) for finding in found.findings],
    }


def finding_values(finding: Finding, report: Report) -> dict[str, Any]:
    """Return one finding with its proof."""
    return {
        "id": finding.id,
        "region": finding.region,
        "rule": finding.rule,
        "subject": finding.subject,
        "verdict": finding.verdict.value,
        "standing": standing(finding),
        "because": because(finding),
        "would_pass": list(finding.passing),
        "waiver": {"name": finding.waiver, "note": finding.note} if finding.waiver else None,
        "source": finding.source,
        "line": report.line(finding.source),
        "fact": dict(finding.fact),
        "reasons": [_reason(reason) for reason in finding.reasons],
    }


def _reason(reason: Reason) -> dict[str, Any]:
    judgement = reason.judgement
    return {
        "statement": reason.statement,
        "verdict": judgement.verdict.value,
        "because": judgement.because,
        "says": reason.says,
        "source": reason.source,
        "nature": reason.nature,
        "mandatory": reason.mandatory,
        "waivable": reason.waivable,
        "compared_with": list(judgement.matched),
        "would_pass": list(judgement.passing),
        "known_from": list(judgement.sources),
    }
