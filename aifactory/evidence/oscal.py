"""A report as OSCAL assessment results: every statement a control, every finding of it an observation."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from aifactory.evidence.redact import clean
from aifactory.evidence.report import AID, TOOL, Report, standing, uuid_of
from aifactory.sovereignty.finding import Finding, Reason, Verdict
from aifactory.sovereignty.rules import BY_NAME

VERSION: Final = "1.1.3"
"""Version of OSCAL's models that these documents follow."""

NAMESPACE: Final = "https://aifactory.invalid/ns/oscal"
"""Namespace of properties that OSCAL itself does not know: a name alone, nothing is there to be fetched."""

By = Mapping[str, list[tuple[Finding, Reason]]]
"""Findings by the statement that speaks of them."""


def render(report: Report) -> str:
    """Return the assessment results as a JSON document."""
    return json.dumps(clean(results(report)), indent=2, ensure_ascii=False) + "\n"


def results(report: Report) -> dict[str, Any]:
    """Return the assessment results as plain values; identifiers and times depend on the inputs alone."""
    found = report.assessment
    by = _by_statement(found.findings)
    name = "\n".join((found.factory, found.on.isoformat(), *found.regions))
    plan = uuid_of("plan", name)
    result: dict[str, Any] = {
        "uuid": uuid_of("result", name),
        "title": f"Sovereignty of {found.factory} on {found.on}",
        "description": f"What the rules of {TOOL} say of {_regions(report)}. {AID}",
        "start": moment(found.on.isoformat()),
        "props": [prop(key, str(number), "count") for key, number in found.counts().items()],
        "reviewed-controls": {"control-selections": [_selection(by)]},
    }
    if found.findings:
        result["observations"] = [_observation(finding, report) for finding in found.findings]
        result["findings"] = [_finding(statement, rows) for statement, rows in sorted(by.items())]
    document = {
        "uuid": uuid_of("assessment-results", name),
        "metadata": metadata(f"Sovereignty assessment of {found.factory}", report),
        "import-ap": {"href": f"#{plan}"},
        "results": [result],
        "back-matter": {"resources": [_plan(plan, report)]},
    }
    return {"assessment-results": document}


def metadata(title: str, report: Report) -> dict[str, Any]:
    """Return the metadata of a document."""
    return {
        "title": title,
        "last-modified": moment(report.assessment.on.isoformat()),
        "version": report.assessment.on.isoformat(),
        "oscal-version": VERSION,
        "props": [
            prop("tool", f"{TOOL} {report.version}"),
            *(prop("simulated-region", region) for region in report.simulated),
        ],
    }


def moment(day: str) -> str:
    """Return the first moment of a day in UTC: documents know the day of the judgement and no other time."""
    return f"{day}T00:00:00Z"


def prop(name: str, value: str, group: str = "") -> dict[str, str]:
    """Return a property of our own."""
    found = {"name": name, "ns": NAMESPACE, "value": value}
    return found | ({"class": group} if group else {})


def control_of(statement: str) -> str:
    """Return a statement's name as OSCAL takes identifiers: ``eu-gdpr.article-44``."""
    return statement.replace("/", ".")


def _by_statement(findings: Iterable[Finding]) -> By:
    by: dict[str, list[tuple[Finding, Reason]]] = {}
    for finding in findings:
        for reason in finding.reasons:
            by.setdefault(reason.statement, []).append((finding, reason))
    return by


def _regions(report: Report) -> str:
    names = [report.label(region) for region in report.assessment.regions]
    return f"region {names[0]}" if len(names) == 1 else f"regions {', '.join(names)}"


def _selection(by: By) -> dict[str, Any]:
    # Nothing selected is written as all of nothing: a list that is empty is refused by the schema.
    chosen = [{"control-id": control_of(statement)} for statement in sorted(by)]
    return {"include-controls": chosen} if chosen else {"include-all": {}}


def _observation(finding: Finding, report: Report) -> dict[str, Any]:
    line = report.line(finding.source)
    props = [
        prop("rule", finding.rule),
        prop("verdict", finding.verdict.value),
        prop("standing", standing(finding)),
        prop("region", finding.region),
        prop("finding", finding.id),
    ]
    if finding.waiver:
        props.append(prop("waiver", finding.waiver))
    if finding.region in report.simulated:
        props.append(prop("simulated", "true"))
    remarks = [f"Stands in {finding.source}{'' if line is None else f', line {line}'}."]
    remarks += [f"Would pass: {', '.join(finding.passing)}."] if finding.passing else []
    remarks += [f"Waiver {finding.waiver}: {finding.note}."] if finding.waiver else []
    return {
        "uuid": _observed(finding),
        "title": _line(f"{finding.rule} of {finding.subject}"),
        "description": "\n".join(f"{one.statement}: {one.judgement.because}" for one in finding.reasons),
        "props": props,
        "methods": ["TEST"],
        "types": ["finding"],
        "relevant-evidence": [{"description": _line(evidence)} for evidence in _evidence(finding)],
        "collected": moment(report.assessment.on.isoformat()),
        "remarks": "\n".join(remarks),
    }


def _evidence(finding: Finding) -> Iterator[str]:
    yield f"Fact: {finding.source}"
    seen = dict.fromkeys(source for reason in finding.reasons for source in reason.judgement.sources)
    yield from (f"Known from: {source}" for source in seen)


def _observed(finding: Finding) -> str:
    # Two facts of one rule and subject make two findings of one identity; what they say tells them apart.
    words = [f"{reason.statement} {reason.judgement.because}" for reason in finding.reasons]
    return uuid_of("observation", finding.id, finding.source, repr(sorted(finding.fact.items(), key=str)), *words)


def _finding(statement: str, rows: list[tuple[Finding, Reason]]) -> dict[str, Any]:
    bad = [(finding, reason) for finding, reason in rows if reason.judgement.verdict is not Verdict.ALLOW]
    waived = sum(finding.verdict is Verdict.WAIVED for finding, _ in bad)
    reason = rows[0][1]
    said = f"{len(rows)} looked at, {len(bad)} not allowed" + (f", of which {waived} are waived" if waived else "")
    return {
        "uuid": uuid_of("finding", statement),
        "title": statement,
        "description": f"{reason.says} ({reason.source}; {reason.nature})",
        "target": {
            "type": "objective-id",
            "target-id": control_of(statement),
            # A waiver is no pass: what it excepts is still not satisfied.
            "status": {
                "state": "not-satisfied" if bad else "satisfied",
                "reason": "fail" if bad else "pass",
                "remarks": said,
            },
        },
        "related-observations": [{"observation-uuid": uuid} for uuid in dict.fromkeys(_observed(one) for one, _ in rows)],
    }


def _plan(uuid: str, report: Report) -> dict[str, Any]:
    text = f"The profiles that {report.file} names for its regions, applied to every fact of them by {TOOL}."
    return {"uuid": uuid, "title": "Assessment plan", "description": text}


def component_definition(report: Report) -> dict[str, Any]:
    """Return what the rules implement of the statements, as an OSCAL component definition.

    A component is a rule of aifactory; its requirements are the statements that it was applied for.
    """
    found = report.assessment
    by: dict[str, dict[str, Reason]] = {}
    for finding in found.findings:
        for reason in finding.reasons:
            by.setdefault(finding.rule, {}).setdefault(reason.statement, reason)
    name = "\n".join((found.factory, *found.regions))
    document: dict[str, Any] = {
        "uuid": uuid_of("component-definition", name),
        "metadata": metadata(f"Rules that {TOOL} enforces for {found.factory}", report),
    }
    if by:
        document["components"] = [_component(rule, statements) for rule, statements in sorted(by.items())]
    return {"component-definition": document}


def _component(name: str, statements: Mapping[str, Reason]) -> dict[str, Any]:
    rule = BY_NAME[name]
    stages = ", ".join(sorted(stage.value for stage in rule.stages))
    by_profile: dict[str, list[str]] = {}
    for statement in sorted(statements):
        by_profile.setdefault(statement.partition("/")[0], []).append(statement)
    return {
        "uuid": uuid_of("component", name),
        "type": "validation",
        "title": rule.title,
        "description": f"Denies: {rule.denies or rule.title} Enforced in: {stages}.",
        "props": [prop("rule", name)],
        "control-implementations": [
            {
                "uuid": uuid_of("implementation", name, profile),
                "source": f"{NAMESPACE}/profiles/{profile}",
                "description": f"What the rule {name} enforces of the profile {profile}.",
                "implemented-requirements": [
                    {
                        "uuid": uuid_of("requirement", name, statement),
                        "control-id": control_of(statement),
                        "description": f"{statements[statement].says} ({statements[statement].source})",
                    }
                    for statement in names
                ],
            }
            for profile, names in by_profile.items()
        ],
    }


def _line(text: str) -> str:
    """Return a text on one line, as OSCAL takes titles."""
    return " ".join(text.split())
