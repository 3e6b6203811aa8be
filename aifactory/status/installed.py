"""What of an operator is in a cluster, whoever put it there: Helm releases, versions of OLM, deployments, definitions."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from aifactory.catalog import Release, releases
from aifactory.kube.api import Api, ApiRefusalError
from aifactory.kube.objects import Document, labels_of, mapping, name_of, namespace_of, owner_of, spec_of, status_of
from aifactory.model import InstallMode, OperatorSpec, RegionSpec
from aifactory.model.operators import namespace_of as home_of
from aifactory.status.findings import Place
from aifactory.status.kinds import DEPLOYMENTS, NAMESPACES, NODES, Kind
from aifactory.status.nodes import node_facts
from aifactory.status.rows import State
from aifactory.status.snapshot import Snapshot, read

VERSIONS: Final = Kind("operators.coreos.com/v1alpha1", "clusterserviceversions", "ClusterServiceVersion", "olm")
SUBSCRIPTIONS: Final = Kind("operators.coreos.com/v1alpha1", "subscriptions", "Subscription", "olm")

_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_SECRETS: Final = "/api/v1/secrets"
_FORBIDDEN: Final = 403
_GONE: Final = {"superseded", "uninstalled", "uninstalling"}
"""States of a Helm release's revision (its Secret's label ``status``) in which it is not what runs."""

_Read = TypeVar("_Read")


@dataclass(frozen=True, slots=True)
class Installation:
    """One way in which an operator came into the cluster.

    Attributes:
        how: ``helm``, ``olm``, or ``manifests`` for a deployment that names neither.
        namespace: namespace that it is in.
        name: of the release, of the ClusterServiceVersion, or of the deployment.
        version: of the operator; empty when nothing says it.
        ours: whether this region put it there.
    """

    how: str
    namespace: str
    name: str
    version: str
    ours: bool

    def __str__(self) -> str:
        kind = {"helm": "Helm release", "olm": "ClusterServiceVersion"}.get(self.how, "Deployment")
        version = f" ({self.version})" if self.version else ""
        return f"{kind} {self.namespace}/{self.name}{version}"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was read of a cluster.

    Attributes:
        place: whose region is looked for.
        snapshot: its objects.
        served: (apiVersion, plural) of what it serves outside of the core group.
        definitions: metadata of its CustomResourceDefinitions, by name.
        helm: metadata of the Secrets that Helm keeps, which say that a release is there; never what is in them.
        unread: what could not be read, in words.
    """

    place: Place
    snapshot: Snapshot
    served: frozenset[tuple[str, str]]
    definitions: Mapping[str, Document] = field(default_factory=dict[str, Document])
    helm: tuple[Document, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def nothing_runs(self) -> bool:
        """Whether all nodes are simulated, so that no controller can run anywhere."""
        nodes = node_facts(self.snapshot)
        return bool(nodes) and all(node.simulated for node in nodes)

    @property
    def has_olm(self) -> bool:
        """Whether the Operator Lifecycle Manager is in the cluster."""
        return (SUBSCRIPTIONS.api_version, SUBSCRIPTIONS.plural) in self.served

    def is_ours(self, item: Document) -> bool:
        """Return whether this region made an object, or the namespace that it is in."""
        here = f"{self.place.factory}/{self.place.region}/"
        return owner_of(item).startswith(here) or self.is_our_namespace(namespace_of(item))

    def is_our_namespace(self, name: str) -> bool:
        """Return whether this region made a namespace."""
        found = self.snapshot.listings[NAMESPACES].items.get(("", name))
        return found is not None and owner_of(found).startswith(f"{self.place.factory}/{self.place.region}/")


def look(api: Api, place: Place, region: RegionSpec) -> Evidence:
    """Read what tells of a region's operators; of Secrets only that Helm's are there, by their labels.

    Raises:
        ControlPlaneError: the API server gives no answer, or does not know who asks.
    """
    wanted = [name for name, spec in region.operators.items() if spec.install is not InstallMode.EXTERNAL]
    names = dict.fromkeys(crd for name in wanted for crd in releases()[name].crds)
    snapshot = read(api, (NODES, NAMESPACES, DEPLOYMENTS, VERSIONS, SUBSCRIPTIONS), names)
    unread = [
        listing.problem.reason
        for listing in snapshot.listings.values()
        if listing.problem is not None and listing.problem.state is State.UNKNOWN
    ]
    definitions = _allowed(lambda: api.metadata(_DEFINITIONS), "customresourcedefinitions", unread)
    helm = _allowed(lambda: api.metadata(_SECRETS, label_selector="owner=helm"), "secrets (their labels, for Helm)", unread)
    return Evidence(
        place,
        snapshot,
        api.collections(),
        {str(found["name"]): found for found in definitions or ()},
        tuple(helm or ()),
        tuple(unread),
    )


def _allowed(ask: Callable[[], _Read], what: str, unread: list[str]) -> _Read | None:
    try:
        return ask()
    except ApiRefusalError as refusal:
        if refusal.status != _FORBIDDEN:
            raise
        unread.append(f"may not read {what}: the kubeconfig's user needs `list` on them")
        return None


def installations(evidence: Evidence, name: str, spec: OperatorSpec) -> list[Installation]:
    """Return every way in which an operator came into the cluster, each once; one is what should be found."""
    release, found = releases()[name], dict[tuple[str, str, str], Installation]()
    for one in (*_by_olm(evidence, release), *_by_deployment(evidence, name, spec, release), *_by_helm(evidence, release)):
        found.setdefault((one.how, one.namespace, one.name if one.how != "manifests" else ""), one)
    return list(found.values())


def _by_helm(evidence: Evidence, release: Release) -> Iterator[Installation]:
    for secret in evidence.helm:
        labels: Mapping[str, str] = secret.get("labels") or {}
        name = str(labels.get("name", ""))
        if name in _helm_releases(release) and labels.get("status") not in _GONE:
            where = str(secret.get("namespace", ""))
            yield Installation("helm", where, _first_of(release, name), "", evidence.is_our_namespace(where))


def _helm_releases(release: Release) -> list[str]:
    return [chart.release_name for chart in release.charts]


def _first_of(release: Release, name: str) -> str:
    """Return the name by which an installation by Helm is known: of several charts the first's, as they are one."""
    names = _helm_releases(release)
    return names[0] if name in names else name


def _by_olm(evidence: Evidence, release: Release) -> Iterator[Installation]:
    for item in evidence.snapshot.all(VERSIONS):
        subscriptions = _subscriptions_of(evidence, item)
        # OLM copies a version that watches all namespaces into each of them; the copy runs nothing.
        if "olm.copiedFrom" not in labels_of(item) and _is_version_of(item, subscriptions, release):
            where = namespace_of(item)
            ours = evidence.is_our_namespace(where) or any(evidence.is_ours(one) for one in subscriptions)
            yield Installation("olm", where, name_of(item), str(spec_of(item).get("version", "")), ours)


def _subscriptions_of(evidence: Evidence, version: Document) -> list[Document]:
    """Return the subscriptions that installed a version."""
    return [
        one
        for one in evidence.snapshot.all(SUBSCRIPTIONS)
        if namespace_of(one) == namespace_of(version) and status_of(one).get("installedCSV") == name_of(version)
    ]


def _is_version_of(item: Document, subscriptions: Iterable[Document], release: Release) -> bool:
    """Whether a version is of an operator: by the package that was subscribed to, or by the definitions that it owns.

    Its name alone says little: the package openshift-cert-manager-operator installs cert-manager-operator.v1.
    """
    owned: list[Document] = mapping(item, "spec", "customresourcedefinitions").get("owned") or []
    packages = {spec_of(one).get("name") for one in subscriptions}
    by_package = release.olm is not None and release.olm.package in packages
    return by_package or bool({str(one.get("name")) for one in owned} & set(release.crds))


def _by_deployment(evidence: Evidence, name: str, spec: OperatorSpec, release: Release) -> Iterator[Installation]:
    for item in evidence.snapshot.all(DEPLOYMENTS):
        image = _image_of(item, release)
        if image is None and (release.images or namespace_of(item) != home_of(name, spec)):
            continue
        annotations = mapping(item, "metadata", "annotations")
        version, ours = _version(item, image), evidence.is_ours(item)
        if owner := labels_of(item).get("olm.owner"):
            yield Installation("olm", labels_of(item).get("olm.owner.namespace", namespace_of(item)), owner, version, ours)
        elif chart := annotations.get("meta.helm.sh/release-name"):
            where = str(annotations.get("meta.helm.sh/release-namespace") or namespace_of(item))
            yield Installation("helm", where, _first_of(release, str(chart)), version, ours)
        else:
            yield Installation("manifests", namespace_of(item), name_of(item), version, ours)


def _image_of(item: Document, release: Release) -> str | None:
    """Return the operator's own image among those of a deployment, also when it comes from a mirror; None: it has none.

    The first image of a release is the controller's; others may run anywhere (a database's pooler, a model's router).
    """
    if not release.images or release.namespace is None:
        return None
    own = _repository(release.images[0])
    containers: list[Document] = mapping(item, "spec", "template", "spec").get("containers") or []
    images = [str(container.get("image", "")) for container in containers]
    return next((image for image in images if _repository(image) == own), None)


def _repository(image: str) -> tuple[str, ...]:
    """Return the last two parts of an image's name, without tag and digest: what a mirror leaves as it is."""
    path = image.partition("@")[0].split("/")
    path[-1] = path[-1].partition(":")[0]
    return tuple(path[-2:])


def _version(item: Document, image: str | None) -> str:
    said = labels_of(item).get("app.kubernetes.io/version", "")
    tag = (image or "").partition("@")[0].rpartition(":")[2]
    for text in (tag, said):
        if found := re.match(r"^v?(\d+\.\d+\.\d+)", text):
            return found[1]
    return ""


def owners(definition: Document) -> list[str]:
    """Return the field managers that own the versions of a definition; a webhook's certificate makes nobody its owner."""
    entries: Iterable[Document] = definition.get("managedFields") or ()
    found = {str(one.get("manager")) for one in entries if "f:versions" in mapping(one, "fieldsV1", "f:spec")}
    return sorted(found)
