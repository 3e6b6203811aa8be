"""Pools of nodes with GPUs."""

from typing import Annotated

from pydantic import Field

from aifactory.model.base import Spec


class GpuPoolSpec(Spec):
    """Nodes of one kind with GPUs of one kind."""

    accelerator: Annotated[str, Field(min_length=1)]
    """Key of the accelerator in the catalog, such as ``h100-sxm-80gb``."""

    nodes: Annotated[int, Field(ge=1, le=1000)]
    """How many nodes the pool has."""

    gpus_per_node: Annotated[int, Field(ge=1, le=16)]
    """GPUs on each node; HGX boards have 8."""

    cpus_per_node: Annotated[int, Field(ge=1, le=1024)] = 192
    """Logical CPUs of each node. Default: two sockets of 96, as HGX H100 systems have."""

    memory_gib_per_node: Annotated[int, Field(ge=1, le=65536)] = 2048
    """Main memory of each node in GiB. Default: 2 TiB, as HGX H100 systems have."""

    @property
    def gpus(self) -> int:
        """GPUs in the whole pool."""
        return self.nodes * self.gpus_per_node
