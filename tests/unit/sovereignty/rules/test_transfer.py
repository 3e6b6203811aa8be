"""Where data may go."""

from datetime import date
from typing import Any

import pytest

from aifactory.catalog import conditional_members
from aifactory.model import Custody, FlowKind
from aifactory.model.statement import Transfer
from aifactory.sovereignty.fact import ALL_CLASSES, Moved, Place
from aifactory.sovereignty.rules.transfer import judge
from tests.unit.sovereignty.rules.world import (
    ALLOW,
    DENY,
    EUROPE,
    FRANKFURT,
    ON,
    SAYS,
    UNKNOWN,
    VIRGINIA,
    said,
    transfer,
    world,
)

BRAZIL = Place(country="BR", location="aws/sa-east-1")
PERSONAL = {"customer-records": True, "metrics": False}


def stated(**bounds: Any) -> Transfer:
    return Transfer(rule="transfer", **{**SAYS, "free": {"blocs": ["eea"]}, "mechanisms": ["scc"], **bounds})


def moved(place: Place = VIRGINIA, **changes: Any) -> Moved:
    facts = {"kind": FlowKind.BACKUP, "origin": FRANKFURT, "data_class": "customer-records", "encrypted": True}
    return Moved(subject="frankfurt/database billing/backup", place=place, **{**facts, **changes})


def declared(**changes: Any) -> Any:
    return world(transfers={"us-backups": transfer(**changes)}, personal=PERSONAL)


class TestDestination:
    """Prevents data from leaving unseen, and what does not leave from being called a transfer."""

    def test_a_free_country(self) -> None:
        found = said(judge(stated(), moved(Place(country="FR")), world()), ALLOW, "FR", "eea")
        assert found.sources[0].startswith("eea (FR since")

    def test_elsewhere(self) -> None:
        found = said(judge(stated(), moved(), world()), DENY, "backup to US", "eea", "no transfer to US is declared", "scc")
        assert found.passing[0].startswith("aws/")
        assert found.passing[-1] == "scc"

    @pytest.mark.parametrize(
        "place", [EUROPE, Place(location="aws/nowhere"), Place()], ids=["logical", "unlisted", "not said"]
    )
    def test_nowhere_is_unknown(self, place: Place) -> None:
        said(judge(stated(), moved(place), declared()), UNKNOWN, "eea")

    def test_what_stays_in_a_country_outside_is_no_transfer(self) -> None:
        said(
            judge(stated(), moved(origin=Place(country="US", location="aws/us-west-2")), world()), ALLOW, "does not leave US"
        )

    def test_two_unknown_places_are_not_the_same(self) -> None:
        said(judge(stated(), moved(Place(), origin=Place()), world()), UNKNOWN)

    def test_a_logical_origin_is_no_country_to_stay_in(self) -> None:
        said(judge(stated(), moved(origin=Place(country="US", logical=True)), world()), DENY)

    def test_coming_home_is_judged_by_the_destination(self) -> None:
        said(judge(stated(), moved(FRANKFURT, origin=VIRGINIA), world()), ALLOW, "DE")

    @pytest.mark.parametrize("kind", [FlowKind.IMAGE_PULL, FlowKind.MODEL_PULL])
    def test_code_is_no_data(self, kind: FlowKind) -> None:
        assert judge(stated(), moved(kind=kind), world()) is None

    def test_of_other_kinds_it_does_not_speak(self) -> None:
        assert judge(stated(kinds=["replica"]), moved(), world()) is None

    def test_an_explicit_deny_beats_adequacy_and_transfers(self) -> None:
        statement = stated(free={"blocs": ["eea"], "deny": ["US", "BR"]}, adequate=["eu-adequacy"])
        found = said(judge(statement, moved(), declared()), DENY, "US", "no data may go to")
        assert "scc" not in found.passing
        said(judge(statement, moved(BRAZIL), world()), DENY, "BR")


class TestAdequacy:
    """Prevents a decision from counting before it is made, after it is void, or without its condition."""

    @pytest.mark.parametrize(("on", "verdict"), [(date(2026, 1, 25), DENY), (date(2026, 1, 26), ALLOW)])
    def test_the_first_day(self, on: date, verdict: Any) -> None:
        found = said(judge(stated(adequate=["eu-adequacy"]), moved(BRAZIL), world(on)), verdict, "BR", "eu-adequacy")
        assert any("eu-adequacy" in source for source in found.sources)

    def test_the_day_before_names_the_day_to_come(self) -> None:
        found = judge(stated(adequate=["eu-adequacy"]), moved(BRAZIL), world(date(2026, 1, 25)))
        said(found, DENY, "eu-adequacy holds for BR from 2026-01-26 on")

    def test_a_condition_is_not_met_by_itself(self) -> None:
        condition = conditional_members("eu-adequacy", ON)["US"]
        found = said(judge(stated(adequate=["eu-adequacy"], mechanisms=[]), moved(), world()), DENY, condition)
        assert condition in found.passing

    def test_a_condition_that_is_declared(self) -> None:
        condition = conditional_members("eu-adequacy", ON)["US"]
        known = declared(mechanism="adequacy", condition=condition)
        found = said(
            judge(stated(adequate=["eu-adequacy"]), moved(recipient="aws"), known), ALLOW, "us-backups", "2026-12-31"
        )
        assert "factory.yaml: transfers.us-backups" in found.sources
        assert any("eu-adequacy (US since" in source for source in found.sources)

    def test_another_condition_does_not_do(self) -> None:
        known = declared(mechanism="adequacy", condition="the recipient says so")
        said(
            judge(stated(adequate=["eu-adequacy"]), moved(), known),
            DENY,
            "by adequacy, which is not accepted",
            "does not meet",
        )

    def test_a_condition_of_a_decision_that_fell(self) -> None:
        condition = conditional_members("eu-adequacy", date(2020, 7, 15))["US"]
        on = date(2020, 7, 16)
        spec = transfer(mechanism="adequacy", condition=condition, since=date(2020, 1, 1), until=date(2020, 12, 31))
        known = world(on, transfers={"shield": spec})
        said(judge(stated(adequate=["eu-adequacy"]), moved(), known), DENY, "eu-adequacy held for US until 2020-07-15")

    def test_a_condition_is_met_by_its_recipient_alone(self) -> None:
        known = declared(mechanism="adequacy", condition=conditional_members("eu-adequacy", ON)["US"])
        said(judge(stated(adequate=["eu-adequacy"]), moved(recipient="google"), known), DENY, "is to aws, not to google")


class TestMechanisms:
    """Prevents a paper from covering what it is not about."""

    def test_one_that_covers(self) -> None:
        found = said(judge(stated(), moved(recipient="aws"), declared()), ALLOW, "scc", "us-backups", "until 2026-12-31")
        assert found.sources == ("factory.yaml: transfers.us-backups",)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"countries": ["IN"]}, ["no transfer to US"]),
            ({"data_classes": ["metrics"]}, ["is for metrics, not for customer-records"]),
            ({"mechanism": "bcr"}, ["is by bcr, which is not accepted", "accepted mechanisms: scc"]),
            ({"until": date(2026, 5, 31)}, ["ended on 2026-05-31"]),
            ({"since": date(2026, 6, 2)}, ["only begins on 2026-06-02"]),
            ({"recipient": "microsoft"}, ["is to microsoft, not to aws"]),
        ],
        ids=["country", "class", "mechanism", "over", "not yet", "recipient"],
    )
    def test_one_that_does_not(self, changes: dict[str, Any], words: list[str]) -> None:
        said(judge(stated(), moved(recipient="aws"), declared(**changes)), DENY, "US", *words)

    @pytest.mark.parametrize("changes", [{"until": ON}, {"since": ON}], ids=["last day", "first day"])
    def test_both_days_belong_to_it(self, changes: dict[str, Any]) -> None:
        said(judge(stated(), moved(), declared(**changes)), ALLOW)

    def test_the_recipient_is_compared_where_both_are_known(self) -> None:
        said(judge(stated(), moved(recipient=None), declared()), ALLOW, "if the recipient is aws")

    @pytest.mark.parametrize(
        ("held", "verdict"),
        [(None, DENY), (Custody.CUSTOMER, DENY), (Custody.HSM, ALLOW), (Custody.EXTERNAL, ALLOW)],
    )
    def test_protection(self, held: Custody | None, verdict: Any) -> None:
        found = said(judge(stated(protection="hsm"), moved(), declared(protection=held)), verdict)
        if verdict is DENY:
            said(found, DENY, f"custody {held}" if held else "no custody of keys", "at least hsm")

    def test_in_clear(self) -> None:
        said(judge(stated(), moved(encrypted=False), declared()), DENY, "not encrypted on their way")

    def test_encryption_that_nobody_knows(self) -> None:
        said(
            judge(stated(), moved(encrypted=None), declared()), UNKNOWN, "us-backups may cover", "whether data are encrypted"
        )

    def test_a_class_that_nobody_said(self) -> None:
        said(judge(stated(), moved(data_class=None), declared()), UNKNOWN, "which class of data", "customer-records")

    def test_a_certain_denial_beats_what_is_not_said(self) -> None:
        known = declared(until=date(2026, 5, 31))
        said(judge(stated(), moved(data_class=None, encrypted=None), known), DENY, "ended on 2026-05-31")

    def test_all_classes_need_all_of_them_covered(self) -> None:
        fact = moved(data_class=ALL_CLASSES)
        said(judge(stated(), fact, declared()), DENY, "not for metrics")
        said(judge(stated(), fact, declared(data_classes=["customer-records", "metrics"])), ALLOW)
        said(judge(stated(classes="personal"), fact, declared()), ALLOW)

    def test_all_of_no_declared_class_is_unknown(self) -> None:
        known = world(transfers={"us-backups": transfer()})
        said(judge(stated(), moved(data_class=ALL_CLASSES), known), UNKNOWN, "which class")

    def test_one_of_several_is_enough(self) -> None:
        known = world(transfers={"a-old": transfer(until=date(2026, 2, 1)), "b-new": transfer()})
        said(judge(stated(), moved(), known), ALLOW, "b-new")

    def test_no_mechanism_is_accepted(self) -> None:
        said(judge(stated(mechanisms=[]), moved(), declared()), DENY, "accepted mechanisms: none")
