"""What this run intends: namespaces, custom kinds and replacements that are not on the API server yet.

At preview an object may belong to a namespace, or be of a kind, that the same run will make. The engine
asks one plugin process for everything under one provider, so what was checked before is remembered here. A
program that orders its resources (``depends_on``, or taking a name from the namespace's outputs) has the
makers checked first.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.local.plugins.kubernetes.objects import Identity, Kind, Object, mapping, maps, text


@dataclass(frozen=True, slots=True)
class PlannedKind:
    """A custom kind that a CRD of this run defines.

    Attributes:
        kind: the kind.
        namespaced: whether its objects live in a namespace.
        schema: its OpenAPI v3 schema; empty when the CRD gives none.
    """

    kind: Kind
    namespaced: bool
    schema: Object


class Planned:
    """The memory of one plugin process; safe for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._namespaces: set[str] = set()
        self._kinds: dict[Kind, PlannedKind] = {}
        self._held: dict[str, Identity] = {}
        self._replaced: set[Identity] = set()
        self._taken_over: dict[Identity, str] = {}

    def namespace(self, name: str) -> None:
        """Remember that the program wants this namespace."""
        with self._lock:
            self._namespaces.add(name)

    def has_namespace(self, name: str) -> bool:
        """Whether the program wants this namespace."""
        return name in self._namespaces

    def definition(self, crd: Mapping[str, Any]) -> None:
        """Remember the kinds that a CRD of the program defines."""
        found = list(kinds_of(crd))
        with self._lock:
            self._kinds |= {entry.kind: entry for entry in found}

    def kind(self, kind: Kind) -> PlannedKind | None:
        """Return a custom kind that the program defines, or None."""
        return self._kinds.get(kind)

    def held(self, urn: str, identity: Identity) -> None:
        """Remember that the engine's state holds this object under this URN."""
        with self._lock:
            self._held[urn] = identity

    def is_held(self, urn: str, identity: Identity) -> bool:
        """Whether the engine's state holds this very object under this URN already."""
        return self._held.get(urn) == identity

    def replacement(self, identity: Identity) -> None:
        """Remember that this object will be deleted and made anew."""
        with self._lock:
            self._replaced.add(identity)

    def is_replaced(self, identity: Identity) -> bool:
        """Whether this object will be deleted and made anew, so that what is there now says little."""
        return identity in self._replaced

    def taken_over(self, identity: Identity, uid: str) -> None:
        """Remember that a creation of this run took over the object with this uid."""
        with self._lock:
            self._taken_over[identity] = uid

    def is_taken_over(self, identity: Identity, uid: str) -> bool:
        """Whether a creation of this run took over the object with this uid.

        A resource renamed in the program is a creation, which finds the object and takes it over, and then a
        deletion of the same object under its old name: that deletion must not happen.
        """
        return bool(uid) and self._taken_over.get(identity) == uid


def kinds_of(crd: Mapping[str, Any]) -> Iterator[PlannedKind]:
    """Yield the kinds that a CRD defines, one for each served version."""
    group, name = text(crd, "spec", "group"), text(crd, "spec", "names", "kind")
    for version in maps(crd, "spec", "versions"):
        if version.get("served") is not False and group and name:
            yield PlannedKind(
                kind=Kind(group, text(version, "name"), name),
                namespaced=text(crd, "spec", "scope") != "Cluster",
                schema=mapping(version, "schema", "openAPIV3Schema"),
            )


def unknown_fields(thing: Mapping[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Return the paths of fields that a CRD's schema does not have.

    It is what the API server's strict validation will refuse once the CRD is there; `metadata` is the API
    server's own business.
    """
    body = {key: value for key, value in thing.items() if key not in ("apiVersion", "kind", "metadata")}
    return list(_unknown("", body, schema)) if mapping(schema, "properties") else []


def _unknown(path: str, value: Any, schema: Mapping[str, Any]) -> Iterator[str]:  # noqa: ANN401
    if schema.get("x-kubernetes-preserve-unknown-fields") is True or schema.get("x-kubernetes-embedded-resource"):
        return
    if isinstance(value, Mapping):
        known, others = mapping(schema, "properties"), schema.get("additionalProperties")
        for key, item in cast("Mapping[str, Any]", value).items():
            here = f"{path}.{key}" if path else key
            if key in known:
                yield from _unknown(here, item, cast("Object", known[key]))
            elif isinstance(others, Mapping):
                yield from _unknown(here, item, cast("Object", others))
            elif known and others is not True:
                yield here
    elif isinstance(value, list):
        for position, item in enumerate(cast("list[Any]", value)):
            yield from _unknown(f"{path}[{position}]", item, mapping(schema, "items"))
