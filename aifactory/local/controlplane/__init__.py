"""A real Kubernetes control plane on loopback: etcd, API server, controller manager, scheduler, and KWOK.

Nodes, and the operators whose controllers would need containers, are simulated by KWOK; everything else is what
runs in production.
"""

from aifactory.local.controlplane.lifecycle import (
    ControlPlane,
    PartStatus,
    StageFiles,
    start,
    start_simulation,
    status,
    stop,
)
from aifactory.local.controlplane.parts import NODE_SELECTOR, PartName

__all__ = [
    "NODE_SELECTOR",
    "ControlPlane",
    "PartName",
    "PartStatus",
    "StageFiles",
    "start",
    "start_simulation",
    "status",
    "stop",
]
