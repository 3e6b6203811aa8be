"""One engine, four places: the same facts get the same verdict wherever they are seen.

Admission is held against the judge by the real API server, in tests/engine/test_admission.py (`PAIRS`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aifactory.evidence.formats import rendered
from aifactory.model import Custody, FlowKind, load_factory
from aifactory.policy.extract import seen
from aifactory.policy.observation import Setting
from aifactory.policy.resource import Resource
from aifactory.render.region import render_region
from aifactory.sovereignty.assess import Assessment
from aifactory.sovereignty.fact import Administered, Fact, Kept, Located, Managed, Moved, Place, Pulled, Retained, Sent
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import statements_of
from aifactory.sovereignty.rules import RULES, Stage
from aifactory.sovereignty.world import world_of
from tests.engine.test_admission import PAIRS
from tests.unit.policy.harness import fact
from tests.unit.policy.strict import STATEMENTS, profile
from tests.unit.policy.test_stages import DENIED

DAY = date(2026, 11, 22)
SHIPPED = Path(__file__).parents[2] / "stacks" / "factory.yaml"

FRANKFURT = Place(country="DE", location="aws/eu-central-1")
VIRGINIA = Place(country="US", subdivision="US-VA", location="aws/us-east-1")


@dataclass(frozen=True)
class Seen:
    """The same thing in two places: as a region's specs say it, and as a resource of any stack does."""

    declared: Fact
    kind: str
    properties: dict[str, Any]


def _declared(sort: type[Any], **values: Any) -> Any:
    return sort(subject="here/it", **values)


def _storage(place: Place) -> Any:
    return _declared(Located, kind=FlowKind.STORAGE, place=place)


def _replica(place: Place) -> Any:
    return _declared(Moved, kind=FlowKind.REPLICA, origin=FRANKFURT, place=place, encrypted=True)


SAME: dict[str, dict[str, Seen]] = {
    "residency": {
        "allow": Seen(_storage(FRANKFURT), "aws:s3/bucket:Bucket", {"region": "eu-central-1"}),
        "deny": Seen(_storage(VIRGINIA), "aws:s3/bucket:Bucket", {"region": "us-east-1"}),
        "unknown": Seen(
            _storage(Place(location="azure/europe", logical=True)),
            "azure-native:storage:StorageAccount",
            {"location": "europe", "sku": {"name": "Standard_LRS"}},
        ),
    },
    "transfer": {
        "allow": Seen(
            _replica(Place(country="IE", location="aws/eu-west-1")),
            "aws:dynamodb/table:Table",
            {"replicas": [{"regionName": "eu-west-1"}]},
        ),
        "deny": Seen(_replica(VIRGINIA), "aws:dynamodb/table:Table", {"replicas": [{"regionName": "us-east-1"}]}),
    },
    "key-custody": {
        "deny": Seen(_declared(Kept, encrypted=False), "aws:ebs/volume:Volume", {"encrypted": False}),
        "below": Seen(
            _declared(Kept, encrypted=True, custody=Custody.PROVIDER, country="DE"),
            "aws:ebs/volume:Volume",
            {"encrypted": True},
        ),
    },
    "managed-service": {
        "allow": Seen(_declared(Managed, service="database", managed=True, operator="aws"), "aws:dynamodb/table:Table", {}),
        "deny": Seen(_declared(Managed, service="queue", managed=True, operator="aws"), "aws:sqs/queue:Queue", {}),
    },
    "in-transit": {
        "allow": Seen(_declared(Sent, encrypted=True), "aws:lb/listener:Listener", {"protocol": "HTTPS"}),
        "deny": Seen(_declared(Sent, encrypted=False), "aws:lb/listener:Listener", {"protocol": "HTTP"}),
    },
    "admin-locality": {
        "deny": Seen(_declared(Administered, public=True, countries=None), "aws:eks/cluster:Cluster", {"vpcConfig": {}}),
        "unknown": Seen(
            _declared(Administered, public=False, countries=None),
            "aws:eks/cluster:Cluster",
            {"vpcConfig": {"endpointPublicAccess": False, "endpointPrivateAccess": True}},
        ),
    },
    "registry": {
        "deny": Seen(
            _declared(Pulled, host="docker.io", pinned=False),
            "kubernetes:core/v1:Pod",
            {"spec": {"containers": [{"image": "nginx"}]}},
        ),
        "allow": Seen(
            _declared(Pulled, host="registry.example.com", pinned=True),
            "kubernetes:core/v1:Pod",
            {"spec": {"containers": [{"image": "registry.example.com/nginx@sha256:" + "a" * 64}]}},
        ),
    },
    "retention": {
        "allow": Seen(_declared(Retained, days=30), "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 30}),
        "deny": Seen(_declared(Retained, days=3), "aws:cloudwatch/logGroup:LogGroup", {"retentionInDays": 3}),
    },
}
"""For each rule that both see alone: what is declared, and the resource that says the same. Telemetry is seen on objects
of a cluster, below; both must then come to the same."""


def strict() -> tuple[Any, Any]:
    from aifactory.model import ProfileSpec

    own = {"strict": ProfileSpec.model_validate(profile())}
    return statements_of(["strict"], own, DAY), world_of(DAY)


def verdict(found: Fact) -> tuple[Verdict, str]:
    statements, world = strict()
    (finding,) = judge([found], statements, world, "here")
    return finding.verdict, finding.decisive[0].judgement.because


class TestModelAndPack:
    """Prevents a resource made beside the components from passing where the same thing in factory.yaml is denied."""

    @pytest.mark.parametrize(("rule", "case"), [(rule, case) for rule, cases in SAME.items() for case in cases])
    def test_the_same_fact_gets_the_same_verdict(self, rule: str, case: str) -> None:
        same = SAME[rule][case]
        found = fact(type(same.declared), same.kind, **same.properties)
        assert found.rule == same.declared.rule == rule
        assert verdict(found) == verdict(same.declared)

    @pytest.mark.parametrize("rule", SAME)
    def test_both_verdicts_are_met(self, rule: str) -> None:
        verdicts = {verdict(same.declared)[0] for same in SAME[rule].values()}
        assert verdicts - {Verdict.ALLOW}
        assert len(verdicts) >= (1 if rule == "key-custody" else 2)


class TestRenderedObjects:
    """Prevents the pack from seeing something else in our own objects than the region's specs declare."""

    def seen(self) -> Iterator[Fact]:
        spec = load_factory(SHIPPED)
        region = spec.region("local")
        setting = Setting(place=Place(country=region.site.country))
        for block in render_region(spec, "local", on=DAY):
            for manifest in block.manifests:
                kind = f"kubernetes:{manifest['apiVersion']}:{manifest['kind']}"
                name = str(manifest["metadata"]["name"])
                item = Resource(kind, name, f"urn:pulumi:local::demo::{kind}::{name}", manifest)
                yield from (each.fact for each in seen(item, setting).observations)

    def test_images_get_the_verdicts_that_they_have_in_the_model(self) -> None:
        spec = load_factory(SHIPPED)
        declared = {
            (found.host, found.pinned): verdict(found)
            for found in region_facts(spec, "local", DAY)
            if isinstance(found, Pulled)
        }
        on_objects = {(f.host, f.pinned): verdict(f) for f in self.seen() if isinstance(f, Pulled)}
        assert on_objects
        assert on_objects.items() <= declared.items()

    def test_what_reports_to_its_maker_is_silenced_in_both(self) -> None:
        spec = load_factory(SHIPPED)
        declared = [f for f in region_facts(spec, "local", DAY) if f.rule == "telemetry" and getattr(f, "vendor", None)]
        on_objects = [f for f in self.seen() if f.rule == "telemetry" and getattr(f, "vendor", None)]
        assert declared
        assert {(f.vendor, f.silenced, verdict(f)) for f in on_objects} == {
            (f.vendor, f.silenced, verdict(f)) for f in declared
        }


class TestEveryPlace:
    """Prevents a rule that names a place from being missing there."""

    def test_the_pack(self) -> None:
        staged = {rule.name for rule in RULES if Stage.POLICY in rule.stages}
        assert staged <= set(DENIED)
        assert staged <= set(SAME) | {"telemetry"}
        assert staged <= set(STATEMENTS)

    def test_the_cluster(self) -> None:
        staged = {rule.name for rule in RULES if Stage.ADMISSION in rule.stages}
        assert staged == set(PAIRS)

    def test_the_model(self) -> None:
        assert all(Stage.MODEL in rule.stages for rule in RULES)

    @pytest.mark.parametrize("output", ["json", "sarif", "markdown", "oscal", "text"])
    def test_the_evidence(self, output: str) -> None:
        """Every rule's denial stands in every format; what a format leaves out would be a finding that nobody reads."""
        staged = {rule.name for rule in RULES if Stage.EVIDENCE in rule.stages}
        statements, world = strict()
        denied = {rule: next(iter(cases.values())).declared for rule, cases in SAME.items() if rule in staged}
        worst = {rule: same.declared for rule in denied for case, same in SAME[rule].items() if case != "allow"}
        findings = judge(worst.values(), statements, world, "here")
        text = rendered(Assessment("demo", DAY, ("here",), findings, ()), output, file=None)
        assert {rule for rule in worst if rule not in text} == set()
