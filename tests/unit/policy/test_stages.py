"""Every rule that is enforced on resources denies one, with the words of the model's own judge."""

import re
from importlib.metadata import version
from importlib.resources import files

import pytest
import yaml

from aifactory.policy.commands import pack_directory, policy
from aifactory.policy.configuration import PackSpec
from aifactory.policy.extract import seen
from aifactory.policy.observation import Setting
from aifactory.policy.tables import data, rows
from aifactory.policy.verdict import decide
from aifactory.sovereignty.rules import RULES, Stage
from tests.unit.policy.harness import Pack, resource
from tests.unit.policy.strict import config

DENIED = {
    "residency": ("aws:s3/bucket:Bucket", {"region": "us-east-1"}),
    "transfer": ("aws:dynamodb/table:Table", {"replicas": [{"regionName": "us-east-1"}]}),
    "key-custody": ("aws:ebs/volume:Volume", {"encrypted": False}),
    "managed-service": ("aws:sqs/queue:Queue", {}),
    "in-transit": ("aws:lb/listener:Listener", {"protocol": "HTTP"}),
    "admin-locality": ("aws:eks/cluster:Cluster", {"vpcConfig": {}}),
    "telemetry": ("kubernetes:networking.k8s.io/v1:NetworkPolicy", {"spec": {"policyTypes": ["Egress"], "egress": [{}]}}),
    "registry": ("kubernetes:core/v1:Pod", {"spec": {"containers": [{"image": "nginx"}]}}),
    "retention": ("aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 3}),
}


class TestStages:
    """Prevents a rule that names this place from being judged in all others only."""

    def test_every_rule_of_this_place_is_here(self):
        assert set(DENIED) == {rule.name for rule in RULES if Stage.POLICY in rule.stages}

    @pytest.mark.parametrize("rule", DENIED)
    def test_it_denies(self, rule):
        kind, properties = DENIED[rule]
        denied, _ = Pack(settings=config(rule)).judge(kind, **properties)
        assert [text.partition(":")[0] for text in denied] == [rule]

    @pytest.mark.parametrize("rule", DENIED)
    def test_it_says_nothing_where_only_other_rules_hold(self, rule):
        kind, properties = DENIED[rule]
        others = [name for name in DENIED if name != rule]
        denied, _ = Pack(settings=config(*others)).judge(kind, **properties)
        assert rule not in [text.partition(":")[0] for text in denied]


class TestPack:
    """Prevents a pack that an installed package cannot offer, and a document that speaks of another one."""

    PAGE = (files("aifactory") / ".." / "docs" / "policy-pack.md").read_text()

    def test_the_directory_is_what_pulumi_wants(self):
        assert (pack_directory() / "PulumiPolicy.yaml").is_file()
        assert (pack_directory() / "__main__.py").is_file()

    def test_its_version_is_the_packages(self):
        said = yaml.safe_load((pack_directory() / "PulumiPolicy.yaml").read_text())
        assert said["version"] == version("aifactory")

    def test_the_command_prints_it(self):
        from typer.testing import CliRunner

        ran = CliRunner().invoke(policy, ["path"])
        assert (ran.exit_code, ran.output.strip()) == (0, str(pack_directory()))

    def test_the_page_names_every_type(self):
        kinds = [*rows("aws"), *rows("azure"), *data("kubernetes")["claims"], *data("kubernetes")["images"]]
        assert [kind for kind in kinds if f"`{kind}`" not in self.PAGE] == []

    def test_the_page_names_every_setting(self):
        assert [name for name in PackSpec.model_fields if f"`{name}`" not in self.PAGE] == []

    def test_its_configuration_is_right(self):
        import json

        text = re.findall(r"```json\n(.*?)```", self.PAGE, re.DOTALL)[0]
        assert PackSpec.model_validate(json.loads(text)["sovereignty"]).profiles

    def test_no_type_of_the_tables_breaks_on_nothing(self):
        pack = Pack()
        pack.session.configure(config())
        rules = pack.session.rules("prod")
        for kind in (*rows("aws"), *rows("azure")):
            found = seen(resource(kind), Setting())
            assert found.known
            decide(found.observations, rules)
