"""Profiles as sets of statements: what they extend, on which days they hold, and names that point at nothing."""

from copy import deepcopy
from datetime import date
from itertools import permutations
from typing import Any, ClassVar

import pytest

from aifactory.catalog import blocs
from aifactory.catalog.profile_files import profile_data, profile_names
from aifactory.errors import Problem, SpecError
from aifactory.model import ProfileSpec
from aifactory.sovereignty.profile import (
    NO_RULES,
    Stated,
    profile_closure,
    profile_named,
    shipped_profiles,
    statements_of,
)

DAY = date(2026, 7, 8)
SUPPORT = {"rule": "support", "says": "Help comes from near by.", "source": "house rule 1", "within": {"countries": ["DE"]}}


def profile(*extends: str, **statements: dict[str, Any]) -> ProfileSpec:
    return ProfileSpec.model_validate(
        {
            "title": "rules of the house",
            "dated": "2026-01-01",
            "review_by": "2027-01-01",
            "extends": extends,
            "statements": {name: SUPPORT | change for name, change in statements.items()},
        }
    )


def names(found: tuple[Stated, ...]) -> list[str]:
    return [stated.name for stated in found]


def refused(own: dict[str, ProfileSpec], *named: str, on: date = DAY) -> list[Problem]:
    with pytest.raises(SpecError) as caught:
        statements_of(named, own, on)
    return list(caught.value.problems)


class TestDays:
    """Prevents a statement that holds a day longer, or from a day earlier, than its act does."""

    @pytest.mark.parametrize(
        ("days", "holds"),
        [
            ({}, True),
            ({"since": "2026-07-08"}, True),
            ({"since": "2026-07-09"}, False),
            ({"until": "2026-07-08"}, True),
            ({"until": "2026-07-07"}, False),
            ({"since": "2026-07-08", "until": "2026-07-08"}, True),
            ({"since": "2026-01-01", "until": "2026-07-07"}, False),
            ({"since": "2026-07-09", "until": "2026-12-31"}, False),
        ],
    )
    def test_first_and_last_day_belong_to_it(self, days: dict[str, str], holds: bool) -> None:
        own = {"house": profile(help=days)}
        assert Stated("house/help", own["house"].statements["help"]).holds(DAY) is holds
        assert names(statements_of(["house"], own, DAY)) == (["house/help"] if holds else [])

    def test_the_one_beside_it_is_not_touched(self) -> None:
        own = {"house": profile(old={"until": "2026-07-07"}, new={"since": "2026-07-08"})}
        assert names(statements_of(["house"], own, DAY)) == ["house/new"]
        assert names(statements_of(["house"], own, date(2026, 7, 7))) == ["house/old"]

    def test_a_profile_itself_does_not_begin_on_its_day(self) -> None:
        """`dated` is the day whose rules were written down; each statement says from when it holds."""
        assert names(statements_of(["house"], {"house": profile(help={})}, date(2020, 1, 1))) == ["house/help"]


class TestExtending:
    """Prevents rules that are lost on the way, or counted twice, where profiles stand on each other."""

    OWN: ClassVar = {
        "top": profile("middle", "side", a={}),
        "middle": profile("base", b={}),
        "side": profile("base", c={}),
        "base": profile(d={}),
        "apart": profile(e={}),
    }

    def test_what_is_below_holds_too_once_each(self) -> None:
        assert profile_closure(["top"], self.OWN) == ("base", "middle", "side", "top")
        assert names(statements_of(["top"], self.OWN, DAY)) == ["base/d", "middle/b", "side/c", "top/a"]

    @pytest.mark.parametrize("order", [*permutations(["top", "apart", "base"])], ids="-".join)
    def test_the_order_in_which_they_are_named_means_nothing(self, order: tuple[str, ...]) -> None:
        assert statements_of(order, self.OWN, DAY) == statements_of(["apart", "top"], self.OWN, DAY)

    def test_two_that_extend_each_other_are_two(self) -> None:
        own = {"one": profile("two", a={}), "two": profile("one", b={})}
        assert profile_closure(["one"], own) == profile_closure(["two"], own) == ("one", "two")

    def test_one_that_extends_itself_is_one(self) -> None:
        assert profile_closure(["one"], {"one": profile("one")}) == ("one",)

    def test_none_is_the_word_for_no_rules(self) -> None:
        assert profile_closure([NO_RULES], self.OWN) == ()
        assert profile_closure([NO_RULES, "base"], self.OWN) == ("base",)
        assert statements_of([NO_RULES], self.OWN, DAY) == ()

    def test_without_a_name_there_are_none(self) -> None:
        assert statements_of([], self.OWN, DAY) == ()

    def test_statements_are_sorted_by_their_names(self) -> None:
        own = {"house": profile(z={}, a={}, m={})}
        assert names(statements_of(["house"], own, DAY)) == ["house/a", "house/m", "house/z"]

    def test_one_of_the_factory_stands_on_a_shipped_one(self) -> None:
        own = {"house": profile("eu-gdpr", help={})}
        found = names(statements_of(["house"], own, DAY))
        assert "house/help" in found
        assert set(names(statements_of(["eu-gdpr"], {}, DAY))) == set(found) - {"house/help"} != set()


class TestShipped:
    """Prevents a profile of the package that is another than its file, or that a factory cannot take the place of."""

    def test_all_are_there(self) -> None:
        assert tuple(shipped_profiles()) == profile_names() != ()

    @pytest.mark.parametrize("name", profile_names())
    def test_each_is_as_its_file_says(self, name: str) -> None:
        assert profile_named(name, {}) == ProfileSpec.model_validate(profile_data(name))
        assert profile_named(name, {}) is shipped_profiles()[name]

    @pytest.mark.parametrize("name", profile_names())
    def test_the_factorys_own_goes_before_it(self, name: str) -> None:
        own = {name: profile(help={})}
        assert profile_named(name, own) is own[name]
        assert names(statements_of([name], own, DAY)) == [f"{name}/help"]

    def test_a_read_one_is_left_as_it_was(self) -> None:
        before = deepcopy(profile_data("eu-gdpr"))
        statements_of(["eu-gdpr"], {"house": profile("eu-gdpr")}, DAY)
        assert profile_data("eu-gdpr") == before


class TestNamesThatAreNotThere:
    """Prevents a component alone, which no file was read for, from being judged by fewer rules than it names."""

    def test_a_profile(self) -> None:
        (problem,) = refused({"house": profile()}, "hose")
        assert (problem.where, problem.value, problem.nearest) == ("profiles", "hose", "house")
        assert "nobody knows which rules are meant" in problem.rule

    def test_a_shipped_one_is_near_too(self) -> None:
        assert refused({}, "eu-gpdr")[0].nearest == "eu-gdpr"

    def test_one_that_is_extended(self) -> None:
        assert refused({"house": profile("hose")}, "house")[0].value == "hose"

    @pytest.mark.parametrize(
        ("statement", "field"),
        [
            ({"rule": "residency", "within": {"blocs": ["eae"]}}, "within"),
            ({"rule": "transfer", "free": {"blocs": ["eae"]}}, "free"),
            ({"rule": "transfer", "free": {}, "adequate": ["eae"]}, "adequate"),
            ({"rule": "operator", "seat": {"blocs": ["eae"]}}, "seat"),
            ({"rule": "operator", "exposure": {"blocs": ["eae"]}}, "exposure"),
            ({"rule": "key-custody", "minimum": "hsm", "within": {"blocs": ["eae"]}}, "within"),
        ],
    )
    def test_a_bloc_wherever_it_stands(self, statement: dict[str, Any], field: str) -> None:
        values = {"says": "It is near by.", "source": "house rule 2", **statement}
        whole = {"title": "rules of the house", "dated": DAY, "review_by": DAY, "statements": {"places": values}}
        (problem,) = refused({"house": ProfileSpec.model_validate(whole)}, "house")
        assert problem.where == f"profiles.house.statements.places.{field}"
        assert (problem.value, problem.nearest) == ("eae", "eea")
        assert all(name in problem.rule for name in blocs())

    def test_all_of_them_at_once(self) -> None:
        wrong = {"within": {"blocs": ["eae", "uk-gdrp"]}}
        own = {"one": profile("two", a=wrong), "two": profile(b=wrong)}
        assert [(problem.where.split(".")[1], problem.value) for problem in refused(own, "one")] == [
            ("one", "eae"),
            ("one", "uk-gdrp"),
            ("two", "eae"),
            ("two", "uk-gdrp"),
        ]

    def test_also_where_the_statement_no_longer_holds(self) -> None:
        """Else it would come to light on the day that it begins to hold, in the middle of a deployment."""
        own = {"house": profile(help={"within": {"blocs": ["eae"]}, "since": "2030-01-01"})}
        assert refused(own, "house")[0].value == "eae"

    def test_not_of_a_profile_that_is_not_named(self) -> None:
        own = {"house": profile(help={}), "other": profile(help={"within": {"blocs": ["eae"]}})}
        assert names(statements_of(["house"], own, DAY)) == ["house/help"]
