"""The NVIDIA GPU Operator: what it does to the GPU nodes of a cluster."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.gpu import GpuFleetSpec, namespace_problems, pool_problems
from aifactory.owner import OwnerArgs
from aifactory.render.gpu import GPU_RESOURCE, driver_version, render_gpu_operator, runtime_class
from aifactory.sovereignty import Flow
from aifactory.sovereignty.gpu import gpu_operator_flows


class GpuNodePoolArgs(TypedDict):
    """Nodes of one kind with GPUs of one kind."""

    accelerator: str
    """Key of the accelerator in the catalog, such as h100-sxm-80gb."""
    nodes: int
    """How many nodes the pool has."""
    gpus_per_node: int
    """GPUs on each node."""
    cpus_per_node: NotRequired[int]
    """Logical CPUs of each node. Default 192."""
    memory_gib_per_node: NotRequired[int]
    """Main memory of each node in GiB. Default 2048."""


class GpuDriverArgs(TypedDict):
    """The driver that the operator brings."""

    precompiled: NotRequired[bool]
    """Whether precompiled images are used: nothing is fetched and built on the nodes. Default false."""
    version: NotRequired[str]
    """Driver version; of a precompiled driver its branch, such as 580. Default: the operator's own."""


class GpuSharingArgs(TypedDict):
    """Several pods on one GPU."""

    mode: str
    """In turns without memory isolation: time-slicing. At the same time through NVIDIA's service: mps."""
    replicas: int
    """Pods that share one GPU; each counts as one GPU of the node."""


class GpuOperatorArgs(OwnerArgs):
    """The GPU Operator's ClusterPolicy. Needs the operator 26.7, installed without a ClusterPolicy of its own."""

    platform: str
    """What the GPU nodes run: bare-metal, eks-al2023, aks-stock, talos, openshift or simulated."""
    pools: dict[str, GpuNodePoolArgs]
    """GPU pools by name, as they are: nothing is made of them, they are checked against the settings."""
    namespace: NotRequired[str]
    """Namespace that the operator runs in. Default gpu-operator; on OpenShift it is nvidia-gpu-operator."""
    allocation: NotRequired[str]
    """How pods ask for GPUs: device-plugin (default). The other way, dra, is refused in this version."""
    driver: NotRequired[GpuDriverArgs]
    """The driver, where the operator brings it: bare-metal and openshift."""
    mig: NotRequired[str]
    """How partitioned GPUs are offered: none (default), single or mixed."""
    sharing: NotRequired[GpuSharingArgs]
    """Several pods on one GPU. Default: a GPU has one user."""
    monitoring: NotRequired[bool]
    """Whether GPU metrics are exported. Default true."""
    overrides: NotRequired[dict[str, Any]]
    """More fields of the ClusterPolicy's spec; they add, and never change what is decided here."""


class GpuOperator(Component):
    """Tells the GPU Operator what the GPU nodes run, and waits until GPUs can be asked for."""

    namespace: pulumi.Output[str]
    """Namespace that the operator and its operands run in."""
    resource_names: pulumi.Output[dict[str, str]]
    """What pods ask for to get a GPU, by pool. With mixed partitions these are the GPUs that are whole; partitions have
    names of their own, such as nvidia.com/mig-1g.10gb."""
    runtime_class: pulumi.Output[str]
    """RuntimeClass of pods that name one; with the device interface that is on by default, they need none."""
    driver_version: pulumi.Output[str]
    """Version of the driver; empty where the node image or the operator's OpenShift bundle decides it."""

    def __init__(self, name: str, args: GpuOperatorArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        self._name = name
        source = f"GpuOperator {name}"
        spec = self._spec = validate(GpuFleetSpec, spec_values(values), source)
        namespace = spec.operator_namespace
        problems = [*namespace_problems(spec, namespace), *pool_problems(spec, spec.pools)]
        if problems:
            raise SpecError(source, problems)

        *config, policy = render_gpu_operator(self._scope, name, spec, namespace)
        made = self.make([policy], depends_on=self.make(config))
        self.namespace = once_made(made, namespace)
        self.resource_names = once_made(made, dict.fromkeys(spec.pools, GPU_RESOURCE))
        self.runtime_class = once_made(made, runtime_class(spec.platform))
        self.driver_version = once_made(made, driver_version(spec))
        self.register_outputs(
            {
                "namespace": self.namespace,
                "resource_names": self.resource_names,
                "runtime_class": self.runtime_class,
                "driver_version": self.driver_version,
            }
        )

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where the operands' images come from, and who reads what they measure."""
        return gpu_operator_flows(self._name, self._spec)
