"""A Pulumi state, as `pulumi stack export` writes it: which resources there are, never a value that may be secret."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from aifactory.errors import Problem, SpecError

SIGNATURE: Final = "4dabf18193072939515e22adb298388d"
"""Key by which Pulumi marks special values in a state: secrets, assets, references to resources."""

_LONGEST: Final = 500_000_000
_KUBERNETES: Final = "kubernetes:"
_CLUSTER_WIDE: Final = ""

Named = tuple[str, str, str]
"""Kind, namespace (empty for cluster-wide ones) and name of an object of Kubernetes."""


@dataclass(frozen=True, slots=True)
class StateResource:
    """One resource of a state.

    Attributes:
        type: Pulumi's type of it.
        name: its name in the program.
        urn: its identity.
        provider: reference to its provider: URN and id; empty when it has none.
        inputs: its inputs without whatever is secret: a secret is `HIDDEN_VALUE`. Held for extraction, never shown.
        protect: whether it is protected.
    """

    type: str
    name: str
    urn: str
    provider: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)
    protect: bool = False

    @property
    def named(self) -> Named | None:
        """Kind, namespace and name in the cluster; None for what is no object of Kubernetes."""
        if not self.type.startswith(_KUBERNETES):
            return None
        metadata = _mapping(self.inputs.get("metadata"))
        name, namespace = metadata.get("name"), metadata.get("namespace")
        if not isinstance(name, str):
            return None
        return self.type.rpartition(":")[2], namespace if isinstance(namespace, str) else _CLUSTER_WIDE, name


@dataclass(frozen=True, slots=True)
class StackState:
    """What a state says.

    Attributes:
        stack: name of the stack; empty when it has no resources.
        project: name of its project.
        time: when it was written, as it says itself.
        engine: version of Pulumi that wrote it.
        digest: SHA-256 of the file that was read.
        resources: every resource that is there and not on its way out.
        secrets_provider: kind of what encrypts its secrets, such as ``passphrase``; empty when it does not say.
    """

    stack: str
    project: str
    time: str
    engine: str
    digest: str
    resources: tuple[StateResource, ...]
    secrets_provider: str = ""

    @property
    def words(self) -> str:
        """What was read, in words."""
        return f"stack {self.project}/{self.stack}, written {self.time} by Pulumi {self.engine}, SHA-256 {self.digest}"

    def objects(self) -> dict[Named, StateResource]:
        """Return the objects of Kubernetes in it."""
        return {named: resource for resource in self.resources if (named := resource.named)}

    def images(self) -> tuple[str, ...]:
        """Return every container image that is named in it, sorted."""
        found = {image for resource in self.resources if resource.named for image in images_in(resource.inputs)}
        return tuple(sorted(found))


class HiddenValue:
    """What stands in the place of a secret: it is known that there is a value, and nothing else."""

    def __repr__(self) -> str:
        return "[secret]"


HIDDEN_VALUE: Final = HiddenValue()


def read_state(path: Path) -> StackState:
    """Read a state from a file.

    Raises:
        SpecError: it is not there, is no JSON, or is no state.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from None
    if len(data) > _LONGEST:
        raise _wrong(path, f"is larger than {_LONGEST} bytes")
    return parse_state(data, path)


def parse_state(data: bytes, path: Path) -> StackState:
    """Read a state from the bytes of a file.

    Raises:
        SpecError: as `read_state`; nothing of the file is in the message, as it may be secret.
    """
    try:
        document = json.loads(data)
    except (ValueError, UnicodeDecodeError, RecursionError):
        raise _wrong(path, "is no JSON; `pulumi stack export --file FILE` writes one") from None
    found = _mapping(document)
    # What lies in a backend of files is wrapped once more than what `pulumi stack export` prints.
    deployment = _mapping(found.get("deployment")) or _mapping(_mapping(found.get("checkpoint")).get("latest"))
    if "manifest" not in deployment:
        raise _wrong(path, "is no state of Pulumi; `pulumi stack export --file FILE` writes one")
    manifest, provider = _mapping(deployment.get("manifest")), _mapping(deployment.get("secrets_providers"))
    rows = cast("list[Any]", deployment.get("resources") or [])
    resources = tuple(_resources(rows))
    stack, project = _names(resources)
    return StackState(
        stack=stack,
        project=project,
        time=str(manifest.get("time", "")),
        engine=str(manifest.get("version", "")),
        digest=sha256(data).hexdigest(),
        resources=resources,
        secrets_provider=str(provider.get("type", "")),
    )


def images_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - plain values of any shape
    """Yield every text that stands under a key ``image`` or ``imageName``."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[Any, Any]", value).items():
            if key in {"image", "imageName"} and isinstance(item, str) and _IMAGE.match(item):
                yield item
            else:
                yield from images_in(item)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):
            yield from images_in(item)


_IMAGE: Final = re.compile(r"^[a-z0-9][A-Za-z0-9._:/@-]*/[A-Za-z0-9._:/@-]+$")


def _resources(rows: list[Any]) -> Iterator[StateResource]:
    for row in map(_mapping, rows):
        # What is marked for deletion is replaced already; its successor is in the list too.
        if row.get("delete") or "urn" not in row:
            continue
        urn = str(row["urn"])
        inputs = cast("Mapping[str, Any]", shown(row.get("inputs") or {}))
        yield StateResource(
            type=str(row.get("type", "")),
            name=urn.rpartition("::")[2],
            urn=urn,
            provider=str(row.get("provider", "")),
            inputs=_mapping(inputs),
            protect=row.get("protect") is True,
        )


def shown(value: Any) -> Any:  # noqa: ANN401 - plain values of any shape
    """Return a value without what Pulumi marks as special: secrets above all, in clear or encrypted."""
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        return HIDDEN_VALUE if SIGNATURE in mapping else {key: shown(item) for key, item in mapping.items()}
    if isinstance(value, list):
        return [shown(item) for item in cast("list[Any]", value)]
    return value


def _names(resources: tuple[StateResource, ...]) -> tuple[str, str]:
    parts = resources[0].urn.removeprefix("urn:pulumi:").split("::") if resources else []
    return (parts[0], parts[1]) if len(parts) > 1 else ("", "")


def _mapping(value: Any) -> Mapping[str, Any]:  # noqa: ANN401 - plain values of any shape
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _wrong(path: Path, rule: str) -> SpecError:
    return SpecError(str(path), [Problem("--state", path.name, rule)])
