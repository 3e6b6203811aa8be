"""What is reported, and to whom."""

from typing import Any

import pytest

from aifactory.model.statement import Telemetry
from aifactory.sovereignty.fact import Reported
from aifactory.sovereignty.rules.telemetry import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(**bounds: Any) -> Telemetry:
    return Telemetry(rule="telemetry", **{**SAYS, "within": {"countries": ["DE"]}, **bounds})


def reported(**facts: Any) -> Reported:
    return Reported(subject="frankfurt/telemetry", **{"declared": True, "country": "DE", **facts})


class TestSinks:
    """Prevents logs from going to a place that nobody declared."""

    @pytest.mark.parametrize(
        ("facts", "verdict", "word"),
        [
            ({}, ALLOW, "the sink is in DE"),
            ({"declared": False}, DENY, "the sink is not declared"),
            ({"country": "US"}, DENY, "the sink is in US, which is not within DE"),
            ({"country": None}, UNKNOWN, "in which country the sink is"),
            ({"declared": False, "country": None}, DENY, "not declared"),
        ],
    )
    def test_sink(self, facts: dict[str, Any], verdict: Any, word: str) -> None:
        said(judge(stated(), reported(**facts), world()), verdict, word)

    def test_vendors_do_not_open_sinks(self) -> None:
        said(judge(stated(vendors=True), reported(declared=False), world()), DENY, "not declared")


class TestMakers:
    """Prevents a program from telling its maker what nobody agreed to, and a switch that nobody saw from counting as off."""

    @pytest.mark.parametrize("vendors", [True, False])
    @pytest.mark.parametrize("declared", [True, False])
    def test_silenced(self, vendors: bool, declared: bool) -> None:
        fact = reported(vendor="ray", silenced=True, declared=declared, country=None)
        said(judge(stated(vendors=vendors), fact, world()), ALLOW, "ray", "switched off")

    @pytest.mark.parametrize(("silenced", "verdict"), [(False, DENY), (None, UNKNOWN)])
    def test_none_may(self, silenced: bool | None, verdict: Any) -> None:
        found = said(
            judge(stated(), reported(vendor="ray", silenced=silenced), world()), verdict, "ray", "must be switched off"
        )
        assert found.passing == ("reporting switched off",)

    @pytest.mark.parametrize("silenced", [False, None])
    def test_some_may(self, silenced: bool | None) -> None:
        said(judge(stated(vendors=True), reported(vendor="ray", silenced=silenced), world()), ALLOW, "ray", "DE")

    @pytest.mark.parametrize("facts", [{"declared": False}, {"country": "US"}])
    @pytest.mark.parametrize(("silenced", "verdict"), [(False, DENY), (None, UNKNOWN)])
    def test_some_may_within_bounds(self, facts: dict[str, Any], silenced: bool | None, verdict: Any) -> None:
        fact = reported(vendor="ray", silenced=silenced, **facts)
        said(judge(stated(vendors=True), fact, world()), verdict, "ray")

    def test_where_to_is_not_known(self) -> None:
        fact = reported(vendor="ray", silenced=False, country=None)
        said(judge(stated(vendors=True), fact, world()), UNKNOWN, "what ray is told", "DE")
