"""What-if: the right differences, for the right reasons, and nothing that cannot be."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import FactorySpec, load_factory
from aifactory.sovereignty.assess import assess
from aifactory.sovereignty.difference import Difference, Kind, fact_changes
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.what_if import Change, WhatIf, what_if
from tests.unit.factories import factory
from tests.unit.sovereignty.cloud_factory import DAY, cloud, waived

SHIPPED = Path(__file__).parents[3] / "stacks" / "factory.yaml"


def ask(
    spec: FactorySpec | None = None, on: date = DAY, today: date = DAY, region: str = "frankfurt", **change: Any
) -> WhatIf:
    return what_if(spec or cloud(), region, Change(**change), today, on)


def one(found: WhatIf, rule: str, subject: str = "frankfurt/site") -> Difference:
    (difference,) = [each for each in found.differences if (each.finding.rule, each.finding.subject) == (rule, subject)]
    return difference


def problems(**change: Any) -> list[tuple[str, str, str]]:
    with pytest.raises(SpecError) as caught:
        ask(**change)
    return [(problem.where, problem.rule, problem.nearest) for problem in caught.value.problems]


class TestElsewhere:
    """Prevents a move from being judged by anything else than the place it goes to."""

    def test_a_move_out_of_the_realm_blocks_and_says_why(self) -> None:
        found = ask(location="aws:us-east-1")
        difference = one(found, "residency")
        assert difference.kind is Kind.BLOCKS
        assert difference.before is not None
        assert (difference.before.verdict, difference.finding.verdict) == (Verdict.ALLOW, Verdict.DENY)
        assert "place.country: DE -> US" in difference.why
        assert "compute in US" in difference.finding.reasons[0].judgement.because

    def test_the_place_brings_country_subdivision_and_operator(self) -> None:
        assert ask(location="aws:eusc-de-east-1").changes == (
            "site.location: eu-central-1 -> eusc-de-east-1",
            "site.operator: aws -> aws-european-sovereign-cloud",
            "site.subdivision: - -> DE-BB",
        )

    def test_a_move_within_the_realm_changes_nothing(self) -> None:
        found = ask(location="aws:eu-west-3")
        assert found.differences == ()
        assert found.unchanged == len(found.before.findings) == len(found.after.findings) > 0

    @pytest.mark.parametrize(
        ("location", "blocks"),
        [("aws:eu-west-2", True), ("aws:eu-central-2", True), ("aws/eu-west-1", False), ("azure:northeurope", False)],
    )
    def test_names_say_nothing_of_countries(self, location: str, blocks: bool) -> None:
        assert bool(ask(location=location).of(Kind.BLOCKS)) is blocks

    def test_without_a_provider_it_is_the_sites_own(self) -> None:
        assert ask(location="eu-west-2").changes[0] == "site.location: eu-central-1 -> eu-west-2"

    def test_the_way_back_cures(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        found = ask(cloud(site=away), location="aws:eu-west-1")
        assert {each.kind for each in found.differences} == {Kind.CURED}
        assert one(found, "residency").finding.verdict is Verdict.ALLOW
        assert found.after.passes

    def test_an_own_place_is_where_it_is_said_to_be(self) -> None:
        found = ask(location="on-prem:bern", country="CH", operator="self")
        assert found.changes == (
            "site.provider: aws -> on-prem",
            "site.location: eu-central-1 -> bern",
            "site.country: DE -> CH",
            "site.operator: aws -> self",
        )
        assert one(found, "residency").kind is Kind.BLOCKS

    def test_a_place_in_no_known_country_is_unknown_whatever_is_said(self) -> None:
        found = ask(location="aws:eu-isoe-west-1", country="DE")
        assert one(found, "residency").finding.verdict is Verdict.UNKNOWN
        assert any("no source tells" in note for note in found.notes)

    def test_what_lies_elsewhere_stays(self) -> None:
        found = ask(location="aws:us-east-1")
        assert [each.finding.subject for each in found.differences if "state" in each.finding.subject] == []
        assert any("stays where it is declared" in note for note in found.notes)

    def test_the_data_that_are_kept_there_go_there(self) -> None:
        found = ask(load_factory(SHIPPED), region="local", location="aws:us-east-1")
        difference = one(found, "transfer", "local/data customer-records")
        assert difference.kind is Kind.BLOCKS
        assert "storage to US" in difference.finding.reasons[0].judgement.because

    def test_a_local_region_is_judged_as_a_hypothesis(self) -> None:
        spec = factory()
        spec = spec.model_copy(update={"profiles": cloud().profiles})
        found = ask(spec, region="here", location="aws:us-east-1", profiles=("places",))
        assert one(found, "residency", "here/site").finding.verdict is Verdict.DENY
        (note,) = [note for note in found.notes if note.startswith("hypothetical")]
        assert "site.provider aws does not go with cluster.kind local" in note

    def test_the_factory_itself_is_not_touched(self) -> None:
        spec = cloud()
        before = spec.model_dump()
        ask(spec, location="aws:us-east-1", profiles=("operators",))
        assert spec.model_dump() == before

    def test_after_is_what_a_check_of_the_moved_factory_finds(self) -> None:
        site = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws", "subdivision": "US-VA"}
        assert ask(location="aws:us-east-1").after.findings == assess(cloud(site=site), DAY).findings


class TestOperator:
    """Prevents a change of hands from going unseen."""

    def test_another_operator(self) -> None:
        found = ask(cloud(profiles=["operators"]), operator="microsoft")
        difference = one(found, "operator")
        assert difference.kind is Kind.BLOCKS
        assert difference.why == ("operator: aws -> microsoft",)
        assert difference.finding.passing == ("aws",)

    def test_one_that_nobody_described_is_named_with_the_nearest(self) -> None:
        (note,) = ask(operator="microsfot").notes
        assert note.startswith("nobody described operator microsfot")
        assert note.endswith("nearest known: microsoft")


class TestProfiles:
    """Prevents a profile from being blamed for what it does not say."""

    def test_a_profile_more(self) -> None:
        found = ask(cloud(profiles=["none"]), location="aws:us-east-1", profiles=("places",))
        difference = one(found, "residency")
        assert difference.before is None
        assert difference.why == ("statement places/home speaks of it: profile places holds now",)
        assert "profiles: none -> places" in found.changes

    def test_what_it_allows_is_new_and_blocks_nothing(self) -> None:
        found = ask(profiles=("operators",))
        assert {each.kind for each in found.differences} == {Kind.NEW}

    def test_a_profile_less(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        found = ask(cloud(site=away), without=("places",))
        assert found.changes == ("profiles: places -> none",)
        assert one(found, "residency").kind is Kind.CURED
        assert one(found, "residency").why == ("statement places/home speaks of it no more: profile places holds no more",)

    def test_a_profile_less_that_blocked_nothing(self) -> None:
        found = ask(without=("places",))
        assert {each.kind for each in found.differences} == {Kind.GONE}

    def test_an_advisory_denial_is_another_verdict_and_blocks_nothing(self) -> None:
        difference = one(ask(profiles=("hint",)), "residency")
        assert (difference.kind, difference.finding.verdict) == (Kind.VERDICT, Verdict.DENY)

    def test_another_statement_that_blocks_as_well(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        difference = one(ask(cloud(site=away), profiles=("ended",)), "residency")
        assert difference.kind is Kind.REASONS
        assert difference.why == ("statement ended/home speaks of it: profile ended holds now",)

    def test_one_that_holds_already_is_said(self) -> None:
        found = ask(location="aws:us-east-1", profiles=("places",))
        assert "profile places holds already" in found.notes
        assert not [change for change in found.changes if change.startswith("profiles")]


class TestDay:
    """Prevents a day from being judged by what holds on another."""

    @pytest.mark.parametrize(("on", "blocks"), [(date(2027, 1, 11), False), (date(2027, 1, 12), True)])
    def test_a_statement_holds_from_its_first_day(self, on: date, blocks: bool) -> None:
        found = ask(cloud(profiles=["later"]), on=on)
        assert bool(found.of(Kind.BLOCKS)) is blocks
        if blocks:
            assert one(found, "residency").why == ("statement later/home speaks of it: it holds since 2027-01-12",)

    @pytest.mark.parametrize(("on", "cured"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True)])
    def test_a_statement_holds_on_its_last_day(self, on: date, cured: bool) -> None:
        found = ask(cloud(profiles=["ended"]), on=on)
        assert bool(found.of(Kind.CURED)) is cured
        if cured:
            assert one(found, "residency").why == ("statement ended/home speaks of it no more: it held until 2026-06-30",)

    @pytest.mark.parametrize(("on", "blocks"), [(date(2026, 6, 30), False), (date(2026, 7, 1), True)])
    def test_a_waiver_holds_on_its_last_day(self, on: date, blocks: bool) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        spec = waived(cloud(site=away), expires=date(2026, 6, 30))
        found = ask(spec, on=on)
        assert bool(found.of(Kind.BLOCKS)) is blocks
        assert bool(found.waivers_ended) is blocks
        if blocks:
            difference = one(found, "residency")
            assert difference.before is not None
            assert difference.before.verdict is Verdict.WAIVED
            assert difference.why == ("waiver moving excepts it no more: the waiver expired on 2026-06-30",)
            assert found.waivers_ended == ("waiver moving ends on 2026-06-30 (residency, frankfurt/site)",)

    def test_a_waiver_that_begins(self) -> None:
        away = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}
        found = ask(waived(cloud(site=away), approved=date(2026, 6, 2)), on=date(2026, 6, 2))
        assert one(found, "residency").kind is Kind.CURED
        assert one(found, "residency").why[0].startswith("waiver moving excepts it: approved by A. Person until 2026-06-30")

    def test_a_waiver_of_another_region_does_not_count(self) -> None:
        spec = waived(cloud(), subject="frankfurt-2/site")
        assert ask(spec, on=date(2026, 7, 1)).waivers_ended == ()

    def test_a_decision_of_a_commission(self) -> None:
        sinks = {"logs": {"signals": ["logs"], "endpoint": "https://logs.internal", "country": "BR", "operator": "self"}}
        sinks["logs"]["data_class"] = "customers"
        spec = cloud(profiles=["moves"], telemetry={"sinks": sinks})
        assert ask(spec, today=date(2026, 1, 24), on=date(2026, 1, 25)).differences == ()
        (difference,) = ask(spec, today=date(2026, 1, 25), on=date(2026, 1, 26)).differences
        assert (difference.kind, difference.finding.rule) == (Kind.CURED, "transfer")
        assert difference.why == ("the day: what is known of the world on 2026-01-26 is not what was known on 2026-01-25",)

    @pytest.mark.parametrize(("days", "due"), [(0, False), (1, True)])
    def test_a_review_is_due_the_day_after(self, days: int, due: bool) -> None:
        found = ask(cloud(profiles=["overdue"]), today=DAY - timedelta(1), on=DAY + timedelta(days))
        assert bool(found.reviews_due) is due

    def test_a_profile_that_comes_overdue_is_said_and_one_that_was_is_not(self) -> None:
        later = DAY + timedelta(5)
        assert ask(cloud(profiles=["overdue"]), today=later, on=later, operator="self").reviews_due == ()
        (said,) = ask(profiles=("overdue",), today=later, on=later).reviews_due
        assert said.startswith("profile overdue 1.0 was to be reviewed by 2026-06-01")


class TestWrong:
    """Prevents a question that cannot be from getting an answer."""

    def test_a_place_that_is_not_there(self) -> None:
        ((where, rule, near),) = problems(location="aws:us-east-11")
        assert (where, near) == ("--location", "aws:us-east-1")
        assert "knows no such place" in rule

    @pytest.mark.parametrize("location", ["azure:europe", "azure:global", "aws:aws-global"])
    def test_a_logical_place_is_none(self, location: str) -> None:
        ((where, rule, _),) = problems(location=location)
        assert where == "--location"
        assert "stands for several places, and so for none" in rule

    def test_a_name_without_provider_offers_whose_it_is(self) -> None:
        assert problems(location="swedencentral")[0][2] == "azure:swedencentral"

    def test_a_provider_that_is_none(self) -> None:
        assert problems(location="awz:us-east-1")[0][2] == "aws"

    def test_this_machine_is_nowhere_to_move_to(self) -> None:
        assert "local is this machine" in problems(location="local:here")[0][1]

    def test_an_own_place_needs_a_country(self) -> None:
        assert "--country" in problems(location="edge:harbour")[0][1]

    def test_a_place_in_no_known_country_needs_one(self) -> None:
        assert "no source tells in which country" in problems(location="aws:eu-isoe-west-1")[0][1]

    def test_a_country_that_the_place_is_not_in_is_for_the_model_to_refuse(self) -> None:
        ((where, rule, _),) = problems(location="aws:us-east-1", country="DE")
        assert where == "site"
        assert rule.startswith("aws us-east-1 is in US, not in DE")

    def test_the_same_of_the_country_alone(self) -> None:
        assert problems(country="FR")[0][1].startswith("aws eu-central-1 is in DE, not in FR")

    @pytest.mark.parametrize(("country", "near"), [("UK", "GB"), ("EL", "GR"), ("de", "DE"), ("XX", "")])
    def test_a_code_that_is_none(self, country: str, near: str) -> None:
        assert [(where, nearest) for where, _, nearest in problems(country=country)] == [("--country", near)]

    def test_profiles(self) -> None:
        assert problems(profiles=("place",))[0][::2] == ("--profile", "places")
        assert problems(without=("operators",))[0][::2] == ("--without-profile", "places")
        assert "the word for no rules" in problems(profiles=("none",))[0][1]

    def test_nothing_is_no_question(self) -> None:
        assert "nothing would be different" in problems()[0][1]
        assert "nothing would be different" in problems(location="aws:eu-central-1", profiles=("places",))[0][1]

    def test_all_at_once(self) -> None:
        found = problems(location="aws:nowhere", country="UK", profiles=("place",), without=("x",))
        assert {where for where, _, _ in found} == {"--location", "--country", "--profile", "--without-profile"}

    def test_a_region_that_is_not_there(self) -> None:
        assert problems(region="frankfrut", location="aws:us-east-1")[0][2] == "frankfurt"


class TestFacts:
    """Prevents a reason that names what did not change, or shows what nobody said as a value."""

    def test_only_what_differs(self) -> None:
        before = {"subject": "a", "source": "x", "place": {"country": "DE", "location": ""}, "countries": ("DE", "FR")}
        after = {"subject": "a", "source": "y", "place": {"country": None, "location": "aws/x"}, "countries": ()}
        assert list(fact_changes(before, after)) == [
            "place.country: DE -> nobody said",
            "place.location: none -> aws/x",
            "countries: DE, FR -> none",
        ]

    def test_every_difference_has_a_reason(self) -> None:
        for change in ({"location": "aws:us-east-1"}, {"profiles": ("operators", "hint")}, {"without": ("places",)}):
            found = ask(**change)
            assert found.differences
            assert all(each.why for each in found.differences)

    def test_the_gravest_come_first_and_nothing_is_lost(self) -> None:
        found = ask(location="azure:eastus", profiles=("operators", "hint"))
        order = [list(Kind).index(each.kind) for each in found.differences]
        assert order == sorted(order)
        seen = [each for each in found.differences if each.after]
        assert len(seen) + found.unchanged == len(found.after.findings)
