"""What is known of the world on a day: sets of countries, who is who, and what data are."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from aifactory.catalog import organizations
from aifactory.errors import SpecError
from aifactory.model import FactorySpec, OrganizationSpec, Realm
from aifactory.sovereignty.world import World, world_of

DAY = date(2026, 7, 8)


def factory_with(**specs: dict[str, Any]) -> FactorySpec:
    common = {"title": "Example", "dated": DAY, "source": "a register"}
    named = {name: OrganizationSpec.model_validate(common | spec) for name, spec in specs.items()}
    return FactorySpec.model_construct(organizations=named)


class TestCountries:
    """Prevents a set of countries of another day, and a denied country that a bloc lets in."""

    @pytest.mark.parametrize(
        ("day", "inside"),
        [(date(1972, 12, 31), False), (date(1973, 1, 1), True), (date(2020, 1, 31), True), (date(2020, 2, 1), False)],
    )
    def test_membership_is_of_the_day(self, day: date, inside: bool) -> None:
        assert ("GB" in world_of(day).countries(Realm(blocs=("eu",)))) is inside

    def test_deny_beats_name_and_bloc(self) -> None:
        realm = Realm(blocs=("eu",), countries=("DE", "US"), deny=("DE", "FR"))
        found = world_of(DAY).countries(realm)
        assert "US" in found
        assert not {"DE", "FR"} & found

    def test_an_empty_realm_holds_nobody(self) -> None:
        assert world_of(DAY).countries(Realm()) == frozenset()


class TestClasses:
    """Prevents data of persons that are taken for none because nobody said what they are."""

    @pytest.mark.parametrize(
        ("classes", "data_class", "covered"),
        [
            ("all", None, True), ("all", "x", True),
            ("personal", "*", True), (("a",), "*", True), ("personal", "people", True),
            ("personal", "weather", False), ("personal", None, None), ("personal", "undeclared", None),
            (("a", "b"), "b", True), (("a",), "b", False), (("a",), None, None), ((), "a", False),
        ],
    )  # fmt: skip
    def test_covers(self, classes: Any, data_class: str | None, covered: bool | None) -> None:
        world = World(DAY, {}, {"people": True, "weather": False})
        assert world.covers(classes, data_class) is covered


class TestOrganizations:
    """Prevents a factory's own knowledge that is lost, or a traceback where it cannot be."""

    def test_the_factory_goes_before_the_catalog(self) -> None:
        world = world_of(DAY, factory_with(aws={"seat": "DE", "owners": {"me": Decimal("24.01")}}))
        assert world.organizations["aws"].seat == "DE"
        assert world.organizations["aws"].owners[0].percent == Decimal("24.01")
        assert world.organizations["aws"].source == "factory.yaml: a register"
        assert world.organizations["microsoft"] == organizations()["microsoft"]

    @pytest.mark.parametrize(
        ("spec", "words"),
        [({"owners": {"a": 0}}, "greater than 0"), ({"owners": {"a": Decimal("1.0000000001")}}, "decimal places")],
    )
    def test_what_cannot_be_is_wrong_input(self, spec: dict[str, Any], words: str) -> None:
        with pytest.raises(SpecError, match=words) as refused:
            world_of(DAY, factory_with(someone=spec))
        assert "organizations.someone" in str(refused.value)
