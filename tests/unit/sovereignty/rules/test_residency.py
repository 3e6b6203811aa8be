"""Where machines stand and data lie."""

from datetime import date
from typing import Any

import pytest

from aifactory.model import FlowKind
from aifactory.model.statement import Residency
from aifactory.sovereignty.fact import Located, Place
from aifactory.sovereignty.rules.residency import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, EUROPE, FRANKFURT, SAYS, UNKNOWN, VIRGINIA, said, world

EU = {"blocs": ["eu"]}


def stated(**bounds: Any) -> Residency:
    return Residency(rule="residency", **{**SAYS, "within": EU, **bounds})


def located(place: Place, kind: Any = "compute") -> Located:
    return Located(subject="frankfurt/site", kind=kind, place=place)


class TestResidency:
    """Prevents something outside of the realm from passing, and a denial that does not say where it could be instead."""

    def test_inside(self) -> None:
        found = said(judge(stated(), located(FRANKFURT), world()), ALLOW, "DE", "eu")
        assert "DE" in found.matched
        assert found.sources
        assert found.sources[0].startswith("eu (DE since 1958-01-01)")

    def test_outside(self) -> None:
        found = said(judge(stated(), located(VIRGINIA), world()), DENY, "compute", "US", "eu")
        assert found.passing
        assert all(place.startswith("aws/") for place in found.passing)

    @pytest.mark.parametrize(
        ("place", "word"),
        [
            (EUROPE, "azure/europe stands for several places"),
            (Place(location="aws/eu-nowhere-9"), "nobody knows in which country aws/eu-nowhere-9"),
            (Place(), "nobody said"),
        ],
        ids=["logical", "unlisted", "not said"],
    )
    def test_nowhere_is_unknown(self, place: Place, word: str) -> None:
        assert said(judge(stated(), located(place), world()), UNKNOWN, word, "eu").passing

    def test_a_logical_place_is_none_even_with_a_country(self) -> None:
        said(judge(stated(), located(Place(country="DE", location="azure/europe", logical=True)), world()), UNKNOWN)

    def test_deny_beats_membership(self) -> None:
        statement = stated(within={**EU, "countries": ["DE"], "deny": ["DE"]})
        said(judge(statement, located(FRANKFURT), world()), DENY, "DE", "but not DE")

    @pytest.mark.parametrize(("on", "verdict"), [(date(2020, 1, 31), ALLOW), (date(2020, 2, 1), DENY)])
    def test_the_last_day_of_a_membership(self, on: date, verdict: Any) -> None:
        said(judge(stated(), located(Place(country="GB", location="aws/eu-west-2")), world(on)), verdict, "GB")

    @pytest.mark.parametrize(("name", "country"), [("aws/eu-west-2", "GB"), ("aws/eu-central-2", "CH")])
    def test_a_name_is_no_country(self, name: str, country: str) -> None:
        said(judge(stated(), located(Place(country=country, location=name)), world()), DENY, country)

    def test_an_empty_realm_has_nobody(self) -> None:
        assert said(judge(stated(within={}), located(FRANKFURT), world()), DENY, "no country").passing == ()

    def test_of_other_kinds_it_does_not_speak(self) -> None:
        statement = stated(kinds=["backup", "compute"])
        assert judge(statement, located(VIRGINIA, FlowKind.LOGS), world()) is None
        said(judge(statement, located(VIRGINIA, FlowKind.BACKUP), world()), DENY, "backup")
        said(judge(statement, located(VIRGINIA), world()), DENY, "compute")
