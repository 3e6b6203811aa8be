"""How the operators that blocks need come into the cluster."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Annotated, Any, Self, cast

from pydantic import BeforeValidator, Field, model_validator

from aifactory.catalog import OlmPackage, Release, conflicts_among, missing, order, releases, required_of, verdict
from aifactory.catalog.kubernetes import bounds, common, could_run, parse
from aifactory.errors import Problem
from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.chart_values import release_value_problems
from aifactory.model.nearest import nearest


class InstallMode(StrEnum):
    """Who installs an operator, and who owns it afterwards."""

    HELM = "helm"
    """We install its pinned chart."""
    OLM = "olm"
    """We subscribe to it with the Operator Lifecycle Manager (OpenShift)."""
    MANIFESTS = "manifests"
    """We apply its pinned manifests."""
    ADOPT = "adopt"
    """It is in the cluster already: its CRDs are checked, our custom resources are made, it is not touched."""
    EXTERNAL = "external"
    """Neither the operator nor the custom resources are ours; only what they give out is used."""

    @property
    def installs(self) -> bool:
        """Whether the operator is put into the cluster by us."""
        return self not in {InstallMode.ADOPT, InstallMode.EXTERNAL}


def _whole_numbers(value: object) -> object:
    """Turn ``3.0``, which is how whole numbers arrive from other languages, into ``3``, at any depth."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(inner) for key, inner in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_whole_numbers(inner) for inner in cast("list[object]", value)]
    return value


class Approval(StrEnum):
    """Who approves what OLM is about to install."""

    AUTOMATIC = "automatic"
    """Nobody has to: whatever the channel gives is installed. The channel bounds what may come."""
    MANUAL = "manual"
    """A person, in the cluster, for the first version as for every other. An up waits ten minutes for the first approval,
    and for none of the later ones."""


class OlmSpec(Spec):
    """How an operator is subscribed to."""

    source: DnsLabel | None = None
    """CatalogSource that offers it; on a disconnected site that of its mirror. None: the vendor's."""

    source_namespace: DnsLabel | None = None
    """Namespace of the CatalogSource. None: the catalog's, openshift-marketplace."""

    channel: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=63)] | None = None
    """Channel that is followed. None: the catalog's. Needed where the catalog has none (OpenShift AI), and no other than the
    catalog's where it has one: what blocks render is for that one."""

    approval: Approval = Approval.AUTOMATIC
    """Who approves what is about to be installed."""


class OperatorSpec(Spec):
    """One operator of a region."""

    install: InstallMode
    """Who installs it. Written down, never guessed: what a preflight proposes changes nothing by itself."""

    namespace: ShortDnsLabel | None = None
    """Namespace that it runs in. None: the catalog's, which is where its own documents put it."""

    version: Annotated[str, Field(min_length=1, max_length=63)] | None = None
    """Version that is expected. None: the catalog's, the one that is pinned and tested; no other is taken yet."""

    values: Annotated[dict[str, Any], BeforeValidator(_whole_numbers)] = Field(default_factory=dict)
    """Values of its chart, merged over ours; of several charts below the name of each. Only with ``install: helm``."""

    olm: OlmSpec | None = None
    """How it is subscribed to. Only with ``install: olm``. None: from the vendor's CatalogSource, without approvals."""

    protect: bool = True
    """Whether a plan that uninstalls it is refused. Default true: with an operator may go its definitions, and with those
    all that they describe: databases, queues, virtual machines. Only where we install it."""

    upgraded_from: Annotated[str, Field(pattern=r"^v?\d+\.\d+\.\d+\S*$", max_length=63)] | None = None
    """The version that this one follows: "I did the steps for coming from it", which `aifactory operators upgrades` lists.
    Needed once, where the upgrade matrix asks for steps or nobody has read the jump. None: no such upgrade is due."""

    @model_validator(mode="after")
    def _values_go_with_helm(self) -> Self:
        if self.values and self.install is not InstallMode.HELM:
            raise ValueError(f"values are a chart's, and install {self.install.value} uses none; leave them out")
        return self

    @model_validator(mode="after")
    def _subscriptions_go_with_olm(self) -> Self:
        if self.olm and self.install is not InstallMode.OLM:
            raise ValueError(f"olm is how to subscribe, and install {self.install.value} does not; leave it out")
        return self


class OperatorsSpec(Spec):
    """The operators of a region."""

    operators: Annotated[dict[str, OperatorSpec], Field(min_length=1)]
    """Operators by their name in the catalog."""

    bundles: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Directory of the bundles that operators are installed from. None: charts come from their repositories."""


def namespace_of(name: str, spec: OperatorSpec) -> str | None:
    """Return the namespace that an operator runs in; None for one that is definitions only.

    Args:
        name: its name in the catalog.
        spec: how it comes into the cluster.
    """
    release = releases()[name]
    usual = release.olm.namespace if spec.install is InstallMode.OLM and release.olm else release.namespace
    return spec.namespace or usual


def channel_of(name: str, spec: OperatorSpec) -> str | None:
    """Return the channel that an operator follows when it is installed by OLM; None when nobody has named one.

    Args:
        name: its name in the catalog.
        spec: how it comes into the cluster.
    """
    package = releases()[name].olm
    return (spec.olm.channel if spec.olm else None) or (package.channel if package else None)


def modes_of(release: Release) -> tuple[str, ...]:
    """Return the install modes that can be carried out for a release: the catalog's, and manifests from a bundle."""
    return tuple(dict.fromkeys((*release.install, InstallMode.MANIFESTS.value)))


def install_order(operators: Mapping[str, OperatorSpec]) -> list[str]:
    """Return operators in the order in which they are installed: what another requires comes first."""
    return order(operators, _as_installed(operators))


def installed_before(name: str, operators: Mapping[str, OperatorSpec]) -> list[str]:
    """Return those operators that we install and that must be there before this one."""
    ours = [other for other, spec in operators.items() if spec.install.installs or other == name]
    return required_of(name, ours, _as_installed(operators))


def operator_problems(operators: Mapping[str, OperatorSpec]) -> list[Problem]:
    """Return what is wrong with operators, each by itself and all together; places begin with the operator's name.

    What is in the cluster already is its owner's business: only what we install must have what it requires, and must not
    stand beside what it conflicts with.
    """
    known = {name: spec for name, spec in operators.items() if name in releases()}
    return [
        *(_unknown(name) for name in operators if name not in known),
        *(problem for name, spec in known.items() for problem in _alone(name, spec)),
        *_missing(known),
        *_conflicts(known),
        *_namespaces(known),
    ]


def _as_installed(operators: Mapping[str, OperatorSpec]) -> dict[str, Release]:
    """Return the releases with what the chosen build of each requires: OLM's may need more than the project's own."""
    found: dict[str, Release] = {}
    for name, spec in operators.items():
        release = releases()[name]
        more = release.olm.requires if spec.install is InstallMode.OLM and release.olm else ()
        found[name] = release.model_copy(update={"requires": tuple(dict.fromkeys((*release.requires, *more)))})
    return found


def _unknown(name: str) -> Problem:
    rule = f"no such operator in the catalog; there are {', '.join(sorted(releases()))}"
    return Problem(name, name, rule, nearest(name, releases(), among=1))


def _alone(name: str, spec: OperatorSpec) -> Iterator[Problem]:
    release, mode = releases()[name], spec.install.value
    if mode not in (modes := modes_of(release)):
        rule = f"cannot be carried out for {release.title} {release.version}; these can: {', '.join(modes)}"
        yield Problem(f"{name}.install", mode, rule, nearest(mode, modes, among=1) or "adopt")
    if spec.version is not None and spec.install is InstallMode.OLM:
        rule = "is decided by the channel that OLM follows, so a version written here would not be the one that runs"
        yield Problem(f"{name}.version", spec.version, rule, "no version")
    elif spec.version is not None and spec.version != release.version:
        rule = f"is not the pinned, tested version, which is {release.version}; what blocks render is for that one"
        yield Problem(f"{name}.version", spec.version, rule, release.version)
    if spec.install is InstallMode.HELM:
        for problem in release_value_problems(name, release, spec.values):
            yield replace(problem, where=f"{name}.{problem.where}")
    if spec.install is InstallMode.OLM and release.olm is not None:
        yield from _channel(name, spec, release.title, release.olm)


def _channel(name: str, spec: OperatorSpec, title: str, package: OlmPackage) -> Iterator[Problem]:
    given = spec.olm.channel if spec.olm else None
    if package.channel is None and given is None:
        rule = f"is needed: which versions of {title} come is the choice of whoever installs it, and the catalog makes none"
        listed = f"a channel that `oc get packagemanifest {package.package}` lists"
        yield Problem(f"{name}.olm.channel", "", rule, listed)
    elif package.channel is not None and given not in {None, package.channel}:
        rule = f"is not the channel of the catalog, which is {package.channel}; what blocks render is for that one"
        yield Problem(f"{name}.olm.channel", str(given), rule, package.channel)


def _missing(operators: Mapping[str, OperatorSpec]) -> Iterator[Problem]:
    for name, needs in missing(operators, _as_installed(operators)).items():
        if operators[name].install.installs:
            for need in needs:
                rule = f"requires {need}, which this region does not have, so it would wait for it for ever"
                yield Problem(
                    f"{name}.install", operators[name].install.value, rule, f"{need}: {{install: adopt}} beside it"
                )


def _conflicts(operators: Mapping[str, OperatorSpec]) -> Iterator[Problem]:
    for one, other in conflicts_among(operators):
        if operators[one].install.installs or operators[other].install.installs:
            rule = f"may not be installed beside {other}: both would own the same definitions and objects"
            yield Problem(f"{one}.install", operators[one].install.value, rule, f"only one of {one} and {other}")


def _namespaces(operators: Mapping[str, OperatorSpec]) -> Iterator[Problem]:
    subscribed: dict[str, str] = {}
    theirs = {namespace_of(name, spec): name for name, spec in operators.items() if not spec.install.installs}
    for name, spec in operators.items():
        namespace, beside = namespace_of(name, spec), releases()[name].beside
        wanted = namespace_of(beside, operators[beside]) if beside is not None and beside in operators else None
        if wanted is not None and spec.install.installs and namespace != wanted:
            rule = f"must be the namespace of {beside}: the two find each other only there"
            yield Problem(f"{name}.namespace", str(namespace), rule, wanted)
        only = releases()[name].namespace if releases()[name].only_namespace else None
        if only is not None and spec.install is InstallMode.HELM and namespace != only:
            rule = "is not the one that its charts write into their objects; those would not find each other"
            yield Problem(f"{name}.namespace", str(namespace), rule, only)
        if spec.install is InstallMode.OLM and namespace is not None and namespace in theirs:
            # A version that OLM installed goes only with its namespace, and that is not ours to delete.
            rule = (
                f"is where {theirs[namespace]} is, which is not ours: it would have two OperatorGroups, and never be emptied"
            )
            yield Problem(f"{name}.namespace", namespace, rule, "a namespace of its own")
        if spec.install is InstallMode.OLM and namespace is not None:
            first = subscribed.setdefault(namespace, name)
            if first != name:
                rule = f"has {first} already; two OperatorGroups in one namespace stop both operators"
                yield Problem(f"{name}.namespace", namespace, rule, "a namespace of its own")


def kubernetes_problems(operators: Mapping[str, OperatorSpec], version: str) -> Iterator[Problem]:
    """Yield operators whose pinned version does not support the cluster's Kubernetes; places begin with the operator's name.

    Only what we install by its project's own chart or manifests is compared: OLM's builds have ranges of their own, and what
    is in the cluster already is its owner's business.

    Args:
        operators: operators by name.
        version: Kubernetes version of the cluster, such as ``1.34``; without a patch any patch of it may be the one.
    """
    ranges = {name: found for name in built_by_project(operators) if (found := releases()[name].kubernetes) is not None}
    shared = common(ranges.values())
    hint = f"Kubernetes {_nearest_version(version, shared)}, which all operators here support" if shared else ""
    for name, supported in ranges.items():
        if not could_run(supported, version):
            release = releases()[name]
            rule = f"supports Kubernetes {supported} only, and the cluster runs {version}, where nobody has tested it"
            if not shared:
                rule += "; no version is supported by all operators here, so one of them has to go"
            yield Problem(f"{name}.install", f"{release.title} {release.version}", rule, hint)


def upgrade_problems(operators: Mapping[str, OperatorSpec], installed: Mapping[str, str]) -> Iterator[Problem]:
    """Yield operators that cannot come to the pinned version from the installed one, or not without a person's steps.

    Args:
        operators: operators by name, as they are wanted.
        installed: version of each by its name, as the facts of the last up have it; one that is not there is new.
    """
    for name in built_by_project(operators):
        release, spec, old = releases()[name], operators[name], installed.get(name)
        if old is None:
            continue
        found, jump = verdict(name, old, release.version), f"{release.title} from {old} to {release.version}"
        if found.verdict == "blocked":
            way = f"{found.via} first, by the instructions of its project" if found.via else old
            yield Problem(f"{name}.version", release.version, f"cannot be reached: {jump} is refused, as {found.why}", way)
        elif found.verdict == "manual" and not acknowledged(spec, old):
            work = (
                f"takes {len(found.steps)} steps by hand first" if found.steps else "needs somebody who has read the notes"
            )
            rule = f"must name the version this comes from: {jump} {work} (`aifactory operators upgrades`): {found.why}"
            yield Problem(f"{name}.upgraded_from", spec.upgraded_from or "", rule, f"{old}, once that is done")


def acknowledged(spec: OperatorSpec, old: str) -> bool:
    """Return whether somebody says that the steps for coming from a version are done."""
    return spec.upgraded_from is not None and spec.upgraded_from.removeprefix("v") == old.removeprefix("v")


def built_by_project(operators: Mapping[str, OperatorSpec]) -> list[str]:
    """Return those that we install as their project builds them: by its chart or its manifests, not by OLM."""
    modes = {InstallMode.HELM, InstallMode.MANIFESTS}
    return [name for name, spec in operators.items() if spec.install in modes and name in releases()]


def _nearest_version(version: str, shared: str) -> str:
    """Return the minor version inside a range that lies nearest to one outside of it."""
    first, end = bounds(shared)
    if parse(version) < first:
        return f"{first[0]}.{first[1]}" + (f".{first[2]}" if first[2] else "")
    return f"{end[0]}.{end[1] - 1}"
