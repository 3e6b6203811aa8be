"""The component: an OpenShift cluster on Azure, and the provider that reaches it."""

import base64
from typing import TYPE_CHECKING, Any, Final, cast

import pulumi
import pulumi_kubernetes

from aifactory.clusters.openshift.args import OpenShiftClusterArgs
from aifactory.clusters.openshift.network import Place, make_place
from aifactory.component import Component, spec_values
from aifactory.errors import Problem, SpecError
from aifactory.model import validate
from aifactory.model.openshift import OpenShiftSpec
from aifactory.sovereignty import Flow
from aifactory.sovereignty.openshift import STORAGE_CLASS, openshift_flows

if TYPE_CHECKING:
    from pulumi_azure_native import redhatopenshift

_PRIVATE: Final = "Private"

_INPUTS: Final = ("client_secret", "pull_secret", "kubeconfig")
"""Args that may be outputs of others, and are secrets all of them."""


class OpenShiftCluster(Component):
    """An OpenShift cluster that Microsoft and Red Hat run; private, under one's own key, protected against deletion."""

    identifier: pulumi.Output[str]
    """The cluster's own identity: its id in Azure, which survives a rotation of its kubeconfig."""
    kubeconfig: pulumi.Output[str]
    """The kubeconfig that the provider uses, a secret: the one that was given, or the administrator's."""
    issuer: pulumi.Output[str]
    """Issuer of service accounts' identities; it answers inside of the cluster alone."""
    storage_classes: pulumi.Output[dict[str, str]]
    """What is known of its StorageClasses, by name."""
    object_stores: pulumi.Output[dict[str, dict[str, str]]]
    """Object stores that were made: none."""

    def __init__(self, name: str, args: OpenShiftClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values: dict[str, Any] = dict(args)
        given = {key: values.pop(key, None) for key in _INPUTS}
        super().__init__(name, values, opts)
        spec = validate(OpenShiftSpec, spec_values(values), f"OpenShiftCluster {name}")
        self._require(given)
        self._flows = openshift_flows(name, spec, self._site)
        self.require_allowed()
        place = make_place(name, spec, self._site.location, self._tags, self)
        cluster = self._make(name, spec, place, given)
        self.identifier = cluster.id
        self.kubeconfig = pulumi.Output.secret(given["kubeconfig"] or self._administrators(name, spec, cluster))
        self.provider = pulumi_kubernetes.Provider(
            f"{name}-provider",
            kubeconfig=self.kubeconfig,
            cluster_identifier=self.identifier,
            enable_server_side_apply=True,
            # Otherwise a changed value replaces the object: deleted first, and gone while pods that mount it start.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.issuer = pulumi.Output.from_input("https://kubernetes.default.svc")
        whose = f"encrypted with {spec.key or spec.disk_encryption_set.rpartition('/')[2]}"
        self.storage_classes = pulumi.Output.from_input({STORAGE_CLASS: whose})
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

    @property
    def _tags(self) -> dict[str, str]:
        return {"aifactory-factory": self._scope.factory, "aifactory-region": self._scope.region}

    def _require(self, given: dict[str, Any]) -> None:
        """Refuse what the spec cannot see: a place that is not Azure's, and an application without its secret."""
        problems: list[Problem] = []
        if self._site.provider != "azure":
            rule = "is not where Azure runs OpenShift; HostedCluster makes one on machines of one's own"
            problems.append(Problem("site.provider", self._site.provider, rule, "azure"))
        if given["client_secret"] is None:
            rule = "is required: without it the cluster cannot act as its application"
            problems.append(Problem("client_secret", "", rule, "a secret of the stack's configuration"))
        if problems:
            raise SpecError(self._title, problems)

    def _make(
        self, name: str, spec: OpenShiftSpec, place: Place, given: dict[str, Any]
    ) -> "redhatopenshift.OpenShiftCluster":
        from pulumi_azure_native import redhatopenshift

        pull_secret = given["pull_secret"]
        at_host = _switch(on=spec.encryption_at_host)
        managed = spec.managed_resource_group or f"{name}-managed"
        return redhatopenshift.OpenShiftCluster(
            f"{name}-cluster",
            resource_name_=name,
            resource_group_name=spec.resource_group,
            location=self._site.location,
            apiserver_profile={"visibility": _PRIVATE},
            ingress_profiles=[{"name": "default", "visibility": _PRIVATE}],
            cluster_profile={
                "domain": spec.domain,
                "fips_validated_modules": _switch(on=spec.fips),
                "pull_secret": None if pull_secret is None else pulumi.Output.secret(pull_secret),
                "resource_group_id": f"/subscriptions/{spec.subscription}/resourceGroups/{managed}",
                "version": spec.version,
            },
            master_profile={
                "disk_encryption_set_id": spec.disk_encryption_set,
                "encryption_at_host": at_host,
                "subnet_id": place.control_plane,
                "vm_size": spec.control_plane_size,
            },
            worker_profiles=[
                {
                    "disk_encryption_set_id": spec.disk_encryption_set,
                    "encryption_at_host": at_host,
                    "name": "worker",
                    "subnet_id": place.worker,
                    "vm_size": spec.workers.size,
                    "count": spec.workers.count,
                    "disk_size_gb": spec.workers.disk_gib,
                }
            ],
            network_profile={
                "pod_cidr": spec.pod_cidr,
                "service_cidr": spec.service_cidr,
                "outbound_type": "UserDefinedRouting" if spec.outbound == "user-defined-routing" else "Loadbalancer",
            },
            service_principal_profile={
                "client_id": spec.client_id,
                "client_secret": pulumi.Output.secret(given["client_secret"]),
            },
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=place.made,
                protect=spec.protect,
                retain_on_delete=spec.protect,
                # The cluster upgrades itself, and its MachineSets decide about workers: Azure only tells of both.
                ignore_changes=["clusterProfile.version", "workerProfiles"],
            ),
        )

    def _administrators(
        self, name: str, spec: OpenShiftSpec, cluster: "redhatopenshift.OpenShiftCluster"
    ) -> pulumi.Output[str]:
        """Ask Azure for the administrator's kubeconfig, which a preview before the cluster does not do."""
        from pulumi_azure_native import redhatopenshift

        found = redhatopenshift.list_open_shift_cluster_admin_credentials_output(
            resource_group_name=spec.resource_group,
            resource_name=cluster.id.apply(lambda _: name),
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        return pulumi.Output.secret(found).apply(lambda answer: _decoded(name, answer.kubeconfig))


def _switch(*, on: bool) -> str:
    return "Enabled" if on else "Disabled"


def _decoded(name: str, found: str | None) -> str:
    if not found:
        raise pulumi.RunError(f"OpenShiftCluster {name}: Azure gave no kubeconfig of its administrator")
    return base64.b64decode(found).decode()
