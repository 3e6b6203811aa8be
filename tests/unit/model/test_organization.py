"""Organizations as a factory describes them: shares that fit, and who can belong to whom."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model import OrganizationSpec, parse_factory, validate
from tests.unit.factories import factory_values

WHOLE: dict[str, Any] = {
    "title": "Example Works GmbH",
    "seat": "DE",
    "owners": {"founders": 60, "bank": 40},
    "dated": "2026-01-01",
    "source": "extract of a register",
}


def organization(**changes: Any) -> OrganizationSpec:
    return validate(OrganizationSpec, WHOLE | changes, "o")


def refused(**changes: Any) -> Problem:
    with pytest.raises(SpecError) as caught:
        organization(**changes)
    (problem,) = caught.value.problems
    return problem


class TestShares:
    """Prevents owners of more than the whole, and shares that change on their way into a sum."""

    @pytest.mark.parametrize(
        "owners",
        [
            {},
            {"a": 100},
            {"a": 60, "b": 40},
            {"a": "33.3333", "b": "33.3333", "c": "33.3334"},
            {"a": 50},
            {"a": 100, "b": None},
            {"a": None, "b": None},
        ],
    )
    def test_up_to_the_whole_they_are_taken(self, owners: dict[str, Any]) -> None:
        assert set(organization(owners=owners).owners) == set(owners)

    @pytest.mark.parametrize(
        ("owners", "words"),
        [
            ({"a": 60, "b": 41}, "a 60 + b 41 = 101"),
            ({"a": 100, "b": "0.01"}, "a 100 + b 0.01 = 100.01"),
            ({"a": 60, "b": 41, "c": None}, "a 60 + b 41 = 101"),
            ({"a": "33.34", "b": "33.33", "c": "33.34"}, "= 100.01"),
        ],
    )
    def test_more_is_refused_with_the_sum(self, owners: dict[str, Any], words: str) -> None:
        problem = refused(owners=owners)
        assert "more than 100 per cent together" in problem.rule
        assert words in problem.rule

    @pytest.mark.parametrize(("share", "words"), [(-1, "at least 0"), ("100.01", "at most 100"), (101, "at most 100")])
    def test_one_alone_is_a_percentage(self, share: Any, words: str) -> None:
        problem = refused(owners={"a": share})
        assert problem.where == "owners.a"
        assert words in problem.rule

    @pytest.mark.parametrize("share", ["most", "24 %", "nan", "inf"])
    def test_what_is_no_number_is_no_share(self, share: str) -> None:
        assert refused(owners={"a": share}).where == "owners.a"

    def test_a_share_is_kept_to_the_digit(self) -> None:
        """As a binary fraction 24.01 could be less than it is."""
        assert organization(owners={"a": 24.01}).owners["a"] == Decimal("24.01")

    def test_an_unknown_share_is_none_and_not_nothing(self) -> None:
        assert organization(owners={"a": None}).owners["a"] is None

    def test_nobody_is_named_twice_in_a_file(self) -> None:
        text = yaml.safe_dump(factory_values() | {"organizations": {"self": WHOLE}}).replace("bank:", "founders:")
        with pytest.raises(SpecError, match="founders"):
            parse_factory(text)


class TestKinds:
    """Prevents a chain of owners that goes on behind a state, a person or a foundation."""

    @pytest.mark.parametrize("kind", ["state", "person", "foundation"])
    def test_belong_to_nobody(self, kind: str) -> None:
        assert organization(kind=kind, owners={}).kind == kind

    @pytest.mark.parametrize("kind", ["state", "person", "foundation"])
    @pytest.mark.parametrize(
        "above", [{"owners": {"a": 10}}, {"owners": {"a": None}}, {"owners": {}, "ultimate_parent": "a"}], ids=str
    )
    def test_with_somebody_above_they_are_refused(self, kind: str, above: dict[str, Any]) -> None:
        problem = refused(kind=kind, **above)
        assert f"a {kind} belongs to nobody; only a company has owners" in problem.rule

    @pytest.mark.parametrize("kind", ["state", "person", "foundation"])
    def test_may_run_what_another_licenses(self, kind: str) -> None:
        assert organization(kind=kind, owners={}, licensors=["microsoft"]).licensors == ("microsoft",)

    def test_a_company_may_have_a_parent_without_an_owner_that_is_named(self) -> None:
        assert organization(owners={}, ultimate_parent="holding").ultimate_parent == "holding"

    def test_without_a_word_it_is_a_company(self) -> None:
        assert organization().kind == "company"

    def test_of_another_sort_there_is_none(self) -> None:
        problem = refused(kind="persn")
        assert (problem.where, problem.nearest) == ("kind", "person")

    def test_the_sum_is_said_first(self) -> None:
        """A person with owners of more than a whole is wrong twice; one sentence is enough to see it."""
        assert "60 + b 41" in refused(kind="person", owners={"a": 60, "b": 41}).rule


class TestWhatIsSaidOfIt:
    """Prevents a fact without its day or source, and a seat in a country that is none."""

    @pytest.mark.parametrize("key", ["title", "dated", "source"])
    def test_is_required(self, key: str) -> None:
        with pytest.raises(SpecError) as caught:
            validate(OrganizationSpec, {name: value for name, value in WHOLE.items() if name != key}, "o")
        assert [problem.where for problem in caught.value.problems] == [key]

    @pytest.mark.parametrize("seat", ["UK", "XX", "de", "Germany"])
    def test_a_seat_is_a_country(self, seat: str) -> None:
        assert refused(seat=seat).where == "seat"

    def test_a_seat_that_nobody_knows_is_none(self) -> None:
        assert organization(seat=None).seat is None

    @pytest.mark.parametrize("name", ["A", "-a", "a b", "", "a" * 64, "ä"])
    @pytest.mark.parametrize("place", ["owners", "ultimate_parent", "licensors"])
    def test_names_are_keys(self, place: str, name: str) -> None:
        value = {"owners": {name: 1}, "ultimate_parent": name, "licensors": [name]}[place]
        assert refused(**{place: value}).where.startswith(place)

    def test_a_misspelt_field_is_no_silence(self) -> None:
        assert refused(owner={"a": 1}).nearest == "owners"

    def test_it_stays_as_it_is(self) -> None:
        found = organization()
        with pytest.raises(ValidationError, match="frozen"):
            found.seat = "FR"  # pyright: ignore[reportAttributeAccessIssue]
        assert found.dated == date(2026, 1, 1)


class TestInAFactory:
    """Prevents a refusal that comes only when rules are judged, without the line that it is about."""

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"owners": {"founders": 60, "others": 41}}, "founders 60 + others 41 = 101"),
            ({"kind": "foundation", "owners": {"founders": 1}}, "a foundation belongs to nobody"),
        ],
    )
    def test_the_line_is_that_of_the_organization(self, changes: dict[str, Any], words: str) -> None:
        text = yaml.safe_dump(factory_values() | {"organizations": {"aws": WHOLE, "self": WHOLE | changes}})
        with pytest.raises(SpecError) as caught:
            parse_factory(text)
        (problem,) = caught.value.problems
        assert problem.where == "organizations.self"
        assert words in problem.rule
        assert problem.line is not None
        assert text.splitlines()[problem.line - 1].strip() == "self:"

    def test_two_that_are_wrong_come_together(self) -> None:
        named = {name: WHOLE | {"kind": "person", "owners": {name: 1}} for name in ("one", "two")}
        text = yaml.safe_dump(factory_values() | {"organizations": named})
        with pytest.raises(SpecError) as caught:
            parse_factory(text)
        assert {problem.where for problem in caught.value.problems} == {"organizations.one", "organizations.two"}
