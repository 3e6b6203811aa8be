"""Facts about organizations: each name that another one says is there, and what is known of them leads where it must."""

from datetime import date
from decimal import Decimal

import pytest
from pydantic import ValidationError

from aifactory.catalog import Organization, chain, exposure, foreign_holdings, is_country, members, organizations

EVERY = pytest.mark.parametrize("key", sorted(organizations()))
EU = members("eu", date(2026, 11, 22))


def build(**facts: object) -> Organization:
    return Organization.model_validate({"name": "A company", "source": "a register of companies"} | facts)


class TestEntries:
    """Prevents a chain of owners that breaks off at a name that nobody described."""

    @EVERY
    def test_everybody_that_it_names_is_described(self, key: str) -> None:
        facts = organizations()[key]
        named = {*(held.owner for held in facts.owners), *facts.licensors, *filter(None, [facts.ultimate_parent])}
        assert named <= set(organizations())
        assert key not in named

    @EVERY
    def test_its_seat_is_a_country(self, key: str) -> None:
        seat = organizations()[key].seat
        assert seat is None or is_country(seat)

    @EVERY
    def test_its_ultimate_parent_is_the_last_one(self, key: str) -> None:
        parent = organizations()[key].ultimate_parent
        assert parent is None or organizations()[parent].ultimate_parent is None

    @EVERY
    def test_a_figure_has_the_day_for_which_it_holds_unless_it_is_the_whole_or_says_so_itself(self, key: str) -> None:
        facts = organizations()[key]
        partial = [held for held in facts.owners if held.percent not in (None, Decimal(100))]
        assert not partial or facts.dated is not None or key == "schwarz-group"

    @EVERY
    def test_facts_are_not_of_a_day_to_come(self, key: str) -> None:
        facts = organizations()[key]
        assert facts.dated is None or facts.dated <= date(2026, 11, 22)


class TestForm:
    """Prevents facts that cannot be: shares above the whole, owners of a state, floats that are not what was written."""

    @pytest.mark.parametrize("percent", [0, -1, "100.01", 101, "24.0000000001", "a quarter"])
    def test_a_share_that_cannot_be_is_refused(self, percent: object) -> None:
        with pytest.raises(ValidationError):
            build(owners=[{"owner": "fund", "percent": percent}])

    def test_more_than_the_whole_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="more than 100"):
            build(owners=[{"owner": "one", "percent": 60}, {"owner": "two", "percent": "40.01"}])

    def test_the_whole_is_not(self) -> None:
        assert len(build(owners=[{"owner": "one", "percent": 60}, {"owner": "two", "percent": 40}]).owners) == 2

    def test_an_owner_twice_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="twice"):
            build(owners=[{"owner": "one", "percent": 10}, {"owner": "one", "percent": 10}])

    @pytest.mark.parametrize("kind", ["state", "person", "foundation"])
    @pytest.mark.parametrize("facts", [{"owners": [{"owner": "one"}]}, {"ultimate_parent": "one"}])
    def test_only_companies_have_owners(self, kind: str, facts: dict[str, object]) -> None:
        with pytest.raises(ValidationError, match="belongs to nobody"):
            build(kind=kind, **facts)

    def test_a_figure_of_yaml_stays_what_was_written(self) -> None:
        assert build(owners=[{"owner": "fund", "percent": 24.01}]).owners[0].percent == Decimal("24.01")

    @pytest.mark.parametrize("facts", [{"seat": ""}, {"seat": "Germany"}, {"source": ""}, {"name": ""}, {"unheard_of": 1}])
    def test_what_is_empty_or_unheard_of_is_no_fact(self, facts: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            build(**facts)


class TestWhatFollows:
    """Prevents that a cloud passes for sovereign by its name or its seat."""

    @pytest.mark.parametrize("key", ["aws-european-sovereign-cloud", "bleu", "s3ns", "delos", "21vianet", "sinnet", "nwcd"])
    def test_american_law_reaches_what_runs_american_technology_or_has_american_owners(self, key: str) -> None:
        found = exposure(key, organizations())
        assert "US" in found.countries
        assert organizations()[key].seat != "US"

    @pytest.mark.parametrize(
        ("key", "country"), [("ovhcloud", "FR"), ("scaleway", "FR"), ("stackit", "DE"), ("open-telekom-cloud", "DE")]
    )
    def test_no_named_link_of_these_is_elsewhere(self, key: str, country: str) -> None:
        found = exposure(key, organizations())
        assert set(found.countries) == {country}
        assert found.unknown == ()

    def test_the_sovereign_cloud_of_aws_is_controlled_from_the_us(self) -> None:
        held = foreign_holdings("aws-european-sovereign-cloud", EU, organizations())
        assert held.controlled_by == ("amazon",)
        assert held.most_total == 100

    def test_ionos_has_an_american_holder_and_a_german_one_that_is_looked_through(self) -> None:
        held = foreign_holdings("ionos", EU, organizations())
        assert held.each == {"warburg-pincus": Decimal("21.2")}
        assert held.unnamed == 15 + Decimal("63.8") * Decimal("49.9") / 100

    def test_shares_of_t_systems_are_those_of_its_parent(self) -> None:
        shares = {link.organization: link.percent for link in chain("open-telekom-cloud", organizations())}
        assert shares["germany"] == Decimal("13.8")
        assert shares["kfw"] == 14
        assert foreign_holdings("open-telekom-cloud", EU, organizations()).unnamed == Decimal("72.2")
