"""Everything that the evidence of one region is made of, and where each part of it was found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from aifactory.evidence.observed import NO_LABEL, Observed
from aifactory.evidence.report import Report
from aifactory.evidence.state import Named, StackState
from aifactory.evidence.table import NO_CLUSTER, NO_STATE, NOT_A_RESOURCE, NOT_AN_OBJECT, Origin
from aifactory.model import FactorySpec, RegionSpec
from aifactory.render.region import BlockObjects, block_name
from aifactory.sovereignty.fact import Fact
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.flow import Flow
from aifactory.sovereignty.gather import flow_facts
from aifactory.sovereignty.surroundings import Surroundings, surroundings_of
from aifactory.sovereignty.world import World

ADVISORY: Final = ", advisory"
"""Behind a verdict that is shown and blocks nothing."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who made the evidence of what, and when.

    Attributes:
        commit: commit of git that factory.yaml stands in; empty when it stands in none.
        changed: whether the file, or its waivers, differ from that commit.
        digest: SHA-256 of factory.yaml.
        actor: who had it made; empty when nobody said.
        time: when, in UTC: ``2026-11-22T10:00:00Z``.
        catalog: version of the catalog of facts: a digest of its files.
    """

    commit: str = ""
    changed: bool = False
    digest: str = ""
    actor: str = ""
    time: str = ""
    catalog: str = ""

    def declared_at(self, *, short: bool = False) -> str:
        """Return the commit in words, cut to a dozen characters where it stands in every row."""
        if not self.commit:
            return "in no commit"
        commit = self.commit[:12] if short else self.commit
        return f"commit {commit}{', and changed since' if self.changed else ''}"


@dataclass(frozen=True, slots=True)
class Case:
    """Evidence before it is written down.

    Attributes:
        factory: the factory.
        region: name of the region.
        report: what the rules say of it.
        flows: where its data go.
        facts: what the rules judged.
        world: what is known on the day.
        objects: the objects that are declared, by block.
        provenance: who, when, of what.
        state: what the Pulumi state says; None when nobody gave one.
        observed: what the cluster's API shows; None when nobody asked it.
    """

    factory: FactorySpec
    region: str
    report: Report
    flows: tuple[Flow, ...]
    facts: tuple[Fact, ...]
    world: World
    objects: tuple[BlockObjects, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    state: StackState | None = None
    observed: Observed | None = None

    @property
    def on(self) -> date:
        """The day."""
        return self.report.assessment.on

    @property
    def spec(self) -> RegionSpec:
        """What the region is."""
        return self.factory.region(self.region)

    @property
    def around(self) -> Surroundings:
        """What is declared around its flows."""
        return surroundings_of(self.region, self.spec)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Findings of the region."""
        return self.report.assessment.of(self.region)

    def facts_of(self, flow: Flow) -> tuple[Fact, ...]:
        """Return the facts of a flow."""
        return tuple(flow_facts([flow], self.around))

    def verdict(self, facts: Iterable[Fact]) -> str:
        """Return the worst verdict of the findings about some facts; empty when no rule speaks of them.

        What blocks is worse than what does not: ``deny, advisory`` is what is shown and stops nothing.
        """
        about = {(fact.rule, fact.subject) for fact in facts}
        found = [one for one in self.findings if (one.rule, one.subject) in about]
        if not found:
            return ""
        worst = max(found, key=lambda one: (one.blocks, one.verdict.weight))
        advisory = not worst.blocks and worst.verdict in {Verdict.DENY, Verdict.UNKNOWN}
        return f"{worst.verdict.value}{ADVISORY if advisory else ''}"

    def name(self, organization: str | None) -> str | None:
        """Return who somebody is; None when nobody said."""
        if organization is None:
            return None
        known = self.world.organizations.get(organization)
        return f"{known.name} ({organization})" if known else organization

    def seat(self, organization: str | None) -> str | None:
        """Return the country of somebody's seat; None when nobody said or knows."""
        known = self.world.organizations.get(organization or "")
        return known.seat if known else None

    def declared(self, source: str) -> str:
        """Return where something stands in factory.yaml, with its line."""
        line = self.report.line(source)
        return f"{source}{'' if line is None else f' (line {line})'}, {self.provenance.declared_at(short=True)}"

    def origin(self, source: str, block: str = "") -> Origin:
        """Return where a row comes from.

        Args:
            source: where it is declared.
            block: block of the region that makes it, as flows name it; empty when none does.
        """
        component = _component(block, self.region)
        state, lost = self._state(component)
        observed, away = self._observed(block)
        return Origin(self.declared(source), state, observed, tuple(word for word in (lost, away) if word))

    def _state(self, component: tuple[str, str] | None) -> tuple[str, str]:
        if self.state is None:
            return NO_STATE, ""
        if component is None:
            return NOT_A_RESOURCE, ""
        wanted = [named for item in self.objects if (item.block, item.name) == component for named in names_in(item)]
        there = self.state.objects()
        lost = [named for named in wanted if named not in there]
        if not wanted:
            present = any(one.type.endswith(f":{component[0]}") and one.name == component[1] for one in self.state.resources)
            return ("in the state", "") if present else ("no resource of it in the state", "")
        text = f"{len(wanted) - len(lost)} of {len(wanted)} objects in the state"
        return text, f"declared, and not in the state: {named_text(lost)}" if lost else ""

    def _observed(self, block: str) -> tuple[str, str]:
        if self.observed is None:
            return NO_CLUSTER, ""
        if not block or block == f"region {self.region}":
            return NOT_AN_OBJECT, ""
        kind, name = _status_block(block, self.region)
        row = self.observed.block(kind, name)
        if row is None:
            return "not seen in the cluster", ""
        text = f"{row.state.value}{f': {row.reason}' if row.reason else ''}{' (SIMULATED)' if row.simulated else ''}"
        return text, "" if row.fine else f"declared, and in the cluster {text}"

    def site_origin(self) -> Origin:
        """Return where the place of the region comes from: what is declared, and what its nodes' labels say."""
        base = Origin(self.declared(self.around.source("site")))
        state = NO_STATE if self.state is None else f"stack {self.state.stack}, written {self.state.time}"
        if self.observed is None or self.observed.countries is None:
            return Origin(base.declared, state)
        countries, here = self.observed.countries, self.spec.site.country
        text = ", ".join(f"{number} in {country}" for country, number in countries.items()) or "no nodes"
        other = sorted(country for country in countries if country not in {here, NO_LABEL})
        differs = (f"declared {here}, and nodes say {', '.join(other)}",) if other else ()
        return Origin(base.declared, state, f"nodes by their country label: {text}", differs)


_COMPONENTS: Final = (
    ("database ", "Postgres"),
    ("virtual machine platform ", "VirtualMachinePlatform"),
    ("virtual machine ", "VirtualMachine"),
    ("model ", "InferenceService"),
)
_OF_REGION: Final = (
    ("virtual machine platform ", "VirtualMachinePlatform", "virtualization"),
    ("gpu operator ", "GpuOperator", "gpus"),
    ("operator ", "Operators", "operators"),
)
_STATUS: Final = (
    ("database ", "database"),
    ("virtual machine platform ", "virtualization"),
    ("virtual machine ", "virtual-machine"),
    ("model ", "model"),
    ("gpu operator ", "gpu-operator"),
    ("operator ", "operator"),
)


def _component(block: str, region: str) -> tuple[str, str] | None:
    """Return class and name of the component that makes a block; None when it is no resource."""
    for words, component, part in _OF_REGION:
        if block.startswith(words):
            return component, block_name(region, part)
    for words, component in _COMPONENTS:
        if block.startswith(words):
            return component, block.removeprefix(words)
    return None


def _status_block(block: str, region: str) -> tuple[str, str]:
    for words, kind in _STATUS:
        if block.startswith(words):
            return kind, block.removeprefix(words).removeprefix(f"{region}/")
    return "", block


def names_in(item: BlockObjects) -> tuple[Named, ...]:
    """Return kind, namespace and name of the objects of a block."""
    manifests = (*item.manifests, *item.theirs)
    return tuple(
        (str(one["kind"]), str(one["metadata"].get("namespace", "")), str(one["metadata"]["name"])) for one in manifests
    )


def named_text(names: Iterable[Named], most: int = 5) -> str:
    """Return objects in words, a long list cut and counted."""
    found = [f"{kind} {f'{namespace}/' if namespace else ''}{name}" for kind, namespace, name in names]
    return ", ".join(found[:most]) + (f" and {len(found) - most} more" if len(found) > most else "")


def personal(case: Case, data_class: str | None) -> bool | None:
    """Return whether data of a class are of persons; None when nobody said what they are."""
    if data_class is None or data_class == "*":
        return None
    known: Mapping[str, bool] = case.world.personal
    return known.get(data_class)
