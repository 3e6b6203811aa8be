"""Specs to Kubernetes objects; pure, so that a test, a reviewer or another tool can see them without an engine.

Every function returns plain dicts in the order in which they are to be made.
"""

from aifactory.render.guardrails import render_namespace
from aifactory.render.inference import InferenceObjects, render_model
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.postgres import render_database

__all__ = ["InferenceObjects", "Manifest", "Scope", "render_database", "render_model", "render_namespace"]
