"""Images in objects: whatever the registry of a region would reach, found by letting it reach for it."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

from aifactory.catalog import releases
from aifactory.model import RegistrySpec
from aifactory.render.manifest import Manifest
from aifactory.render.registry import through_registry

_MARK: Final = "found.aifactory.invalid"
"""A mirror that nobody has: what is rewritten to it is an image, whatever field, variable or option it stood in. So what is
listed and what is taken from a registry can never be two things."""

_MARKED: Final = re.compile(rf"{re.escape(_MARK)}/([^\s,;\"']+)")


def images_in(manifests: Iterable[Manifest]) -> list[str]:
    """Return the images that objects name, each once, in order, with the host of Docker Hub where a name has none.

    An operand that does not say its tag is given without one: the operator decides.

    Args:
        manifests: objects that name images by the registries of their makers.
    """
    marked = through_registry(manifests, RegistrySpec(mirror=_MARK))
    return list(dict.fromkeys(image for manifest in marked for image in _in_object(manifest)))


def _in_object(manifest: Manifest) -> Iterator[str]:
    if manifest.get("kind") == "KubeVirt":
        yield from _platform(manifest)
    else:
        yield from _in(manifest)


def _in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _MARKED.findall(value)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _in(item)
    elif isinstance(value, dict):
        held = cast("dict[str, object]", value)
        repository = held.get("repository")
        if isinstance(repository, str) and repository.startswith(f"{_MARK}/"):
            yield _operand(held, repository)
            held = {key: part for key, part in held.items() if key != "repository"}
        for part in held.values():
            yield from _in(part)


def _operand(part: dict[str, Any], repository: str) -> str:
    """Return the image that NVIDIA's kinds name in three parts; a version that is a digest stands behind an @."""
    name = f"{repository.removeprefix(f'{_MARK}/')}/{part.get('image') or 'image'}"
    version = str(part.get("version") or "")
    separator = "@" if version.startswith("sha256:") else ":"
    return f"{name}{separator}{version}" if version else name


def _platform(manifest: Manifest) -> Iterator[str]:
    """Yield the images that KubeVirt runs from the place that it is told: those of its release, by their own names."""
    spec = cast("dict[str, object]", manifest.get("spec") or {})
    place = str(spec.get("imageRegistry") or "").removeprefix(f"{_MARK}/")
    for image in releases()["kubevirt"].images:
        yield f"{place}/{image.rpartition('/')[2]}" if place else image
    yield from _in({key: part for key, part in spec.items() if key != "imageRegistry"})
