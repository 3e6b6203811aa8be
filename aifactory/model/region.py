"""One region: site, cluster, and what runs there."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.access import AccessSpec
from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.cluster import ClusterKind, ClusterSpec
from aifactory.model.custody import KeySpec, StorageClassSpec
from aifactory.model.database import DatabaseSpec
from aifactory.model.declared import ExitSpec, ExportSpec, ServiceSpec, SupportSpec, TelemetrySpec
from aifactory.model.gateway import GatewaySpec
from aifactory.model.gpu import GpuOperatorSpec, GpuPoolSpec
from aifactory.model.inference import ModelSpec
from aifactory.model.namespace import EnforcementSpec, NamespaceSpec
from aifactory.model.object_store import ObjectStoreSpec
from aifactory.model.operators import OperatorSpec
from aifactory.model.registry import RegistrySpec
from aifactory.model.site import SiteSpec
from aifactory.model.state import LOCAL_BACKEND, StateSpec
from aifactory.model.tenancy import TenantSpec
from aifactory.model.virtualization import VirtualizationSpec, VirtualMachineSpec


class RegionSpec(Spec):
    """One place, one cluster, one Pulumi stack of the same name."""

    site: SiteSpec
    """Where it stands and who runs it."""

    profiles: Annotated[tuple[str, ...], Field(min_length=1)]
    """Sovereignty profiles that hold here; several intersect. ``[none]`` says in so many words that no rules do;
    leaving it out is an error, because an unknown is a denial."""

    state: StateSpec
    """Where its Pulumi state lies and who encrypts the secrets in it."""

    cluster: ClusterSpec
    """The Kubernetes cluster."""

    access: AccessSpec | None = None
    """How the cluster's API is reached. Required unless the cluster is on this machine."""

    registry: RegistrySpec | None = None
    """Where its images and OCI charts come from. None: from where their makers keep them."""

    operators: dict[str, OperatorSpec] = Field(default_factory=dict)
    """Operators by their name in the catalog, and who installs them."""

    namespaces: dict[ShortDnsLabel, NamespaceSpec] = Field(default_factory=dict)
    """Namespaces by name."""

    gpu_pools: dict[ShortDnsLabel, GpuPoolSpec] = Field(default_factory=dict)
    """GPU node pools by name."""

    gpu_operator: GpuOperatorSpec | None = None
    """What the GPU Operator does to the nodes of the pools. Required where its operator is ours to configure."""

    tenants: dict[ShortDnsLabel, TenantSpec] = Field(default_factory=dict)
    """Teams with their shares of the GPUs, by name."""

    admission: EnforcementSpec = Field(default_factory=EnforcementSpec)
    """How strictly the cluster's API server holds to the profiles, and what is excepted. Default: it refuses."""

    object_stores: dict[ShortDnsLabel, ObjectStoreSpec] = Field(default_factory=dict)
    """Object stores for backups, by name."""

    databases: dict[ShortDnsLabel, DatabaseSpec] = Field(default_factory=dict)
    """Postgres clusters by name."""

    virtualization: VirtualizationSpec | None = None
    """What makes virtual machines possible; required where there are any."""

    virtual_machines: dict[ShortDnsLabel, VirtualMachineSpec] = Field(default_factory=dict)
    """Virtual machines by name."""

    gateway: GatewaySpec | None = None
    """How models are reached; required where there are models."""

    models: dict[ShortDnsLabel, ModelSpec] = Field(default_factory=dict)
    """Served models by name."""

    keys: dict[ShortDnsLabel, KeySpec] = Field(default_factory=dict)
    """Keys by name, for what is encrypted with them: volumes, backups, state."""

    storage_classes: dict[DnsLabel, StorageClassSpec] = Field(default_factory=dict)
    """What is known of the cluster's storage classes, by name; ``default`` is the one that is used where none is named, and
    ``node-disks`` stands for the nodes' own disks, where scratch data lie."""

    telemetry: TelemetrySpec | None = None
    """What leaves the cluster to be watched. None: nobody said, which rules on telemetry deny; ``{}`` says nothing does."""

    support: dict[ShortDnsLabel, SupportSpec] | None = None
    """Support contracts by name. None: nobody said; ``{}`` says that there is none."""

    services: dict[ShortDnsLabel, ServiceSpec] = Field(default_factory=dict)
    """Services beside what this package makes, by name."""

    exit: ExitSpec | None = None
    """How one leaves. None: nobody said."""

    export: ExportSpec | None = None
    """Who uses the GPUs. None: nobody said."""

    @property
    def is_local(self) -> bool:
        """Whether this is a region on this machine, whose nodes are SIMULATED."""
        return self.cluster.kind is ClusterKind.LOCAL

    @model_validator(mode="after")
    def _local_goes_with_local(self) -> Self:
        if (self.site.provider == "local") != self.is_local:
            raise ValueError(
                f"site.provider {self.site.provider} does not go with cluster.kind {self.cluster.kind.value}: simulated "
                "parts are refused outside of a local site, and a local site has nothing else; make both `local` or neither"
            )
        if (self.state.backend == LOCAL_BACKEND) != self.is_local:
            raise ValueError(
                f"state.backend {self.state.backend} does not go with cluster.kind {self.cluster.kind.value}: the local "
                "backend is a cache on one machine, and only a local region's state may be lost with it"
            )
        return self

    @model_validator(mode="after")
    def _access_is_said(self) -> Self:
        if self.access is None and not self.is_local:
            raise ValueError(
                "needs `access`: who may reach the cluster's API, and how, is part of what a region is; "
                "such as access: {kind: runner}"
            )
        return self
