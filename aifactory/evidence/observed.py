"""What a cluster's API shows of a region: blocks, nodes and their countries, images, storage classes, policies."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aifactory.kube.objects import Document, labels_of, mapping, name_of, namespace_of
from aifactory.render.admission import COUNTRY_LABEL
from aifactory.status.kinds import NODES, OBJECT_STORES, PODS, SCHEDULED_BACKUPS, Kind
from aifactory.status.rows import BlockStatus

if TYPE_CHECKING:
    from aifactory.kube.api import Api
    from aifactory.model import FactorySpec
    from aifactory.status.snapshot import Snapshot

STORAGE_CLASSES: Final = Kind("storage.k8s.io/v1", "storageclasses", "StorageClass")
POLICIES: Final = Kind("admissionregistration.k8s.io/v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy")
BINDINGS: Final = Kind(
    "admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding"
)

KINDS: Final = (NODES, PODS, STORAGE_CLASSES, POLICIES, BINDINGS, SCHEDULED_BACKUPS, OBJECT_STORES)
"""What is listed: never Secrets, and never ConfigMaps, which may hold what nobody marked as one."""

NO_LABEL: Final = "no label"
_DEFAULT: Final = "storageclass.kubernetes.io/is-default-class"


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A storage class of the cluster.

    Attributes:
        name: its name.
        provisioner: what makes its volumes.
        default: whether it is used where none is named.
    """

    name: str
    provisioner: str
    default: bool


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a cluster.

    Attributes:
        cluster: how it was reached: a context of a kubeconfig, or a local instance; never an address.
        kubernetes: version of its API server.
        blocks: how each block is.
        countries: number of nodes by the country that their label says; `NO_LABEL` for those that say none.
        simulated: what is not real there, in words.
        images: images of its pods, sorted.
        storage_classes: its storage classes, by name.
        policies: admission policies that some binding enforces, sorted.
        backups: scheduled backups, as ``namespace/name``, sorted.
        unread: what could not be read, and why.
    """

    cluster: str
    kubernetes: str
    blocks: tuple[BlockStatus, ...] = ()
    countries: Mapping[str, int] | None = None
    simulated: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    storage_classes: tuple[StorageClass, ...] = ()
    policies: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()

    def block(self, kind: str, name: str) -> BlockStatus | None:
        """Return how a block is; None when nothing was seen of it."""
        return next((row for row in self.blocks if (row.block, row.name) == (kind, name)), None)


def observe(api: "Api", cluster: str, factory: "FactorySpec", region: str) -> Observed:
    """Read a cluster.

    Args:
        api: its API.
        cluster: how it was reached.
        factory: the factory.
        region: name of the region in it.

    Raises:
        ControlPlaneError: the API server gives no answer, or does not know who asks.
    """
    from aifactory.status.observe import observe_region
    from aifactory.status.snapshot import read

    status = observe_region(api, region, factory.region(region), factory.name)
    return seen(read(api, KINDS), cluster, status.blocks, status.simulated)


def seen(snapshot: "Snapshot", cluster: str, blocks: Iterable[BlockStatus], simulated: Iterable[str]) -> Observed:
    """Return what was seen, from what was read; pure."""
    enforced = {str(mapping(item, "spec").get("policyName", "")) for item in snapshot.all(BINDINGS)}
    policies = {name_of(item) for item in snapshot.all(POLICIES)}
    labels = Counter(str(labels_of(node).get(COUNTRY_LABEL) or NO_LABEL) for node in snapshot.all(NODES))
    images = {image for pod in snapshot.all(PODS) for image in _images(mapping(pod, "spec"))}
    backups = (f"{namespace_of(item)}/{name_of(item)}" for item in snapshot.all(SCHEDULED_BACKUPS))
    problems = (listing.problem for listing in snapshot.listings.values())
    return Observed(
        cluster=cluster,
        kubernetes=snapshot.kubernetes,
        blocks=tuple(blocks),
        countries=dict(sorted(labels.items())),
        simulated=tuple(simulated),
        images=tuple(sorted(images)),
        storage_classes=tuple(sorted((_storage(item) for item in snapshot.all(STORAGE_CLASSES)), key=lambda one: one.name)),
        policies=tuple(sorted(policies & enforced)),
        backups=tuple(sorted(backups)),
        unread=tuple(dict.fromkeys(problem.reason for problem in problems if problem)),
    )


def _storage(item: Document) -> StorageClass:
    annotations = mapping(item, "metadata", "annotations")
    return StorageClass(name_of(item), str(item.get("provisioner", "")), annotations.get(_DEFAULT) == "true")


def _images(spec: Mapping[str, Any]) -> Iterator[str]:
    for part in ("initContainers", "containers", "ephemeralContainers"):
        yield from (str(container["image"]) for container in spec.get(part) or () if container.get("image"))
