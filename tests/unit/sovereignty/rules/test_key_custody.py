"""Who holds keys."""

from typing import Any

import pytest

from aifactory.model import Custody
from aifactory.model.statement import KeyCustody
from aifactory.sovereignty.fact import Kept
from aifactory.sovereignty.rules.key_custody import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(**bounds: Any) -> KeyCustody:
    return KeyCustody(rule="key-custody", **{**SAYS, "minimum": "hsm", **bounds})


def kept(**facts: Any) -> Kept:
    return Kept(subject="frankfurt/database billing", **{"encrypted": True, "custody": Custody.HSM, **facts})


class TestCustody:
    """Prevents a key that the provider can use from passing for one of the customer's own."""

    @pytest.mark.parametrize("minimum", list(Custody))
    @pytest.mark.parametrize("custody", list(Custody))
    def test_the_order(self, minimum: Custody, custody: Custody) -> None:
        found = judge(stated(minimum=minimum), kept(custody=custody), world())
        order = ["provider", "customer", "hsm", "external", "client"]
        verdict = ALLOW if order.index(custody) >= order.index(minimum) else DENY
        said(found, verdict, f"custody {custody}", f"at least {minimum}")

    def test_what_would_pass_is_the_next_step_first(self) -> None:
        assert said(judge(stated(), kept(custody=Custody.PROVIDER), world()), DENY).passing == ("hsm", "external", "client")

    def test_where_any_custody_passes_nobody_has_to_name_it(self) -> None:
        found = judge(stated(minimum="provider"), kept(custody=None), world())
        said(found, ALLOW, "whoever can use the key")
        said(judge(stated(minimum="customer"), kept(custody=None), world()), UNKNOWN, "who can use the key")
        said(judge(stated(minimum="provider"), kept(encrypted=None, custody=None), world()), UNKNOWN)

    def test_not_encrypted(self) -> None:
        said(
            judge(stated(minimum="provider"), kept(encrypted=False, custody=None), world()),
            DENY,
            "not encrypted",
            "provider",
        )

    def test_not_said_whether_encrypted(self) -> None:
        said(judge(stated(), kept(encrypted=None), world()), UNKNOWN, "whether the data are encrypted", "hsm")

    def test_not_said_in_whose_custody(self) -> None:
        said(judge(stated(), kept(custody=None), world()), UNKNOWN, "who can use the key", "hsm")

    def test_too_little_is_certain_whatever_else_is_not(self) -> None:
        said(judge(stated(), kept(encrypted=None, custody=Custody.PROVIDER), world()), DENY, "custody provider")


class TestPlaceAndHolder:
    """Prevents a key abroad, and a key in the hand that holds the data."""

    @pytest.mark.parametrize(("country", "verdict"), [("DE", ALLOW), ("US", DENY), (None, UNKNOWN)])
    def test_where_it_lies(self, country: str | None, verdict: Any) -> None:
        found = said(judge(stated(within={"countries": ["DE", "FR"]}), kept(country=country), world()), verdict, "DE, FR")
        assert found.passing == (() if verdict is ALLOW else ("DE", "FR"))

    def test_where_it_lies_is_not_asked_without_a_bound(self) -> None:
        said(judge(stated(), kept(country=None), world()), ALLOW)

    @pytest.mark.parametrize(
        ("holder", "keeper", "verdict", "word"),
        [
            ("self", "aws", ALLOW, "self holds the key and aws the data"),
            ("aws", "aws", DENY, "aws holds both"),
            (None, "aws", UNKNOWN, "who holds the key"),
            ("aws", None, UNKNOWN, "who holds the data"),
            (None, None, UNKNOWN, "who holds the key"),
        ],
    )
    def test_apart(self, holder: str | None, keeper: str | None, verdict: Any, word: str) -> None:
        said(judge(stated(apart=True), kept(holder=holder, keeper=keeper), world()), verdict, word)
        said(judge(stated(), kept(holder=holder, keeper=keeper), world()), ALLOW)

    def test_all_reasons_of_a_denial_are_told(self) -> None:
        statement = stated(within={"countries": ["DE"]}, apart=True)
        fact = kept(custody=Custody.PROVIDER, country="US", holder="aws", keeper="aws")
        found = said(judge(statement, fact, world()), DENY, "provider", "US", "aws holds both")
        assert found.passing[:1] == ("hsm",)
        assert "DE" in found.passing
