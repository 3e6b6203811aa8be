"""A region and a component that rules deny, under the real engine: stopped before anything is registered, in words."""

import json

import pytest

from aifactory.errors import EngineError
from aifactory.local import tools
from tests.engine.support.workbench import STACK, Workbench
from tests.unit.factories import factory_text

pytestmark = pytest.mark.engine

REGION = """
from pathlib import Path
from aifactory import Region
Region("here", {"factory_file": str(Path(__file__).parent / "factory.yaml"), "region": "here", "as_of": "%s"})
Item("beside", value="made after the region")
"""

ALONE = """
from aifactory import Postgres
Postgres("billing", {"namespace": "data", %s})
Item("beside", value="made after the database")
"""

PROFILES = """
profiles:
  germany:
    title: everything stays in Germany
    dated: "2026-01-01"
    review_by: "2027-01-01"
    statements:
      places:
        rule: residency
        says: machines stand and data lie in the allowed countries
        source: handbook, chapter 3
        since: "2026-07-01"
        within: {countries: [FR]}
"""


@pytest.fixture(scope="module")
def cli(paths, reporter):
    """The CLI alone: what is denied reaches no cluster."""
    return tools.ensure(["pulumi"], paths, reporter)


@pytest.fixture
def bench(tmp_path, cli):
    workbench = Workbench(tmp_path, cli)
    yield workbench
    workbench.end()


def write_region(bench: Workbench, day: str) -> None:
    bench.write(REGION % day)
    text = factory_text(
        profiles=["germany"],
        databases=None,
        models=None,
        gateway=None,
        gpu_pools=None,
        operators=None,
        namespaces={"data": {}},
    )
    (bench.project / "stacks" / "factory.yaml").write_text(text + PROFILES)


def resources(bench: Workbench) -> list[str]:
    """Types of what the stack's state holds."""
    state = json.loads(bench.pulumi("stack", "export", "--stack", STACK).stdout)
    return [item["type"] for item in state["deployment"].get("resources", [])]


def assert_reaches_its_cluster(bench: Workbench) -> None:
    """What rules allow goes on to the cluster, which is not there: that is what it now fails for."""
    with pytest.raises(EngineError, match=r"kubeconfig .* cannot be read") as went_on:
        bench.preview()
    assert "DENY" not in str(went_on.value)
    assert "UNKNOWN" not in str(went_on.value)


class TestRegion:
    """Prevents half a region in a place where none of it may be."""

    def test_up_stops_before_the_first_resource(self, bench: Workbench) -> None:
        write_region(bench, "2026-11-22")
        with pytest.raises(EngineError) as stopped:
            bench.up()
        words = str(stopped.value)
        assert "DENY residency: here/site" in words
        assert "germany/places (handbook, chapter 3" in words
        assert "would pass: FR" in words
        assert "nothing was created" in words
        assert "Traceback" not in words
        assert not [kind for kind in resources(bench) if kind != "pulumi:pulumi:Stack"]
        assert bench.items() == []

    def test_so_does_a_preview(self, bench: Workbench) -> None:
        write_region(bench, "2026-11-22")
        with pytest.raises(EngineError, match="DENY residency: here/site"):
            bench.preview()

    def test_the_day_is_an_argument(self, bench: Workbench) -> None:
        write_region(bench, "2026-06-30")
        assert_reaches_its_cluster(bench)


class TestComponentAlone:
    """Prevents a component of another project from standing where its own rules deny it."""

    SITE = '"site": {"provider": "on-prem", "location": "hall", "country": "%s", "operator": "self"}'

    def test_without_site_and_profiles_it_says_what_to_write(self, bench: Workbench) -> None:
        bench.write(ALONE % "")
        with pytest.raises(EngineError) as stopped:
            bench.up()
        words = str(stopped.value)
        assert '"provider": "on-prem"' in words
        assert '["none"]' in words
        assert bench.items() == []

    def test_what_a_profile_asks_and_nobody_said_is_denied(self, bench: Workbench) -> None:
        bench.write(ALONE % f'"profiles": ["eu-gdpr"], "data_class": "people", {self.SITE % "DE"}')
        with pytest.raises(EngineError) as stopped:
            bench.up()
        words = str(stopped.value)
        assert "UNKNOWN key-custody" in words
        assert "eu-gdpr/encrypted-at-rest" in words
        assert bench.items() == []

    def test_what_is_declared_is_judged(self, bench: Workbench) -> None:
        declared = {
            "data_classes": {"people": {"description": "who our customers are", "personal": True}},
            "keys": {"own": {"custody": "hsm", "country": "DE", "operator": "self"}},
            "storage_classes": {"default": {"encrypted": True, "key": "own"}},
            "as_of": "2026-11-22",
        }
        bench.write(ALONE % f'"profiles": ["eu-gdpr"], "data_class": "people", "declared": {declared}, {self.SITE % "DE"}')
        assert_reaches_its_cluster(bench)
