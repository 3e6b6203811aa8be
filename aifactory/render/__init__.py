"""Specs to Kubernetes objects; pure, so that a test, a reviewer or another tool can see them without an engine.

Every function returns plain dicts in the order in which they are to be made.
"""

from aifactory.render.gpu import render_gpu_operator
from aifactory.render.guardrails import render_namespace
from aifactory.render.inference import InferenceObjects, render_model
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.operators import render_operators
from aifactory.render.postgres import render_database
from aifactory.render.schema import check_objects
from aifactory.render.tenancy import render_tenancy
from aifactory.render.virtualization import render_virtual_machine, render_virtual_machine_platform

__all__ = [
    "InferenceObjects",
    "Manifest",
    "Scope",
    "check_objects",
    "render_database",
    "render_gpu_operator",
    "render_model",
    "render_namespace",
    "render_operators",
    "render_tenancy",
    "render_virtual_machine",
    "render_virtual_machine_platform",
]
