"""A report in words, for terminals."""

from collections.abc import Iterator

from aifactory.evidence.redact import clean_text
from aifactory.evidence.report import Report, counted, shown_first
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.words import finding_text


def render(report: Report) -> str:
    """Return the report: each region with what is to be looked at, warnings, the outcome; allowances are only counted."""
    return clean_text("\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    found = report.assessment
    for region in found.regions:
        findings = found.of(region)
        yield f"{report.label(region)}: {_tally([one.verdict for one in findings])}"
        for finding in shown_first(one for one in findings if one.verdict is not Verdict.ALLOW):
            yield ""
            yield finding_text(finding) if finding.blocks or finding.waiver else f"{finding_text(finding)}\n  blocks nothing"
        yield ""
    for warning in found.warnings:
        yield f"warning: {warning}"
    yield f"{report.file}: factory {found.factory} on {found.on}, {verdict_line(report)}"


def _tally(verdicts: list[Verdict]) -> str:
    if not verdicts:
        return "no rules hold here"
    counts = {verdict: verdicts.count(verdict) for verdict in Verdict}
    return ", ".join(f"{number} {verdict.value}" for verdict, number in counts.items() if number)


def verdict_line(report: Report) -> str:
    """Return what the report comes to, in half a sentence."""
    found = report.assessment
    waived = found.counts()[Verdict.WAIVED]
    excepted = f", {counted(waived, 'finding')} waived" if waived else ""
    if found.passes:
        return f"{counted(len(found.regions), 'region')}, nothing blocks{excepted}"
    regions = sorted({finding.region for finding in found.blocking})
    return f"{counted(len(found.blocking), 'finding')} block {', '.join(regions)}{excepted}"
