"""Where a region's images and charts come from, when not from the internet."""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Self, cast

from pydantic import AfterValidator, Field, model_validator

from aifactory.model.base import Spec

DOCKER_HUB: Final = "docker.io"
"""The registry of images whose names have no host."""

_HOST = r"(?:[a-z0-9](?:[-a-z0-9]*[a-z0-9])?\.)*[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?::[0-9]{1,5})?"
_PATH = r"(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
_PLACE: Final = re.compile(rf"{_HOST}{_PATH}")
_HOST_ONLY: Final = re.compile(_HOST)

_ALIASES: Final = {"index.docker.io": DOCKER_HUB, "registry-1.docker.io": DOCKER_HUB}


def _place(value: str) -> str:
    """Refuse what is no ``host[:port][/path]``."""
    if "://" in value:
        raise ValueError("must be host[/path] without a scheme: nodes pull over TLS, whatever is written in front")
    if not _PLACE.fullmatch(value):
        raise ValueError("must be host[:port][/path] in lower case, without a tag and without / at the end")
    if not _names_a_host(value.partition("/")[0]):
        raise ValueError("must begin with a host that has a dot or a port, or it would be read as a path on docker.io")
    return value


def _names_a_host(first: str) -> bool:
    # Container runtimes read a capital letter as a host too: no path of Docker Hub has one.
    return "." in first or ":" in first or first == "localhost" or first != first.lower()


def _origin(value: str) -> str:
    if not _HOST_ONLY.fullmatch(value) or not _names_a_host(value):
        raise ValueError("must be the host of a registry, such as ghcr.io, without scheme, path or tag")
    if value in _ALIASES:
        raise ValueError(f"is written {_ALIASES[value]} in the names of images")
    return value


def _places_given(values: object) -> list[str]:
    given = cast("Mapping[str, object]", values if isinstance(values, Mapping) else {})
    mirrors = given.get("mirrors")
    each = cast("Mapping[str, object]", mirrors).values() if isinstance(mirrors, Mapping) else ()
    return [place for place in (given.get("mirror"), *each) if isinstance(place, str)]


RegistryPlace = Annotated[str, Field(min_length=3, max_length=200), AfterValidator(_place)]
"""``host[:port][/path]`` of a registry: no scheme, no credentials, no tag."""

RegistryHost = Annotated[str, Field(min_length=3, max_length=200), AfterValidator(_origin)]
"""Host of a registry as it stands in front of images, such as ``ghcr.io``."""


class RegistrySpec(Spec):
    """Where the images and OCI charts of a region come from, and by whose leave."""

    mirror: RegistryPlace | None = None
    """``host[/path]`` that everything comes from, with the original host as the first part of the path:
    ``ghcr.io/org/image:1`` becomes ``registry.internal/ghcr.io/org/image:1``. None: only what `mirrors` names."""

    mirrors: dict[RegistryHost, RegistryPlace] = Field(default_factory=dict)
    """Original host to what replaces it, such as ``ghcr.io: registry.internal/ghcr``: one for each host, as the proxy
    projects of Harbor and most pull-through caches are laid out. They go before `mirror`."""

    only: bool = True
    """Whether an image of a host that is not mirrored is refused. Default true: in a region that is cut off it would never
    start. False: it comes from where it always did."""

    pull_secret: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)] | None = None
    """Name of a Secret of type ``kubernetes.io/dockerconfigjson`` that is there in every namespace that pulls. It is named,
    never read and never made. None: whoever reaches the registry may pull."""

    @model_validator(mode="before")
    @classmethod
    def _holds_no_credentials(cls, values: object) -> object:
        """Refuse credentials before any field is looked at: what is said of a field repeats its value, this must not."""
        if any("@" in place for place in _places_given(values)):
            raise ValueError("mirrors hold no credentials and no digest (there is an @ in one): who may pull is pull_secret")
        return values

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.mirror is None and not self.mirrors and self.pull_secret is None:
            raise ValueError("registry needs mirror, mirrors or pull_secret; leave it out to pull from where images are")
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """Every place that images are taken from."""
        return tuple(dict.fromkeys([*self.mirrors.values(), *([self.mirror] if self.mirror else [])]))

    def prefix(self, host: str) -> str | None:
        """Return what replaces the host of a registry; None when images of it may not be pulled at all.

        Args:
            host: original host, such as ``ghcr.io``; of a mirror itself it stays as it is.
        """
        if host in self.mirrors:
            return self.mirrors[host]
        if self.mirror is not None and host != self.mirror.partition("/")[0]:
            return f"{self.mirror}/{host}"
        if host in self.hosts or not self.hosts or not self.only:
            return host
        return None

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that images are taken from."""
        return frozenset(place.partition("/")[0] for place in self.places)

    def through(self, image: str) -> str | None:
        """Return an image as it is named where it is taken from; None when it may not be pulled at all.

        Tag and digest stay. What already lies in a mirror is left as it is, so a name may be asked for twice.

        Args:
            image: ``[host/]path[:tag][@digest]``; without a host it is Docker Hub's.
        """
        if any(image.startswith(f"{place}/") for place in self.places):
            return image
        host, path = parted(image)
        prefix = self.prefix(host)
        if prefix is None:
            return None
        # Without a mirror for it, a short name stays short: that it is Docker Hub's is the node's business then.
        return image if prefix == host else f"{prefix}/{path}"


def parted(image: str) -> tuple[str, str]:
    """Return host and path of an image: ``nginx`` is ``docker.io`` and ``library/nginx``.

    Args:
        image: ``[host/]path[:tag][@digest]``.
    """
    first, slash, rest = image.partition("/")
    if slash and _names_a_host(first):
        host, path = _ALIASES.get(first, first), rest
    else:
        host, path = DOCKER_HUB, image
    official = host == DOCKER_HUB and "/" not in path.partition("@")[0]
    return host, f"library/{path}" if official else path


def unmirrored(registry: RegistrySpec, images: Mapping[str, str]) -> dict[str, str]:
    """Return those images that may not be pulled, by the same keys.

    Args:
        registry: where images come from.
        images: image by whatever names it for a reader.
    """
    return {key: image for key, image in images.items() if registry.through(image) is None}
