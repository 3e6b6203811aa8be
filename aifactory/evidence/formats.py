"""The formats of a report, and which of its modules writes each."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from aifactory.evidence import as_json, markdown, oscal, sarif, text
from aifactory.evidence.report import Report, report_of
from aifactory.evidence.report_format import ReportFormat
from aifactory.sovereignty.assess import Assessment

RENDERERS: Final[Mapping[ReportFormat, Callable[[Report], str]]] = {
    ReportFormat.TEXT: text.render,
    ReportFormat.JSON: as_json.render,
    ReportFormat.SARIF: sarif.render,
    ReportFormat.MARKDOWN: markdown.render,
    ReportFormat.OSCAL: oscal.render,
}


def rendered(
    assessment: Assessment, output: ReportFormat | str, *, file: Path | None = None, simulated: Iterable[str] = ()
) -> str:
    """Return an assessment in a format; the same assessment and file give the same bytes.

    Args:
        assessment: what was found.
        output: how it is written: ``text``, ``json``, ``sarif``, ``markdown`` or ``oscal``.
        file: factory.yaml that it was read from, for the lines of findings; None: no lines.
        simulated: regions whose machines are SIMULATED.
    """
    return RENDERERS[ReportFormat(output)](report_of(assessment, file, simulated))
