"""The decision over several statements: which speak, which weigh, and in which order findings come."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from aifactory.model import Statement
from aifactory.sovereignty.fact import ALL_CLASSES, Retained
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.world import World

WORLD = World(date(2026, 7, 8), {}, {"customers": True, "readings": False})


def stated(name: str, **facts: Any) -> Stated:
    values = {"rule": "retention", "says": "Copies are kept for a time.", "source": "made up", "max_days": 10}
    return Stated(name, TypeAdapter(Statement).validate_python(values | facts))


def kept(days: int | None, subject: str = "hall/a", data_class: str | None = ALL_CLASSES) -> Retained:
    return Retained(subject=subject, data_class=data_class, days=days)


class TestClasses:
    """Prevents a narrow statement that rules what it is not about, or that is dodged by saying nothing."""

    @pytest.mark.parametrize(
        ("data_class", "days", "verdict"),
        [
            ("customers", 5, Verdict.ALLOW),
            ("customers", 50, Verdict.DENY),
            ("readings", 50, None),
            (ALL_CLASSES, 50, Verdict.DENY),
            (None, 5, Verdict.ALLOW),
            (None, 50, Verdict.UNKNOWN),
            (None, None, Verdict.UNKNOWN),
            ("undeclared", 50, Verdict.UNKNOWN),
        ],
    )
    def test_a_statement_about_persons(self, data_class: str | None, days: int | None, verdict: Verdict | None) -> None:
        found = judge([kept(days, data_class=data_class)], [stated("p/a", classes="personal")], WORLD, "hall")
        assert [finding.verdict for finding in found] == ([verdict] if verdict else [])

    def test_what_is_not_known_to_be_meant_says_what_would_follow(self) -> None:
        (found,) = judge([kept(50, data_class=None)], [stated("p/a", classes=["readings"])], WORLD, "hall")
        assert "readings" in found.reasons[0].judgement.because
        assert "50 days" in found.reasons[0].judgement.because


class TestWeight:
    """Prevents an allowance that outweighs a denial, and a reader who is shown reasons that did not decide."""

    def test_a_denial_beats_unknown_and_allowance(self) -> None:
        statements = [stated("p/a", max_days=99), stated("p/b"), stated("p/c", classes="personal")]
        (found,) = judge([kept(50, data_class=None)], statements, WORLD, "hall")
        assert found.verdict is Verdict.DENY
        assert [reason.statement for reason in found.decisive] == ["p/b"]
        assert [reason.statement for reason in found.reasons] == ["p/a", "p/b", "p/c"]

    def test_an_advisory_denial_is_shown_and_an_unknown_duty_blocks(self) -> None:
        advice, duty = stated("p/a", mandatory=False), stated("p/b", classes="personal")
        (found,) = judge([kept(50, data_class=None)], [advice, duty], WORLD, "hall")
        assert found.verdict is Verdict.DENY
        assert found.blocks is True

    def test_without_statements_there_is_nothing_to_find(self) -> None:
        assert judge([kept(50)], [], WORLD, "hall") == ()


class TestFindings:
    """Prevents findings whose order or place hangs on who gathered them."""

    def test_are_sorted_by_rule_and_subject(self) -> None:
        found = judge([kept(1, "hall/b"), kept(1, "hall/a")], [stated("p/a")], WORLD, "hall")
        assert [finding.subject for finding in found] == ["hall/a", "hall/b"]

    def test_hold_region_source_and_the_fact_as_plain_values(self) -> None:
        (found,) = judge([kept(1)], [stated("p/a")], WORLD, "hall")
        assert (found.region, found.source, found.fact["days"]) == ("hall", "declared", 1)
        assert found.reasons[0].says == "Copies are kept for a time."
