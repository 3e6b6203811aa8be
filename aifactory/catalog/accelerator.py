"""GPU models, as nodes show them to Kubernetes."""

from typing import Annotated

from pydantic import Field

from aifactory.catalog.fact import Fact, Source


class Accelerator(Fact):
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
    source: Source
