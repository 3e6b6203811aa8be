"""EksCluster: the component that makes a cluster on Amazon EKS from the network up."""

from typing import TYPE_CHECKING, Any, Final, cast

import pulumi
import pulumi_kubernetes

from aifactory.catalog import locations
from aifactory.clusters.eks.args import EksClusterArgs
from aifactory.component import Component, KubernetesObject, once_made, spec_values
from aifactory.conventions import owner
from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.eks import EksSpec, bucket_name, eks_problems
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.schema import check_objects
from aifactory.sovereignty import Flow
from aifactory.sovereignty.eks import eks_flows

if TYPE_CHECKING:
    from aifactory.clusters.eks.place import Place
    from aifactory.clusters.eks.stores import Store

STORAGE_CLASS: Final = "encrypted"
"""Name of the storage class that is made, and is the default one."""

_EARLY_ADDONS: Final = ("vpc-cni", "kube-proxy", "eks-pod-identity-agent")
"""Add-ons that nodes need to become ready; the others need nodes."""


class EksCluster(Component):
    """A cluster on Amazon EKS: private, encrypted with keys of its owner, pinned in every part, protected by default."""

    identifier: pulumi.Output[str]
    """The cluster's own identity, its ARN; a new kubeconfig replaces nothing."""
    kubeconfig: pulumi.Output[str]
    """Kubeconfig, kept secret. It holds no credentials: it asks `aws eks get-token`."""
    issuer: pulumi.Output[str]
    """URL that signs the tokens of service accounts."""
    storage_classes: pulumi.Output[dict[str, str]]
    """What each storage class is encrypted with, by its name."""
    object_stores: pulumi.Output[dict[str, dict[str, str]]]
    """Destination, key and the roles of identities that may reach it, of each object store by its name."""

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        source = f"EksCluster {name}"
        self._spec = validate(EksSpec, spec_values(values), source)
        if problems := list(eks_problems(self._spec, self._site)):
            raise SpecError(source, problems)
        self._flows = eks_flows(name, self._spec, self._site)
        self.require_allowed()
        self._make_all(name)
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
        """Where data goes because of the cluster itself: its disks, keys, logs, stores and administrators."""
        return self._flows

    def _make_all(self, name: str) -> None:
        # Here and not above: whoever imports this module need not have AWS's SDK.
        from aifactory.clusters.eks.control_plane import (
            associate,
            issuer,
            kubeconfig,
            make_access,
            make_addon,
            make_cluster,
        )
        from aifactory.clusters.eks.identities import (
            make_cluster_role,
            make_identity,
            make_network_plugin_role,
            make_node_role,
            make_volume_driver_role,
        )
        from aifactory.clusters.eks.keys import make_keys, make_log_group
        from aifactory.clusters.eks.network import make_network
        from aifactory.clusters.eks.nodes import make_fabric_group, make_pool
        from aifactory.clusters.eks.stores import make_store

        spec, place = self._spec, self._place(name)
        keys = make_keys(place, spec.keys)
        stores = {one: make_store(place, keys, one, bucket_name(spec, one), store) for one, store in spec.stores.items()}
        network = make_network(place, spec)
        logs = make_log_group(place, keys, spec.log_retention_days)
        cluster = make_cluster(place, spec, network, keys, make_cluster_role(place, keys), [logs, *network.ready])
        access = make_access(place, cluster, spec.access)
        plugin = ("aws-node", make_network_plugin_role(place))
        driver = ("ebs-csi-controller-sa", make_volume_driver_role(place, keys))
        early: list[pulumi.Resource] = [
            make_addon(place, cluster, one, spec.addons[one], [], plugin if one == "vpc-cni" else None)
            for one in _EARLY_ADDONS
        ]
        role = make_node_role(place)
        fabric = make_fabric_group(place, network) if any(pool.efa for pool in spec.all_pools.values()) else None
        nodes = {
            one: make_pool(place, cluster, network, keys, role, fabric, one, pool, early)
            for one, pool in spec.all_pools.items()
        }
        late: list[pulumi.Resource] = [
            make_addon(place, cluster, "coredns", spec.addons["coredns"], nodes["system"]),
            make_addon(place, cluster, "aws-ebs-csi-driver", spec.addons["aws-ebs-csi-driver"], nodes["system"], driver),
        ]
        roles: dict[str, str] = {}
        for one, identity in spec.identities.items():
            its_role = make_identity(place, keys, stores, one, identity)
            associate(place, cluster, one, identity, its_role, [early[-1]])
            roles[one] = its_role.arn
        self.kubeconfig = kubeconfig(place, cluster)
        self.issuer = issuer(cluster)
        self.provider = self._make_provider(place, [*access, *nodes["system"]])
        made = self._make_storage_class(place, keys.volumes.arn, late)
        self.identifier = once_made([cluster], place.cluster_arn)
        words = keys.volumes.arn.apply(lambda arn: {STORAGE_CLASS: f"encrypted with {arn}"})
        self.storage_classes = pulumi.Output.all(words, made.urn).apply(lambda found: found[0])
        self.object_stores = keys.stores.arn.apply(lambda arn: _described(spec, stores, roles, arn))

    def _place(self, name: str) -> "Place":
        import pulumi_aws as aws

        from aifactory.clusters.eks.place import Place

        location = self._site.location
        provider = aws.Provider(
            f"{name}-aws",
            region=location,
            allowed_account_ids=[self._spec.account],
            opts=pulumi.ResourceOptions(parent=self),
        )
        return Place(
            component=name,
            cluster=self._spec.cluster_name,
            partition=str(locations()[f"aws/{location}"].partition),
            location=location,
            account=self._spec.account,
            country=self._site.country,
            owner=owner(self._scope.factory, self._scope.region, name),
            protect=self._spec.protect,
            parent=self,
            provider=provider,
        )

    def _make_provider(self, place: "Place", depends_on: list[pulumi.Resource]) -> pulumi_kubernetes.Provider:
        return pulumi_kubernetes.Provider(
            place.name("provider"),
            kubeconfig=self.kubeconfig,
            context=place.cluster,
            cluster_identifier=place.cluster_arn,
            enable_server_side_apply=True,
            # Otherwise a changed value replaces the object: deleted first, and gone while pods that mount it start.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self, depends_on=depends_on),
        )

    def _make_storage_class(
        self, place: "Place", key: pulumi.Output[str], depends_on: list[pulumi.Resource]
    ) -> KubernetesObject:
        manifest = storage_class(self._scope, place.arn("kms", "key/unknown"))
        check_objects(self._title, [manifest])
        manifest["parameters"]["kmsKeyId"] = key
        return KubernetesObject(
            place.name(f"storageclass-{STORAGE_CLASS}"),
            manifest,
            pulumi.ResourceOptions(parent=self, provider=self.provider, depends_on=depends_on),
        )


def storage_class(scope: Scope, key: str) -> Manifest:
    """Return the storage class whose volumes are encrypted with a key; volumes are made where their first pod stands."""
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": scope.metadata(STORAGE_CLASS, annotations=default),
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3", "encrypted": "true", "kmsKeyId": key},
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def _described(spec: EksSpec, stores: "dict[str, Store]", roles: dict[str, str], key: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for name, store in stores.items():
        may = {one: roles[one] for one, identity in spec.identities.items() if name in identity.stores}
        found[name] = {"destination": f"s3://{store.bucket}", "key": key} | {f"role:{one}": arn for one, arn in may.items()}
    return found
