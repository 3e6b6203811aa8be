"""A cluster that is there already."""

from typing import Any, NotRequired

import pulumi
import pulumi_kubernetes

from aifactory.component import Component, spec_values
from aifactory.model import ClusterSpec, validate
from aifactory.owner import OwnerArgs
from aifactory.sovereignty import Flow


class ExistingClusterArgs(OwnerArgs):
    """A cluster that is there already, reached by a kubeconfig."""

    kind: NotRequired[str]
    """local for the control plane that `aifactory local` runs, existing for any other. Default: existing."""
    context: NotRequired[str]
    """Context of the kubeconfig. Required for existing: the current context changes behind one's back."""
    identifier: NotRequired[str]
    """The cluster's own identity; a new kubeconfig for it replaces nothing. Default: the region's name."""
    managed: NotRequired[bool]
    """Whether somebody else runs its control plane. Default: nobody said."""
    kubernetes: NotRequired[str]
    """Kubernetes version that it runs, such as 1.34. Default: nobody said."""
    kubeconfig: NotRequired[pulumi.Input[str]]
    """Contents of the kubeconfig, kept secret. Default: the one that KUBECONFIG names."""


class ExistingCluster(Component):
    """A cluster that is there already. Makes nothing in it; gives the provider that the other components use."""

    identifier: pulumi.Output[str]
    """The cluster's own identity, which survives a rotation of its kubeconfig."""

    def __init__(self, name: str, args: ExistingClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values: dict[str, Any] = dict(args)
        kubeconfig = values.pop("kubeconfig", None)
        super().__init__(name, values, opts)
        spec = validate(ClusterSpec, {"kind": "existing"} | spec_values(values), f"ExistingCluster {name}")
        self.require_allowed()
        identifier = spec.identifier or self._scope.region
        self.provider = pulumi_kubernetes.Provider(
            f"{name}-provider",
            kubeconfig=None if kubeconfig is None else pulumi.Output.secret(kubeconfig),
            context=spec.context,
            cluster_identifier=identifier,
            enable_server_side_apply=True,
            # Otherwise a changed value replaces the object: deleted first, and gone while pods that mount it start.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.identifier = pulumi.Output.from_input(identifier)
        self.register_outputs({"identifier": self.identifier})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Nothing by itself: who reaches the cluster, and where state lies, is said of the region."""
        return ()
