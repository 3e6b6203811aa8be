"""The page for people: one file of HTML that asks for nothing from anywhere."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined, Template

from aifactory.evidence.as_json import finding_values
from aifactory.evidence.dossier import Dossier
from aifactory.evidence.redact import clean_text
from aifactory.evidence.report import shown_first
from aifactory.evidence.text import verdict_line
from aifactory.sovereignty.finding import Verdict

WORDS: Final = {"allow": "allowed", "deny": "denied", "unknown": "unknown", "waived": "waived"}


def render(dossier: Dossier) -> str:
    """Return the page."""
    report = dossier.report
    found = report.assessment
    findings = [finding_values(finding, report) for finding in shown_first(found.findings)]
    outcome = verdict_line(report) if found.findings else "no rules were applied"
    return _template().render(
        title=dossier.title,
        subtitle=dossier.subtitle,
        simulated=dossier.simulated,
        passes=found.passes,
        outcome=f"{'Passes' if found.passes else 'Blocked'}: {outcome}",
        version=report.version,
        counts=found.counts(),
        words=WORDS,
        differing=sum(len(register.rows) for register in dossier.registers if register.name == "differences"),
        compared=dossier.compared,
        warnings=found.warnings,
        map=dossier.map,
        shown=[one for one in findings if one["verdict"] != Verdict.ALLOW.value],
        allowed=[one for one in findings if one["verdict"] == Verdict.ALLOW.value],
        registers=dossier.registers,
        components=dossier.components,
        seal=dossier.seal,
        sources=dossier.sources,
    )


@cache
def _template() -> Template:
    text = files("aifactory.evidence").joinpath("page.html.j2").read_text(encoding="utf-8")
    # Whatever is written goes through the gate first and is escaped after: neither a credential nor a tag passes.
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_finalized, trim_blocks=True)
    return environment.from_string(text)


def _finalized(value: Any) -> Any:  # noqa: ANN401 - whatever a template writes
    # What is safe already is the page's own markup.
    return clean_text(value) if type(value) is str else value
