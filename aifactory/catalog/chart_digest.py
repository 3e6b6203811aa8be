"""How the digest of an image reaches the values of each chart: facts as data, read once and checked."""

from collections.abc import Mapping
from functools import cache
from typing import Self

from pydantic import Field, model_validator

from aifactory.catalog.chart_image import Place, ValuePath
from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import entries


class ChartDigests(Fact):
    """Where a chart takes digests.

    Attributes:
        tags: path of a value that holds a tag, and takes TAG@DIGEST, to the name of its image.
        digests: path of a value that holds a digest, beside one that holds a tag, to the name of its image.
        source: where the paths and their use were read.
    """

    tags: dict[ValuePath, Place] = Field(default_factory=dict)
    digests: dict[ValuePath, Place] = Field(default_factory=dict)
    source: Source

    @model_validator(mode="after")
    def _each_image_once(self) -> Self:
        names = self.names
        if not names or len(set(names)) < len(names):
            raise ValueError("every image has one value, and a chart without any is left out")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the images whose digests it takes."""
        return (*self.tags.values(), *self.digests.values())


@cache
def chart_digests() -> Mapping[str, ChartDigests]:
    """Return where charts take digests, by the release that they belong to."""
    return entries("chart_digests.yaml", ChartDigests)


def image_parts(image: str) -> tuple[str, str, str]:
    """Return name, tag and digest of an image as the catalog has it; the digest is empty as long as nobody has read it."""
    reference, _, digest = image.partition("@")
    name, _, tag = reference.rpartition(":")
    return name, tag, digest
