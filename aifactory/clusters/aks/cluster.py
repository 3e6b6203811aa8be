"""AksCluster: a cluster of Azure Kubernetes Service, from the network up."""

# No `from __future__ import annotations` here: the component host reads annotations as objects. And nothing of Azure at
# the top: a region that is not on Azure needs neither its SDK nor its plugin.

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import pulumi

from aifactory.clusters.aks.args import AksClusterArgs
from aifactory.clusters.aks.storage_class import STORAGE_CLASS, render_storage_class
from aifactory.clusters.aks.titles import node_group
from aifactory.component import Component, spec_values
from aifactory.conventions import MANAGED_BY_LABEL, OWNER_ANNOTATION, PLUGIN, owner
from aifactory.errors import Problem, SpecError
from aifactory.model import validate
from aifactory.model.aks import AksSpec
from aifactory.render.schema import check_objects
from aifactory.sovereignty import Flow
from aifactory.sovereignty.aks import aks_flows, store_of

if TYPE_CHECKING:
    from aifactory.clusters.aks.stores import Store

_NAME: Final = re.compile(r"^[a-z]([a-z0-9-]{0,30}[a-z0-9])?$")
_GROUP_LENGTH: Final = 80
_OTHER_CLOUDS: Final = ("usgov", "usdod", "ussec", "usnat", "china", "germanynortheast", "germanycentral")


class AksCluster(Component):
    """A private cluster of Azure Kubernetes Service, with network, keys, object stores and logs in its place."""

    identifier: pulumi.Output[str]
    """The cluster's own identity: its resource id, which survives a rotation of its kubeconfig."""
    kubeconfig: pulumi.Output[str]
    """The way to its API, secret. kubelogin proves who asks; no credential is in it."""
    issuer: pulumi.Output[str]
    """Who signs the tokens of its service accounts (OIDC issuer)."""
    storage_classes: pulumi.Output[dict[str, str]]
    """Storage classes by name, each with what its volumes are encrypted with."""
    object_stores: pulumi.Output[dict[str, dict[str, str]]]
    """Object stores by name: destination, identity (the client id that pods act as) and key."""

    def __init__(self, name: str, args: AksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(AksSpec, spec_values(values), self._title)
        self._group = spec.resource_group or f"{self._scope.factory}-{self._scope.region}"
        if problems := [*self._problems(name)]:
            raise SpecError(self._title, problems)
        self._spec = spec
        self._flows = aks_flows(name, spec, self._site)
        self.require_allowed()
        self._make(name, spec)

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where data goes because of it."""
        return self._flows

    def _problems(self, name: str) -> Iterator[Problem]:
        if not _NAME.match(name):
            rule = "names the cluster in Azure: lower-case letters, digits and -, a letter first, at most 32"
            yield Problem("name", name, rule)
        if len(node_group(self._group, name)) > _GROUP_LENGTH:
            rule = f"is too long: with the cluster's name and -nodes it is the nodes' group, of at most {_GROUP_LENGTH}"
            yield Problem("resource_group", self._group, rule)
        if self._site.provider != "azure":
            yield Problem("site.provider", self._site.provider, "AksCluster makes clusters on Azure", "azure")
        elif self._site.location.startswith(_OTHER_CLOUDS):
            rule = "is in a cloud of Azure with other addresses (China, US government), which this does not make clusters in"
            yield Problem("site.location", self._site.location, rule)

    def _make(self, name: str, spec: AksSpec) -> None:
        scope = self._scope
        holder = owner(scope.factory, scope.region, scope.component)
        tags = {MANAGED_BY_LABEL.replace("/", "."): PLUGIN, OWNER_ANNOTATION.replace("/", "."): holder}
        try:
            from aifactory.clusters.aks.cloud import begin
            from aifactory.clusters.aks.making import make_everything
        except ModuleNotFoundError as error:
            rule = f"needs a package that is not installed ({error.name}): pip install 'aifactory[azure]'"
            raise SpecError(self._title, [Problem("site.provider", "azure", rule)]) from None
        cloud = begin(name, spec, self._site, self._group, tags, self)
        identifier = cloud.id_of("Microsoft.ContainerService/managedClusters", name)
        encryption_set = cloud.id_of("Microsoft.Compute/diskEncryptionSets", f"{name}-disks")
        storage_class = render_storage_class(scope, encryption_set, spec.disk_redundancy)
        check_objects(self._title, [storage_class])
        made = make_everything(cloud, scope.region, identifier, storage_class)
        self.provider = made.provider
        self.identifier = made.cluster.id.apply(lambda _: identifier)
        self.kubeconfig = made.kubeconfig
        self.issuer = made.issuer
        key = spec.vault.key or f"{spec.vault.name}/disks"
        self.storage_classes = made.cluster.id.apply(lambda _: {STORAGE_CLASS: f"encrypted with {key}"})
        self.object_stores = self._stores(spec, made.stores)
        self.register_outputs(
            {
                "identifier": self.identifier,
                "kubeconfig": self.kubeconfig,
                "issuer": self.issuer,
                "storage_classes": self.storage_classes,
                "object_stores": self.object_stores,
            }
        )

    def _stores(self, spec: AksSpec, stores: "dict[str, Store]") -> pulumi.Output[dict[str, dict[str, str]]]:
        """Return the stores as the blocks that write to them need them, once they are there."""
        names = list(stores)
        clients = [stores[name].identity.client_id for name in names]
        containers = [stores[name].container.id for name in names]

        def describe(found: list[str]) -> dict[str, dict[str, str]]:
            return {
                name: {
                    "destination": store_of(spec.stores[name], spec, self._site).destination,
                    "identity": client,
                    "key": spec.vault.key or f"{spec.vault.name}/stores",
                }
                for name, client in zip(names, found[: len(names)], strict=True)
            }

        return pulumi.Output.all(*clients, *containers).apply(lambda found: describe(list(found)))
