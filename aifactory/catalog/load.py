"""The catalog's files, read once and checked."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypeVar, cast

import yaml

from aifactory.catalog.accelerator import Accelerator
from aifactory.catalog.fact import Fact
from aifactory.catalog.image import Image
from aifactory.catalog.release import Release

_Entry = TypeVar("_Entry", bound=Fact)


def _read(name: str, entry: type[_Entry]) -> Mapping[str, _Entry]:
    text = files("aifactory.catalog").joinpath(name).read_text(encoding="utf-8")
    data = cast("dict[str, object]", yaml.load(text, Loader=yaml.CSafeLoader))
    return {key: entry.model_validate(facts) for key, facts in data.items()}


@cache
def accelerators() -> Mapping[str, Accelerator]:
    """Return the known GPUs by the key that factory.yaml uses."""
    return _read("accelerators.yaml", Accelerator)


@cache
def releases() -> Mapping[str, Release]:
    """Return the pinned release of each known operator by the key that factory.yaml uses."""
    return _read("releases.yaml", Release)


@cache
def images() -> Mapping[str, Image]:
    """Return the images that blocks run, by the name of their role."""
    return _read("images.yaml", Image)
