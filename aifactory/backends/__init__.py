"""Where a region's Pulumi state is kept, and whose key opens its secrets: what makes both, inside its jurisdiction."""

from aifactory.backends.address import Address, BackendKind, KeyKind, SecretsProvider
from aifactory.backends.plan import BackendPlan, plan_backend
from aifactory.backends.shell import Step, script

__all__ = ["Address", "BackendKind", "BackendPlan", "KeyKind", "SecretsProvider", "Step", "plan_backend", "script"]
