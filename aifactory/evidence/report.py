"""What a report is made of: an assessment, and where its file's lines are."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from aifactory.evidence.lines import Line, line_finder, no_lines
from aifactory.sovereignty.assess import Assessment
from aifactory.sovereignty.finding import Finding, Verdict

TOOL: Final = "aifactory"
AID: Final = "An aid, not legal advice."
SPACE: Final = UUID("3d0f8f0c-4d4b-5a5e-9a0b-5b7f0d6f2a11")
"""The space of every identifier that reports make: the same finding has the same one in every run."""


@dataclass(frozen=True, slots=True)
class Report:
    """An assessment that is to be written down.

    Attributes:
        assessment: what was found.
        version: version of aifactory that found it.
        file: factory.yaml as its reader would name it, from the root of the repository; never a path of one machine alone.
        line: finds lines of that file.
        simulated: regions whose machines are SIMULATED, which every report has to say.
    """

    assessment: Assessment
    version: str
    file: str = "factory.yaml"
    line: Line = no_lines
    simulated: tuple[str, ...] = ()

    def label(self, region: str) -> str:
        """Return a region's name, with the word for one whose machines are not there."""
        return f"{region} (SIMULATED)" if region in self.simulated else region


def report_of(assessment: Assessment, file: Path | None = None, simulated: Iterable[str] = ()) -> Report:
    """Return a report on an assessment.

    Args:
        assessment: what was found.
        file: factory.yaml that it was read from; None: it came from no file.
        simulated: regions whose machines are SIMULATED.
    """
    from aifactory import __version__

    name = "factory.yaml" if file is None else shown_path(file)
    return Report(assessment, __version__, name, line_finder(file) if file else no_lines, tuple(simulated))


def shown_path(file: Path) -> str:
    """Return how a report names a file: as it was given, or only its name when it was given from the root of a machine."""
    return file.name if file.is_absolute() or ".." in file.parts else file.as_posix()


def because(finding: Finding) -> str:
    """Return why a finding's verdict is what it is: the sentences of the reasons that decided."""
    return "; ".join(dict.fromkeys(reason.judgement.because for reason in finding.decisive))


def shown_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings as people want to read them: what blocks first, then denials, unknowns, waivers, allowances."""
    return sorted(findings, key=lambda one: (not one.blocks, -_shown(one.verdict), one.region, one.rule, one.subject))


def _shown(verdict: Verdict) -> int:
    return verdict.weight


def standing(finding: Finding) -> str:
    """Return what a finding does: ``blocks``, ``shown`` for what is advisory, ``waived``, or ``passes``."""
    if finding.verdict is Verdict.ALLOW:
        return "passes"
    if finding.verdict is Verdict.WAIVED:
        return "waived"
    return "blocks" if finding.blocks else "shown"


def uuid_of(*parts: str) -> str:
    """Return an identifier that depends on these words alone."""
    return str(uuid5(SPACE, "\n".join(parts)))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 finding``, ``2 findings``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
