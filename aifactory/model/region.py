"""One region: site, cluster, and what runs there."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import ShortDnsLabel, Spec
from aifactory.model.cluster import ClusterKind, ClusterSpec
from aifactory.model.database import DatabaseSpec
from aifactory.model.gateway import GatewaySpec
from aifactory.model.gpu import GpuPoolSpec
from aifactory.model.inference import ModelSpec
from aifactory.model.namespace import NamespaceSpec
from aifactory.model.operators import OperatorSpec
from aifactory.model.site import SiteSpec


class RegionSpec(Spec):
    """One place, one cluster, one Pulumi stack of the same name."""

    site: SiteSpec
    """Where it stands and who runs it."""

    profiles: Annotated[tuple[str, ...], Field(min_length=1)]
    """Sovereignty profiles that hold here; several intersect. ``[none]`` says in so many words that no rules do;
    leaving it out is an error, because an unknown is a denial."""

    cluster: ClusterSpec
    """The Kubernetes cluster."""

    operators: dict[str, OperatorSpec] = Field(default_factory=dict)
    """Operators by their name in the catalog, and who installs them."""

    gpu_pools: dict[ShortDnsLabel, GpuPoolSpec] = Field(default_factory=dict)
    """GPU node pools by name."""

    gateway: GatewaySpec | None = None
    """How models are reached; required where there are models."""

    namespaces: dict[ShortDnsLabel, NamespaceSpec] = Field(default_factory=dict)
    """Namespaces by name."""

    databases: dict[ShortDnsLabel, DatabaseSpec] = Field(default_factory=dict)
    """Postgres clusters by name."""

    models: dict[ShortDnsLabel, ModelSpec] = Field(default_factory=dict)
    """Served models by name."""

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
        return self
