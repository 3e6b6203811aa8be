"""Sovereign AI factories on Pulumi; see README.md.

Public names are imported on first use (PEP 562), so that `import aifactory` loads neither Pulumi nor a cloud SDK:
a check in an editor, or a CI job that only reads factory.yaml, starts in milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aifactory.clusters.existing import ExistingCluster, ExistingClusterArgs
    from aifactory.component import SiteArgs
    from aifactory.errors import AifactoryError, Problem, SpecError
    from aifactory.guardrails import Guardrails, GuardrailsArgs, NamespaceArgs
    from aifactory.inference import GatewayArgs, GpuPoolArgs, InferenceService, InferenceServiceArgs
    from aifactory.model import FactorySpec, load_factory
    from aifactory.postgres import Postgres, PostgresArgs
    from aifactory.region import Region, RegionArgs

__version__ = "0.1.0"

_HOMES = {
    "aifactory.clusters.existing": ("ExistingCluster", "ExistingClusterArgs"),
    "aifactory.component": ("SiteArgs",),
    "aifactory.errors": ("AifactoryError", "Problem", "SpecError"),
    "aifactory.guardrails": ("Guardrails", "GuardrailsArgs", "NamespaceArgs"),
    "aifactory.inference": ("GatewayArgs", "GpuPoolArgs", "InferenceService", "InferenceServiceArgs"),
    "aifactory.model": ("FactorySpec", "load_factory"),
    "aifactory.postgres": ("Postgres", "PostgresArgs"),
    "aifactory.region": ("Region", "RegionArgs"),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AifactoryError",
    "ExistingCluster",
    "ExistingClusterArgs",
    "FactorySpec",
    "GatewayArgs",
    "GpuPoolArgs",
    "Guardrails",
    "GuardrailsArgs",
    "InferenceService",
    "InferenceServiceArgs",
    "NamespaceArgs",
    "Postgres",
    "PostgresArgs",
    "Problem",
    "Region",
    "RegionArgs",
    "SiteArgs",
    "SpecError",
    "__version__",
    "load_factory",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
