"""Who is in which bloc on which day: the last day counts, the day after does not, and conditions are never dropped."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from aifactory.catalog import Bloc, Membership, blocs, conditional_members, is_country, members

EVERY = pytest.mark.parametrize("name", sorted(blocs()))
TODAY = date(2026, 11, 22)
DAY = timedelta(days=1)
DAYS = st.dates(date(1950, 1, 1), date(2040, 1, 1))


def bloc(*stretches: dict[str, object]) -> Bloc:
    return Bloc.model_validate({"title": "A bloc", "source": "its founding treaty", "members": {"DE": stretches}})


class TestEntries:
    """Prevents a bloc without members, or with a code that no country has."""

    @EVERY
    def test_members_are_countries(self, name: str) -> None:
        assert all(is_country(country) for country in blocs()[name].members)

    @EVERY
    def test_somebody_is_in_it_today(self, name: str) -> None:
        assert members(name, TODAY)

    @pytest.mark.parametrize(
        ("name", "count"), [("eu", 27), ("eea", 30), ("efta", 4), ("five-eyes", 5), ("gcc", 6), ("eu-adequacy", 14)]
    )
    def test_there_are_as_many_as_everybody_knows(self, name: str, count: int) -> None:
        assert len(members(name, TODAY)) == count

    @pytest.mark.parametrize(
        ("name", "inside", "outside"),
        [
            ("eu", "IE", "GB"),
            ("eu", "HR", "CH"),
            ("eea", "NO", "CH"),
            ("eea", "LI", "GB"),
            ("efta", "CH", "DE"),
            ("eu-adequacy", "CH", "DE"),
            ("eu-adequacy", "FO", "IN"),
            ("uk-adequacy", "GI", "GB"),
            ("uk-adequacy", "DE", "BR"),
            ("uk-gdpr", "GB", "BR"),
            ("five-eyes", "NZ", "DE"),
            ("gcc", "SA", "IL"),
        ],
    )
    def test_traps(self, name: str, inside: str, outside: str) -> None:
        assert inside in members(name, TODAY)
        assert outside not in members(name, TODAY)

    def test_the_eea_is_the_eu_with_three_more(self) -> None:
        assert members("eea", TODAY) - members("eu", TODAY) == {"IS", "LI", "NO"}
        assert members("eu", TODAY) <= members("eea", TODAY)

    def test_the_united_kingdom_takes_itself_and_its_list_for_free(self) -> None:
        assert members("uk-gdpr", TODAY) == members("uk-adequacy", TODAY) | {"GB"}
        assert members("eea", TODAY) <= members("uk-adequacy", TODAY)

    def test_an_unknown_name_is_no_empty_bloc(self) -> None:
        with pytest.raises(KeyError):
            members("atlantis", TODAY)
        with pytest.raises(KeyError):
            conditional_members("atlantis", TODAY)


class TestDates:
    """Prevents that a decision counts a day too early or too late."""

    @pytest.mark.parametrize(
        ("name", "country", "first"),
        [
            ("eu", "HR", date(2013, 7, 1)),
            ("eu", "DE", date(1958, 1, 1)),
            ("eu-adequacy", "BR", date(2026, 1, 26)),
            ("eu-adequacy", "GB", date(2021, 6, 28)),
            ("eu-adequacy", "KR", date(2021, 12, 17)),
            ("eu-adequacy", "JP", date(2019, 1, 23)),
            ("uk-adequacy", "KR", date(2022, 12, 19)),
            ("uk-gdpr", "DE", date(2021, 1, 1)),
        ],
    )
    def test_the_first_day_counts_and_the_day_before_does_not(self, name: str, country: str, first: date) -> None:
        assert country in members(name, first)
        assert country not in members(name, first - DAY)

    @pytest.mark.parametrize(
        ("name", "country", "last"),
        [
            ("eu", "GB", date(2020, 1, 31)),
            ("eea", "GB", date(2020, 1, 31)),
            ("eu-adequacy", "GB", date(2031, 12, 27)),
        ],
    )
    def test_the_last_day_counts_and_the_day_after_does_not(self, name: str, country: str, last: date) -> None:
        assert country in members(name, last)
        assert country not in members(name, last + DAY)


class TestConditions:
    """Prevents that a country that only some of its companies belong to counts whole."""

    @pytest.mark.parametrize("name", ["eu-adequacy", "uk-adequacy", "uk-gdpr"])
    @pytest.mark.parametrize(("country", "word"), [("CA", "PIPEDA"), ("US", "certified")])
    def test_canada_and_the_us_are_never_among_the_unconditional(self, name: str, country: str, word: str) -> None:
        assert country not in members(name, TODAY)
        assert word in conditional_members(name, TODAY)[country]

    @pytest.mark.parametrize(
        ("day", "word"),
        [
            (date(2016, 7, 11), None),
            (date(2016, 7, 12), "Privacy Shield"),
            (date(2020, 7, 15), "Privacy Shield"),
            (date(2020, 7, 16), None),
            (date(2023, 7, 9), None),
            (date(2023, 7, 10), "Data Privacy Framework"),
        ],
    )
    def test_what_the_us_is_in_depends_on_the_day(self, day: date, word: str | None) -> None:
        condition = conditional_members("eu-adequacy", day).get("US")
        assert (word in condition) if word and condition else condition is word

    @EVERY
    @given(day=DAYS)
    def test_nobody_is_in_it_both_ways(self, name: str, day: date) -> None:
        assert not members(name, day) & set(conditional_members(name, day))


class TestForm:
    """Prevents stretches of time that contradict each other."""

    def test_one_that_ends_before_it_begins_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="ends before"):
            Membership(since=date(2020, 1, 2), until=date(2020, 1, 1))

    def test_one_of_a_single_day_is_not(self) -> None:
        day = date(2020, 1, 1)
        assert Membership(since=day, until=day).holds(day)

    @pytest.mark.parametrize(
        "stretches",
        [
            ({"since": "2000-01-01"}, {"since": "2010-01-01"}),
            ({"since": "2000-01-01", "until": "2010-01-01"}, {"since": "2010-01-01"}),
            ({"since": "2010-01-01", "until": "2011-01-01"}, {"since": "2000-01-01", "until": "2001-01-01"}),
            ({"until": "2010-01-01"}, {}),
            (),
        ],
    )
    def test_stretches_that_overlap_are_out_of_order_or_missing_are_refused(
        self, stretches: tuple[dict[str, object], ...]
    ) -> None:
        with pytest.raises(ValidationError):
            bloc(*stretches)

    def test_a_bloc_of_nobody_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            Bloc.model_validate({"title": "A bloc", "source": "its founding treaty", "members": {}})

    @given(DAYS, DAYS, DAYS)
    def test_a_member_is_in_it_exactly_from_the_first_day_to_the_last(self, one: date, two: date, day: date) -> None:
        since, until = sorted((one, two))
        found = bloc({"since": since, "until": until}).members_on(day)
        assert (found == {"DE"}) is (since <= day <= until)

    def test_who_left_may_come_back(self) -> None:
        found = bloc({"until": "2000-01-01"}, {"since": "2010-01-01"})
        assert [bool(found.members_on(date(year, 6, 1))) for year in (1999, 2005, 2011)] == [True, False, True]
