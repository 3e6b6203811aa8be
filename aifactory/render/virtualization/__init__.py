"""Virtual machines: the platform that runs them, and each machine with its disks, traffic and address."""

from aifactory.render.virtualization.machine import render_virtual_machine, volume_name
from aifactory.render.virtualization.platform import HCO_NAMESPACE, UPSTREAM_NAMESPACE, render_virtual_machine_platform

__all__ = [
    "HCO_NAMESPACE",
    "UPSTREAM_NAMESPACE",
    "render_virtual_machine",
    "render_virtual_machine_platform",
    "volume_name",
]
