"""Nodes: a managed node group for each rung of each pool, from a launch template that leaves nothing to defaults."""

import base64
from collections.abc import Sequence
from typing import Any, Final, cast

import pulumi
import pulumi_aws as aws

from aifactory.catalog.eks import eks_facts
from aifactory.clusters.eks.identities import Role
from aifactory.clusters.eks.keys import Keys
from aifactory.clusters.eks.network import Network
from aifactory.clusters.eks.place import Place
from aifactory.conventions import GROUP, POOL_LABEL
from aifactory.model.eks_pools import CapacityKind, EksCapacitySpec, EksPoolSpec

_EFFECTS: Final = {"NoSchedule": "NO_SCHEDULE", "NoExecute": "NO_EXECUTE", "PreferNoSchedule": "PREFER_NO_SCHEDULE"}

_BUYS: Final = {CapacityKind.CAPACITY_BLOCK: "CAPACITY_BLOCK", CapacityKind.SPOT: "SPOT"}

_OS_GIB: Final = 4
"""Volume of Bottlerocket's own two images; everything else lies on its second volume."""

_RAID0: Final = """\
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="//"

--//
Content-Type: application/node.eks.aws

apiVersion: node.eks.aws/v1alpha1
kind: NodeConfig
spec:
  instance:
    localStorage:
      strategy: RAID0

--//--
"""


def make_fabric_group(place: Place, network: Network) -> aws.ec2.SecurityGroup:
    """Make the group of nodes with Elastic Fabric Adapters, which must let through everything among themselves."""
    group = aws.ec2.SecurityGroup(
        place.name("fabric"),
        name=f"{place.cluster}-fabric",
        description="Elastic Fabric Adapters: among themselves",
        vpc_id=network.vpc,
        tags=place.tags("fabric"),
        opts=place.opts(),
    )
    common: dict[str, Any] = {"security_group_id": group.id, "referenced_security_group_id": group.id, "ip_protocol": "-1"}
    aws.vpc.SecurityGroupIngressRule(place.name("fabric-in"), **common, opts=place.opts())
    aws.vpc.SecurityGroupEgressRule(place.name("fabric-out"), **common, opts=place.opts())
    return group


def make_pool(
    place: Place,
    cluster: aws.eks.Cluster,
    network: Network,
    keys: Keys,
    role: Role,
    fabric: aws.ec2.SecurityGroup | None,
    name: str,
    pool: EksPoolSpec,
    depends_on: Sequence[pulumi.Resource],
) -> list[pulumi.Resource]:
    """Make the node groups of a pool, one for each rung of its ladder."""
    made: list[pulumi.Resource] = []
    # EKS makes this group for the cluster and its nodes; it is there as soon as the cluster is.
    own = cluster.vpc_config.apply(lambda found: str(found.cluster_security_group_id))
    groups: list[pulumi.Input[str]] = [own]
    if pool.efa and fabric:
        groups.append(fabric.id)
    for rung in pool.capacity:
        group = group_name(name, rung)
        template = _make_template(place, keys, groups, group, pool, rung)
        zones = [rung.zone] if rung.zone else list(network.subnets)
        block = rung.kind is CapacityKind.CAPACITY_BLOCK
        options = place.opts([role.role, *role.ready, *network.ready, *depends_on])
        # How many there are now is the autoscaler's to say.
        options.ignore_changes = ["scalingConfig.desiredSize"]
        made.append(
            aws.eks.NodeGroup(
                place.name(f"nodes-{group}"),
                cluster_name=cluster.name,
                node_group_name=group,
                node_role_arn=role.arn,
                subnet_ids=[network.subnets[zone] for zone in zones],
                ami_type=pool.facts.ami_type,
                release_version=pool.release,
                capacity_type=_BUYS.get(rung.kind, "ON_DEMAND"),
                instance_types=None if block else list(pool.instance_types),
                scaling_config={"min_size": rung.nodes, "max_size": rung.max_nodes, "desired_size": rung.nodes},
                update_config={"max_unavailable": 1},
                launch_template={"id": template.id, "version": template.latest_version.apply(str)},
                labels=_labels(place, name, pool, rung),
                taints=cast("Any", _taints(pool)),
                tags=place.tags(f"nodes-{group}"),
                opts=options,
            )
        )
    return made


def group_name(pool: str, rung: EksCapacitySpec) -> str:
    """Return the name of a rung's node group; it does not change when rungs are added."""
    return "-".join(part for part in (pool, rung.kind.value, rung.reservation or rung.zone) if part)


def _labels(place: Place, name: str, pool: EksPoolSpec, rung: EksCapacitySpec) -> dict[str, str]:
    ours = {POOL_LABEL: name, f"{GROUP}/capacity": rung.kind.value, f"{GROUP}/country": place.country}
    return pool.labels | ours


def _taints(pool: EksPoolSpec) -> list[dict[str, str]]:
    gpu = [{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}] if pool.accelerator else []
    named = [{"key": taint.key, "value": taint.value, "effect": _EFFECTS[taint.effect]} for taint in pool.taints]
    return [*gpu, *named]


def _make_template(
    place: Place,
    keys: Keys,
    groups: Sequence[pulumi.Input[str]],
    group: str,
    pool: EksPoolSpec,
    rung: EksCapacitySpec,
) -> aws.ec2.LaunchTemplate:
    block = rung.kind is CapacityKind.CAPACITY_BLOCK
    near = _make_placement_group(place, group) if pool.placement == "cluster" else None
    kinds = ("instance", "volume", "network-interface")
    return aws.ec2.LaunchTemplate(
        place.name(f"template-{group}"),
        name=f"{place.cluster}-{group}",
        update_default_version=True,
        ebs_optimized="true",
        instance_type=pool.instance_types[0] if block else None,
        block_device_mappings=_disks(keys, pool),
        # A pod must not get the node's role: an answer that may go one hop reaches the node, and no container.
        metadata_options={
            "http_endpoint": "enabled",
            "http_tokens": "required",
            "http_put_response_hop_limit": 1,
            "instance_metadata_tags": "disabled",
        },
        vpc_security_group_ids=None if pool.efa else list(groups),
        network_interfaces=_interfaces(pool, groups) if pool.efa else None,
        instance_market_options={"market_type": "capacity-block"} if block else None,
        capacity_reservation_specification=(
            {"capacity_reservation_target": {"capacity_reservation_id": rung.reservation}} if rung.reservation else None
        ),
        placement={"group_name": near.name} if near else None,
        user_data=base64.b64encode(_RAID0.encode()).decode() if pool.local_disks == "raid0" else None,
        tag_specifications=[{"resource_type": kind, "tags": place.tags(f"nodes-{group}")} for kind in kinds],
        tags=place.tags(f"template-{group}"),
        opts=place.opts(),
    )


def _make_placement_group(place: Place, group: str) -> aws.ec2.PlacementGroup:
    return aws.ec2.PlacementGroup(
        place.name(f"placement-{group}"),
        name=f"{place.cluster}-{group}",
        strategy="cluster",
        tags=place.tags(f"placement-{group}"),
        opts=place.opts(),
    )


def _disks(keys: Keys, pool: EksPoolSpec) -> list[aws.ec2.LaunchTemplateBlockDeviceMappingArgsDict]:
    sizes = {"/dev/xvda": pool.disk_gib}
    if pool.facts.family == "bottlerocket":
        sizes = {"/dev/xvda": _OS_GIB, "/dev/xvdb": pool.disk_gib}
    return [
        {
            "device_name": device,
            "ebs": {
                "encrypted": "true",
                "kms_key_id": keys.volumes.arn,
                "volume_size": size,
                "volume_type": "gp3",
                "delete_on_termination": "true",
            },
        }
        for device, size in sizes.items()
    ]


def _interfaces(
    pool: EksPoolSpec, groups: Sequence[pulumi.Input[str]]
) -> list[aws.ec2.LaunchTemplateNetworkInterfaceArgsDict]:
    """Return the address that the node has, and an adapter without an address on each card."""
    common: aws.ec2.LaunchTemplateNetworkInterfaceArgsDict = {
        "security_groups": list(groups),
        "delete_on_termination": "true",
        "associate_public_ip_address": "false",
    }
    cards = eks_facts().efa[pool.instance_types[0]].cards
    adapters: list[aws.ec2.LaunchTemplateNetworkInterfaceArgsDict] = [
        {
            "security_groups": list(groups),
            "delete_on_termination": "true",
            "network_card_index": card,
            "device_index": 0 if card else 1,
            "interface_type": "efa-only",
        }
        for card in range(cards)
    ]
    return [{**common, "network_card_index": 0, "device_index": 0}, *adapters]
