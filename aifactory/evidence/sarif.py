"""A report as SARIF 2.1.0, for code hosts, editors and dashboards: a result for each finding that is no allowance."""

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aifactory.evidence.redact import clean
from aifactory.evidence.report import AID, TOOL, Report, because, standing
from aifactory.model.load import WAIVERS_FILE
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.rules import BY_NAME
from aifactory.sovereignty.words import listed

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
FINGERPRINT: Final = "aifactoryFinding/v1"


def render(report: Report) -> str:
    """Return the report as a SARIF log of one run."""
    return json.dumps(clean(log(report)), indent=2, ensure_ascii=False) + "\n"


def log(report: Report) -> dict[str, Any]:
    """Return the log as plain values.

    A finding that blocks is an error, an unknown as much as a denial; what is advisory is a warning; what is waived is a
    note with its suppression, so that it counts and shows.
    """
    found = report.assessment
    shown = [finding for finding in found.findings if finding.verdict is not Verdict.ALLOW]
    names = sorted({finding.rule for finding in shown})
    index = {name: number for number, name in enumerate(names)}
    run = {
        "tool": {
            "driver": {
                "name": TOOL,
                "version": report.version,
                "semanticVersion": report.version,
                "rules": [_rule(name) for name in names],
            }
        },
        "columnKind": "unicodeCodePoints",
        "automationDetails": {"id": f"{TOOL}/{found.factory}/{'+'.join(found.regions)}/"},
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [{"level": "warning", "message": {"text": text}} for text in found.warnings],
            }
        ],
        "results": [_result(finding, index, report) for finding in shown],
        "properties": {
            "factory": found.factory,
            "asOf": found.on.isoformat(),
            "regions": list(found.regions),
            "simulatedRegions": list(report.simulated),
            "counts": found.counts(),
            "note": AID,
        },
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(name: str) -> dict[str, Any]:
    rule = BY_NAME[name]
    denies, unsure = rule.denies or rule.title, rule.unsure or "A fact that it needs was said by nobody."
    where = ", ".join(sorted(stage.value for stage in rule.stages))
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": denies},
        "help": {
            "text": f"Denied: {denies}\nUnknown: {unsure}\nEnforced in: {where}.",
            "markdown": f"**Denied:** {denies}\n\n**Unknown:** {unsure}\n\n**Enforced in:** {where}.",
        },
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["sovereignty"]},
    }


def _result(finding: Finding, index: Mapping[str, int], report: Report) -> dict[str, Any]:
    level = {"blocks": "error", "shown": "warning", "waived": "note"}[standing(finding)]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "kind": "fail",
        "level": level,
        "message": {"text": _message(finding, report)},
        "locations": [_location(finding, report)],
        "partialFingerprints": {FINGERPRINT: finding.id},
        "properties": {
            "verdict": finding.verdict.value,
            "region": finding.region,
            "subject": finding.subject,
            "wouldPass": list(finding.passing),
            "statements": [reason.statement for reason in finding.decisive],
            "source": finding.source,
        },
    }
    if finding.verdict is Verdict.WAIVED:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": finding.note,
                "location": {"physicalLocation": _waiver(finding, report)},
                "properties": {"waiver": finding.waiver},
            }
        ]
    return result


def _message(finding: Finding, report: Report) -> str:
    said = f"{finding.verdict.value} {finding.rule} of {finding.subject}: {because(finding)}."
    by = "; ".join(f"{reason.statement} ({reason.source}): {reason.says}" for reason in finding.decisive)
    parts = [said, f"By {by}"]
    if finding.passing:
        parts.append(f"Would pass: {listed(finding.passing)}.")
    if finding.waiver:
        parts.append(f"Waiver {finding.waiver}: {finding.note}.")
    if finding.region in report.simulated:
        parts.append("The machines of this region are SIMULATED.")
    return " ".join(parts)


def _location(finding: Finding, report: Report) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(report.file)}}
    line = report.line(finding.source)
    # Code hosts leave out a result without a line: what stands nowhere is shown at the file's first.
    physical["region"] = {"startLine": 1 if line is None else line}
    return {
        "physicalLocation": physical,
        "logicalLocations": [{"fullyQualifiedName": finding.subject, "kind": "resource"}],
    }


def _waiver(finding: Finding, report: Report) -> dict[str, Any]:
    head, slash, _ = report.file.rpartition("/")
    line = report.line(f"{WAIVERS_FILE}: waivers.{finding.waiver}")
    return {"artifactLocation": {"uri": _uri(f"{head}{slash}{WAIVERS_FILE}")}} | (
        {} if line is None else {"region": {"startLine": line}}
    )


def _uri(file: str) -> str:
    return quote(file)
