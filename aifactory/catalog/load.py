"""The catalog's files, read once and checked."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, TypeVar, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Accelerator(_Fact):
    """A GPU model, as GPU feature discovery describes it on a node.

    Attributes:
        product: value of the node label ``nvidia.com/gpu.product``.
        family: architecture, value of ``nvidia.com/gpu.family``.
        compute_capability: CUDA compute capability, ``major.minor``.
        memory_mib: memory of one GPU in MiB, value of ``nvidia.com/gpu.memory``.
        mig_capable: whether it can be partitioned (Multi-Instance GPU).
        source: where these were read.
    """

    product: str
    family: str
    compute_capability: Annotated[str, Field(pattern=r"^\d+\.\d+$")]
    memory_mib: Annotated[int, Field(gt=0)]
    mig_capable: bool
    source: Annotated[str, Field(min_length=10)]


class Release(_Fact):
    """One pinned version of an operator.

    Attributes:
        title: its name for people.
        version: the pinned, tested version.
        install: install modes that this version of aifactory can carry out.
        usual: the mode by which it usually comes into a cluster: what a preflight names when it is missing.
        kubernetes: range of Kubernetes versions, such as ``>=1.34 <1.37``.
        crds: CustomResourceDefinitions that must be established for it to count as present.
        source: where the version and range were read.
    """

    title: str
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    install: tuple[str, ...]
    usual: Literal["helm", "manifests", "olm"]
    kubernetes: str
    crds: Annotated[tuple[str, ...], Field(min_length=1)]
    source: Annotated[str, Field(min_length=10)]


class Image(_Fact):
    """A container image.

    Attributes:
        reference: registry, repository and tag.
        digest: ``sha256:...`` once somebody has read it from the registry, else None.
        source: where the reference was read.
    """

    reference: Annotated[str, Field(pattern=r"^[a-z0-9.-]+\.[a-z]+/[a-z0-9._/-]+:[A-Za-z0-9._-]+$")]
    digest: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")] | None = None
    source: Annotated[str, Field(min_length=10)]

    @property
    def pinned(self) -> bool:
        """Whether the image is pinned by digest and so cannot change under the same name."""
        return self.digest is not None

    @property
    def pull(self) -> str:
        """What a container's `image` field gets: with the digest when there is one."""
        return f"{self.reference}@{self.digest}" if self.digest else self.reference


_Entry = TypeVar("_Entry", bound=_Fact)


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
