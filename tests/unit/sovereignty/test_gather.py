"""From specs to facts: what is gathered of flows that look alike, and of names that somebody chose."""

from datetime import date
from typing import Any

import pytest

from aifactory.model import SiteSpec
from aifactory.sovereignty.fact import Administered, Fact, Kept, Located, Moved, Operated, Place, Pulled, Reported, Retained
from aifactory.sovereignty.flow import HERE, Flow, FlowKind
from aifactory.sovereignty.gather import block_facts, region_facts
from aifactory.sovereignty.surroundings import Surroundings
from tests.unit.cases.corpus import Case, corpus
from tests.unit.factories import factory

SITE = SiteSpec(provider="on-prem", location="hall", country="DE", operator="self")
AROUND = Surroundings("hall", SITE)
DAY = date(2026, 7, 8)
DIGEST = f"sha256:{'0' * 64}"


def facts_of(*flows: Flow) -> tuple[Fact, ...]:
    return block_facts(AROUND, flows)


def of(kind: type[Any], facts: tuple[Fact, ...]) -> list[Any]:
    return [fact for fact in facts if isinstance(fact, kind) and fact.subject != "hall/site"]


def pull(*images: str) -> Flow:
    return Flow("block b", FlowKind.IMAGE_PULL, "ghcr.io", encrypted=True, images=images)


class TestPulls:
    """Prevents an image that passes because another version of it is pinned, and two findings of one identity."""

    @pytest.mark.parametrize("turned", [False, True], ids=["pinned-first", "pinned-last"])
    def test_in_two_versions_it_is_pinned_where_both_are(self, turned: bool) -> None:
        images = [f"ghcr.io/org/app@{DIGEST}", "ghcr.io/org/app:1"]
        (found,) = of(Pulled, facts_of(pull(*(reversed(images) if turned else images))))
        assert found.pinned is False
        assert found.subject == "hall/block b/image-pull ghcr.io/org/app"

    def test_both_pinned_are_pinned(self) -> None:
        (found,) = of(Pulled, facts_of(pull(f"ghcr.io/org/app:1@{DIGEST}", f"ghcr.io/org/app:2@{DIGEST}")))
        assert found.pinned is True

    def test_two_flows_of_a_block_count_as_one(self) -> None:
        facts = facts_of(pull(f"ghcr.io/org/app@{DIGEST}"), pull("ghcr.io/org/app:1"))
        assert [fact.pinned for fact in of(Pulled, facts)] == [False]

    def test_a_port_is_no_tag(self) -> None:
        flow = Flow("b", FlowKind.IMAGE_PULL, "registry:5000", images=("registry:5000/app:1",))
        (found,) = of(Pulled, facts_of(flow))
        assert found.subject == "hall/b/image-pull registry:5000/app"

    def test_what_somebody_else_decides_is_unknown(self) -> None:
        (found,) = of(Pulled, facts_of(Flow("b", FlowKind.IMAGE_PULL, "charts.example.com")))
        assert (found.host, found.pinned) == ("charts.example.com", None)


class TestNames:
    """Prevents a name that somebody chose from being taken for the word for what stays in the cluster."""

    def test_a_vendor_named_here_is_not_here(self) -> None:
        flow = Flow("region hall", FlowKind.SUPPORT, HERE, encrypted=True, country="US", operator="here", part="desk US")
        facts = facts_of(flow)
        (moved,), (operated,) = of(Moved, facts), of(Operated, facts)
        assert (moved.place.country, operated.operator) == ("US", "here")

    def test_a_host_named_here_is_outside(self) -> None:
        machine = {
            "namespace": "data", "cpu": 1, "memory_gib": 2,
            "root": {"size_gib": 1, "source": "https://here/disk.img", "checksum": None},
        }  # fmt: skip
        operators = {name: {"install": "adopt"} for name in ("cloudnative-pg", "llm-d", "cert-manager", "kubevirt", "cdi")}
        made = factory(virtual_machines={"old": machine}, virtualization={}, operators=operators)
        moved = [fact for fact in region_facts(made, "here", DAY) if isinstance(fact, Moved) and "disk-pull" in fact.subject]
        assert [fact.place.country for fact in moved] == [None]


class TestFlows:
    """Prevents a flow that is gathered into fewer facts than it has sides."""

    BACKUP = Flow(
        "database b", FlowKind.BACKUP, "s3://b", "c", encrypted=True, country="IE", operator="aws", retention_days=9
    )

    def test_a_backup_is_judged_from_every_side(self) -> None:
        facts = facts_of(self.BACKUP)
        subject = "hall/database b/backup s3://b"
        assert {fact.rule for fact in facts if fact.subject == subject} == {
            "residency", "transfer", "operator", "key-custody", "in-transit", "retention",
        }  # fmt: skip
        (kept,), (retained,) = of(Kept, facts), of(Retained, facts)
        assert (kept.encrypted, kept.custody, kept.keeper, retained.days) == (None, None, "aws", 9)
        assert {fact.data_class for fact in facts if fact.subject == subject} == {"c"}

    def test_what_stays_is_not_moved(self) -> None:
        facts = facts_of(Flow("database b", FlowKind.STORAGE, HERE, "c", storage_class=""))
        assert [fact for fact in of(Moved, facts) if fact.subject.startswith("hall/database")] == []
        assert [fact.place for fact in of(Located, facts)] == [Place(country="DE")]

    def test_a_replica_has_the_keys_of_its_volume(self) -> None:
        assert of(Kept, facts_of(Flow("database b", FlowKind.REPLICA, HERE, encrypted=True))) == []

    def test_a_report_to_a_maker_says_whether_it_is_silenced(self) -> None:
        flow = Flow("b", FlowKind.TELEMETRY, "https://maker", operator="maker", country="US", silenced=None)
        (found,) = of(Reported, facts_of(flow))
        assert (found.vendor, found.silenced, found.declared) == ("maker", None, False)

    def test_support_and_state_are_about_whatever_there_is(self) -> None:
        facts = facts_of(Flow("region hall", FlowKind.STATE, "s3://state", encrypted=True))
        assert {fact.data_class for fact in facts if fact.subject.startswith("hall/state")} == {"*"}


def _case(name: str) -> Case:
    (found,) = [case for case in corpus() if case.name == name]
    return found


class TestSources:
    """Prevents a finding that sends its reader to a line that is not there."""

    def test_each_source_is_a_section_of_the_region(self, tmp_path: Any) -> None:
        case = _case("in-transit.unknown.the-guest-encrypts-or-nobody-does")
        made = case.load(tmp_path)
        region = made.regions["hall"].model_dump()
        for fact in region_facts(made, "hall", case.on):
            start = "factory.yaml: regions.hall."
            assert fact.source.startswith(start), fact.source
            assert fact.source.removeprefix(start).split(".")[0].split(",")[0] in region

    def test_administration_is_one_fact(self, tmp_path: Any) -> None:
        made = _case("admin-locality.ok.private-and-near").load(tmp_path)
        found = [fact for fact in region_facts(made, "hall", DAY) if isinstance(fact, Administered)]
        assert [fact.countries for fact in found] == [("DE", "AT")]
