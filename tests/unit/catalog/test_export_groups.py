"""Groups of countries that an export law names: complete, dated, and made of each other as the law says."""

from datetime import date
from typing import ClassVar

import pytest
from pydantic import ValidationError

from aifactory.catalog import ExportGroup, export_groups, is_country

EVERY = pytest.mark.parametrize("name", sorted(export_groups()))


def countries(name: str) -> set[str]:
    return set(export_groups()[name].members)


class TestEntries:
    """Prevents a destination that slips through since a list misses it."""

    @EVERY
    def test_members_are_countries(self, name: str) -> None:
        assert all(is_country(country) for country in countries(name))

    @EVERY
    def test_the_list_was_read_and_not_in_days_to_come(self, name: str) -> None:
        group = export_groups()[name]
        assert group.dated <= date(2026, 11, 22)
        assert group.since is None or group.since <= group.dated

    @pytest.mark.parametrize(
        ("name", "count"), [("ear-a5", 37), ("ear-a6", 8), ("ear-d1", 24), ("ear-d4", 22), ("ear-d5", 22)]
    )
    def test_there_are_as_many_as_in_the_law(self, name: str, count: int) -> None:
        assert len(countries(name)) == count


class TestTraps:
    """Prevents the mistakes that are made with these groups."""

    def test_macau_counts_beside_the_embargoed_for_headquarters_and_hong_kong_is_no_member_of_its_own(self) -> None:
        assert countries("ear-gpu-headquarters") == countries("ear-d5") | {"MO"}
        assert not any("HK" in countries(name) for name in export_groups())

    def test_destinations_are_the_three_groups_less_the_allies(self) -> None:
        restricted = countries("ear-d1") | countries("ear-d4") | countries("ear-d5")
        assert countries("ear-gpu-destinations") == restricted - countries("ear-a5") - countries("ear-a6")

    @pytest.mark.parametrize(
        ("country", "inside"), [("AE", True), ("SA", True), ("CN", True), ("IL", False), ("IN", False), ("DE", False)]
    )
    def test_who_needs_a_license_as_a_destination(self, country: str, inside: bool) -> None:
        assert (country in countries("ear-gpu-destinations")) is inside

    def test_no_ally_is_under_an_embargo(self) -> None:
        assert not (countries("ear-a5") | countries("ear-a6")) & countries("ear-d5")

    def test_cambodia_left_the_embargoed(self) -> None:
        assert "KH" not in countries("ear-d5")
        assert not export_groups()["ear-d5"].holds(date(2026, 2, 2))
        assert export_groups()["ear-d5"].holds(date(2026, 2, 3))


class TestForm:
    """Prevents lists that cannot be compared with the law, or that hold at no time."""

    FACTS: ClassVar = {"title": "A group", "members": ["CN", "RU"], "dated": "2026-01-01", "source": "the law that names it"}

    @pytest.mark.parametrize("wrong", [["RU", "CN"], ["CN", "CN"], [], ["China"]])
    def test_members_stand_in_order_once_and_by_code(self, wrong: list[str]) -> None:
        with pytest.raises(ValidationError):
            ExportGroup.model_validate(self.FACTS | {"members": wrong})

    def test_it_must_begin_before_it_ends(self) -> None:
        with pytest.raises(ValidationError, match="ends before"):
            ExportGroup.model_validate(self.FACTS | {"since": "2026-01-02", "until": "2026-01-01"})

    def test_the_last_day_counts(self) -> None:
        group = ExportGroup.model_validate(self.FACTS | {"until": "2026-06-30"})
        assert group.holds(date(2026, 6, 30))
        assert not group.holds(date(2026, 7, 1))
