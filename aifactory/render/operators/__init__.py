"""What installs operators: namespaces, Helm releases at pinned versions, subscriptions of the Operator Lifecycle Manager."""

from aifactory.render.operators.bundled import Brought
from aifactory.render.operators.helm import TIMEOUT_SECONDS, HelmRelease
from aifactory.render.operators.plan import OperatorInstall, plan_operators, render_operators

__all__ = ["TIMEOUT_SECONDS", "Brought", "HelmRelease", "OperatorInstall", "plan_operators", "render_operators"]
