"""Kubernetes objects as plain dicts: their identity, their ids, and how Pulumi's inputs differ from them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from aifactory.local.plugins.codec import UNKNOWN, Unknown

Object = dict[str, Any]
"""One Kubernetes object: JSON with string keys. Before `up` some values may be `UNKNOWN`."""

DEFAULT_NAMESPACE: Final = "default"

PATCH_SUFFIX: Final = "Patch"
"""Pulumi resources such as ``core/v1:ConfigMapPatch`` change fields of an object that someone else made."""

SCHEMA_EXTENSION: Final = "x_kubernetes_"
"""How Pulumi's SDKs spell the ``x-kubernetes-`` keys of a CRD's schema, here and in recorded state."""


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A kind of object: API group (empty for core), version and kind."""

    group: str
    version: str
    name: str

    @property
    def api_version(self) -> str:
        """The ``apiVersion`` of such an object."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @classmethod
    def of(cls, api_version: str, name: str) -> "Kind":
        """Return the kind for an object's ``apiVersion`` and ``kind``; ``core/v1`` means ``v1`` in Pulumi."""
        group, _, version = api_version.rpartition("/")
        return cls("" if group == "core" else group, version, name)

    def __str__(self) -> str:
        return f"{self.name} ({self.api_version})"


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """What names one object in a cluster, in whatever version it is written; no namespace is empty."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def id(self) -> str:
        """Pulumi id of the object: ``namespace/name`` or ``name``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def __str__(self) -> str:
        where = f" in namespace {self.namespace}" if self.namespace else ""
        return f"{self.kind} {self.name}{where}"


def parse_id(identifier: str) -> tuple[str, str]:
    """Return namespace (empty if there is none) and name of a Pulumi id."""
    namespace, _, name = identifier.rpartition("/")
    return namespace, name


def kind_of(thing: Mapping[str, Any]) -> Kind | None:
    """Return the kind of an object; None when ``apiVersion`` or ``kind`` is missing or unknown."""
    api_version, name = thing.get("apiVersion"), thing.get("kind")
    if isinstance(api_version, str) and isinstance(name, str) and api_version and name:
        return Kind.of(api_version, name)
    return None


def token_of(urn: str) -> str:
    """Return the type token of a URN: ``kubernetes:apps/v1:Deployment``."""
    return urn.split("::")[2].rpartition("$")[2]


def name_in(urn: str) -> str:
    """Return the resource's name in the program."""
    return urn.split("::", 3)[3]


def kind_of_token(token: str) -> Kind:
    """Return the kind in a type token; a Patch resource's is the kind that it patches plus ``Patch``."""
    _, api_version, name = token.split(":")
    return Kind.of(api_version, name)


def is_patch(token: str, kind: Kind) -> bool:
    """Whether a resource of this token patches an object of `kind` that is not its own."""
    return kind_of_token(token).name == kind.name + PATCH_SUFFIX


# --- looking into objects ------------------------------------------------------------------------------


def mapping(thing: Mapping[str, Any], *path: str) -> Object:
    """Return the map at `path`; empty when it is absent, not a map, or not known."""
    found: Any = thing
    for key in path:
        found = cast("Mapping[str, Any]", found).get(key) if isinstance(found, Mapping) else None
    return cast("Object", found) if isinstance(found, dict) else {}


def items(thing: Mapping[str, Any], *path: str) -> list[Any]:
    """Return the list at `path`; empty when it is absent, not a list, or not known."""
    found = mapping(thing, *path[:-1]).get(path[-1])
    return cast("list[Any]", found) if isinstance(found, list) else []


def maps(thing: Mapping[str, Any], *path: str) -> list[Object]:
    """Return the maps in the list at `path`."""
    return [cast("Object", item) for item in items(thing, *path) if isinstance(item, dict)]


def text(thing: Mapping[str, Any], *path: str) -> str:
    """Return the string at `path`; empty when it is absent, no string, or not known."""
    found = mapping(thing, *path[:-1]).get(path[-1])
    return found if isinstance(found, str) else ""


def number(thing: Mapping[str, Any], *path: str, default: int = 0) -> int:
    """Return the integer at `path`, else `default`."""
    found = mapping(thing, *path[:-1]).get(path[-1])
    return found if isinstance(found, int) and not isinstance(found, bool) else default


def annotations_of(thing: Mapping[str, Any]) -> Object:
    """Return the annotations of an object."""
    return mapping(thing, "metadata", "annotations")


def name_of(thing: Mapping[str, Any]) -> str | Unknown:
    """Return the name of an object: empty when it has none, `UNKNOWN` when it is not known yet."""
    metadata = thing.get("metadata")
    if metadata is UNKNOWN:
        return UNKNOWN
    name = mapping(thing, "metadata").get("name")
    return UNKNOWN if name is UNKNOWN else str(name or "")


def conditions(thing: Mapping[str, Any]) -> Iterator[Object]:
    """Yield the status conditions of an object."""
    yield from maps(thing, "status", "conditions")


def condition(thing: Mapping[str, Any], name: str) -> Object:
    """Return the status condition of this type, letter case aside as in kubectl; empty when absent."""
    for entry in conditions(thing):
        if text(entry, "type").lower() == name.lower():
            return entry
    return {}


# --- Pulumi's spelling ---------------------------------------------------------------------------------


def without_nulls(value: Any) -> Any:  # noqa: ANN401
    """Return `value` without null entries of maps, which Pulumi sends for arguments that were not given."""
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {key: without_nulls(item) for key, item in entries.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in cast("list[Any]", value)]
    return value


def to_kubernetes(inputs: Mapping[str, Any]) -> Object:
    """Return inputs as the API server wants them: no nulls, and ``x-kubernetes-*`` in its own spelling."""
    return cast("Object", _respell(without_nulls(inputs), SCHEMA_EXTENSION, "_", "-"))


def to_pulumi(thing: Mapping[str, Any]) -> Object:
    """Return an object as Pulumi's SDKs read it; the inverse of `to_kubernetes`."""
    return cast("Object", _respell(dict(thing), SCHEMA_EXTENSION.replace("_", "-"), "-", "_"))


def _respell(value: Any, prefix: str, old: str, new: str) -> Any:  # noqa: ANN401
    if isinstance(value, Mapping):
        entries = cast("Mapping[str, Any]", value)
        return {
            (key.replace(old, new) if key.startswith(prefix) else key): _respell(item, prefix, old, new)
            for key, item in entries.items()
        }
    if isinstance(value, list):
        return [_respell(item, prefix, old, new) for item in cast("list[Any]", value)]
    return value


def is_crd(kind: Kind | None) -> bool:
    """Whether objects of this kind define other kinds."""
    return kind is not None and (kind.group, kind.name) == ("apiextensions.k8s.io", "CustomResourceDefinition")


def is_secret(kind: Kind | None) -> bool:
    """Whether objects of this kind are core Secrets, whose contents are secret however they were written."""
    return kind is not None and (kind.group, kind.name) == ("", "Secret")


def is_namespace(kind: Kind | None) -> bool:
    """Whether objects of this kind are namespaces."""
    return kind is not None and (kind.group, kind.name) == ("", "Namespace")
