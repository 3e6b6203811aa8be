"""A bundle before it is written: what every file of it is made of, whether of a region or of a foreign stack."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from aifactory.conventions import SIMULATED
from aifactory.evidence import cyclonedx
from aifactory.evidence.case import Case
from aifactory.evidence.components import Component, components_of
from aifactory.evidence.drawing import Map, map_of
from aifactory.evidence.registers import registers_of
from aifactory.evidence.report import AID, Report
from aifactory.evidence.seal import Seal, SealFile, assess_seal
from aifactory.evidence.table import NO_CLUSTER, NO_STATE, Register

_SIMULATED: Final = (
    "The machines of this region are not there, and nothing runs on them: this shows how evidence looks, and proves nothing."
)


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything that a bundle says.

    Attributes:
        title: for people.
        subtitle: the day, who and where.
        report: findings.
        registers: the registers.
        sources: what was read, by what it is.
        factory: name of the factory; of a foreign stack its project.
        region: name of the region; of a foreign stack its own.
        time: when it was made.
        actor: who had it made; empty when nobody said.
        catalog: version of the catalog of facts.
        simulated: what is not real, in words; empty when everything is.
        compared: whether there was a state or a cluster to compare the declaration with.
        map: the drawing; None when there is none.
        components: the components.
        cyclonedx: the components as a document; empty when there is none.
        seal: the self-assessment; None when there is none.
    """

    title: str
    subtitle: str
    report: Report
    registers: tuple[Register, ...]
    sources: Mapping[str, str]
    factory: str
    region: str
    time: str = ""
    actor: str = ""
    catalog: str = ""
    simulated: str = ""
    compared: bool = False
    map: Map | None = None
    components: tuple[Component, ...] = field(default=())
    cyclonedx: str = ""
    seal: Seal | None = None


def dossier_of(case: Case, seal: SealFile | None = None) -> Dossier:
    """Return the dossier of a region.

    Args:
        case: the region.
        seal: weights and answers of the owner's for the self-assessment.
    """
    site, made = case.spec.site, case.provenance
    simulated = case.region in case.report.simulated
    profiles = ", ".join(case.spec.profiles)
    return Dossier(
        title=f"Evidence of {case.factory.name}/{case.report.label(case.region)}",
        subtitle=f"{site.provider} {site.location}, {site.country}; judged for {case.on}; profiles {profiles}. {AID}",
        report=case.report,
        registers=registers_of(case),
        sources=_sources(case),
        factory=case.factory.name,
        region=case.region,
        time=made.time,
        actor=made.actor,
        catalog=made.catalog,
        simulated=_SIMULATED if simulated else "",
        compared=case.state is not None or case.observed is not None,
        map=map_of(case),
        components=components_of(case),
        cyclonedx=cyclonedx.render(case),
        seal=assess_seal(case, seal),
    )


def _sources(case: Case) -> dict[str, str]:
    made, state, observed = case.provenance, case.state, case.observed
    digest = f", SHA-256 {made.digest}" if made.digest else ""
    found = {
        "declared": f"{case.report.file}, {made.declared_at()}{digest}",
        "state": NO_STATE if state is None else state.words,
        "observed": NO_CLUSTER,
        "made": f"{made.time or 'at a time that nobody said'} by {made.actor or 'somebody who did not say who'}",
        "judged for": case.on.isoformat(),
        "tool": f"aifactory {case.report.version}, catalog of facts {made.catalog or 'of the same version'}",
    }
    if observed is not None:
        unreal = f"; {SIMULATED}: {'; '.join(observed.simulated)}" if observed.simulated else ""
        nodes = sum((observed.countries or {}).values())
        backups = f", {len(observed.backups)} scheduled backups" if observed.backups else ""
        found["observed"] = (
            f"{observed.cluster}, Kubernetes {observed.kubernetes or 'of unknown version'}, {nodes} nodes, "
            f"{len(observed.images)} images, {len(observed.policies)} admission policies in force{backups}{unreal}"
        )
    return found
