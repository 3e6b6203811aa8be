"""What a factory is, as frozen pydantic specs; no Pulumi, no network, no clock.

`load_factory` reads `stacks/factory.yaml` and reports every problem of the file at once.
"""

from aifactory.model.access import AccessKind, AccessSpec
from aifactory.model.cluster import ClusterKind, ClusterSpec
from aifactory.model.database import BackupSpec, DatabaseSpec, PoolerSpec, PoolMode
from aifactory.model.factory import FactorySpec
from aifactory.model.gateway import GatewaySpec
from aifactory.model.governance import DataClassSpec, DifferenceSpec, ProfileSpec, WaiverSpec
from aifactory.model.gpu import (
    Allocation,
    DriverSpec,
    GpuOperatorSpec,
    GpuPlatform,
    GpuPoolSpec,
    MigStrategy,
    SharingMode,
    SharingSpec,
)
from aifactory.model.inference import ModelSpec
from aifactory.model.load import load_factory, parse_factory, validate
from aifactory.model.namespace import GuardrailsSpec, NamespaceSpec, PodSecurity, ReachSpec
from aifactory.model.nearest import nearest
from aifactory.model.object_store import ObjectStoreSpec, StoreIdentity
from aifactory.model.operators import InstallMode, OperatorSpec, OperatorsSpec
from aifactory.model.references import known_profiles
from aifactory.model.region import RegionSpec
from aifactory.model.registry import RegistrySpec
from aifactory.model.site import SiteSpec
from aifactory.model.state import LOCAL_BACKEND, StateSpec
from aifactory.model.tenancy import TenancySpec, TenantSpec
from aifactory.model.virtualization import (
    AccessMode,
    DiskSpec,
    Distribution,
    EvictionStrategy,
    RunStrategy,
    VirtualizationSpec,
    VirtualMachineSpec,
)

__all__ = [
    "LOCAL_BACKEND",
    "AccessKind",
    "AccessMode",
    "AccessSpec",
    "Allocation",
    "BackupSpec",
    "ClusterKind",
    "ClusterSpec",
    "DataClassSpec",
    "DatabaseSpec",
    "DifferenceSpec",
    "DiskSpec",
    "Distribution",
    "DriverSpec",
    "EvictionStrategy",
    "FactorySpec",
    "GatewaySpec",
    "GpuOperatorSpec",
    "GpuPlatform",
    "GpuPoolSpec",
    "GuardrailsSpec",
    "InstallMode",
    "MigStrategy",
    "ModelSpec",
    "NamespaceSpec",
    "ObjectStoreSpec",
    "OperatorSpec",
    "OperatorsSpec",
    "PodSecurity",
    "PoolMode",
    "PoolerSpec",
    "ProfileSpec",
    "ReachSpec",
    "RegionSpec",
    "RegistrySpec",
    "RunStrategy",
    "SharingMode",
    "SharingSpec",
    "SiteSpec",
    "StateSpec",
    "StoreIdentity",
    "TenancySpec",
    "TenantSpec",
    "VirtualMachineSpec",
    "VirtualizationSpec",
    "WaiverSpec",
    "known_profiles",
    "load_factory",
    "nearest",
    "parse_factory",
    "validate",
]
