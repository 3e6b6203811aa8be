"""Kinds of flows: which bring code, which keep data, and that no kind is forgotten."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.flow_kind import FlowKind
from aifactory.model.statement import Residency
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.flow import Flow
from aifactory.sovereignty.gather import block_facts
from tests.unit.sovereignty.test_surroundings import around

CODE = {"image-pull", "model-pull"}
KEEPS = {"storage", "replica", "backup", "copy", "state", "logs", "traces"}
NEITHER = {"disk-pull", "request", "routing", "metrics", "telemetry", "key", "admin", "support"}
SAYS: dict[str, Any] = {"rule": "residency", "says": "Data stay near us.", "source": "house rule 1", "within": {}}
AT = around("on-prem", "hall", "DE")


class TestSorts:
    """Prevents a kind that is new and that no rule asks about, and one that is asked the wrong thing."""

    def test_each_is_of_one_sort(self) -> None:
        """Whoever adds a kind must say here, and so think, whether data lie somewhere because of it."""
        assert sorted([*CODE, *KEEPS, *NEITHER]) == sorted(kind.value for kind in FlowKind)

    @pytest.mark.parametrize("kind", [*FlowKind])
    def test_what_is_said_of_it(self, kind: FlowKind) -> None:
        assert kind.is_code is (kind.value in CODE)
        assert kind.keeps is (kind.value in KEEPS)

    def test_contents_of_a_disk_are_data_and_no_code(self) -> None:
        """An image of a virtual machine may hold what its owner wrote; weights and programs are somebody else's."""
        assert not FlowKind.DISK_PULL.is_code

    def test_measurements_are_read_where_they_are(self) -> None:
        assert not FlowKind.METRICS.keeps


class TestWords:
    """Prevents a word of profiles, waivers and reports that changes under those who wrote it."""

    @pytest.mark.parametrize("kind", [*FlowKind])
    def test_is_its_name_with_hyphens(self, kind: FlowKind) -> None:
        assert kind.value == kind.name.lower().replace("_", "-")
        assert f"{kind}" == kind.value

    @pytest.mark.parametrize("word", ["Backup", "image_pull", "", "compute "])
    def test_another_is_refused(self, word: str) -> None:
        with pytest.raises(SpecError, match="kinds"):
            validate(Residency, SAYS | {"kinds": [word]}, "s")

    def test_each_names_what_a_profile_may_speak_of(self) -> None:
        kinds = [kind.value for kind in FlowKind]
        assert validate(Residency, SAYS | {"kinds": kinds}, "s").kinds == tuple(FlowKind)


class TestFacts:
    """Prevents a kind of which nothing is asked, or of which a place is asked where nothing lies."""

    @staticmethod
    def rules(kind: FlowKind) -> set[str]:
        flow = Flow("block b", kind, "far.example.com", "customers", encrypted=True, operator="aws", country="US")
        return {fact.rule for fact in block_facts(AT, [flow]) if fact.subject.startswith("hall/block b")}

    @pytest.mark.parametrize("kind", [kind for kind in FlowKind if kind not in {FlowKind.ADMIN, FlowKind.KEY}])
    def test_each_leads_to_a_question(self, kind: FlowKind) -> None:
        assert self.rules(kind)

    @pytest.mark.parametrize("kind", [*FlowKind])
    def test_a_place_is_asked_of_what_keeps(self, kind: FlowKind) -> None:
        assert ("residency" in self.rules(kind)) is kind.keeps

    @pytest.mark.parametrize("kind", [*FlowKind])
    def test_code_is_asked_where_from_and_carries_no_data_out(self, kind: FlowKind) -> None:
        assert ("registry" in self.rules(kind)) is kind.is_code
        assert not (kind.is_code and "transfer" in self.rules(kind))

    def test_the_place_is_that_of_the_hall(self) -> None:
        assert AT.place == Place(country="DE")
