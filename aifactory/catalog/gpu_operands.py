"""The images that the GPU Operator runs on GPU nodes: facts as data, read once and checked."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field


class Operand(BaseModel):
    """One image that the operator runs, in the three parts that a ClusterPolicy names it by.

    Attributes:
        repository: registry and path, without the image's own name.
        image: the image's own name.
        version: its tag; the driver's gets the operating system of the node from the operator.
        digest: ``sha256:...`` once somebody has read it from the registry, else None; the driver's has none for that reason.
        source: where these were read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    repository: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+(/[a-z0-9._-]+)+$")]
    image: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: Annotated[str, Field(pattern=r"^v?\d+\.\d+[A-Za-z0-9._-]*$")]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    source: Annotated[str, Field(min_length=10)]

    @property
    def reference(self) -> str:
        """The image as one name: registry, path, name and tag."""
        return f"{self.repository}/{self.image}:{self.version}"

    @property
    def pull(self) -> str:
        """What a ClusterPolicy gets as the version: the digest when there is one, which the operator takes in its place."""
        return self.digest or self.version


@cache
def gpu_operands() -> Mapping[str, Operand]:
    """Return the GPU Operator's operands by their role, for the release that the catalog pins."""
    text = files("aifactory.catalog").joinpath("gpu_operands.yaml").read_text(encoding="utf-8")
    data = cast("dict[str, object]", yaml.load(text, Loader=yaml.CSafeLoader))
    return {role: Operand.model_validate(facts) for role, facts in data.items()}
