"""The network: private subnets over zones, endpoints in place of the internet, and a way out only when it is asked for."""

from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_aws as aws

from aifactory.catalog.eks import eks_facts
from aifactory.clusters.eks.place import Place
from aifactory.model.eks import EksNetworkSpec, EksSpec

_HTTPS = 443


@dataclass(frozen=True)
class Network:
    """What nodes stand in.

    Attributes:
        vpc: id of the network.
        subnets: id of the private subnet of each zone.
        ready: what must be there before a node starts.
    """

    vpc: pulumi.Input[str]
    subnets: dict[str, pulumi.Input[str]]
    ready: list[pulumi.Resource]


def make_network(place: Place, spec: EksSpec) -> Network:
    """Make the network, or take the one that is given."""
    given = spec.network
    if given.vpc is not None:
        return Network(given.vpc, {zone: given.subnets[zone] for zone in spec.zones}, [])
    cidr = IPv4Network(str(given.cidr))
    vpc = aws.ec2.Vpc(
        place.name("network"),
        cidr_block=str(cidr),
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags=place.tags("network"),
        opts=place.opts(),
    )
    # A network comes with a group that lets everything through among its members; nobody is to be one by accident.
    aws.ec2.DefaultSecurityGroup(
        place.name("default-group"), vpc_id=vpc.id, ingress=[], egress=[], tags=place.tags("unused"), opts=place.opts()
    )
    subnets, tables = _make_subnets(place, spec, vpc, cidr)
    ready = _make_endpoints(place, given, vpc, subnets, tables)
    if given.nat:
        ready += _make_way_out(place, spec, vpc, cidr, tables)
    return Network(vpc.id, {zone: subnet.id for zone, subnet in subnets.items()}, ready)


def _make_subnets(
    place: Place, spec: EksSpec, vpc: aws.ec2.Vpc, cidr: IPv4Network
) -> tuple[dict[str, aws.ec2.Subnet], dict[str, aws.ec2.RouteTable]]:
    """Make a subnet and a route table for each zone. A range is cut in eight, so that zones can be added."""
    subnets: dict[str, aws.ec2.Subnet] = {}
    tables: dict[str, aws.ec2.RouteTable] = {}
    for zone, part in zip(spec.zones, cidr.subnets(prefixlen_diff=3), strict=False):
        what = f"private-{zone}"
        subnets[zone] = aws.ec2.Subnet(
            place.name(what),
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=str(part),
            map_public_ip_on_launch=False,
            tags=place.tags(what) | {"kubernetes.io/role/internal-elb": "1"},
            opts=place.opts(),
        )
        tables[zone] = aws.ec2.RouteTable(
            place.name(f"routes-{zone}"), vpc_id=vpc.id, tags=place.tags(what), opts=place.opts()
        )
        aws.ec2.RouteTableAssociation(
            place.name(f"routes-of-{zone}"),
            subnet_id=subnets[zone].id,
            route_table_id=tables[zone].id,
            opts=place.opts(),
        )
    return subnets, tables


def _make_endpoints(
    place: Place,
    spec: EksNetworkSpec,
    vpc: aws.ec2.Vpc,
    subnets: dict[str, aws.ec2.Subnet],
    tables: dict[str, aws.ec2.RouteTable],
) -> list[pulumi.Resource]:
    group = aws.ec2.SecurityGroup(
        place.name("endpoints"),
        name=f"{place.cluster}-endpoints",
        description="Endpoints of AWS services: from this network, by TLS",
        vpc_id=vpc.id,
        tags=place.tags("endpoints"),
        opts=place.opts(),
    )
    aws.vpc.SecurityGroupIngressRule(
        place.name("endpoints-from-network"),
        security_group_id=group.id,
        cidr_ipv4=str(spec.cidr),
        ip_protocol="tcp",
        from_port=_HTTPS,
        to_port=_HTTPS,
        description="Nodes and pods of this network",
        opts=place.opts(),
    )
    prefix = f"{eks_facts().partitions[place.partition].endpoint_prefix}.{place.location}"
    made: list[pulumi.Resource] = []
    for service, endpoint in eks_facts().endpoints.items():
        if endpoint.optional and service not in spec.endpoints:
            continue
        gateway = endpoint.kind == "gateway"
        made.append(
            aws.ec2.VpcEndpoint(
                place.name(f"endpoint-{service}"),
                vpc_id=vpc.id,
                service_name=f"{prefix}.{service}",
                vpc_endpoint_type="Gateway" if gateway else "Interface",
                private_dns_enabled=None if gateway else True,
                route_table_ids=[table.id for table in tables.values()] if gateway else None,
                subnet_ids=None if gateway else [subnet.id for subnet in subnets.values()],
                security_group_ids=None if gateway else [group.id],
                tags=place.tags(service),
                opts=place.opts(),
            )
        )
    return made


def _make_way_out(
    place: Place, spec: EksSpec, vpc: aws.ec2.Vpc, cidr: IPv4Network, tables: dict[str, aws.ec2.RouteTable]
) -> list[pulumi.Resource]:
    """Make NAT gateways, one for each zone, in public subnets at the end of the range that nothing else stands in."""
    gateway = aws.ec2.InternetGateway(place.name("internet"), vpc_id=vpc.id, tags=place.tags("internet"), opts=place.opts())
    public = aws.ec2.RouteTable(place.name("routes-public"), vpc_id=vpc.id, tags=place.tags("public"), opts=place.opts())
    aws.ec2.Route(
        place.name("route-public"),
        route_table_id=public.id,
        destination_cidr_block="0.0.0.0/0",
        gateway_id=gateway.id,
        opts=place.opts(),
    )
    parts = list(list(cidr.subnets(prefixlen_diff=3))[-1].subnets(new_prefix=28))
    made: list[pulumi.Resource] = []
    for zone, part in zip(spec.zones, parts, strict=False):
        subnet = aws.ec2.Subnet(
            place.name(f"public-{zone}"),
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=str(part),
            map_public_ip_on_launch=False,
            tags=place.tags(f"public-{zone}"),
            opts=place.opts(),
        )
        aws.ec2.RouteTableAssociation(
            place.name(f"public-routes-of-{zone}"), subnet_id=subnet.id, route_table_id=public.id, opts=place.opts()
        )
        address = aws.ec2.Eip(
            place.name(f"nat-address-{zone}"), domain="vpc", tags=place.tags(zone), opts=place.opts([gateway])
        )
        nat = aws.ec2.NatGateway(
            place.name(f"nat-{zone}"),
            subnet_id=subnet.id,
            allocation_id=address.id,
            tags=place.tags(f"nat-{zone}"),
            opts=place.opts([gateway]),
        )
        made.append(
            aws.ec2.Route(
                place.name(f"route-out-{zone}"),
                route_table_id=tables[zone].id,
                destination_cidr_block="0.0.0.0/0",
                nat_gateway_id=nat.id,
                opts=place.opts(),
            )
        )
    return made
