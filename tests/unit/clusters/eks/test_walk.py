"""Every resource of a cluster, one by one: nothing is open, unencrypted or unpinned, and each exception is named."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.clusters.eks.programs import ACCOUNT, ADDONS, FULL, SMALL, made
from tests.unit.pulumi_program import Ran, Registered

NAT = SMALL | {"network": {"cidr": "10.20.0.0/16", "nat": True, "endpoints": ["ssm"]}}
PUBLIC = SMALL | {"public_cidrs": ["203.0.113.7/32"]}
GIVEN = SMALL | {
    "network": {"vpc": "vpc-01234567", "subnets": {zone: f"subnet-0123456{zone[-1]}" for zone in SMALL["zones"]}}
}
CLUSTERS = {"small": SMALL, "full": FULL, "nat": NAT, "public": PUBLIC, "given": GIVEN}

OPEN_ROUTES = {
    "it-route-public": "asked for with nat: the way of the NAT gateways themselves",
    **{f"it-route-out-eu-central-1{letter}": "asked for with nat: the way out through a NAT gateway" for letter in "abc"},
}
"""Resources that may name the whole internet, and why."""

WILD_ACTIONS = {
    "it-key-secrets": "AWS refuses a key that its account cannot manage",
    "it-key-volumes": "AWS refuses a key that its account cannot manage",
    "it-key-stores": "AWS refuses a key that its account cannot manage",
    "it-key-logs": "AWS refuses a key that its account cannot manage",
}
"""Resources whose policies allow a whole service, and why."""

AWS_POLICIES = {
    "AmazonEKSClusterPolicy": "what EKS itself must do in the account",
    "AmazonEKSWorkerNodePolicy": "what a node reads to join",
    "AmazonEC2ContainerRegistryPullOnly": "pulls and nothing else",
    "AmazonEKS_CNI_Policy": "addresses of pods; for the plugin's own service account alone",
    "AmazonEBSCSIDriverPolicy": "volumes; for the driver's own service account alone",
}
"""Policies that AWS keeps, and what they are needed for."""

POLICY_FIELDS = ("policy", "assumeRolePolicy")


@pytest.fixture(params=CLUSTERS, scope="module")
def ran(request: pytest.FixtureRequest) -> Ran:
    return made(CLUSTERS[request.param])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def statements(ran: Ran) -> Iterator[tuple[Registered, str, dict[str, Any]]]:
    for resource in ran.registered:
        for field in POLICY_FIELDS:
            if field in resource.inputs:
                document = json.loads(resource.inputs[field])
                assert document["Version"] == "2012-10-17"
                for statement in document["Statement"]:
                    yield resource, field, statement


class TestOpen:
    """Prevents a way in, or out, that nobody asked for."""

    def test_the_whole_internet_is_named_nowhere_but_in_routes_of_nat(self, ran: Ran) -> None:
        named = {r.name for r in ran.registered if {"0.0.0.0/0", "::/0"} & set(texts(r.inputs))}
        assert named <= set(OPEN_ROUTES)

    def test_routes_out_are_there_only_when_asked_for(self) -> None:
        assert {r.name for r in made(NAT).of_type(":Route")} == set(OPEN_ROUTES)
        for args in (SMALL, FULL, PUBLIC, GIVEN):
            kinds = {r.type.rpartition(":")[2] for r in made(args).registered}
            assert not kinds & {"Route", "InternetGateway", "NatGateway", "Eip"}

    def test_rules_name_addresses_or_groups_and_none_is_both_wide_and_from_outside(self, ran: Ran) -> None:
        rules = [*ran.of_type(":SecurityGroupIngressRule"), *ran.of_type(":SecurityGroupEgressRule")]
        for rule in rules:
            if "cidrIpv4" in rule.inputs:
                assert rule.inputs["cidrIpv4"].startswith("10.")
                assert (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) == (443, 443, "tcp")
            else:
                assert rule.inputs["referencedSecurityGroupId"] == rule.inputs["securityGroupId"]

    def test_groups_have_no_rules_of_their_own(self, ran: Ran) -> None:
        assert all(not {"ingress", "egress"} & set(group.inputs) for group in ran.of_type(":SecurityGroup"))

    def test_the_networks_default_group_lets_nothing_through(self, ran: Ran) -> None:
        for group in ran.of_type(":DefaultSecurityGroup"):
            assert (group.inputs["ingress"], group.inputs["egress"]) == ([], [])

    def test_no_machine_gets_a_public_address(self, ran: Ran) -> None:
        assert all(subnet.inputs["mapPublicIpOnLaunch"] is False for subnet in ran.of_type(":Subnet"))
        for template in ran.of_type(":LaunchTemplate"):
            for interface in template.inputs.get("networkInterfaces", []):
                assert interface.get("associatePublicIpAddress") != "true"

    def test_no_bucket_can_be_made_public(self, ran: Ran) -> None:
        buckets = {r.name for r in ran.of_type(":Bucket")}
        closed = ran.of_type(":BucketPublicAccessBlock")
        assert {r.name.removesuffix("-private") for r in closed} == buckets
        fields = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert all(r.inputs[field] is True for r in closed for field in fields)

    def test_the_api_is_private_unless_addresses_are_named(self, ran: Ran) -> None:
        found = ran.one(":Cluster").inputs["vpcConfig"]
        assert found["endpointPrivateAccess"] is True
        assert found["endpointPublicAccess"] is bool(found.get("publicAccessCidrs"))


class TestPolicies:
    """Prevents a role that may more than it must, or that others may take on."""

    def test_no_statement_allows_every_action(self, ran: Ran) -> None:
        for resource, _, statement in statements(ran):
            if statement["Effect"] == "Allow":
                actions = statement["Action"]
                wild = [action for action in actions if "*" in action]
                assert isinstance(actions, list)
                assert not wild or (resource.name in WILD_ACTIONS and wild == ["kms:*"]), resource.name

    def test_resources_are_named_except_in_policies_of_keys_where_the_star_is_the_key(self, ran: Ran) -> None:
        for resource, field, statement in statements(ran):
            if field == "assumeRolePolicy":
                assert "Resource" not in statement
            elif statement["Effect"] == "Allow":
                named = statement["Resource"]
                assert ("*" not in named) or (resource.type.endswith(":Key") and named == ["*"]), resource.name
                assert all(one == "*" or one.startswith("arn:") for one in named)

    def test_nobody_is_everybody_except_in_denials(self, ran: Ran) -> None:
        for resource, _, statement in statements(ran):
            if statement["Effect"] == "Allow" and "Principal" in statement:
                (principal,) = statement["Principal"].values()
                assert "*" not in principal, resource.name

    def test_aws_own_policies_are_these_and_no_others(self, ran: Ran) -> None:
        attached = {r.inputs["policyArn"].rpartition("/")[2] for r in ran.of_type(":RolePolicyAttachment")}
        assert attached == set(AWS_POLICIES)

    def test_roles_of_pods_are_for_one_service_account_of_this_cluster(self, ran: Ran) -> None:
        for resource, _, statement in statements(ran):
            if statement.get("Principal") == {"Service": "pods.eks.amazonaws.com"}:
                wanted = statement["Condition"]["StringEquals"]
                arn = f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/demo-fra"
                assert wanted["aws:RequestTag/eks-cluster-arn"] == arn, resource.name
                assert wanted["aws:RequestTag/kubernetes-namespace"]
                assert wanted["aws:RequestTag/kubernetes-service-account"]

    def test_nodes_cannot_do_what_add_ons_do(self, ran: Ran) -> None:
        of_nodes = {
            r.inputs["policyArn"].rpartition("/")[2] for r in ran.of_type(":RolePolicyAttachment") if "role-nodes" in r.name
        }
        assert of_nodes == {"AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"}
        assert "it-role-nodes-own" not in {r.name for r in ran.of_type(":RolePolicy")}


class TestEncryption:
    """Prevents data that lie somewhere under a key that is not the owner's, or under none."""

    def test_every_disk_of_a_node_is_encrypted_with_the_volumes_key(self, ran: Ran) -> None:
        templates = ran.of_type(":LaunchTemplate")
        assert templates
        for template in templates:
            for disk in template.inputs["blockDeviceMappings"]:
                assert disk["ebs"]["encrypted"] == "true"
                assert disk["ebs"]["kmsKeyId"].endswith("key/it-key-volumes")

    def test_every_bucket_is_encrypted_with_the_stores_key(self, ran: Ran) -> None:
        buckets = {r.name for r in ran.of_type(":Bucket")}
        rules = {
            r.name.removesuffix("-encryption"): r.inputs["rules"]
            for r in ran.of_type(":BucketServerSideEncryptionConfiguration")
        }
        assert set(rules) == buckets
        for (rule,) in rules.values():
            default = rule["applyServerSideEncryptionByDefault"]
            assert default["sseAlgorithm"] == "aws:kms"
            assert default["kmsMasterKeyId"].endswith("key/it-key-stores")

    def test_every_bucket_refuses_what_comes_without_tls(self, ran: Ran) -> None:
        policies = ran.of_type(":BucketPolicy")
        assert len(policies) == len(ran.of_type(":Bucket"))
        for found in policies:
            (statement,) = json.loads(found.inputs["policy"])["Statement"]
            assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}

    def test_logs_secrets_and_volumes_have_their_keys(self, ran: Ran) -> None:
        assert ran.one(":LogGroup").inputs["kmsKeyId"].endswith("key/it-key-logs")
        encryption = ran.one(":Cluster").inputs["encryptionConfig"]
        assert encryption["resources"] == ["secrets"]
        assert encryption["provider"]["keyArn"].endswith("key/it-key-secrets")
        parameters = ran.one(":StorageClass").inputs["parameters"]
        assert (parameters["encrypted"], parameters["kmsKeyId"].rpartition("/")[2]) == ("true", "it-key-volumes")

    def test_keys_rotate_and_stay_in_their_region(self, ran: Ran) -> None:
        for key in ran.of_type(":Key"):
            assert key.inputs["enableKeyRotation"] is True
            assert key.inputs["multiRegion"] is False
            assert key.inputs["deletionWindowInDays"] == 30

    def test_nothing_is_copied_elsewhere(self, ran: Ran) -> None:
        assert not [r.type for r in ran.registered if "eplicat" in r.type or "replicationConfiguration" in r.inputs]


class TestPinned:
    """Prevents a cluster that is another one tomorrow, with nobody having changed a line."""

    def test_nothing_says_latest(self, ran: Ran) -> None:
        said = [text for r in ran.registered for text in texts(r.inputs)]
        assert not [text for text in said if re.search(r"\$?latest|\$Default", text, re.IGNORECASE)]

    def test_every_version_is_written_down(self, ran: Ran) -> None:
        assert ran.one(":Cluster").inputs["version"] == "1.35"
        assert {r.inputs["addonName"]: r.inputs["addonVersion"] for r in ran.of_type(":Addon")} == ADDONS
        for group in ran.of_type(":NodeGroup"):
            assert group.inputs["releaseVersion"] == "1.35.0-20260401"
            assert group.inputs["launchTemplate"]["version"] == "3"

    def test_no_name_is_made_up_by_the_engine(self, ran: Ran) -> None:
        """What others refer to by name must have the same one in every preview."""
        named = {
            "Role": "name", "Cluster": "name", "LogGroup": "name", "Bucket": "bucket", "NodeGroup": "nodeGroupName",
            "LaunchTemplate": "name", "Alias": "name", "SecurityGroup": "name", "PlacementGroup": "name",
        }  # fmt: skip
        for resource in ran.registered:
            field = named.get(resource.type.rpartition(":")[2])
            assert field is None or resource.inputs[field], resource.name

    def test_metadata_needs_a_token_and_answers_one_hop(self, ran: Ran) -> None:
        for template in ran.of_type(":LaunchTemplate"):
            options = template.inputs["metadataOptions"]
            assert options["httpTokens"] == "required"
            assert options["httpPutResponseHopLimit"] == 1
