"""One thing that a region refers to, and by which way it comes there."""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from aifactory.model.registry import parted

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class Kind(StrEnum):
    """What it is."""

    CHART = "chart"
    IMAGE = "image"
    MODEL = "model"
    """Weights of a model, in an image."""


class Way(StrEnum):
    """By which way it comes to the region."""

    MIRROR = "mirror"
    """Through the region's registry: it must lie there."""
    THERE = "there"
    """It is named in the region's registry itself, so its owner has put it there."""
    DIRECT = "direct"
    """From where its makers keep it: the region has no registry, or one that is not the only one."""
    INDEX = "index"
    """A chart of a repository with an index: no registry of images reaches it, only a bundle beside factory.yaml does."""
    BUNDLE = "bundle"
    """A chart that lies in a bundle beside factory.yaml already."""
    REFUSED = "refused"
    """By none: its host has no mirror, and the registry is the only one."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is pulled.

    Attributes:
        kind: what it is.
        name: where its makers keep it: host and path, without tag and digest; of a chart with ``oci://`` or ``https://``.
        tag: its tag, or a chart's version; empty where only a digest is named.
        digest: ``sha256:...``; None as long as nobody has read it.
        way: by which way it comes to the region.
        target: host and path in the region's registry, of a chart with ``oci://``; empty for every other way.
        used_by: what of the region refers to it, sorted.
    """

    kind: Kind
    name: str
    tag: str
    digest: str | None
    way: Way
    target: str = ""
    used_by: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The whole name, with tag and digest where there are any."""
        return f"{self.name}{f':{self.tag}' if self.tag else ''}{f'@{self.digest}' if self.digest else ''}"

    @property
    def is_pinned(self) -> bool:
        """Whether it cannot become another thing under the same name."""
        return self.digest is not None

    @property
    def target_tag(self) -> str:
        """The tag that it gets in the region's registry: its own, or one made of its digest.

        What has no tag is collected as garbage by some registries. ``sha256-...`` would be taken for what refers to it.
        """
        return self.tag or f"pinned-{hashlib.sha256((self.digest or self.name).encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that the region needs and that cannot be listed, because who decides what it is decides later.

    Attributes:
        used_by: what of the region needs it.
        why: what it is and who decides, in a sentence.
    """

    used_by: str
    why: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The parts of an image's name.

    Attributes:
        name: host and path.
        tag: empty when there is none.
        digest: None when there is none.
    """

    name: str
    tag: str = ""
    digest: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether it names one image, and not all versions of it."""
        return bool(self.tag or self.digest)


def referred(image: str) -> Reference:
    """Return the parts of an image's name; one without a host is Docker Hub's.

    Args:
        image: ``[host/]path[:tag][@digest]``.
    """
    whole, _, digest = image.partition("@")
    host, path = parted(whole)
    head, slash, last = path.rpartition("/")
    name, _, tag = last.partition(":")
    return Reference(f"{host}/{head}{slash}{name}", tag, digest if _DIGEST.fullmatch(digest) else None)
