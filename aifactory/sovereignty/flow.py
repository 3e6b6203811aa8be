"""One flow: data of a class going from one place to another."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

HERE: Final = "here"
"""The destination of what stays in the region's own cluster."""


class FlowKind(StrEnum):
    """Why data goes somewhere."""

    STORAGE = "storage"
    """It lies on a volume."""
    REPLICA = "replica"
    """A copy that follows the original."""
    BACKUP = "backup"
    """Base backups and write-ahead log."""
    IMAGE_PULL = "image-pull"
    """A container or disk image that a node fetches: code from outside."""
    MODEL_PULL = "model-pull"
    """Weights that are fetched."""
    DISK_PULL = "disk-pull"
    """Contents of a virtual disk that are fetched."""
    REQUEST = "request"
    """Requests and answers of clients."""
    METRICS = "metrics"
    """Measurements that are read by whatever collects them."""
    STATE = "state"
    """Pulumi state, with the outputs and secrets in it."""
    KEY = "key"
    """Secrets that are decrypted by somebody's key."""
    ADMIN = "admin"
    """Whoever reaches the cluster's API."""


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
    """

    block: str
    kind: FlowKind
    destination: str
    data_class: str | None = None
    encrypted: bool | None = None
    note: str = ""


def image_flows(block: str, images: Iterable[str]) -> tuple[Flow, ...]:
    """Return the pulls of these images, one for each registry host; images are code and have no class of data."""
    hosts = sorted({registry_host(image) for image in images})
    return tuple(Flow(block, FlowKind.IMAGE_PULL, host, encrypted=True) for host in hosts)


def registry_host(image: str) -> str:
    """Return the registry that an image comes from; without a host in its name it is Docker Hub's."""
    first = image.split("/", 1)[0]
    return first if "/" in image and ("." in first or ":" in first or first == "localhost") else "docker.io"
