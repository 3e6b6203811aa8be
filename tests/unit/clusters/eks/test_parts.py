"""What a cluster stands on: network, nodes, keys and object stores."""

import base64
import json

import pytest

from tests.unit.clusters.eks.programs import FULL, GPU, SMALL, SYSTEM, kind, made, named
from tests.unit.pulumi_program import Ran


@pytest.fixture(scope="module")
def full() -> Ran:
    return made(FULL)


class TestNetwork:
    """Prevents nodes that cannot reach AWS without the internet, or that reach the internet."""

    def test_subnets_are_private_and_one_for_each_zone(self, full: Ran) -> None:
        subnets = {r.inputs["availabilityZone"]: r.inputs["cidrBlock"] for r in full.of_type(":Subnet")}
        assert subnets == {
            "eu-central-1a": "10.20.0.0/19",
            "eu-central-1b": "10.20.32.0/19",
            "eu-central-1c": "10.20.64.0/19",
        }

    def test_what_nodes_call_has_an_endpoint(self, full: Ran) -> None:
        prefix = "com.amazonaws.eu-central-1."
        found = {r.inputs["serviceName"].removeprefix(prefix): r.inputs for r in full.of_type(":VpcEndpoint")}
        assert set(found) == {
            "s3", "ec2", "ecr.api", "ecr.dkr", "sts", "kms", "logs", "eks", "eks-auth", "autoscaling",
            "elasticloadbalancing",
        }  # fmt: skip
        gateway = found.pop("s3")
        assert (gateway["vpcEndpointType"], len(gateway["routeTableIds"])) == ("Gateway", 3)
        for inputs in found.values():
            assert (inputs["vpcEndpointType"], inputs["privateDnsEnabled"]) == ("Interface", True)
            assert len(inputs["subnetIds"]) == 3
            assert inputs["securityGroupIds"] == ["it-endpoints-id"]

    def test_an_optional_endpoint_is_made_when_it_is_asked_for(self) -> None:
        ran = made(SMALL | {"network": {"cidr": "10.20.0.0/16", "endpoints": ["ssm"]}})
        assert named(ran, "it-endpoint-ssm").inputs["serviceName"] == "com.amazonaws.eu-central-1.ssm"

    def test_a_given_network_is_taken_as_it_is(self) -> None:
        subnets = {zone: f"subnet-0123456{zone[-1]}" for zone in SMALL["zones"]}
        ran = made(SMALL | {"network": {"vpc": "vpc-01234567", "subnets": subnets}})
        assert not [r.name for r in ran.registered if kind(r) in {"Vpc", "Subnet", "RouteTable", "VpcEndpoint"}]
        assert ran.one(":Cluster").inputs["vpcConfig"]["subnetIds"] == list(subnets.values())
        assert named(ran, "it-api").inputs["vpcId"] == "vpc-01234567"

    def test_nat_has_a_gateway_in_each_zone_and_its_subnets_overlap_no_other(self) -> None:
        ran = made(SMALL | {"network": {"cidr": "10.20.0.0/16", "nat": True}})
        public = {r.inputs["cidrBlock"] for r in ran.of_type(":Subnet") if "public" in r.name}
        assert public == {"10.20.224.0/28", "10.20.224.16/28", "10.20.224.32/28"}
        assert len(ran.of_type(":NatGateway")) == 3

    def test_clients_outside_reach_the_api_by_named_addresses(self, full: Ran) -> None:
        rule = named(full, "it-api-from-10.99.0.0/24").inputs
        assert (rule["cidrIpv4"], rule["toPort"], rule["securityGroupId"]) == ("10.99.0.0/24", 443, "it-api-id")


class TestNodes:
    """Prevents a pool that asks for the wrong machines, in the wrong order, or whose pods do not fit."""

    def test_each_rung_is_a_node_group(self, full: Ran) -> None:
        found = {r.inputs["nodeGroupName"]: r.inputs["capacityType"] for r in full.of_type(":NodeGroup")}
        assert found == {
            "system-on-demand": "ON_DEMAND",
            "h100-reservation-cr-0123456789abcdef0": "ON_DEMAND",
            "h100-capacity-block-cr-0123456789abcdef1": "CAPACITY_BLOCK",
            "h100-on-demand-eu-central-1a": "ON_DEMAND",
            "h100-spot-eu-central-1a": "SPOT",
        }

    def test_what_is_reserved_is_aimed_at(self, full: Ran) -> None:
        template = named(full, "it-template-h100-reservation-cr-0123456789abcdef0").inputs
        target = template["capacityReservationSpecification"]["capacityReservationTarget"]
        assert target == {"capacityReservationId": "cr-0123456789abcdef0"}
        assert "instanceMarketOptions" not in template

    def test_a_capacity_block_has_its_instance_type_and_market_in_the_template(self, full: Ran) -> None:
        template = named(full, "it-template-h100-capacity-block-cr-0123456789abcdef1").inputs
        assert template["instanceType"] == "p5.48xlarge"
        assert template["instanceMarketOptions"] == {"marketType": "capacity-block"}
        group = named(full, "it-nodes-h100-capacity-block-cr-0123456789abcdef1").inputs
        assert "instanceTypes" not in group
        assert group["subnetIds"] == ["it-private-eu-central-1b-id"]

    def test_no_placement_group_comes_with_efa(self, full: Ran) -> None:
        assert not full.of_type(":PlacementGroup")
        assert all("placement" not in r.inputs for r in full.of_type(":LaunchTemplate"))

    def test_a_placement_group_is_made_when_it_is_asked_for(self) -> None:
        rung = [{"kind": "on-demand", "zone": "eu-central-1a", "max_nodes": 2}]
        ran = made(SMALL | {"pools": {"h100": GPU | {"capacity": rung, "placement": "cluster"}}})
        assert ran.one(":PlacementGroup").inputs["strategy"] == "cluster"
        template = named(ran, "it-template-h100-on-demand-eu-central-1a").inputs
        assert template["placement"] == {"groupName": "demo-fra-h100-on-demand-eu-central-1a"}

    def test_each_card_has_an_adapter_and_the_node_one_address(self, full: Ran) -> None:
        first, *adapters = named(full, "it-template-h100-spot-eu-central-1a").inputs["networkInterfaces"]
        assert "interfaceType" not in first
        assert [(a["networkCardIndex"], a["deviceIndex"]) for a in adapters] == [
            (0, 1),
            *((card, 0) for card in range(1, 32)),
        ]
        assert {a["interfaceType"] for a in adapters} == {"efa-only"}
        assert all(interface["securityGroups"] == ["sg-cluster", "it-fabric-id"] for interface in (first, *adapters))

    def test_nodes_without_efa_are_in_the_clusters_group_alone(self, full: Ran) -> None:
        assert named(full, "it-template-system-on-demand").inputs["vpcSecurityGroupIds"] == ["sg-cluster"]

    def test_labels_tell_pool_capacity_and_country(self, full: Ran) -> None:
        assert named(full, "it-nodes-h100-spot-eu-central-1a").inputs["labels"] == {
            "aifactory.dev/pool": "h100",
            "aifactory.dev/capacity": "spot",
            "aifactory.dev/country": "DE",
        }

    def test_gpu_nodes_are_tainted_and_others_are_not(self, full: Ran) -> None:
        (taint,) = named(full, "it-nodes-h100-spot-eu-central-1a").inputs["taints"]
        assert taint == {"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}
        assert named(full, "it-nodes-system-on-demand").inputs["taints"] == []

    def test_taints_that_are_named_are_set(self) -> None:
        pool = SYSTEM | {"taints": [{"key": "team", "value": "a", "effect": "NoExecute"}]}
        ran = made(SMALL | {"pools": {"team": pool}})
        assert named(ran, "it-nodes-team-on-demand").inputs["taints"] == [
            {"key": "team", "value": "a", "effect": "NO_EXECUTE"}
        ]

    def test_local_disks_become_one_volume(self, full: Ran) -> None:
        data = base64.b64decode(named(full, "it-template-h100-spot-eu-central-1a").inputs["userData"]).decode()
        assert "strategy: RAID0" in data
        assert "userData" not in named(full, "it-template-system-on-demand").inputs

    def test_bottlerocket_has_two_disks_and_its_own_image(self) -> None:
        pool = SYSTEM | {"image": "bottlerocket", "release": "1.50.0-0123abcd", "disk_gib": 80}
        ran = made(SMALL | {"system": pool})
        disks = named(ran, "it-template-system-on-demand").inputs["blockDeviceMappings"]
        assert {d["deviceName"]: d["ebs"]["volumeSize"] for d in disks} == {"/dev/xvda": 4, "/dev/xvdb": 80}
        assert ran.one(":NodeGroup").inputs["amiType"] == "BOTTLEROCKET_x86_64"


class TestKeysAndStores:
    """Prevents keys that KMS would keep against the owner's will, and buckets that forget."""

    def test_an_external_key_store_holds_every_key(self) -> None:
        ids = {"secrets": "s1", "volumes": "v1", "stores": "o1", "logs": "l1"}
        ran = made(SMALL | {"keys": {"key_store": "cks-0123456789abcdef0", "external_keys": ids}})
        for key in ran.of_type(":Key"):
            assert key.inputs["customKeyStoreId"] == "cks-0123456789abcdef0"
            assert key.inputs["xksKeyId"] == ids[key.name.removeprefix("it-key-")]
            assert key.inputs["enableKeyRotation"] is False
            assert "rotationPeriodInDays" not in key.inputs

    def test_the_logs_key_serves_logs_of_this_cluster_alone(self, full: Ran) -> None:
        _, logs = json.loads(named(full, "it-key-logs").inputs["policy"])["Statement"]
        assert logs["Principal"] == {"Service": "logs.eu-central-1.amazonaws.com"}
        group = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/eks/demo-fra/cluster"
        assert logs["Condition"] == {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group}}

    def test_autoscaling_may_use_the_volumes_key_and_no_other(self, full: Ran) -> None:
        users = {r.name for r in full.of_type(":Key") if "AWSServiceRoleForAutoScaling" in r.inputs["policy"]}
        assert users == {"it-key-volumes"}

    def test_every_version_is_kept_for_a_time(self, full: Ran) -> None:
        assert {r.inputs["versioningConfiguration"]["status"] for r in full.of_type(":BucketVersioning")} == {"Enabled"}
        (rule,) = named(full, "it-store-models-lifecycle").inputs["rules"]
        assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 90}

    def test_a_lock_is_set_where_it_is_asked_for(self, full: Ran) -> None:
        assert named(full, "it-store-backups").inputs["objectLockEnabled"] is True
        assert named(full, "it-store-models").inputs["objectLockEnabled"] is False
        rule = full.one(":BucketObjectLockConfiguration").inputs["rule"]
        assert rule == {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}

    def test_an_identity_reaches_its_store_and_no_other(self, full: Ran) -> None:
        text = named(full, "it-role-pod-llm-own").inputs["policy"]
        assert "demo-fra-123456789012-models" in text
        assert "backups" not in text
        assert "s3:PutObject" not in text
        assert "kms:GenerateDataKey" not in text
        assert "s3:PutObject" in named(full, "it-role-pod-billing-own").inputs["policy"]
        association = named(full, "it-identity-llm").inputs
        assert (association["namespace"], association["serviceAccount"]) == ("ai", "llm")

    def test_no_statement_lets_an_identity_take_a_lock_away(self, full: Ran) -> None:
        policies = [r.inputs["policy"] for r in full.of_type(":RolePolicy")]
        assert not [text for text in policies if "BypassGovernance" in text or "DeleteObjectVersion" in text]
