"""Images that resources name: the registry's host and whether they are pinned, and nothing else of them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from aifactory.policy.observation import Observation
from aifactory.policy.values import ABSENT, UNKNOWN, Found, first, select
from aifactory.sovereignty.fact import Pulled
from aifactory.sovereignty.flow import registry_host

_HOST: Final = re.compile(r"^[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:\d{1,5})?$")
_DOCKER_HUB: Final = frozenset({"index.docker.io", "registry-1.docker.io"})
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}$")


def host_of(image: str) -> str | None:
    """Return the registry that an image comes from; None when what stands there is no host.

    A password before the host (``user:password@host/image``) is not part of it and goes nowhere.
    """
    head, slash, rest = image.strip().lower().removeprefix("docker://").removeprefix("oci://").partition("/")
    host = registry_host(f"{head.rpartition('@')[2]}{slash}{rest}") if slash else "docker.io"
    return "docker.io" if host in _DOCKER_HUB else host if _HOST.match(host) else None


def is_pinned(image: str) -> bool:
    """Return whether an image is pinned by a whole digest."""
    return bool(_DIGEST.search(image.strip()))


def pulled(properties: Mapping[str, Any], path: str, subject: Callable[[str], str], source: str) -> Iterator[Observation]:
    """Yield the images at a path; after a ``/`` in it a text is read as JSON.

    Args:
        properties: plain properties of the resource.
        path: property that names an image, or several.
        subject: makes the subject of a finding.
        source: where the resource stands.
    """
    outer, _, inner = path.partition("/")
    for found in _within(properties, outer, inner) if inner else select(properties, outer):
        yield from pull(found, subject, source)


def pull(found: Found, subject: Callable[[str], str], source: str) -> Iterator[Observation]:
    """Yield one image, where there is one."""
    if found.value is ABSENT or found.value == "":
        return
    what = subject(f"image {found.path}")
    if not isinstance(found.value, str):
        unknown = (found.path,) if found.value is UNKNOWN else ()
        yield Observation(Pulled(subject=what, source=source, host=None, pinned=None), unknown)
        return
    fact = Pulled(subject=what, source=source, host=host_of(found.value), pinned=is_pinned(found.value))
    yield Observation(fact)


def _within(properties: Mapping[str, Any], outer: str, inner: str) -> Iterator[Found]:
    text = first(properties, outer)
    if not isinstance(text.value, str):
        yield Found(text.path, text.value)
        return
    try:
        read = json.loads(text.value)
    except ValueError:
        yield Found(text.path, None)
        return
    for found in select({"": read} if isinstance(read, list) else read, f".{inner}" if isinstance(read, list) else inner):
        yield Found(f"{text.path}{found.path}", found.value)
