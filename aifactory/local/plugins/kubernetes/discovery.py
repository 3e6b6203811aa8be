"""Which kinds the API server serves: their paths, and whether they live in a namespace.

The aggregated discovery document (Kubernetes 1.30: `apidiscovery.k8s.io/v2`) gives all kinds in two
requests. A
kind that is not in it may be new: its group and version are asked for once more before it counts as unknown.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from aifactory.local.plugins.kubernetes.client import Cluster
from aifactory.local.plugins.kubernetes.failures import ApiError, UnknownKindError
from aifactory.local.plugins.kubernetes.objects import Kind, Object, maps, text

AGGREGATED: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"

SETTLING_SECONDS: Final = 10.0
"""How long an API server may take to serve a kind after its CRD was established; mostly well under one
second."""

SETTLING_PAUSE_SECONDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Resource:
    """How the API server serves one kind.

    Attributes:
        kind: the kind.
        plural: its name in paths.
        namespaced: whether its objects live in a namespace.
    """

    kind: Kind
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """Return the path of an object, or of the collection when `name` is empty."""
        root = group_path(self.kind)
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        return f"{root}{inside}/{self.plural}" + (f"/{name}" if name else "")


class Kinds:
    """The kinds of one API server, read when first needed and kept."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._lock = threading.Lock()
        self._known: dict[Kind, Resource] | None = None

    def find(self, kind: Kind) -> Resource | None:
        """Return how `kind` is served, or None when the API server does not serve it now."""
        with self._lock:
            if self._known is None:
                self._known = {resource.kind: resource for resource in self._aggregated()}
            if kind not in self._known:
                self._known |= {resource.kind: resource for resource in self._group_version(kind)}
            return self._known.get(kind)

    def get(self, kind: Kind) -> Resource:
        """Return how `kind` is served, giving a CRD that was made a moment ago time to take effect.

        Raises:
            UnknownKindError: it is not served after `SETTLING_SECONDS`; at once for a built-in group.
        """
        # Only a group with a dot can come from a CRD or an aggregated server, and so appear in a moment.
        pauses = int(SETTLING_SECONDS / SETTLING_PAUSE_SECONDS) if "." in kind.group else 0
        for _ in range(pauses):
            if (resource := self.find(kind)) is not None:
                return resource
            self._cluster.pause(SETTLING_PAUSE_SECONDS, f"waiting for the API server to serve {kind}")
        if (resource := self.find(kind)) is not None:
            return resource
        raise UnknownKindError(
            f"the API server does not serve {kind}",
            why="an object of a kind that is not served cannot be read or made",
            fix="install the CRD first, or make this resource depend on it",
        )

    def forget(self, group: str) -> None:
        """Forget the kinds of a group, because its CRDs changed."""
        with self._lock:
            if self._known is not None:
                kept = {kind: resource for kind, resource in self._known.items() if kind.group != group}
                self._known = kept

    def _aggregated(self) -> Iterator[Resource]:
        for path in ("/api", "/apis"):
            document = self._cluster.discover(path, AGGREGATED)
            # An older server answers in its own form, which has no resources; then each miss asks by itself.
            if text(document, "kind") == "APIGroupDiscoveryList":
                for group in maps(document, "items"):
                    yield from _of_group(group)

    def _group_version(self, kind: Kind) -> Iterator[Resource]:
        try:
            document = self._cluster.get(group_path(kind))
        except ApiError as error:
            if error.is_missing:
                return
            raise
        for entry in maps(document, "resources"):
            if "/" not in text(entry, "name"):
                served = Kind(kind.group, kind.version, text(entry, "kind"))
                yield Resource(served, text(entry, "name"), entry.get("namespaced") is True)


def group_path(kind: Kind) -> str:
    """Return the path of the group and version of a kind."""
    return f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"


def _of_group(group: Object) -> Iterator[Resource]:
    name = text(group, "metadata", "name")
    for version in maps(group, "versions"):
        for entry in maps(version, "resources"):
            kind = text(entry, "responseKind", "kind")
            if kind:
                served = Kind(name, text(version, "version"), kind)
                yield Resource(served, text(entry, "resource"), text(entry, "scope") == "Namespaced")
