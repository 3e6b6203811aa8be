"""How the registry of a region reaches the values of each chart: facts as data, read once and checked."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import entries
from aifactory.catalog.release import HostName

ValuePath = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$")]
"""Names with dots between, such as ``image.manager.repository``."""

Place = Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+(/[a-z0-9._-]+)*$")]


class ChartImages(Fact):
    """Where a chart takes its images and pull secrets from.

    Attributes:
        registries: path of a value to the host that the chart has there; names of images stand elsewhere.
        repositories: path of a value to the name that the chart has there, or its beginning, without a tag.
        pull_secrets: path of a list of Secrets, and whether it holds ``objects`` ({name: SECRET}) or ``names``.
        fixed: registries of images that stand in its templates, which no value changes.
        source: where the paths and their use were read.
    """

    registries: dict[ValuePath, Place] = Field(default_factory=dict)
    repositories: dict[ValuePath, Place] = Field(default_factory=dict)
    pull_secrets: dict[ValuePath, Literal["objects", "names"]] = Field(default_factory=dict)
    fixed: tuple[HostName, ...] = ()
    source: Source

    @model_validator(mode="after")
    def _pods_may_pull(self) -> Self:
        if not self.pull_secrets and (self.registries or self.repositories or not self.fixed):
            raise ValueError("pull_secrets are missing: what pulls an image by a value may need a Secret for it")
        return self


@cache
def chart_images() -> Mapping[str, ChartImages]:
    """Return where charts take their images from, by what `facts_key` gives for each."""
    return entries("chart_images.yaml", ChartImages)
