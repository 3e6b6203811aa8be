"""Releases of operators: one pinned version each, with all that has to be known to install, find and order it."""

from typing import Annotated, Any, Literal

from pydantic import Field

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.kubernetes import KubernetesRange

DnsName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]

HostName = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+$")]

ImageReference = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+(@sha256:[0-9a-f]{64})?$")]
"""Registry, repository and tag; with a digest once somebody has read it from the registry."""

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
    """

    repo: Annotated[str, Field(pattern=r"^(https|oci)://[a-z0-9.-]+(/[a-z0-9._-]+)*$")]
    name: DnsName
    version: Annotated[str, Field(pattern=r"^v?\d+\.\d+\.\d+$")]
    download_hosts: tuple[HostName, ...] = ()
    values: Annotated[dict[str, Any], Field(default_factory=dict)]

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
        channel: channel that is followed; what it gives moves with time.
        source: CatalogSource that offers it.
        source_namespace: namespace of the CatalogSource.
        namespace: namespace that the operator's own documents put it in.
        csv: first ClusterServiceVersion of the channel that is installed, when somebody has read it; None: the newest.
        own_namespace: whether its OperatorGroup watches its own namespace; false: all of them.
        requires: releases that this build needs before it, besides those that the release needs.
        registries: hosts that its images come from; empty when nobody has read them: its CatalogSource decides.
        subscription: name of the Subscription, where documents and clean-up steps count on one; None: the package's.
    """

    package: DnsName
    channel: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    source: DnsName
    source_namespace: DnsName = "openshift-marketplace"
    namespace: DnsName
    csv: str | None = None
    own_namespace: bool = True
    requires: tuple[str, ...] = ()
    registries: tuple[HostName, ...] = ()
    subscription: DnsName | None = None


class Release(Fact):
    """One pinned version of an operator.

    Attributes:
        title: its name for people.
        version: the pinned, tested version.
        namespace: namespace it runs in, as its own documents have it; None for definitions only, or when nobody has read it.
        chart: its Helm chart; None when it has none, or none whose version anybody has read.
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
    chart: Chart | None = None
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
