"""Sovereign AI factories on Pulumi; see README.md.

Public names are imported on first use (PEP 562), so that `import aifactory` loads neither Pulumi nor a cloud SDK:
a check in an editor, or a CI job that only reads factory.yaml, starts in milliseconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aifactory.clusters.existing import ExistingCluster, ExistingClusterArgs
    from aifactory.errors import AifactoryError, Problem, SpecError
    from aifactory.gpu import GpuDriverArgs, GpuNodePoolArgs, GpuOperator, GpuOperatorArgs, GpuSharingArgs
    from aifactory.guardrails import Guardrails, GuardrailsArgs, NamespaceArgs, ReachArgs
    from aifactory.inference import GatewayArgs, GpuPoolArgs, InferenceService, InferenceServiceArgs
    from aifactory.model import FactorySpec, load_factory
    from aifactory.operators import OlmArgs, OperatorArgs, Operators, OperatorsArgs
    from aifactory.owner import RegistryArgs, SiteArgs
    from aifactory.postgres import BackupArgs, ObjectStoreArgs, PoolerArgs, Postgres, PostgresArgs
    from aifactory.region import Region, RegionArgs
    from aifactory.sovereignty import Flow, FlowKind
    from aifactory.tenancy import Tenancy, TenancyArgs, TenancyPoolArgs, TenantArgs
    from aifactory.virtualization import (
        DiskArgs,
        VirtualMachine,
        VirtualMachineArgs,
        VirtualMachinePlatform,
        VirtualMachinePlatformArgs,
    )

__version__ = "0.1.0"

_HOMES = {
    "aifactory.clusters.existing": ("ExistingCluster", "ExistingClusterArgs"),
    "aifactory.owner": ("RegistryArgs", "SiteArgs"),
    "aifactory.errors": ("AifactoryError", "Problem", "SpecError"),
    "aifactory.gpu": ("GpuDriverArgs", "GpuNodePoolArgs", "GpuOperator", "GpuOperatorArgs", "GpuSharingArgs"),
    "aifactory.guardrails": ("Guardrails", "GuardrailsArgs", "NamespaceArgs", "ReachArgs"),
    "aifactory.inference": ("GatewayArgs", "GpuPoolArgs", "InferenceService", "InferenceServiceArgs"),
    "aifactory.model": ("FactorySpec", "load_factory"),
    "aifactory.operators": ("OlmArgs", "OperatorArgs", "Operators", "OperatorsArgs"),
    "aifactory.postgres": ("BackupArgs", "ObjectStoreArgs", "PoolerArgs", "Postgres", "PostgresArgs"),
    "aifactory.region": ("Region", "RegionArgs"),
    "aifactory.sovereignty": ("Flow", "FlowKind"),
    "aifactory.tenancy": ("Tenancy", "TenancyArgs", "TenancyPoolArgs", "TenantArgs"),
    "aifactory.virtualization": (
        "DiskArgs",
        "VirtualMachine",
        "VirtualMachineArgs",
        "VirtualMachinePlatform",
        "VirtualMachinePlatformArgs",
    ),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AifactoryError",
    "BackupArgs",
    "DiskArgs",
    "ExistingCluster",
    "ExistingClusterArgs",
    "FactorySpec",
    "Flow",
    "FlowKind",
    "GatewayArgs",
    "GpuDriverArgs",
    "GpuNodePoolArgs",
    "GpuOperator",
    "GpuOperatorArgs",
    "GpuPoolArgs",
    "GpuSharingArgs",
    "Guardrails",
    "GuardrailsArgs",
    "InferenceService",
    "InferenceServiceArgs",
    "NamespaceArgs",
    "ObjectStoreArgs",
    "OlmArgs",
    "OperatorArgs",
    "Operators",
    "OperatorsArgs",
    "PoolerArgs",
    "Postgres",
    "PostgresArgs",
    "Problem",
    "ReachArgs",
    "Region",
    "RegionArgs",
    "RegistryArgs",
    "SiteArgs",
    "SpecError",
    "Tenancy",
    "TenancyArgs",
    "TenancyPoolArgs",
    "TenantArgs",
    "VirtualMachine",
    "VirtualMachineArgs",
    "VirtualMachinePlatform",
    "VirtualMachinePlatformArgs",
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
