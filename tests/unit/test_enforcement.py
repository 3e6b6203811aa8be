"""The first of the four places: a region, and a block alone, refused before anything is registered."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from aifactory import enforcement
from aifactory.enforcement import judged, require_block, require_region, rules_alone, rules_of_region
from aifactory.errors import DeniedError, SpecError
from aifactory.model import DeclaredSpec, FactorySpec, SiteSpec
from aifactory.sovereignty import HERE, Flow, FlowKind
from tests.unit.cases.corpus import corpus

DAY = date(2026, 7, 8)
HOUSE: dict[str, Any] = {
    "title": "Everything in Germany alone",
    "dated": DAY,
    "review_by": DAY,
    "statements": {
        "places": {"rule": "residency", "says": "Data are in Germany.", "source": "rule 1", "within": {"countries": ["DE"]}}
    },
}
STORAGE = Flow("database billing", FlowKind.STORAGE, HERE, "customers", storage_class="")


def factory_of(name: str, folder: Path) -> FactorySpec:
    (case,) = [case for case in corpus() if case.name == name]
    return case.load(folder)


def site(country: str) -> SiteSpec:
    return SiteSpec(provider="on-prem", location="hall", country=country, operator="self")


def declared(**facts: Any) -> DeclaredSpec:
    return DeclaredSpec.model_validate({"profiles": {"house": HOUSE}, "as_of": DAY} | facts)


class TestRegions:
    """Prevents a denied region that gets as far as its first resource, and a refusal that does not say what to do."""

    def test_a_denied_region_is_refused_with_every_finding(self, tmp_path: Path) -> None:
        made = factory_of("in-transit.deny.a-sink-in-the-clear", tmp_path)
        with pytest.raises(DeniedError) as refused:
            require_region(made, "hall", DAY)
        text = str(refused.value)
        assert text.startswith("region hall: 2 findings on 2026-07-08, nothing was created")
        assert text.count("DENY in-transit") == 2
        assert "would pass: encrypted" in text
        assert "house/wire" in text

    def test_one_finding_is_one(self, tmp_path: Path) -> None:
        made = factory_of("residency.deny.state-lies-abroad", tmp_path)
        with pytest.raises(DeniedError, match="1 finding on"):
            require_region(made, "hall", DAY)

    def test_what_is_unknown_stops_like_a_denial(self, tmp_path: Path) -> None:
        made = factory_of("support.unknown.nobody-said-whether-anybody-helps", tmp_path)
        with pytest.raises(DeniedError, match="UNKNOWN support"):
            require_region(made, "hall", DAY)

    @pytest.mark.parametrize("name", ["profile.ok.advice-blocks-nothing", "waiver.waived.exactly-this-finding"])
    def test_advice_and_what_is_waived_stop_nothing(self, name: str, tmp_path: Path) -> None:
        assert require_region(factory_of(name, tmp_path), "hall", DAY).passes is True

    def test_a_region_that_is_not_there_is_wrong_input(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError):
            require_region(factory_of("profile.ok.advice-blocks-nothing", tmp_path), "hell", DAY)


class TestRulesOfRegion:
    """Prevents rules of one region that outlive it, so that the next program is judged by them."""

    def test_are_known_inside_alone(self, tmp_path: Path) -> None:
        made = factory_of("profile.ok.advice-blocks-nothing", tmp_path)
        with judged(made, "hall", DAY):
            rules = rules_of_region()
            assert rules is not None
            assert rules.surroundings is None
            assert {stated.name.partition("/")[0] for stated in rules.statements} == {"house"}
        assert rules_of_region() is None

    def test_are_gone_after_an_error_too(self, tmp_path: Path) -> None:
        made = factory_of("profile.ok.advice-blocks-nothing", tmp_path)
        with pytest.raises(RuntimeError), judged(made, "hall", DAY):
            raise RuntimeError
        assert rules_of_region() is None


class TestBlocksAlone:
    """Prevents a component that escapes the rules by standing outside of a factory."""

    def test_a_denied_place_is_refused(self) -> None:
        with pytest.raises(DeniedError) as refused:
            require_block("Postgres billing", "hall", site("FR"), rules_alone(["house"], declared()), [STORAGE])
        assert "DENY residency: hall/database billing/storage" in str(refused.value)
        assert "DENY residency: hall/site" in str(refused.value)

    def test_an_allowed_place_is_not(self) -> None:
        require_block("Postgres billing", "hall", site("DE"), rules_alone(["house"], declared()), [STORAGE])

    def test_no_rules_is_a_word_that_counts(self) -> None:
        require_block("Postgres billing", "hall", site("FR"), rules_alone(["none"], declared()), [STORAGE])

    def test_inside_of_a_region_it_was_judged_already(self, tmp_path: Path) -> None:
        with judged(factory_of("profile.ok.advice-blocks-nothing", tmp_path), "hall", DAY):
            rules = rules_of_region()
        assert rules is not None
        require_block("Postgres billing", "hall", site("CN"), rules, [STORAGE])

    def test_waivers_count_and_only_what_they_name(self) -> None:
        exception = {
            "rule": "residency", "subject": "hall/site", "reason": "until the hall opens", "approver": "Board",
            "approved": DAY, "expires": date(2026, 12, 31), "controls": ["looked at weekly"],
        }  # fmt: skip
        rules = rules_alone(["house"], declared(waivers={"linz": exception}))
        with pytest.raises(DeniedError, match="1 finding on") as refused:
            require_block("Postgres billing", "hall", site("FR"), rules, [STORAGE])
        assert "hall/database billing/storage" in str(refused.value)

    def test_an_unknown_profile_behind_another_is_refused_in_words(self) -> None:
        with pytest.raises(SpecError, match="hause"):
            rules_alone(["house"], declared(profiles={"house": HOUSE | {"extends": ["hause"]}}))

    def test_the_day_is_today_where_nobody_says_one(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(enforcement, "today", lambda: date(2031, 5, 1))
        assert rules_alone(["house"], DeclaredSpec.model_validate({"profiles": {"house": HOUSE}})).world.on == date(
            2031, 5, 1
        )
