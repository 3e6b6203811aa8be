"""The network of an AKS cluster: subnets, the way out, private DNS zones and private endpoints."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import network, privatedns

from aifactory.clusters.aks.cloud import Cloud
from aifactory.model.aks_network import OutboundKind

ZONES = {
    "vault": "privatelink.vaultcore.azure.net",
    "blob": "privatelink.blob.core.windows.net",
    "registry": "privatelink.azurecr.io",
}
"""Private DNS zones of Azure's services (Azure Private Link documentation, private DNS zone values)."""

GROUPS = {"vault": "vault", "blob": "blob", "registry": "registry"}
"""What a private endpoint reaches of a service (the same documentation, subresources)."""

DELEGATE = "Microsoft.ContainerService/managedClusters"
"""Who has the API server's subnet (AKS documentation, API Server VNet Integration)."""


@dataclass(frozen=True, slots=True)
class Network:
    """The network, by identifiers.

    Attributes:
        id: the virtual network.
        nodes: subnet of the nodes.
        api: subnet of the API server.
        endpoints: subnet of private endpoints.
        zones: private DNS zones by what they are for.
        made: what was made of it.
    """

    id: pulumi.Input[str]
    nodes: pulumi.Input[str]
    api: pulumi.Input[str]
    endpoints: pulumi.Input[str]
    zones: dict[str, pulumi.Input[str]]
    made: tuple[pulumi.Resource, ...]


def make_network(cloud: Cloud) -> Network:
    """Make the network and its zones, or what a given one lacks."""
    given = cloud.spec.network.given
    if given is not None:
        zones, made = _zones(cloud, given.network)
        return Network(given.network, given.nodes, given.api, given.endpoints, zones, made)
    own = _virtual_network(cloud)
    zones, made = _zones(cloud, own.id)

    def subnet(name: str) -> pulumi.Output[str]:
        return pulumi.Output.concat(own.id, f"/subnets/{name}")

    return Network(own.id, subnet("nodes"), subnet("api"), subnet("endpoints"), zones, (own, *made))


def make_endpoint(
    cloud: Cloud, net: Network, purpose: str, service: str, target: pulumi.Input[str]
) -> network.PrivateDnsZoneGroup:
    """Make a private endpoint of a service in the network, with its name in the service's zone; return what names it.

    Args:
        cloud: where.
        net: the network.
        purpose: part of the names.
        service: ``vault``, ``blob`` or ``registry``.
        target: what it reaches.
    """
    name = f"{cloud.name}-{purpose}"
    endpoint = network.PrivateEndpoint(
        f"{name}-endpoint",
        private_endpoint_name=name,
        resource_group_name=cloud.group,
        location=cloud.site.location,
        subnet={"id": net.endpoints},
        private_link_service_connections=[{"name": name, "private_link_service_id": target, "group_ids": [GROUPS[service]]}],
        tags=cloud.tags,
        opts=cloud.opts(net.made),
    )
    return network.PrivateDnsZoneGroup(
        f"{name}-endpoint-zone",
        private_dns_zone_group_name="default",
        private_endpoint_name=endpoint.name,
        resource_group_name=cloud.group,
        private_dns_zone_configs=[{"name": service, "private_dns_zone_id": net.zones[service]}],
        opts=cloud.opts((endpoint, *net.made)),
    )


def _virtual_network(cloud: Cloud) -> network.VirtualNetwork:
    own = cloud.spec.network
    closed = network.NetworkSecurityGroup(
        f"{cloud.name}-closed",
        network_security_group_name=f"{cloud.name}-closed",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        # No rule of ours: Azure's own let the network and its load balancer in, and nobody else.
        security_rules=[],
        tags=cloud.tags,
        opts=cloud.opts(),
    )
    guarded = network.NetworkSecurityGroupArgs(id=closed.id)
    nodes = network.SubnetArgs(
        name="nodes",
        address_prefix=own.nodes,
        default_outbound_access=False,
        network_security_group=guarded,
        nat_gateway=_nat_gateway(cloud),
        route_table=_route_table(cloud),
    )
    api = network.SubnetArgs(
        name="api",
        address_prefix=own.api,
        default_outbound_access=False,
        delegations=[network.DelegationArgs(name="aks", service_name=DELEGATE)],
    )
    endpoints = network.SubnetArgs(
        name="endpoints",
        address_prefix=own.endpoints,
        default_outbound_access=False,
        network_security_group=guarded,
        private_endpoint_network_policies="Enabled",
    )
    return network.VirtualNetwork(
        f"{cloud.name}-network",
        virtual_network_name=cloud.name,
        resource_group_name=cloud.group,
        location=cloud.site.location,
        address_space={"address_prefixes": [own.addresses]},
        # In one piece: a network without the subnets that are made beside it would delete them.
        subnets=[nodes, api, endpoints],
        tags=cloud.tags,
        opts=cloud.opts(),
    )


def _nat_gateway(cloud: Cloud) -> network.SubResourceArgs | None:
    if cloud.spec.outbound.kind is not OutboundKind.NAT_GATEWAY:
        return None
    address = network.PublicIPAddress(
        f"{cloud.name}-outbound-address",
        public_ip_address_name=f"{cloud.name}-outbound",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        public_ip_allocation_method="Static",
        sku={"name": "Standard"},
        tags=cloud.tags,
        opts=cloud.opts(),
    )
    gateway = network.NatGateway(
        f"{cloud.name}-outbound",
        nat_gateway_name=f"{cloud.name}-outbound",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        public_ip_addresses=[{"id": address.id}],
        sku={"name": "Standard"},
        tags=cloud.tags,
        opts=cloud.opts(),
    )
    return network.SubResourceArgs(id=gateway.id)


def _route_table(cloud: Cloud) -> network.RouteTableArgs | None:
    outbound = cloud.spec.outbound
    if outbound.firewall is None:
        return None
    table = network.RouteTable(
        f"{cloud.name}-outbound-route",
        route_table_name=f"{cloud.name}-outbound",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        disable_bgp_route_propagation=True,
        routes=[
            {
                "name": "all",
                "address_prefix": "0.0.0.0/0",
                "next_hop_type": "VirtualAppliance",
                "next_hop_ip_address": outbound.firewall,
            }
        ],
        tags=cloud.tags,
        opts=cloud.opts(),
    )
    return network.RouteTableArgs(id=table.id)


def _zones(cloud: Cloud, network_id: pulumi.Input[str]) -> tuple[dict[str, pulumi.Input[str]], tuple[pulumi.Resource, ...]]:
    """Return the zones by what they are for, and what was made of them."""
    given = cloud.spec.network.given
    zones: dict[str, pulumi.Input[str]] = dict(given.zones) if given else {}
    made: list[pulumi.Resource] = []
    for service, title in _needed(cloud).items():
        if service in zones:
            continue
        zone = privatedns.PrivateZone(
            f"{cloud.name}-zone-{service}",
            private_zone_name=title,
            resource_group_name=cloud.group,
            location="global",
            tags=cloud.tags,
            opts=cloud.opts(),
        )
        link = privatedns.VirtualNetworkLink(
            f"{cloud.name}-zone-{service}-link",
            virtual_network_link_name=cloud.name,
            private_zone_name=zone.name,
            resource_group_name=cloud.group,
            location="global",
            registration_enabled=False,
            virtual_network={"id": network_id},
            tags=cloud.tags,
            opts=cloud.opts((zone,)),
        )
        zones[service] = zone.id
        made += [zone, link]
    return zones, tuple(made)


def _needed(cloud: Cloud) -> dict[str, str]:
    needed = {"vault": ZONES["vault"]}
    if cloud.spec.private:
        # The name that AKS takes for a zone of one's own (AKS documentation, private clusters).
        needed["api"] = f"privatelink.{cloud.site.location}.azmk8s.io"
    if cloud.spec.stores:
        needed["blob"] = ZONES["blob"]
    if cloud.spec.outbound.kind is OutboundKind.NONE:
        needed["registry"] = ZONES["registry"]
    return needed
