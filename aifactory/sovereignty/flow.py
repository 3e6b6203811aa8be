"""One flow: data of a class going from one place to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aifactory.model.flow_kind import FlowKind

HERE: Final = "here"
"""The destination of what stays in the region's own cluster."""

PASSPHRASE: Final = "passphrase"  # noqa: S105 - the name of a way to keep one
"""The secrets provider that is the owner's own words: what it encrypts, no backend can read."""

NODE_DISKS: Final = "node-disks"
"""The name under which a region says of its nodes' own disks what it says of storage classes: whether they are encrypted."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Data of a class going from a block to a place.

    Attributes:
        block: who causes it: kind and name, such as ``database billing``.
        kind: why.
        destination: where it goes: `HERE`, the host of a registry (``ghcr.io``), or an address (``s3://backups/eu``).
        data_class: class of the data; None when nobody said, which rules that need it deny.
        encrypted: whether it is encrypted on its way (or, for `STORAGE`, where it lies); None when it cannot be known.
        note: what a reader should know, such as the operator of an object store.
        part: which of several of the same kind, such as ``disk root``; empty where there is one.
        country: country of the destination; None for `HERE`, and when nobody said.
        operator: who runs the destination; None for `HERE`, and when nobody said.
        location: the provider's place of the destination, such as ``azure/swedencentral``; empty when it has none.
        storage_class: storage class of a volume; empty for the default one; None when it is no volume.
        key: key of the region that the data are encrypted with where they lie; None when nobody said.
        retention_days: how long they are kept there; None when that is not said by the flow.
        images: what is pulled, as it is written; empty when that is decided elsewhere.
        silenced: for `FlowKind.TELEMETRY`, whether it is switched off; None when nobody knows.
    """

    block: str
    kind: FlowKind
    destination: str
    data_class: str | None = None
    encrypted: bool | None = None
    note: str = ""
    part: str = ""
    country: str | None = None
    operator: str | None = None
    location: str = ""
    storage_class: str | None = None
    key: str | None = None
    retention_days: int | None = None
    images: tuple[str, ...] = ()
    silenced: bool | None = None


def image_flows(block: str, images: Iterable[str]) -> tuple[Flow, ...]:
    """Return the pulls of these images, one for each registry host; images are code and have no class of data."""
    by_host: dict[str, list[str]] = {}
    for image in dict.fromkeys(images):
        by_host.setdefault(registry_host(image), []).append(image)
    return tuple(
        Flow(block, FlowKind.IMAGE_PULL, host, encrypted=True, images=tuple(by_host[host])) for host in sorted(by_host)
    )


def registry_host(image: str) -> str:
    """Return the registry that an image comes from; without a host in its name it is Docker Hub's."""
    first = image.split("/", 1)[0]
    return first if "/" in image and ("." in first or ":" in first or first == "localhost") else "docker.io"
