"""What a factory is, as frozen pydantic specs; no Pulumi, no network, no clock.

`load_factory` reads `stacks/factory.yaml` and reports every problem of the file at once.
"""

from aifactory.model.access import AccessKind, AccessSpec
from aifactory.model.alone import DeclaredSpec
from aifactory.model.cluster import ClusterKind, ClusterSpec
from aifactory.model.custody import Custody, KeySpec, StorageClassSpec
from aifactory.model.database import BackupSpec, DatabaseSpec, PoolerSpec, PoolMode
from aifactory.model.declared import (
    ExitSpec,
    ExportSpec,
    IdentitySpec,
    ServiceSpec,
    Signal,
    SinkSpec,
    SupportSpec,
    TelemetrySpec,
    TransferSpec,
)
from aifactory.model.factory import FactorySpec
from aifactory.model.flow_kind import FlowKind
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
from aifactory.model.organization import OrganizationSpec
from aifactory.model.references import known_profiles
from aifactory.model.region import RegionSpec
from aifactory.model.registry import RegistrySpec
from aifactory.model.site import SiteSpec
from aifactory.model.state import LOCAL_BACKEND, StateSpec
from aifactory.model.statement import Realm, Statement
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
    "Custody",
    "DataClassSpec",
    "DatabaseSpec",
    "DeclaredSpec",
    "DifferenceSpec",
    "DiskSpec",
    "Distribution",
    "DriverSpec",
    "EvictionStrategy",
    "ExitSpec",
    "ExportSpec",
    "FactorySpec",
    "FlowKind",
    "GatewaySpec",
    "GpuOperatorSpec",
    "GpuPlatform",
    "GpuPoolSpec",
    "GuardrailsSpec",
    "IdentitySpec",
    "InstallMode",
    "KeySpec",
    "MigStrategy",
    "ModelSpec",
    "NamespaceSpec",
    "ObjectStoreSpec",
    "OperatorSpec",
    "OperatorsSpec",
    "OrganizationSpec",
    "PodSecurity",
    "PoolMode",
    "PoolerSpec",
    "ProfileSpec",
    "ReachSpec",
    "Realm",
    "RegionSpec",
    "RegistrySpec",
    "RunStrategy",
    "ServiceSpec",
    "SharingMode",
    "SharingSpec",
    "Signal",
    "SinkSpec",
    "SiteSpec",
    "StateSpec",
    "Statement",
    "StorageClassSpec",
    "StoreIdentity",
    "SupportSpec",
    "TelemetrySpec",
    "TenancySpec",
    "TenantSpec",
    "TransferSpec",
    "VirtualMachineSpec",
    "VirtualizationSpec",
    "WaiverSpec",
    "known_profiles",
    "load_factory",
    "nearest",
    "parse_factory",
    "validate",
]
