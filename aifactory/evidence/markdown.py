"""A report as Markdown, for comments on changes and for bundles."""

from collections.abc import Iterable, Iterator

from aifactory.evidence.redact import clean_text
from aifactory.evidence.report import AID, Report, because, shown_first, standing
from aifactory.evidence.text import verdict_line
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.words import listed


def render(report: Report) -> str:
    """Return the report: a table of regions, what is to be looked at with its proof, and warnings."""
    return clean_text("\n".join(_lines(report)) + "\n")


def _lines(report: Report) -> Iterator[str]:
    found = report.assessment
    yield f"# Sovereignty of {cell(found.factory)} on {found.on}"
    yield ""
    yield f"{'Passes' if found.passes else 'Blocked'}: {cell(verdict_line(report))}. {AID}"
    yield ""
    yield from table(
        ("region", *(verdict.value for verdict in Verdict), "blocks"),
        ([report.label(region), *_numbers(found.of(region))] for region in found.regions),
    )
    shown = shown_first(finding for finding in found.findings if finding.verdict is not Verdict.ALLOW)
    if shown:
        yield ""
        yield "## Findings"
    for finding in shown:
        yield ""
        yield from _finding(finding, report)
    if found.warnings:
        yield ""
        yield "## Warnings"
        yield ""
        yield from (f"- {cell(warning)}" for warning in found.warnings)


def _numbers(findings: Iterable[Finding]) -> list[str]:
    rows = list(findings)
    counts = [str(sum(one.verdict is verdict for one in rows)) for verdict in Verdict]
    return [*counts, str(sum(one.blocks for one in rows))]


def _finding(finding: Finding, report: Report) -> Iterator[str]:
    line = report.line(finding.source)
    yield f"### {finding.verdict.value} {finding.rule}: {cell(finding.subject)}"
    yield ""
    yield f"- **{standing(finding)}**, finding `{finding.id}`: {cell(because(finding))}"
    for reason in finding.decisive:
        advisory = "" if reason.mandatory else ", advisory"
        who = f"`{reason.statement}` ({cell(reason.source)}; {reason.nature}{advisory})"
        yield f"- by {who}: {cell(reason.says)}"
        if reason.judgement.matched:
            yield f"  - compared with: {cell(listed(reason.judgement.matched))}"
        if reason.judgement.sources:
            yield f"  - known from: {cell('; '.join(reason.judgement.sources))}"
    if finding.passing:
        yield f"- would pass: {cell(', '.join(finding.passing))}"
    if finding.waiver:
        yield f"- waiver `{finding.waiver}`: {cell(finding.note)}"
    yield f"- declared in {cell(finding.source)}{'' if line is None else f' (line {line})'}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table; a table without rows says so."""
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"|{'|'.join(' --- ' for _ in names)}|"
    empty = True
    for row in rows:
        empty = False
        yield f"| {' | '.join(cell(value) for value in row)} |"
    if empty:
        yield f"| {' | '.join(['none', *[''] * (len(names) - 1)])} |"


def cell(value: str) -> str:
    """Return a text that stays in its cell and its line, and is no markup: what people wrote cannot make a link or a tag."""
    text = " ".join(value.split())
    for mark in "\\`*_[]<>|#":
        text = text.replace(mark, f"\\{mark}") if mark not in "<>" else text.replace(mark, {"<": "&lt;", ">": "&gt;"}[mark])
    return text
