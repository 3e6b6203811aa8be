"""The policies as Pulumi calls them: what blocks, what is noted, what is never said."""

import pytest

from aifactory.policy import policies
from aifactory.policy.tables import rows
from tests.unit.policy.harness import LATER, Pack, in_stack
from tests.unit.policy.strict import config, profile

BUCKET = "aws:s3/bucket:Bucket"
VOLUME = "aws:ebs/volume:Volume"
CANARY = "canary-4711-hunter2"


PATHS = {"path", "flag", "key", "ranges", "at", "low", "high", "retention", "origin", "of", "each", "stands_for"}
SHAPES = (CANARY, [CANARY], {"x": CANARY}, f"arn:aws:kms:{CANARY}:1:key/{CANARY}", f"u:{CANARY}@ghcr.io/a")
OUTWARD = {"policyTypes": ["Egress"], "egress": [{"to": [{"ipBlock": {"cidr": CANARY}}]}]}
CONTAINER = {"name": CANARY, "image": CANARY, "env": [{"name": CANARY, "value": CANARY}]}


def waiver(rule, subject):
    return {
        "rule": rule,
        "subject": subject,
        "reason": "the customer has asked for it",
        "approver": "board of directors",
        "approved": "2026-11-01",
        "expires": "2026-11-22",
        "controls": ["the data are encrypted by the customer"],
    }


class TestBlocking:
    """Prevents a denial from being anything less than mandatory, and from leaving the reader without a way on."""

    def test_a_denial_says_all_that_is_needed(self):
        denied, noted = Pack(settings=config("residency")).judge(BUCKET, "data", region="us-east-1")
        assert noted == []
        (text,) = denied
        assert text.startswith("residency: denied: prod/aws:s3/bucket:Bucket data/storage\n")
        for part in ("storage in US", "would pass: aws/eu-central-1 (DE)", "strict/residency: Everything stays", "finding "):
            assert part in text

    def test_what_is_allowed_goes_without_saying(self):
        assert Pack(settings=config("residency")).judge(BUCKET) == ([], [])

    def test_the_id_of_a_finding_stays(self):
        pack = Pack(settings=config("residency"))
        texts = {pack.judge(BUCKET, "data", region=region)[0][0][-12:] for region in ("us-east-1", "us-west-2")}
        assert len(texts) == 1

    def test_an_unknown_value_blocks_and_says_when_it_is_known(self):
        denied, _ = Pack(settings=config("residency")).judge(BUCKET, region=LATER)
        assert "unknown, which is denied" in denied[0]
        assert "region: known only when `pulumi up`" in denied[0]

    def test_an_unknown_value_that_no_rule_needs_blocks_nothing(self):
        assert Pack(settings=config("residency")).judge(BUCKET, bucket=LATER, acl=LATER) == ([], [])

    def test_a_rule_that_is_not_mandatory_is_noted(self):
        settings = config() | {"own_profiles": {"strict": profile("residency", mandatory=False)}}
        denied, noted = Pack(settings=settings).judge(BUCKET, region="us-east-1")
        assert denied == []
        assert "deny by a rule that is not mandatory" in noted[0]

    def test_no_rules_hold_where_somebody_said_so(self):
        assert Pack(settings={"profiles": ["none"]}).judge(BUCKET, region="us-east-1") == ([], [])


class TestWaivers:
    """Prevents an exception from passing silently, from outliving its day, and from covering what it does not name."""

    SUBJECT = "prod/aws:s3/bucket:Bucket data/storage"

    def judged(self, subject=SUBJECT, **more):
        settings = config("residency", waivers={"board": waiver("residency", subject)}) | more
        return Pack(settings=settings).judge(BUCKET, "data", region="us-east-1")

    def test_it_is_shown_and_blocks_nothing(self):
        denied, noted = self.judged()
        assert denied == []
        assert "residency: waived" in noted[0]
        assert "waiver board: approved by board of directors until 2026-11-22" in noted[0]

    def test_on_the_day_after_it_blocks_and_names_the_waiver(self):
        denied, _ = self.judged(as_of="2026-11-23")
        assert "waiver board: the waiver expired on 2026-11-22" in denied[0]

    def test_it_covers_nothing_else(self):
        denied, _ = self.judged("prod/aws:s3/bucket:Bucket other/storage")
        assert len(denied) == 1


class TestSecrets:
    """Prevents a secret from coming out by a finding: policies are given every property in clear."""

    def everywhere(self, path, value):
        """Return properties with a value at a path."""
        head, _, rest = path.partition(".")
        return {head: self.everywhere(rest, value) if rest else value}

    def paths(self, row):
        given = row.model_dump()
        found = []

        def collect(item):
            if isinstance(item, dict):
                for key, value in item.items():
                    if key in PATHS and isinstance(value, str):
                        found.append(value.replace("/", "."))
                    elif key in {"images", "cidrs", "ports", "external", "hsm"}:
                        found.extend(each.partition("/")[0] for each in value)
                    else:
                        collect(value)
            elif isinstance(item, list | tuple):
                for each in item:
                    collect(each)

        collect(given)
        return [*found, "region", "location", "tags.data-class", "password"]

    @pytest.mark.parametrize("provider", ["aws", "azure"])
    def test_whatever_the_tables_read(self, provider):
        pack = Pack()
        for kind, row in rows(provider).items():
            for path in self.paths(row):
                for value in SHAPES:
                    denied, noted = pack.judge(kind, **self.everywhere(path, value))
                    assert CANARY not in "".join([*denied, *noted]), (kind, path)

    @pytest.mark.parametrize(
        ("kind", "properties"),
        [
            ("core/v1:Secret", {"stringData": {"password": CANARY}}),
            ("core/v1:PersistentVolumeClaim", {"metadata": {"name": CANARY}, "spec": {"storageClassName": CANARY}}),
            ("core/v1:Service", {"spec": {"type": "ExternalName", "externalName": f"{CANARY}.example"}}),
            ("core/v1:Service", {"spec": {"type": "LoadBalancer", "ports": [{"name": CANARY, "port": CANARY}]}}),
            ("networking.k8s.io/v1:Ingress", {"spec": {"rules": [{"host": CANARY}], "tls": [{"hosts": [CANARY]}]}}),
            ("networking.k8s.io/v1:NetworkPolicy", {"spec": OUTWARD}),
            ("storage.k8s.io/v1:StorageClass", {"provisioner": CANARY, "parameters": {"encrypted": CANARY}}),
            ("helm.sh/v3:Release", {"chart": CANARY, "repositoryOpts": {"repo": f"https://user:{CANARY}@charts.example"}}),
            ("core/v1:Pod", {"spec": {"containers": [CONTAINER]}}),
            ("core/v1:Pod", {"spec": {"nodeSelector": {"topology.kubernetes.io/region": CANARY}}}),
            ("strange.io/v1:Thing", {CANARY: {"containers": [{"image": f"user:{CANARY}@registry.example.com/a"}]}}),
        ],
    )
    def test_objects(self, kind, properties):
        denied, noted = Pack().judge(f"kubernetes:{kind}", **properties)
        assert CANARY not in "".join([*denied, *noted])

    def test_a_failure_of_the_pack_blocks_and_shows_no_text(self, monkeypatch):
        def fail(*_args):
            raise ValueError(CANARY)

        monkeypatch.setattr(policies, "seen", fail)
        denied, _ = Pack().judge(BUCKET)
        assert denied == [policies._failed(ValueError())]
        assert Pack().judge_stack(in_stack(BUCKET, "a"))[0] == denied


class TestWholeStack:
    """Prevents a key that another resource makes from being taken for unknown, or for any other."""

    KEY = "aws:kms/key:Key"
    ENCRYPTION = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"

    def judged(self, *resources):
        return Pack(settings=config("key-custody")).judge_stack(*resources)

    def volume(self, key):
        return in_stack(VOLUME, "disk", {"kmsKeyId": [key]}, encrypted=True, kmsKeyId=LATER)

    def test_the_key_of_a_volume(self):
        key = in_stack(self.KEY, "mine")
        assert self.judged(self.volume(key), key) == ([], [])

    def test_a_key_abroad_is_denied(self):
        key = in_stack(self.KEY, "theirs", region="us-east-1")
        denied, _ = self.judged(key, self.volume(key))
        assert "the key is in US" in denied[0]

    def test_a_key_outside_of_the_provider_is_where_somebody_said_that_it_is(self):
        key = in_stack(self.KEY, "own", xksKeyId="7", tags={"sovereignty-key": "hyok"})
        denied, _ = self.judged(key, self.volume(key))
        assert "nobody said in which country the key is" in denied[0]
        keys = {"hyok": {"custody": "external", "country": "DE", "operator": "self"}}
        assert Pack(settings=config("key-custody", keys=keys)).judge_stack(key, self.volume(key)) == ([], [])

    def test_an_alias_stands_for_its_key(self):
        key = in_stack(self.KEY, "theirs", region="us-east-1")
        alias = in_stack("aws:kms/alias:Alias", "name", {"targetKeyId": [key]}, targetKeyId=LATER)
        assert "the key is in US" in self.judged(alias, self.volume(alias), key)[0][0]

    def test_what_comes_from_no_key_is_unknown(self):
        other = in_stack("random:index/randomId:RandomId", "id")
        denied, _ = self.judged(other, self.volume(other))
        assert "nobody said who can use the key" in denied[0]
        assert "kmsKeyId: known only when" in denied[0]

    def test_a_bucket_is_encrypted_by_what_points_to_it(self):
        key, bucket = in_stack(self.KEY, "mine"), in_stack(BUCKET, "data")
        rules = [{"applyServerSideEncryptionByDefault": {"kmsMasterKeyId": LATER}}]
        links = {"bucket": [bucket], "rules": [key]}
        encryption = in_stack(self.ENCRYPTION, "data", links, bucket=LATER, rules=rules)
        assert self.judged(key, bucket, encryption) == ([], [])
        other = in_stack(BUCKET, "other")
        denied, _ = self.judged(key, bucket, encryption, other)
        assert [text.splitlines()[0] for text in denied] == ["key-custody: denied: prod/aws:s3/bucket:Bucket other/storage"]

    def test_single_resources_leave_it_to_the_stack(self):
        assert Pack(settings=config("key-custody")).judge(VOLUME, encrypted=True, kmsKeyId=LATER) == ([], [])

    def test_a_replica_of_a_bucket_is_where_its_bucket_is(self):
        target = in_stack(BUCKET, "far", region="us-east-1")
        rules = [{"destination": {"bucket": LATER}}]
        replica = in_stack("aws:s3/bucketReplicationConfig:BucketReplicationConfig", "r", {"rules": [target]}, rules=rules)
        denied, _ = Pack(settings=config("transfer")).judge_stack(target, replica)
        assert "replica to US" in denied[0]

    def test_what_nobody_read_is_counted(self):
        odd = in_stack("random:index/randomId:RandomId", "id")
        _, noted = self.judged(odd, in_stack("random:index/randomId:RandomId", "id2"))
        assert noted == [
            "not judged, or by their place alone: 1 type that the pack does not know: random:index/randomId:RandomId (2)"
        ]

    def test_links_in_a_circle_end(self):
        one, two = in_stack(VOLUME, "one", encrypted=True), in_stack(VOLUME, "two", encrypted=True)
        one.property_dependencies["kmsKeyId"] = [two]
        two.property_dependencies["kmsKeyId"] = [one]
        assert len(policies.linked([one, two])) == 2
