"""The network of an OpenShift cluster on Azure, and who may do what in it."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from aifactory.model.openshift import OpenShiftNetworkSpec, OpenShiftSpec

if TYPE_CHECKING:
    from pulumi_azure_native import network

NETWORK_CONTRIBUTOR: Final = "4d97b98b-1d4f-4787-a291-c67834d212e7"
READER: Final = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
"""Azure's built-in roles (learn.microsoft.com/azure/role-based-access-control/built-in-roles)."""

_ROLES: Final = uuid.UUID("5b1c6f0e-3a83-5a64-9b0e-8f0c8a4f7a11")
"""Namespace of the names of role assignments, which must be GUIDs; derived, so that they are the same in every preview."""


@dataclass(frozen=True, slots=True)
class Place:
    """Subnets of a cluster.

    Attributes:
        control_plane: id of the control plane's subnet.
        worker: id of the workers' subnet.
        made: what has to be there before the cluster.
    """

    control_plane: pulumi.Input[str]
    worker: pulumi.Input[str]
    made: list[pulumi.Resource]


def network_id(name: str, spec: OpenShiftSpec) -> str:
    """Return the id of the network that is made."""
    group = f"/subscriptions/{spec.subscription}/resourceGroups/{spec.resource_group}"
    return f"{group}/providers/Microsoft.Network/virtualNetworks/{name}-network"


def make_place(name: str, spec: OpenShiftSpec, location: str, tags: dict[str, str], parent: pulumi.Resource) -> Place:
    """Make the network, or take what is given, and give cluster and service the roles that they need."""
    if spec.subnets:
        return Place(spec.subnets.control_plane, spec.subnets.worker, _roles(name, spec, [], parent))
    if spec.network is None:  # the spec has one of the two
        raise TypeError("neither subnets nor network")
    whole, control_plane, worker = _network(name, spec, spec.network, location, tags, parent)
    return Place(control_plane.id, worker.id, [control_plane, worker, *_roles(name, spec, [whole], parent)])


def _network(
    name: str,
    spec: OpenShiftSpec,
    wanted: OpenShiftNetworkSpec,
    location: str,
    tags: dict[str, str],
    parent: pulumi.Resource,
) -> "tuple[network.VirtualNetwork, network.Subnet, network.Subnet]":
    from pulumi_azure_native import network

    kept = pulumi.ResourceOptions(parent=parent, protect=spec.protect, retain_on_delete=spec.protect)
    whole = network.VirtualNetwork(
        f"{name}-network",
        virtual_network_name=f"{name}-network",
        resource_group_name=spec.resource_group,
        location=location,
        address_space={"address_prefixes": [wanted.cidr]},
        tags=tags,
        # Subnets are resources of their own; the network would otherwise take those away that it does not list.
        opts=pulumi.ResourceOptions.merge(kept, pulumi.ResourceOptions(ignore_changes=["subnets"])),
    )

    def subnet(role: str, cidr: str, after: pulumi.Resource) -> network.Subnet:
        return network.Subnet(
            f"{name}-{role}",
            subnet_name=role,
            virtual_network_name=f"{name}-network",
            resource_group_name=spec.resource_group,
            address_prefix=cidr,
            default_outbound_access=False,
            # The service reaches the control plane by a private link that it puts into this subnet.
            private_link_service_network_policies="Disabled" if role == "control-plane" else "Enabled",
            service_endpoints=[{"service": "Microsoft.ContainerRegistry"}],
            route_table={"id": wanted.route_table} if wanted.route_table else None,
            # Azure changes one subnet of a network at a time.
            opts=pulumi.ResourceOptions.merge(kept, pulumi.ResourceOptions(depends_on=[after])),
        )

    control_plane = subnet("control-plane", wanted.control_plane_cidr, whole)
    return whole, control_plane, subnet("worker", wanted.worker_cidr, control_plane)


def _roles(name: str, spec: OpenShiftSpec, after: list[pulumi.Resource], parent: pulumi.Resource) -> list[pulumi.Resource]:
    from pulumi_azure_native import authorization

    return [
        authorization.RoleAssignment(
            f"{name}-{what}-{who}",
            role_assignment_name=str(uuid.uuid5(_ROLES, f"{scope}|{role}|{principal}")),
            scope=scope,
            role_definition_id=f"/subscriptions/{spec.subscription}/providers/Microsoft.Authorization/roleDefinitions/{role}",
            principal_id=principal,
            principal_type="ServicePrincipal",
            opts=pulumi.ResourceOptions(parent=parent, depends_on=after),
        )
        for what, scope, role in _scopes(name, spec)
        for who, principal in (("client", spec.client_principal), ("provider", spec.provider_principal))
    ]


def _scopes(name: str, spec: OpenShiftSpec) -> Iterator[tuple[str, str, str]]:
    """Yield where roles are needed: in a network of one's own they are its owner's to give, as it is not made here."""
    yield "keys", spec.disk_encryption_set, READER
    if spec.network:
        yield "network", network_id(name, spec), NETWORK_CONTRIBUTOR
        if spec.network.route_table:
            yield "routes", spec.network.route_table, NETWORK_CONTRIBUTOR
