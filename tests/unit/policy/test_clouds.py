"""Facts of resources of AWS and Azure."""

import pytest

from aifactory.model import Custody, FlowKind
from aifactory.policy.extract import seen
from aifactory.policy.observation import Setting
from aifactory.policy.places import OPEN_INTERNET
from aifactory.sovereignty.fact import (
    ALL_CLASSES,
    Administered,
    Kept,
    Located,
    Managed,
    Moved,
    Operated,
    Pulled,
    Retained,
    Sent,
)
from tests.unit.policy.harness import UNKNOWN, fact, facts, resource

BUCKET = "aws:s3/bucket:Bucket"
VOLUME = "aws:ebs/volume:Volume"
ACCOUNT = "azure-native:storage/v20240101:StorageAccount"
LOCAL = {"name": "Standard_LRS"}


def of(sort, kind, **properties):
    return [each for each in facts(kind, **properties) if isinstance(each, sort)]


class TestPlaces:
    """Prevents a resource from being judged by the wrong region: its own goes before its provider's."""

    def test_its_own_region_goes_before_its_providers(self):
        assert fact(Located, BUCKET).place.country == "DE"
        assert fact(Located, BUCKET, region="us-east-1").place.country == "US"

    @pytest.mark.parametrize(
        ("region", "country"), [("eu-west-2", "GB"), ("eu-central-2", "CH"), ("us-west-2", "US"), ("eu-north-9", None)]
    )
    def test_countries_by_the_catalog_and_not_by_the_name(self, region, country):
        assert fact(Located, BUCKET, region=region).place.country == country

    def test_azure_knows_names_for_people(self):
        assert fact(Located, ACCOUNT, location="North Europe", sku=LOCAL).place.country == "IE"

    def test_a_logical_location_is_no_place(self):
        place = fact(Located, ACCOUNT, location="global", sku=LOCAL).place
        assert (place.country, place.logical) == (None, True)

    def test_what_is_no_name_of_a_place_is_not_shown(self):
        assert fact(Located, BUCKET, region="hunter2 canary").place.location == ""
        assert fact(Located, ACCOUNT, location="hunter2canary", sku=LOCAL).place.location == ""

    def test_an_unknown_region_names_its_property(self):
        found = seen(resource(BUCKET, region=UNKNOWN), Setting()).observations[0]
        assert found.fact.place.country is None
        assert found.unknown == ("region",)

    def test_a_type_that_nobody_read_is_judged_by_its_place(self):
        strange = seen(resource("aws:sagemaker/domain:Domain", region="us-east-1"), Setting())
        assert not strange.known
        assert [each.fact.place.country for each in strange.observations] == ["US"]

    def test_a_provider_stands_for_all_that_it_makes(self):
        kind = "pulumi:providers:aws"
        assert fact(Located, kind, region="us-west-2").place.country == "US"
        assert fact(Operated, kind, region="us-west-2").operator == "aws"
        assert fact(Operated, kind, region="eusc-de-east-1").operator == "aws-european-sovereign-cloud"
        assert facts(kind) == []


class TestEncryption:
    """Prevents data without encryption, or under the provider's key, from passing for the customer's."""

    def kept(self, kind, **properties):
        found = fact(Kept, kind, **properties)
        return found.encrypted, found.custody, found.country

    def test_volumes(self):
        key = "arn:aws:kms:us-east-1:1:key/2"
        assert self.kept(VOLUME)[0] is None
        assert self.kept(VOLUME, encrypted=False)[:2] == (False, None)
        assert self.kept(VOLUME, encrypted=True) == (True, Custody.PROVIDER, "DE")
        assert self.kept(VOLUME, encrypted=True, kmsKeyId=key) == (True, Custody.CUSTOMER, "US")
        assert self.kept(VOLUME, encrypted=True, kmsKeyId="alias/aws/ebs") == (True, Custody.PROVIDER, "DE")
        assert self.kept(VOLUME, encrypted=False, kmsKeyId=key)[0] is False

    def test_defaults_are_the_providers_own(self):
        assert self.kept(BUCKET)[0] is True
        assert self.kept("aws:rds/instance:Instance")[0] is False
        assert self.kept("aws:kinesis/stream:Stream")[0] is False
        assert self.kept("aws:kinesis/stream:Stream", encryptionType="KMS")[0] is True
        assert self.kept("aws:dynamodb/table:Table")[0] is True

    def test_each_disk_of_a_machine_is_looked_at(self):
        disks = [{"encrypted": True}, {"encrypted": False}, UNKNOWN]
        found = of(Kept, "aws:ec2/instance:Instance", rootBlockDevice={"encrypted": True}, ebsBlockDevices=disks)
        assert [each.encrypted for each in found] == [True, True, False, None]
        assert len({each.subject for each in found}) == 4

    def test_a_key_in_a_module_of_azure(self):
        vault = {"keyVaultProperties": {"keyVaultUri": "https://mine.managedhsm.azure.net"}}
        assert self.kept(ACCOUNT, location="westeurope", encryption=vault)[1] is Custody.HSM
        vault = {"keyVaultProperties": {"keyVaultUri": "https://mine.vault.azure.net"}}
        assert self.kept(ACCOUNT, location="westeurope", encryption=vault)[1:] == (Custody.CUSTOMER, None)

    def test_what_names_a_key_waits_for_the_stack(self):
        late = [each.late for each in seen(resource(VOLUME, encrypted=True, kmsKeyId=UNKNOWN), Setting()).observations]
        assert late == [False, False, True]
        now = seen(resource(VOLUME, encrypted=False, kmsKeyId=UNKNOWN), Setting()).observations
        assert not any(each.late for each in now)


class TestCopies:
    """Prevents a copy from crossing a border unseen."""

    def test_geo_redundancy_goes_to_the_paired_region(self):
        moved = fact(Moved, ACCOUNT, location="brazilsouth", sku={"name": "Standard_GRS"}, publicNetworkAccess="Disabled")
        assert (moved.kind, moved.origin.country, moved.place.country) == (FlowKind.COPY, "BR", "US")
        located = of(Located, ACCOUNT, location="brazilsouth", sku={"name": "Standard_RAGZRS"})
        assert [each.place.country for each in located] == ["BR", "US"]

    def test_copies_of_which_nobody_said_anything_are_unknown(self):
        moved = fact(Moved, ACCOUNT, location="brazilsouth", publicNetworkAccess="Disabled")
        assert moved.place.country is None

    @pytest.mark.parametrize("sku", ["Standard_LRS", "Standard_ZRS", "Premium_LRS"])
    def test_copies_within_a_region_go_nowhere(self, sku):
        assert of(Moved, ACCOUNT, location="brazilsouth", sku={"name": sku}, publicNetworkAccess="Disabled") == []

    def test_a_replica_for_each_region_but_its_own(self):
        replicas = [{"regionName": "us-east-1"}, {"regionName": "eu-central-1"}, {"regionName": UNKNOWN}]
        moved = of(Moved, "aws:dynamodb/table:Table", replicas=replicas)
        assert [each.place.country for each in moved] == ["US", None]

    def test_a_copy_knows_where_it_comes_from(self):
        moved = fact(Moved, "aws:ebs/snapshotCopy:SnapshotCopy", sourceRegion="us-east-1", encrypted=True)
        assert (moved.origin.country, moved.place.country) == ("US", "DE")

    def test_backups_of_databases(self):
        database = "azure-native:dbforpostgresql:Server"
        moved = of(Moved, database, location="brazilsouth", backup={"geoRedundantBackup": "Enabled"})
        assert (moved[0].kind, moved[0].place.country) == (FlowKind.BACKUP, "US")
        assert fact(Retained, database, location="brazilsouth", backup={"backupRetentionDays": 14}).days == 14


class TestDoors:
    """Prevents what everybody on the internet can reach from passing for private."""

    @pytest.mark.parametrize(
        ("kind", "properties"),
        [
            (BUCKET, {"acl": "public-read"}),
            ("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read-write"}),
            ("aws:rds/instance:Instance", {"publiclyAccessible": True}),
            (ACCOUNT, {"sku": LOCAL, "location": "westeurope"}),
            ("azure-native:keyvault:Vault", {"location": "westeurope", "properties": {}}),
        ],
    )
    def test_open_to_everybody(self, kind, properties):
        assert fact(Moved, kind, **properties).place == OPEN_INTERNET

    @pytest.mark.parametrize(
        ("kind", "properties"),
        [
            (BUCKET, {"acl": "private"}),
            ("aws:rds/instance:Instance", {}),
            (ACCOUNT, {"sku": LOCAL, "location": "westeurope", "publicNetworkAccess": "Disabled"}),
            (ACCOUNT, {"sku": LOCAL, "location": "westeurope", "networkRuleSet": {"defaultAction": "Deny"}}),
        ],
    )
    def test_closed(self, kind, properties):
        assert of(Moved, kind, **properties) == []

    @pytest.mark.parametrize(
        ("kind", "properties", "public"),
        [
            ("aws:eks/cluster:Cluster", {"vpcConfig": {}}, True),
            ("aws:eks/cluster:Cluster", {"vpcConfig": {"endpointPublicAccess": False}}, False),
            ("aws:eks/cluster:Cluster", {"vpcConfig": {"publicAccessCidrs": ["203.0.113.7/32"]}}, False),
            ("aws:eks/cluster:Cluster", {"vpcConfig": {"publicAccessCidrs": ["203.0.113.7/32", "0.0.0.0/0"]}}, True),
            ("aws:eks/cluster:Cluster", {"vpcConfig": {"publicAccessCidrs": ["203.0.113.7/32", UNKNOWN]}}, None),
            ("aws:eks/cluster:Cluster", {"vpcConfig": {"endpointPublicAccess": UNKNOWN}}, None),
            ("azure-native:containerservice:ManagedCluster", {}, True),
            (
                "azure-native:containerservice:ManagedCluster",
                {"apiServerAccessProfile": {"enablePrivateCluster": True}},
                False,
            ),
            (
                "azure-native:containerservice:ManagedCluster",
                {"apiServerAccessProfile": {"authorizedIPRanges": ["203.0.113.0/24"]}},
                False,
            ),
        ],
    )
    def test_apis_of_clusters(self, kind, properties, public):
        assert fact(Administered, kind, **properties).public is public

    @pytest.mark.parametrize(
        ("rule", "administers", "plain"),
        [
            ({"cidrBlocks": ["0.0.0.0/0"], "fromPort": 22, "toPort": 22}, True, False),
            ({"ipv6CidrBlocks": ["::/0"], "fromPort": 0, "toPort": 0, "protocol": "-1"}, True, True),
            ({"cidrBlocks": ["0.0.0.0/0"], "fromPort": 80, "toPort": 80}, False, True),
            ({"cidrBlocks": ["0.0.0.0/0"], "fromPort": 443, "toPort": 443}, False, False),
            ({"cidrBlocks": ["10.0.0.0/8"], "fromPort": 22, "toPort": 22}, False, False),
        ],
    )
    def test_rules_of_networks(self, rule, administers, plain):
        kind = "aws:ec2/securityGroup:SecurityGroup"
        assert bool(of(Administered, kind, ingress=[rule])) is administers
        assert bool(of(Sent, kind, ingress=[rule])) is plain

    def test_a_network_that_is_not_known_yet_is_unknown(self):
        rule = {"cidrBlocks": [UNKNOWN], "fromPort": 22, "toPort": 22}
        assert fact(Administered, "aws:ec2/securityGroup:SecurityGroup", ingress=[rule]).public is None

    def test_rules_of_azure(self):
        rule = {"direction": "Inbound", "access": "Allow", "sourceAddressPrefix": "*", "destinationPortRange": "20-30"}
        group = "azure-native:network:NetworkSecurityGroup"
        assert fact(Administered, group, securityRules=[rule]).public is True
        assert facts(group, securityRules=[{**rule, "access": "Deny"}]) == []
        assert facts(group, securityRules=[{**rule, "direction": "Outbound"}]) == []

    @pytest.mark.parametrize(
        ("properties", "encrypted"),
        [({"protocol": "HTTPS"}, True), ({"protocol": "HTTP"}, False), ({"protocol": "TCP"}, None), ({}, None)],
    )
    def test_listeners(self, properties, encrypted):
        assert fact(Sent, "aws:lb/listener:Listener", **properties).encrypted is encrypted

    def test_a_listener_that_redirects_carries_nothing(self):
        assert facts("aws:lb/listener:Listener", protocol="HTTP", defaultActions=[{"type": "redirect"}]) == []


class TestServices:
    """Prevents managed services, images and classes of data from being lost on the way to the rules."""

    def test_managed(self):
        found = fact(Managed, "aws:rds/instance:Instance")
        assert (found.service, found.managed, found.operator) == ("database", True, "aws")

    def test_a_content_network_is_everywhere(self):
        assert fact(Located, "aws:cloudfront/distribution:Distribution").place.logical

    def test_images_within_text(self):
        text = '[{"name": "a", "image": "ghcr.io/x/y:1"}, {"image": "registry.example.com/z@sha256:' + "0" * 64 + '"}]'
        found = of(Pulled, "aws:ecs/taskDefinition:TaskDefinition", containerDefinitions=text)
        assert [(each.host, each.pinned) for each in found] == [("ghcr.io", False), ("registry.example.com", True)]
        assert [each.host for each in of(Pulled, "aws:ecs/taskDefinition:TaskDefinition", containerDefinitions="{")] == [
            None
        ]

    def test_a_tag_says_the_class_of_data_where_it_names_one(self):
        setting = Setting(classes=frozenset({"customers"}))
        assert fact(Located, BUCKET, setting, tags={"data-class": "customers"}).data_class == "customers"
        assert fact(Located, BUCKET, setting, tags={"data-class": "hunter2"}).data_class is None
        assert fact(Located, BUCKET, setting).data_class is None
        assert fact(Located, "aws:eks/cluster:Cluster", setting).data_class == ALL_CLASSES

    @pytest.mark.parametrize(("days", "read"), [(30, 30), (0, None), (None, None), (UNKNOWN, None)])
    def test_retention(self, days, read):
        assert fact(Retained, "aws:cloudwatch/logGroup:LogGroup", retentionInDays=days).days == read
