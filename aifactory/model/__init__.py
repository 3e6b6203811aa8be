"""What a factory is, as frozen pydantic specs; no Pulumi, no network, no clock.

`load_factory` reads `stacks/factory.yaml` and reports every problem of the file at once.
"""

from aifactory.model.cluster import ClusterKind, ClusterSpec
from aifactory.model.database import DatabaseSpec
from aifactory.model.factory import FactorySpec
from aifactory.model.gateway import GatewaySpec
from aifactory.model.gpu import GpuPoolSpec
from aifactory.model.inference import ModelSpec
from aifactory.model.load import load_factory, parse_factory, validate
from aifactory.model.namespace import GuardrailsSpec, NamespaceSpec, PodSecurity
from aifactory.model.nearest import nearest
from aifactory.model.operators import InstallMode, OperatorSpec
from aifactory.model.references import known_profiles
from aifactory.model.region import RegionSpec
from aifactory.model.site import SiteSpec

__all__ = [
    "ClusterKind",
    "ClusterSpec",
    "DatabaseSpec",
    "FactorySpec",
    "GatewaySpec",
    "GpuPoolSpec",
    "GuardrailsSpec",
    "InstallMode",
    "ModelSpec",
    "NamespaceSpec",
    "OperatorSpec",
    "PodSecurity",
    "RegionSpec",
    "SiteSpec",
    "known_profiles",
    "load_factory",
    "nearest",
    "parse_factory",
    "validate",
]
