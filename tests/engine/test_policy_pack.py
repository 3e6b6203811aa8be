"""The policy pack under the real engine: foreign stacks, stacks of ours, and what slips in beside our components."""

import time

import pytest
import yaml

from tests.engine.support.cloud_stack import CloudStack
from tests.unit.policy.strict import config
from tests.unit.policy.test_configuration import FACTORY

pytestmark = pytest.mark.engine

CANARY = "canary-4711-hunter2"

GERMAN = 'german = ResourceOptions(provider=provider("aws", "german", region="eu-central-1"))\n'
"""A provider whose region is allowed."""


@pytest.fixture
def stack(tmp_path, toolset):
    stack = CloudStack(tmp_path, toolset)
    yield stack
    stack.bench.end()


BESIDE = """
class Database(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("aifactory:index:Postgres", name)
        spec = {"imageName": "registry.example.com/postgres@sha256:" + "a" * 64}
        make("kubernetes:postgresql.cnpg.io/v1:Cluster", f"{name}-cluster", ResourceOptions(parent=self), spec=spec)


Database("billing")
"""

SLIPPED = """
make("aws:s3/bucket:Bucket", "data", region="us-east-1")
"""


class TestBesideOurComponents:
    """Prevents a raw resource beside our components from going where the region may not be."""

    def test_it_stops_preview_and_up_with_the_rule_and_what_would_pass(self, stack):
        stack.write(BESIDE, **config())
        assert not any("policy sovereignty:" in warning for warning in stack.preview().warnings)
        stack.write(BESIDE + SLIPPED, **config("residency"))
        for run in (stack.preview, stack.up):
            said = stack.refused(run)
            assert "data: policy sovereignty:" in said
            assert "residency: denied: test/aws:s3/bucket:Bucket data/storage" in said
            assert "storage in US, which is not allowed" in said
            assert "would pass: aws/eu-central-1 (DE)" in said
        assert "data" not in stack.bench.items()

    def test_the_region_of_the_stacks_name_says_which_rules_hold(self, stack):
        stack.write(SLIPPED)
        region = {"regions": {"test": FACTORY["regions"]["prod"]}}
        (stack.bench.project / "stacks" / "factory.yaml").write_text(yaml.safe_dump({**FACTORY, **region}))
        assert "storage in US, which is not allowed" in stack.refused()


DENIED = {
    "a provider in a denied region": (
        'provider("aws", "west", region="us-west-2")',
        "residency: denied: test/pulumi:providers:aws west/region",
    ),
    "geo-redundant storage": (
        'make("azure-native:storage/v20240101:StorageAccount", "geo", location="brazilsouth", sku={"name": "Standard_GRS"})',
        "copy to US, which is not within eea",
    ),
    "a public endpoint": (
        'make("aws:eks/cluster:Cluster", "k8s", german, vpcConfig={"subnetIds": []})',
        "admin-locality: denied: test/aws:eks/cluster:Cluster k8s/api",
    ),
    "a database for everybody": (
        'make("aws:rds/instance:Instance", "db", german, storageEncrypted=True, publiclyAccessible=True)',
        "the open internet stands for several places",
    ),
    "a foreign image": (
        'spec = {"containers": [{"image": "ghcr.io/a/b:1"}]}\nmake("kubernetes:core/v1:Pod", "pod", spec=spec)',
        "it comes from ghcr.io",
    ),
    "an unencrypted volume": (
        'make("aws:ebs/volume:Volume", "disk", german, encrypted=False)',
        "key-custody: denied: test/aws:ebs/volume:Volume disk/storage",
    ),
    "a claim of which nobody knows anything": (
        'make("kubernetes:core/v1:PersistentVolumeClaim", "claim", spec={"storageClassName": "fast"})',
        "key-custody: unknown, which is denied: test/kubernetes:core:PersistentVolumeClaim claim/storage spec",
    ),
}


class TestDenied:
    """Prevents any of what the rules deny from passing a preview."""

    def test_all_at_once(self, stack):
        programs = [program for program, _ in DENIED.values()]
        stack.write(GERMAN + "\n".join(programs), **config())
        said = stack.refused()
        assert [what for what, (_, words) in DENIED.items() if words not in said] == []


ALLOWED = """
key = make("aws:kms/key:Key", "key", german)
make("aws:ebs/volume:Volume", "disk", german, encrypted=True, kmsKeyId=key.out)
bucket = make("aws:s3/bucket:Bucket", "data", german)
default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key.out}
kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
make(kind, "encryption", german, bucket=bucket.out, rules=[{"applyServerSideEncryptionByDefault": default}])
make("random:index/randomPassword:RandomPassword", "password", length=20)
"""


class TestForeignStack:
    """Prevents the pack from being of use to nobody but us: these stacks never heard of aifactory."""

    def test_what_is_allowed_passes_and_what_nobody_judged_is_shown(self, stack):
        stack.write(GERMAN + ALLOWED, **config())
        planned = stack.preview()
        assert planned.changes["create"] == 7
        (warning,) = [each for each in planned.warnings if "policy sovereignty" in each]
        assert "1 type that the pack does not know: random:index/randomPassword:RandomPassword (1)" in warning

    def test_a_stack_of_which_nobody_said_anything_is_denied(self, stack):
        stack.write(GERMAN + ALLOWED)
        assert '{"sovereignty": {"profiles": ["eu-gdpr"]}}' in stack.refused()

    def test_no_rules_hold_where_somebody_said_so(self, stack):
        stack.write(SLIPPED, profiles=["none"])
        assert stack.preview().changes["create"] == 2

    def test_a_key_that_another_resource_makes_abroad(self, stack):
        abroad = ALLOWED.replace('"key", german', '"key", region="us-east-1"')
        stack.write(GERMAN + abroad, **config("key-custody"))
        said = stack.refused()
        assert "disk: policy sovereignty-stack:" in said
        assert "the key is in US" in said


UNKNOWN = """
other = make("random:index/randomPet:RandomPet", "other", region="eu-central-1")
make("aws:s3/bucket:Bucket", "data", region=other.out)
"""


class TestUnknown:
    """Prevents a value that is not known at preview from passing as an advice."""

    def test_it_is_mandatory_and_says_when_it_is_known(self, stack):
        stack.write(UNKNOWN, **config("residency"))
        said = stack.refused()
        assert "data: policy sovereignty:" in said
        assert "residency: unknown, which is denied" in said
        assert "region: known only when `pulumi up` has made what it comes from" in said

    def test_up_judges_it_when_it_is_known(self, stack):
        program = (
            "class Pet(pulumi.CustomResource):\n    region: pulumi.Output[str]\n\n\n"
            'other = Pet("random:index/randomPet:RandomPet", "other", {{"region": "{}"}})\n'
            'make("aws:s3/bucket:Bucket", "data", region=other.region.apply(lambda value: value))\n'
        )
        stack.write(program.format("us-east-1"), **config("residency"))
        assert "storage in US, which is not allowed" in stack.refused(stack.up)
        assert "data" not in stack.bench.items()
        stack.write(program.format("eu-central-1"), **config("residency"))
        stack.up()
        assert "data" in stack.bench.items()


SECRETS = """
word = Output.secret("{canary}")
make("kubernetes:core/v1:Secret", "secret", stringData={{"password": word}})
spec = {{"containers": [{{"image": "user:{canary}@ghcr.io/a", "env": [{{"name": "A", "value": word}}]}}]}}
make("kubernetes:core/v1:Pod", "pod", spec=spec)
make("aws:rds/instance:Instance", "db", region="us-east-1", password=word, kmsKeyId=word, tags={{"data-class": word}})
make("aws:s3/bucket:Bucket", "data", region=word, bucket=word, acl=word)
make("azure-native:storage:StorageAccount", "account", location=word, sku={{"name": word}})
"""


class TestSecrets:
    """Prevents a secret that policies are given in clear from standing in what they say."""

    def test_it_is_nowhere_in_the_output(self, stack):
        stack.write(SECRETS.format(canary=CANARY), **config())
        said = stack.refused()
        assert "residency: unknown, which is denied: test/aws:s3/bucket:Bucket data/storage" in said
        assert "it comes from ghcr.io" in said
        assert CANARY not in said


class TestWaived:
    """Prevents an exception from blocking, and from passing unseen."""

    def test_it_passes_and_is_shown(self, stack):
        waiver = {
            "rule": "residency",
            "subject": "test/aws:s3/bucket:Bucket data/storage",
            "reason": "the customer has asked for it",
            "approver": "board of directors",
            "approved": "2026-11-01",
            "expires": "2026-11-22",
            "controls": ["the data are encrypted by the customer"],
        }
        stack.write(SLIPPED, **config("residency", waivers={"board": waiver}))
        warnings = "\n".join(stack.preview().warnings)
        assert "residency: waived: test/aws:s3/bucket:Bucket data/storage" in warnings
        assert "waiver board: approved by board of directors until 2026-11-22" in warnings
        stack.write(SLIPPED, **config("residency", waivers={"board": waiver}) | {"as_of": "2026-11-23"})
        assert "the waiver expired on 2026-11-22" in stack.refused()


class TestCost:
    """Prevents a pack that makes previews wait."""

    def test_two_hundred_resources(self, stack):
        spec = {"template": {"spec": {"containers": [{"image": "registry.example.com/a@sha256:" + "a" * 64}] * 3}}}
        program = f'for index in range(200):\n    make("kubernetes:apps/v1:Deployment", f"d{{index}}", spec={spec!r})\n'
        stack.write(program, **config())
        begun = time.monotonic()
        stack.bench.preview()
        bare = time.monotonic() - begun
        begun = time.monotonic()
        assert stack.preview().changes["create"] == 201
        judged = time.monotonic() - begun
        # The pack's own start is some seconds; what each resource costs must not be seen beside the engine's own work.
        assert judged < 3 * bare + 10, f"{judged:.1f} s with the pack, {bare:.1f} s without"
