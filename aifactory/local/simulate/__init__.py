"""What a region on one machine does not have and shows all the same: GPU nodes, kubelets, operators, disks.

Everything here is marked: nodes, volumes and every object whose status was set bear the annotation
`aifactory.conventions.SIMULATED_ANNOTATION`. The control plane, its scheduler and controllers, and the operators' own
schemas are real. docs/simulation.md says of each kind what is set and what is missing.
"""

from .namespaces import apply_namespaces
from .nodes import (
    GPU_RESOURCE,
    GPU_TAINT,
    PROVISIONER,
    STORAGE_CLASS,
    SYSTEM_POOL,
    AcceleratorFacts,
    Pool,
    Taint,
    apply_nodes,
    gpu_labels,
)
from .stages import GENERATION_ANNOTATION, WITHHOLD_ANNOTATION, stage_files, stages
from .statuses import SimulatedKind, simulated_kinds

__all__ = [
    "GENERATION_ANNOTATION",
    "GPU_RESOURCE",
    "GPU_TAINT",
    "PROVISIONER",
    "STORAGE_CLASS",
    "SYSTEM_POOL",
    "WITHHOLD_ANNOTATION",
    "AcceleratorFacts",
    "Pool",
    "SimulatedKind",
    "Taint",
    "apply_namespaces",
    "apply_nodes",
    "gpu_labels",
    "simulated_kinds",
    "stage_files",
    "stages",
]
