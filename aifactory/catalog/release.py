"""Releases of operators: one pinned version each, with all that has to be known to install, find and order it."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.kubernetes import KubernetesRange

DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]

HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+$")]

ImageReference = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+(@sha256:[0-9a-f]{64})?$")]
"""Registry, repository and tag; with a digest once somebody has read it from the registry."""

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$", max_length=63)]

Platform = Literal["any", "kubernetes", "openshift"]
"""Where a release is meant to run: anywhere, on any Kubernetes but OpenShift, which has another build, or there only."""

Mode = Literal["helm", "olm", "manifests", "adopt", "external"]


class Chart(Fact):
    """The Helm chart of a release.

    Attributes:
        repo: repository: ``https://...`` with an index, or ``oci://...``.
        name: name of the chart in it.
        version: version of the chart, which is often not that of the operator.
        download_hosts: hosts besides the repository's that its index sends Helm to for the chart itself.
        values: what we set: parts that other releases bring, and images that the chart leaves to a moving tag.
        installed_as: name of its Helm release, where its documents use another than the chart's; None: the chart's.
        definitions_only: whether it makes definitions and nothing that pulls an image, so that no registry has to reach it.
    """

    repo: Annotated[str, Field(pattern=r"^(https|oci)://[a-z0-9.-]+(/[a-z0-9._-]+)*$")]
    name: DnsName
    version: Annotated[str, Field(pattern=r"^v?\d+\.\d+\.\d+$")]
    download_hosts: tuple[HostName, ...] = ()
    values: Annotated[dict[str, Any], Field(default_factory=dict)]
    installed_as: DnsName | None = None
    definitions_only: bool = False

    @property
    def release_name(self) -> str:
        """Name of its Helm release: what operators' documents use, as clients look for objects that are named after it."""
        return self.installed_as or self.name

    @property
    def is_oci(self) -> bool:
        """Whether the chart lies in a container registry, where a chart has no index and is named in full."""
        return self.repo.startswith("oci://")

    @property
    def reference(self) -> str:
        """The chart as Helm takes it: in full from a registry, by its name from an index."""
        return f"{self.repo}/{self.name}" if self.is_oci else self.name

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts that the chart is fetched from: the repository's first."""
        return (self.repo.partition("://")[2].partition("/")[0], *self.download_hosts)


class OlmPackage(Fact):
    """A release as the Operator Lifecycle Manager offers it. It is another build, mostly of another version.

    Attributes:
        package: name of the package.
        channel: channel that is followed; what it gives moves with time. None: a choice of whoever installs it.
        source: CatalogSource that offers it.
        source_namespace: namespace of the CatalogSource.
        namespace: namespace that the operator's own documents put it in.
        csv: first ClusterServiceVersion of the channel that is installed, when somebody has read it; None: the newest.
        own_namespace: whether its OperatorGroup watches its own namespace; false: all of them.
        requires: releases that this build needs before it, besides those that the release needs.
        registries: hosts that its images come from; empty when nobody has read them: its CatalogSource decides.
        subscription: name of the Subscription, where documents and clean-up steps count on one; None: the package's.
        environment: variables that its pods get by the Subscription, as what they make by themselves is made by somebody.
    """

    package: DnsName
    channel: ChannelName | None = None
    source: DnsName
    source_namespace: DnsName = "openshift-marketplace"
    namespace: DnsName
    csv: str | None = None
    own_namespace: bool = True
    requires: tuple[str, ...] = ()
    registries: tuple[HostName, ...] = ()
    subscription: DnsName | None = None
    environment: Annotated[dict[str, str], Field(default_factory=dict)]


class Release(Fact):
    """One pinned version of an operator.

    Attributes:
        title: its name for people.
        version: the pinned, tested version.
        namespace: namespace it runs in, as its own documents have it; None for definitions only, or when nobody has read it.
        only_namespace: whether its charts count on that namespace, whatever Helm is told, so that they work in no other.
        chart: its Helm chart, or the first of several; None when it has none, or none whose version anybody has read.
        more_charts: charts that follow it into the same namespace, each once the one before it is complete.
        images: what its pods run.
        crd_sources: what defines its CustomResourceDefinitions: Go modules at a version, or files of the reference folder;
            empty when their schemas are at hand nowhere, since no block makes objects of them.
        olm: how the Operator Lifecycle Manager offers it; None when nobody has read that.
        kubernetes: Kubernetes versions that it supports; None when nobody has read that.
        platforms: what it runs on; None when nobody has read that.
        pod_security: Pod Security Standard that its pods need; ``restricted`` is the strictest.
        requires: releases that must be there before.
        brings: releases that come with it, so that nobody lists them beside it.
        beside: release whose namespace it must share, because the two find each other only there; None when it need not.
        conflicts: releases that must not be installed beside it.
        install: install modes that this version of aifactory can carry out.
        usual: the mode by which it usually comes into a cluster: what a preflight names when it is missing.
        crds: CustomResourceDefinitions that must be established for it to count as present.
        source: where these were read.
    """

    title: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    namespace: DnsName | None = None
    only_namespace: bool = False
    chart: Chart | None = None
    more_charts: tuple[Chart, ...] = ()
    images: tuple[ImageReference, ...] = ()
    crd_sources: tuple[str, ...] = ()
    olm: OlmPackage | None = None
    kubernetes: KubernetesRange | None = None
    platforms: Platform | None = None
    pod_security: Literal["restricted", "baseline", "privileged"] = "restricted"
    requires: tuple[str, ...] = ()
    brings: tuple[str, ...] = ()
    beside: str | None = None
    conflicts: tuple[str, ...] = ()
    install: tuple[Mode, ...]
    usual: Literal["helm", "manifests", "olm"]
    crds: Annotated[tuple[str, ...], Field(min_length=1)]
    source: Source

    @model_validator(mode="after")
    def _charts_are_told_apart(self) -> Self:
        names = [chart.name for chart in self.charts]
        if self.more_charts and (self.chart is None or len(set(names)) < len(names)):
            raise ValueError("charts follow a first one, and values, bundles and facts are found by the name of each")
        return self

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart, in the order in which they are installed."""
        return (self.chart, *self.more_charts) if self.chart else ()


def facts_key(name: str, release: Release, chart: Chart) -> str:
    """Return what facts about a chart are kept under: the name of its release, and of several charts its own behind it.

    Args:
        name: of the release in the catalog.
        release: the release.
        chart: one of its charts.
    """
    return f"{name}/{chart.name}" if release.more_charts else name
