"""What all resources of an AKS cluster have in common: where they are made, by whom, and how they are protected."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import NAMESPACE_URL, uuid5

import pulumi
import pulumi_azure_native as azure
from pulumi_azure_native import authorization, managedidentity, resources

from aifactory.catalog.aks import aks
from aifactory.model import SiteSpec
from aifactory.model.aks import AksSpec


@dataclass(frozen=True, slots=True)
class Cloud:
    """Where and how resources are made.

    Attributes:
        name: name of the component; every resource's name begins with it.
        spec: the cluster.
        site: where it stands.
        group: name of its resource group.
        tags: tags of every resource that takes them.
        parent: the component.
        provider: the provider of the subscription.
        made_first: the resource group, which everything else is in.
    """

    name: str
    spec: AksSpec
    site: SiteSpec
    group: str
    tags: dict[str, str]
    parent: pulumi.Resource
    provider: azure.Provider
    made_first: tuple[pulumi.Resource, ...] = ()

    def opts(
        self, depends_on: Sequence[pulumi.Resource] = (), *, keeps: bool = False, ignore: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        """Return the options of a resource.

        Args:
            depends_on: resources that must be there before.
            keeps: whether it holds data, or what data need: such things are protected and stay when they leave the program.
            ignore: properties that something else changes.
        """
        held = keeps and self.spec.protect
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=[*self.made_first, *depends_on],
            protect=held,
            retain_on_delete=held,
            ignore_changes=list(ignore),
        )

    def id_of(self, kind: str, name: str) -> str:
        """Return the identifier of a resource of the group; known before it is made."""
        return f"/subscriptions/{self.spec.subscription}/resourceGroups/{self.group}/providers/{kind}/{name}"

    def identity(self, purpose: str) -> managedidentity.UserAssignedIdentity:
        """Make an identity for one purpose."""
        name = f"{self.name}-{purpose}"
        return managedidentity.UserAssignedIdentity(
            name,
            resource_group_name=self.group,
            resource_name_=name,
            location=self.site.location,
            tags=self.tags,
            opts=self.opts(),
        )

    def grant(
        self,
        purpose: str,
        role: str,
        scope: pulumi.Input[str],
        principal: pulumi.Input[str],
        depends_on: Sequence[pulumi.Resource] = (),
    ) -> authorization.RoleAssignment:
        """Give a principal a role on one resource; never on the group or the subscription.

        Args:
            purpose: what for; part of the names, so each is used once.
            role: key of the role in the catalog.
            scope: the resource.
            principal: object id of a managed identity.
            depends_on: resources that must be there before.
        """
        definition = aks().roles[role].id
        # An assignment is named by a GUID; a made-up one would differ from preview to preview.
        guid = uuid5(NAMESPACE_URL, f"{self.id_of('aifactory', self.name)}/{purpose}/{role}")
        return authorization.RoleAssignment(
            f"{self.name}-{purpose}-{role}",
            role_assignment_name=str(guid),
            scope=scope,
            principal_id=principal,
            # Without it, an identity that Entra has not spread yet is refused as unknown.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            role_definition_id=(
                f"/subscriptions/{self.spec.subscription}/providers/Microsoft.Authorization/roleDefinitions/{definition}"
            ),
            opts=self.opts(depends_on),
        )


def begin(name: str, spec: AksSpec, site: SiteSpec, group: str, tags: dict[str, str], parent: pulumi.Resource) -> Cloud:
    """Make provider and resource group, and return where everything else is made."""
    provider = azure.Provider(
        f"{name}-azure",
        subscription_id=spec.subscription,
        tenant_id=spec.tenant,
        location=site.location,
        environment="public",
        # It would tell Microsoft which tool runs here.
        disable_pulumi_partner_id=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    outside = Cloud(name, spec, site, group, tags, parent, provider)
    made = resources.ResourceGroup(
        f"{name}-group", resource_group_name=group, location=site.location, tags=tags, opts=outside.opts(keeps=True)
    )
    return Cloud(name, spec, site, group, tags, parent, provider, (made,))
