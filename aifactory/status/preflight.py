"""Whether a cluster has what a region counts on, before an up: each operator, who owns it, and what to write instead."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from aifactory.catalog import Release, releases
from aifactory.catalog.kubernetes import supports
from aifactory.kube.api import Api
from aifactory.model import FactorySpec, InstallMode, OperatorSpec, RegionSpec
from aifactory.model.operators import namespace_of as home_of
from aifactory.render.region import render_region
from aifactory.status.findings import Place
from aifactory.status.installed import Evidence, Installation, installations, look, owners
from aifactory.status.nodes import node_facts
from aifactory.status.preflight_pools import pool_findings
from aifactory.status.rows import State
from aifactory.status.snapshot import read
from aifactory.status.webhooks import KINDS as WEBHOOKS
from aifactory.status.webhooks import Silent, silent


class Level(StrEnum):
    """How much a finding matters."""

    STOP = "stop"
    """An up would fail, wait until it times out, or make a second owner."""
    NOTE = "note"
    """An up can go on; somebody should know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Attributes:
        operator: which operator it is about; empty for the cluster.
        level: how much it matters.
        what: what was found and what follows from it.
        write: words for factory.yaml; empty when nothing there mends it. A proposal: nothing is changed by itself.
        pool: which GPU pool it is about; empty for operators and the cluster.
    """

    operator: str
    level: Level
    what: str
    write: str = ""
    pool: str = ""

    @property
    def section(self) -> str:
        """The region's key in factory.yaml that `write` belongs to."""
        return "gpu_pools" if self.pool else "operators"


@dataclass(frozen=True, slots=True)
class OperatorReport:
    """One operator of the region.

    Attributes:
        name: its name in the catalog.
        install: how factory.yaml says that it comes into the cluster.
        tested: the version that is pinned and tested.
        present: its definitions that the cluster serves.
        missing: those that it does not serve.
        found: what of it is in the cluster, in words.
        versions: versions of it that were found.
    """

    name: str
    install: str
    tested: str
    present: tuple[str, ...]
    missing: tuple[str, ...]
    found: tuple[str, ...]
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preflight:
    """A region's cluster before an up.

    Attributes:
        factory: name of the factory.
        region: name of the region.
        kubernetes: version of the API server; empty when it may not be read.
        operators: each operator, in the order of factory.yaml.
        findings: what was found, in the same order.
    """

    factory: str
    region: str
    kubernetes: str
    operators: tuple[OperatorReport, ...]
    findings: tuple[Finding, ...]

    @property
    def stops(self) -> list[Finding]:
        """The findings that an up should not meet."""
        return [finding for finding in self.findings if finding.level is Level.STOP]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return asdict(self) | {"ok": not self.stops}


def preflight(api: Api, factory: FactorySpec, region_name: str) -> Preflight:
    """Look at a region's cluster; it only reads, and of Secrets nothing but the labels of those that Helm keeps.

    Raises:
        SpecError: there is no such region, or a block refuses its spec.
        ControlPlaneError: the API server gives no answer, or does not know who asks.
    """
    region = factory.region(region_name)
    rendered = {str(item["apiVersion"]) for block in render_region(factory, region_name) for item in block.manifests}
    evidence = look(api, Place(factory.name, region_name), region)
    reports: list[OperatorReport] = []
    mute = silent(read(api, WEBHOOKS))
    findings = [*_of_the_cluster(evidence, region), *_of_pools(evidence, region), *_of_webhooks(mute, region)]
    for name, spec in region.operators.items():
        there = [] if spec.install is InstallMode.EXTERNAL else installations(evidence, name, spec)
        report = _report(evidence, name, spec, there)
        reports.append(report)
        if spec.install is not InstallMode.EXTERNAL:
            findings += _of_an_operator(evidence, report, spec, there, region)
            findings += _of_versions_served(evidence, report, rendered)
            findings += _of_its_webhooks(mute, name, spec, there)
    return Preflight(factory.name, region_name, evidence.snapshot.kubernetes, tuple(reports), tuple(findings))


def proposal(release: Release, *, local: bool, olm: bool = False) -> str:
    """Return the install mode that could be said instead of `adopt`; empty when it is for the cluster's owner to install.

    Args:
        release: the operator.
        local: whether it is a local region, on which no container runs: nothing could be installed there.
        olm: whether the cluster has the Operator Lifecycle Manager.
    """
    if local:
        return ""
    if olm and release.olm is not None and InstallMode.OLM.value in release.install:
        return InstallMode.OLM.value
    return release.usual if release.usual in release.install else ""


def _report(evidence: Evidence, name: str, spec: OperatorSpec, there: list[Installation]) -> OperatorReport:
    release = releases()[name]
    ours = spec.install is not InstallMode.EXTERNAL
    gone = tuple(crd for crd in release.crds if ours and crd in evidence.snapshot.definitions)
    return OperatorReport(
        name=name,
        install=spec.install.value,
        tested=release.version,
        present=tuple(crd for crd in release.crds if ours and crd not in gone),
        missing=gone,
        found=tuple(str(one) for one in there),
        versions=tuple(sorted({one.version for one in there if one.version})),
    )


def _of_the_cluster(evidence: Evidence, region: RegionSpec) -> Iterator[Finding]:
    runs, said = evidence.snapshot.kubernetes, region.cluster.kubernetes
    if runs and said and runs.removeprefix("v").split(".")[:2] != said.split(".")[:2]:
        what = f"the cluster runs Kubernetes {runs}, and factory.yaml says {said}, against which ranges are checked"
        yield Finding("", Level.NOTE, what)
    for words in evidence.unread:
        yield Finding("", Level.NOTE, f"{words}; what it would tell is not looked at")


def _of_pools(evidence: Evidence, region: RegionSpec) -> Iterator[Finding]:
    for found in pool_findings(node_facts(evidence.snapshot), region):
        yield Finding("", Level.STOP if found.stops else Level.NOTE, found.what, found.write, found.pool)


def _of_webhooks(mute: list[Silent], region: RegionSpec) -> Iterator[Finding]:
    """Find webhooks without anybody behind them that are of no operator of the region."""
    homes = {home_of(name, spec) for name, spec in region.operators.items() if spec.install is not InstallMode.EXTERNAL}
    for one in mute:
        if one.namespace not in homes:
            yield Finding("", Level.NOTE, f"{one}; where the operator was removed, delete what it left behind")


def _of_its_webhooks(mute: list[Silent], name: str, spec: OperatorSpec, there: list[Installation]) -> Iterator[Finding]:
    """Find webhooks of an operator with nobody behind them; one that an up brings is what mends it."""
    for one in mute:
        if one.namespace == home_of(name, spec) and (not one.operators or name in one.operators):
            comes = spec.install.installs and all(found.ours for found in there)
            yield Finding(name, Level.NOTE if comes else Level.STOP, str(one))


def _of_an_operator(
    evidence: Evidence, report: OperatorReport, spec: OperatorSpec, there: list[Installation], region: RegionSpec
) -> Iterator[Finding]:
    if spec.install is InstallMode.ADOPT:
        yield from _adopted(evidence, report, there, region)
    else:
        yield from _installed(report, there)
    yield from _twice(report, there)
    yield from _owned_twice(evidence, report)
    yield from _kubernetes(evidence, report, spec)


def _adopted(evidence: Evidence, report: OperatorReport, there: list[Installation], region: RegionSpec) -> Iterator[Finding]:
    release = releases()[report.name]
    verdicts = {crd: evidence.snapshot.definitions[crd] for crd in report.missing}
    for verdict in (verdict for verdict in verdicts.values() if verdict.state is not State.MISSING):
        yield Finding(report.name, Level.STOP, verdict.reason)
    if absent := [crd for crd, verdict in verdicts.items() if verdict.state is State.MISSING]:
        mode = proposal(release, local=region.is_local, olm=evidence.has_olm)
        what = f"it is not in the cluster (no {', '.join(absent)})"
        if not mode:
            how = "`aifactory local up`" if region.is_local else f"its owner ({release.usual})"
            yield Finding(report.name, Level.STOP, f"{what}; it has to be brought by {how} first")
        else:
            yield Finding(report.name, Level.STOP, what, f"{report.name}: {{install: {mode}}}")
    elif not report.missing and not there and release.namespace and not evidence.nothing_runs and not evidence.unread:
        what = "its definitions are there, but nothing was found that runs it: objects would wait for ever if nothing does"
        yield Finding(report.name, Level.NOTE, what)
    # A build of OLM counts its versions for itself.
    found = sorted({one.version for one in there if one.version and one.how != InstallMode.OLM.value})
    if found and release.version not in found:
        what = f"{', '.join(found)} runs, and {release.version} is what is tested: fields that blocks set may not be there"
        yield Finding(report.name, Level.NOTE, what)


def _installed(report: OperatorReport, there: list[Installation]) -> Iterator[Finding]:
    others = [one for one in there if not one.ours]
    if others:
        what = (
            f"it is there already and is not ours: {', '.join(map(str, others))}; install {report.install} makes two owners"
        )
        yield Finding(report.name, Level.STOP, what, f"{report.name}: {{install: adopt}}")
    elif report.present and not there:
        what = f"definitions of it are there ({', '.join(report.present)}), and nothing was found that runs it"
        yield Finding(report.name, Level.NOTE, f"{what}: an earlier install kept them, perhaps with objects of theirs")


def _twice(report: OperatorReport, there: list[Installation]) -> Iterator[Finding]:
    if len(there) > 1:
        what = f"it is installed {len(there)} times: {', '.join(map(str, there))}; they fight over the same objects"
        write = "" if report.install == InstallMode.ADOPT.value else f"{report.name}: {{install: adopt}}"
        yield Finding(report.name, Level.STOP, f"{what}: remove all but one", write)


def _owned_twice(evidence: Evidence, report: OperatorReport) -> Iterator[Finding]:
    for crd in report.present:
        found = owners(evidence.definitions.get(crd, {}))
        if len(found) > 1:
            what = f"{crd} has {len(found)} owners ({', '.join(found)}): whoever applies it last decides its fields"
            yield Finding(report.name, Level.NOTE, what)


def _kubernetes(evidence: Evidence, report: OperatorReport, spec: OperatorSpec) -> Iterator[Finding]:
    release, runs = releases()[report.name], evidence.snapshot.kubernetes
    # OLM offers another build, with a range of its own that its catalog keeps to.
    if not runs or release.kubernetes is None or spec.install is InstallMode.OLM or supports(release.kubernetes, runs):
        return
    level = Level.NOTE if spec.install is InstallMode.ADOPT else Level.STOP
    what = f"{release.title} {release.version} supports Kubernetes {release.kubernetes}, and the cluster runs {runs}"
    yield Finding(report.name, level, what)


def _of_versions_served(evidence: Evidence, report: OperatorReport, rendered: set[str]) -> Iterator[Finding]:
    """Find API versions that blocks render and an operator which is there does not serve."""
    groups = {crd.partition(".")[2] for crd in report.present}
    served = {version for version, _ in evidence.served}
    for version in sorted(rendered - served):
        group = version.partition("/")[0]
        if group in groups:
            instead = ", ".join(sorted(one for one in served if one.partition("/")[0] == group))
            what = f"objects of {version} would be made, and the cluster serves {instead}: it has another version of it"
            yield Finding(report.name, Level.STOP, what)
