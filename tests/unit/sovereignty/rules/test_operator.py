"""Who runs machines and holds data, and who owns those who do."""

from typing import Any

import pytest

from aifactory.model.statement import OperatorBounds
from aifactory.sovereignty.fact import Operated
from aifactory.sovereignty.rules.operator import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, company, said, world

EU = {"blocs": ["eu"]}
KNOWN = {
    "self": company("DE"),
    "amazon": company("US", listed=True),
    "aws": company("US", {"amazon": "100"}),
    "aws-european-sovereign-cloud": company("DE", {"aws": "100"}, ultimate_parent="amazon", licensors=["aws"]),
    "licensed": company("FR", {"orange": "100"}, licensors=["google"]),
    "orange": company("FR"),
    "google": company("US"),
    "orphan": company("DE", {"nobody": "100"}),
    "seatless": company(None),
}


def stated(**bounds: Any) -> OperatorBounds:
    return OperatorBounds(rule="operator", **{**SAYS, **bounds})


def run_by(operator: str | None) -> Operated:
    return Operated(subject="frankfurt/site", operator=operator)


def verdict_of(statement: OperatorBounds, operator: str | None, **more: Any) -> Any:
    return judge(statement, run_by(operator), world(organizations={**KNOWN, **more}))


class TestNames:
    """Prevents a forbidden operator from passing under the name of a company that it owns or equips."""

    def test_allowed(self) -> None:
        statement = stated(allowed=["self", "orange"])
        said(verdict_of(statement, "self"), ALLOW, "self")
        found = said(verdict_of(statement, "aws"), DENY, "aws", "self, orange")
        assert found.passing == ("self", "orange")

    def test_forbidden_itself(self) -> None:
        said(verdict_of(stated(forbidden=["aws"]), "aws"), DENY, "aws is forbidden")

    def test_owned_by_a_forbidden_one(self) -> None:
        found = said(verdict_of(stated(forbidden=["amazon"]), "aws-european-sovereign-cloud"), DENY, "amazon", "forbidden")
        assert any(source.startswith("amazon: extract") for source in found.sources)
        assert "self" in found.passing

    def test_the_chain_is_named(self) -> None:
        said(verdict_of(stated(forbidden=["amazon"]), "aws"), DENY, "owner of aws (aws <- amazon)")

    def test_licensed_by_a_forbidden_one(self) -> None:
        said(verdict_of(stated(forbidden=["google"]), "licensed"), DENY, "google, licensor of licensed")

    def test_a_name_that_only_begins_alike(self) -> None:
        said(verdict_of(stated(forbidden=["aws"]), "aws-like", **{"aws-like": company("DE")}), ALLOW, "aws-like")

    def test_an_owner_that_nobody_described_may_be_anyone(self) -> None:
        said(verdict_of(stated(forbidden=["amazon"]), "orphan"), UNKNOWN, "nobody described nobody", "amazon")

    def test_deny_beats_allow(self) -> None:
        said(verdict_of(stated(allowed=["aws"], forbidden=["amazon"]), "aws"), DENY, "amazon")

    def test_one_that_nobody_described_has_its_name_alone(self) -> None:
        said(verdict_of(stated(allowed=["stranger"]), "stranger"), ALLOW, "stranger is an allowed operator")
        said(verdict_of(stated(forbidden=["stranger"], seat=EU), "stranger"), DENY, "stranger is forbidden")
        said(verdict_of(stated(allowed=["self"], seat=EU), "stranger"), DENY, "not among the allowed operators self")
        found = said(verdict_of(stated(seat=EU, each=24, exposure=EU), "stranger"), UNKNOWN, "eu", "24 %")
        assert found.because.count("nobody described stranger; write `organizations: {stranger: ...}`") == 1

    def test_nobody_said_who(self) -> None:
        found = said(verdict_of(stated(allowed=["self"]), None), UNKNOWN, "nobody said who runs this", "self")
        assert found.passing == ("self",)

    def test_without_bounds_it_does_not_speak(self) -> None:
        assert verdict_of(stated(), "aws") is None
        assert verdict_of(stated(), None) is None


class TestSeatAndExposure:
    """Prevents a subsidiary in the right country from hiding a parent whose law reaches it."""

    def test_the_seat(self) -> None:
        said(verdict_of(stated(seat=EU), "aws-european-sovereign-cloud"), ALLOW, "seat in DE", "eu")
        found = said(verdict_of(stated(seat=EU), "aws"), DENY, "aws has its seat in US", "eu")
        assert found.passing[0] == "self"

    def test_a_seat_that_nobody_read(self) -> None:
        said(verdict_of(stated(seat=EU), "seatless"), UNKNOWN, "where seatless has its seat is unknown", "eu")

    def test_a_parent_outside(self) -> None:
        found = said(verdict_of(stated(exposure=EU), "aws-european-sovereign-cloud"), DENY, "US", "eu", "aws")
        assert any(source.startswith("aws: ") for source in found.sources)

    def test_a_licensor_outside(self) -> None:
        said(verdict_of(stated(exposure=EU), "licensed"), DENY, "google", "US")

    def test_nobody_outside(self) -> None:
        said(verdict_of(stated(exposure=EU), "orange"), ALLOW, "FR", "eu")

    def test_a_denial_that_is_certain_beats_what_is_unknown(self) -> None:
        mixed = company("DE", {"nobody": "50", "amazon": "50"})
        said(verdict_of(stated(exposure=EU), "mixed", mixed=mixed), DENY, "amazon", "US")

    def test_an_unknown_owner(self) -> None:
        said(verdict_of(stated(exposure=EU), "orphan"), UNKNOWN, "nobody described nobody", "eu")

    def test_an_owner_without_a_known_seat(self) -> None:
        held = company("DE", {"seatless": "100"})
        said(verdict_of(stated(exposure=EU), "held", held=held), UNKNOWN, "where seatless has its seat is unknown")

    def test_a_circle_ends(self) -> None:
        circle = {"left": company("DE", {"right": "100"}), "right": company("DE", {"left": "100"})}
        said(verdict_of(stated(exposure=EU), "left", **circle), ALLOW, "DE")

    @pytest.mark.parametrize("bounds", [{"seat": EU}, {"exposure": EU}, {"forbidden": ["aws"]}, {"seat": EU, "each": 24}])
    def test_self_must_be_described(self, bounds: dict[str, Any]) -> None:
        found = judge(stated(**bounds), run_by("self"), world())
        said(found, UNKNOWN, "organizations: {self: {...}}", "factory.yaml")

    def test_dated_facts_say_so(self) -> None:
        found = verdict_of(stated(seat=EU), "dated", dated=company("DE", dated="2026-02-01"))
        assert said(found, ALLOW).sources == ("dated (on 2026-02-01): extract of a register",)


class TestCaps:
    """Prevents a rounded share, a chain, or an unnamed holder from passing under a cap."""

    CAPS = stated(seat=EU, each=24, together=39)

    @pytest.mark.parametrize(
        ("owners", "verdict", "words"),
        [
            ({"amazon": "24", "orange": "76"}, ALLOW, ["24 %"]),
            ({"amazon": "24.01", "orange": "75.99"}, DENY, ["amazon holds 24.01 %", "at most 24 %"]),
            ({"amazon": "24.000000001", "orange": "75.999999999"}, DENY, ["24.000000001 %"]),
            ({"amazon": "24", "google": "15", "orange": "61"}, ALLOW, ["39 %"]),
            ({"amazon": "24", "google": "15.01", "orange": "60.99"}, DENY, ["39.01 %", "at most 39 % together"]),
        ],
        ids=["24", "24.01", "just above", "39", "39.01"],
    )
    def test_boundaries(self, owners: dict[str, str], verdict: Any, words: list[str]) -> None:
        france = company(None, kind="state")
        orange = company("FR", {"france": "100"})
        state = {"orange": orange, "france": france.model_copy(update={"seat": "FR"})}
        said(verdict_of(self.CAPS, "held", held=company("DE", owners), **state), verdict, *words)

    @pytest.mark.parametrize(("share", "verdict"), [("48", ALLOW), ("48.02", DENY)])
    def test_through_a_company_inside(self, share: str, verdict: Any) -> None:
        """Half of 48.02 is 24.01."""
        rest = str(100 - float(share))
        more = {
            "state": company("FR", kind="state"),
            "holding": company("FR", {"amazon": share, "state": rest}),
            "held": company("DE", {"holding": "50", "state": "50"}),
        }
        said(verdict_of(self.CAPS, "held", **more), verdict)

    def test_who_is_not_named_may_be_outside(self) -> None:
        found = verdict_of(self.CAPS, "held", held=company("DE", {"amazon": "10"}))
        said(found, UNKNOWN, "90 %", "at most 24 %")

    def test_what_is_not_named_but_too_little_to_matter(self) -> None:
        state = company("DE", kind="state")
        found = verdict_of(self.CAPS, "held", held=company("DE", {"amazon": "10", "state": "80"}), state=state)
        said(found, ALLOW, "20 %", "24 %")

    def test_a_share_that_nobody_read(self) -> None:
        found = verdict_of(self.CAPS, "held", held=company("DE", {"amazon": None}))
        said(found, UNKNOWN, "how much of held amazon holds is unknown")

    def test_a_known_excess_beats_an_unknown_share(self) -> None:
        found = verdict_of(self.CAPS, "held", held=company("DE", {"amazon": "40", "google": None}))
        said(found, DENY, "amazon holds 40 %")

    @pytest.mark.parametrize(("inside", "verdict"), [("61", ALLOW), ("60.99", UNKNOWN)])
    def test_the_unnamed_count_together_with_the_named(self, inside: str, verdict: Any) -> None:
        more = {"state": company("DE", kind="state"), "held": company("DE", {"amazon": "20", "state": inside})}
        word = "39 %" if verdict is ALLOW else "39.01 %"
        said(verdict_of(stated(seat=EU, together=39), "held", **more), verdict, word, "at most 39 % together")

    def test_one_cap_alone(self) -> None:
        held = company("DE", {"amazon": "20", "google": "30"})
        said(verdict_of(stated(seat=EU, together=39), "held", held=held), DENY, "50 %", "39 %")
