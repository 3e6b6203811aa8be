"""Putting a case together: the factory, its rules, its objects, a state and a cluster."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from aifactory.evidence.case import Case, Provenance
from aifactory.evidence.observed import Observed
from aifactory.evidence.report import report_of
from aifactory.evidence.state import StackState
from aifactory.model import FactorySpec
from aifactory.render.operators import Brought
from aifactory.render.region import render_region
from aifactory.sovereignty.assess import assess
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.region import region_flows
from aifactory.sovereignty.world import world_of


def collect(
    factory: FactorySpec,
    region: str,
    on: date,
    *,
    file: Path | None = None,
    fetched: Mapping[str, Fetched] | None = None,
    brought: Mapping[str, Brought] | None = None,
    provenance: Provenance | None = None,
    state: StackState | None = None,
    observed: Observed | None = None,
) -> Case:
    """Return the case of a region.

    Args:
        factory: the factory.
        region: name of the region.
        on: the day of the judgement.
        file: factory.yaml, for lines; None: it came from no file.
        fetched: what of operators lies in bundles.
        brought: what bundles bring to the objects.
        provenance: who, when, of what.
        state: what the Pulumi state says.
        observed: what the cluster shows.
    """
    spec = factory.region(region)
    found = assess(factory, on, [region], fetched)
    return Case(
        factory=factory,
        region=region,
        report=report_of(found, file, [region] if spec.is_local else []),
        flows=region_flows(region, spec, fetched),
        facts=region_facts(factory, region, on, fetched),
        world=world_of(on, factory),
        objects=tuple(render_region(factory, region, brought)),
        provenance=provenance or Provenance(),
        state=state,
        observed=observed,
    )
