"""The component: a hosted cluster on its management cluster, and the provider that reaches it."""

import base64
from collections.abc import Mapping
from typing import Any, cast

import pulumi
import pulumi_kubernetes
from pulumi_kubernetes.core.v1 import Secret

from aifactory.clusters.hosted.args import HostedClusterArgs
from aifactory.component import Component, KubernetesObject, spec_values
from aifactory.model import validate
from aifactory.model.hosted import HostedSpec
from aifactory.render.hosted import kubeconfig_secret_name, render_hosted
from aifactory.sovereignty import Flow
from aifactory.sovereignty.hosted import hosted_flows


class HostedCluster(Component):
    """An OpenShift cluster with a hosted control plane; protected against deletion by default."""

    identifier: pulumi.Output[str]
    """The cluster's own identity: the uid of its HostedCluster, which survives a rotation of its kubeconfig."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig of its administrator, a secret: read from the management cluster once all nodes are there."""
    issuer: pulumi.Output[str]
    """Issuer of service accounts' identities."""
    storage_classes: pulumi.Output[dict[str, str]]
    """What is known of the StorageClasses that are handed on, by name."""
    object_stores: pulumi.Output[dict[str, dict[str, str]]]
    """Object stores that were made: none, as on one's own machines they are declared, not made."""

    def __init__(self, name: str, args: HostedClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values: dict[str, Any] = dict(args)
        kubeconfig = values.pop("kubeconfig", None)
        super().__init__(name, values, pulumi.ResourceOptions.merge(opts, self._on_management()))
        spec = validate(HostedSpec, spec_values(values), f"HostedCluster {name}")
        self._flows = hosted_flows(name, spec, self._site)
        self.require_allowed()
        self._management = _provider(f"{name}-management", spec.management, kubeconfig, self, spec.context)
        cluster, nodes = self._make_all(name, spec)
        self.identifier = _once_there(cluster, cluster.metadata).apply(_uid)
        self.kubeconfig = self._read_kubeconfig(name, spec, cluster, nodes)
        self.provider = _provider(f"{name}-provider", self.identifier, self.kubeconfig, self)
        self.issuer = pulumi.Output.from_input(spec.issuer)
        self.storage_classes = pulumi.Output.from_input(_encryption(spec))
        self.object_stores = pulumi.Output.from_input(cast("dict[str, dict[str, str]]", {}))
        self.register_outputs(
            {
                "identifier": self.identifier,
                "kubeconfig": self.kubeconfig,
                "issuer": self.issuer,
                "storage_classes": self.storage_classes,
                "object_stores": self.object_stores,
            }
        )

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where its data goes."""
        return self._flows

    def _on_management(self) -> pulumi.ResourceOptions:
        """Return the options by which every object of this component goes to the management cluster."""

        def placed(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
            if not isinstance(args.resource, KubernetesObject | Secret):
                return None
            here = pulumi.ResourceOptions(provider=self._management)
            return pulumi.ResourceTransformationResult(args.props, pulumi.ResourceOptions.merge(args.opts, here))

        return pulumi.ResourceOptions(transformations=[placed])

    def _make_all(self, name: str, spec: HostedSpec) -> tuple[KubernetesObject, list[pulumi.Resource]]:
        """Make the cluster, then its nodes; the nodes can be made again, the cluster with its etcd cannot."""
        cluster, *pools = render_hosted(self._scope, name, spec, self._site)
        made = self.make([cluster], protect=spec.protect, retain=spec.protect)
        return cast("KubernetesObject", made[0]), self.make(pools, depends_on=made)

    def _read_kubeconfig(
        self, name: str, spec: HostedSpec, cluster: KubernetesObject, nodes: list[pulumi.Resource]
    ) -> pulumi.Output[str]:
        status = _once_there(cluster, cluster.status)
        place = status.apply(lambda found: f"{spec.namespace}/{_secret_of(name, found)}")
        options = pulumi.ResourceOptions(parent=self, depends_on=[cluster, *nodes])
        secret = Secret.get(f"{name}-kubeconfig", place, options)
        return pulumi.Output.secret(secret.data).apply(lambda data: _decoded(name, data))


def _once_there(cluster: KubernetesObject, found: pulumi.Output[Any]) -> pulumi.Output[Any]:
    """Return what came back of the cluster, unknown to a preview before it is there: what does not exist cannot be read.

    Its fields alone would not do: of those that nobody gave back a preview says that they are empty.
    """
    return pulumi.Output.all(cluster.id, found).apply(lambda both: both[1])


def _provider(
    name: str,
    identifier: pulumi.Input[str],
    kubeconfig: pulumi.Input[str] | None,
    parent: pulumi.Resource,
    context: str | None = None,
) -> pulumi_kubernetes.Provider:
    return pulumi_kubernetes.Provider(
        name,
        kubeconfig=None if kubeconfig is None else pulumi.Output.secret(kubeconfig),
        context=context,
        cluster_identifier=identifier,
        enable_server_side_apply=True,
        # Otherwise a changed value replaces the object: deleted first, and gone while pods that mount it start.
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _uid(metadata: Mapping[str, Any] | None) -> str:
    found = (metadata or {}).get("uid")
    if not isinstance(found, str):
        raise pulumi.RunError("the HostedCluster came back without a uid, so that nobody could tell it from another")
    return found


def _secret_of(name: str, status: Mapping[str, Any] | None) -> str:
    """Return the name of the Secret that the status names; the operator's name for it where it names none."""
    named = cast("Mapping[str, str]", (status or {}).get("kubeconfig") or {}).get("name")
    return named or kubeconfig_secret_name(name)


def _decoded(name: str, data: Mapping[str, str] | None) -> str:
    """Return the kubeconfig in a Secret of the operator's; never a word of it in an error."""
    found = (data or {}).get("kubeconfig")
    if not found:
        rule = "has no key `kubeconfig`; the cluster is there, and nobody can reach it by this"
        raise pulumi.RunError(f"HostedCluster {name}: the Secret {kubeconfig_secret_name(name)} {rule}")
    return base64.b64decode(found).decode()


def _encryption(spec: HostedSpec) -> dict[str, str]:
    return {
        name: f"encrypted with {found.key}" if found.key else f"{found.infra} of {spec.management}; its key was not said"
        for name, found in spec.storage_classes.items()
    }
