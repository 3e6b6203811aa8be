"""Exceptions: what they reach, on which days, and what they never do."""

from datetime import date, timedelta

import pytest

from aifactory.model import WaiverSpec
from aifactory.sovereignty.finding import Finding, Judgement, Reason, Verdict
from aifactory.sovereignty.waiver import apply_waivers

DAY = date(2026, 7, 8)
DENY, UNKNOWN, ALLOW, WAIVED = Verdict.DENY, Verdict.UNKNOWN, Verdict.ALLOW, Verdict.WAIVED


def reason(verdict: Verdict, *, name: str = "p/a", mandatory: bool = True, waivable: bool = True) -> Reason:
    return Reason(name, Judgement(verdict, "because"), "It says so.", "made up", "factual", mandatory, waivable)


def finding(*reasons: Reason, rule: str = "residency", subject: str = "hall/site") -> Finding:
    verdict = max((each.judgement.verdict for each in reasons), key=lambda item: item.weight)
    return Finding(rule, subject, "hall", verdict, reasons, {}, "factory.yaml")


def waiver(rule: str = "residency", subject: str = "hall/site", *, since: int = 10, left: int = 10) -> WaiverSpec:
    return WaiverSpec(
        rule=rule,
        subject=subject,
        reason="there is no other place until autumn",
        approver="Data Protection Board",
        approved=DAY - timedelta(days=since),
        expires=DAY + timedelta(days=left),
        controls=("the board looks at it every week",),
    )


def after(found: Finding, *waivers: WaiverSpec) -> Finding:
    (result,) = apply_waivers([found], {f"w{index}": each for index, each in enumerate(waivers)}, DAY).findings
    return result


class TestDays:
    """Prevents an exception that holds a day longer, or a day earlier, than somebody approved."""

    @pytest.mark.parametrize(
        ("since", "left", "verdict", "note"),
        [
            (10, 0, WAIVED, "until 2026-07-08"),
            (10, -1, DENY, "expired on 2026-07-07"),
            (0, 10, WAIVED, "until"),
            (-1, 10, DENY, "holds from 2026-07-09"),
        ],
    )
    def test_first_and_last_day_belong_to_it(self, since: int, left: int, verdict: Verdict, note: str) -> None:
        found = after(finding(reason(DENY)), waiver(since=since, left=left))
        assert (found.verdict, found.waiver) == (verdict, "w0")
        assert note in found.note
        assert found.blocks is (verdict is DENY)

    def test_of_several_the_one_that_holds_counts(self) -> None:
        assert after(finding(reason(DENY)), waiver(left=-1), waiver()).waiver == "w1"

    def test_of_several_that_ended_the_last_is_named(self) -> None:
        found = after(finding(reason(DENY)), waiver(left=-1), waiver(left=-5))
        assert (found.verdict, found.waiver) == (DENY, "w0")


class TestReach:
    """Prevents an exception that covers what nobody looked at."""

    @pytest.mark.parametrize(
        "other", [waiver("transfer"), waiver(subject="hall/sit"), waiver(subject="hall/site "), waiver(subject="Hall/site")]
    )
    def test_neither_another_rule_nor_another_subject(self, other: WaiverSpec) -> None:
        found = finding(reason(DENY))
        assert after(found, other) == found
        assert apply_waivers([found], {"w": other}, DAY).unused == ("w",)

    def test_one_that_fits_is_used_also_where_it_changes_nothing(self) -> None:
        result = apply_waivers([finding(reason(ALLOW))], {"w": waiver()}, DAY)
        assert result.unused == ()
        assert result.findings[0].waiver is None

    def test_findings_keep_their_order_and_their_reasons(self) -> None:
        found = [finding(reason(DENY)), finding(reason(DENY), subject="hall/other")]
        result = apply_waivers(found, {"w": waiver()}, DAY).findings
        assert [(each.subject, each.reasons) for each in result] == [(each.subject, each.reasons) for each in found]


class TestLimits:
    """Prevents an exception from what is unknown, and from what takes none."""

    def test_what_is_unknown_stays_so(self) -> None:
        found = after(finding(reason(UNKNOWN)), waiver())
        assert (found.verdict, found.blocks) == (UNKNOWN, True)
        assert "must be said" in found.note

    def test_a_denial_beside_an_unknown_duty_stays(self) -> None:
        found = after(finding(reason(DENY), reason(UNKNOWN, name="p/b")), waiver())
        assert (found.verdict, found.blocks) == (DENY, True)

    def test_an_advisory_unknown_stands_in_nobodys_way(self) -> None:
        assert after(finding(reason(DENY), reason(UNKNOWN, name="p/b", mandatory=False)), waiver()).verdict is WAIVED

    def test_a_statement_that_takes_none(self) -> None:
        found = after(finding(reason(DENY), reason(DENY, name="p/fixed", waivable=False)), waiver())
        assert (found.verdict, found.blocks) == (DENY, True)
        assert found.note == "p/fixed takes no waiver"

    def test_a_statement_that_takes_none_and_allows_is_no_obstacle(self) -> None:
        assert after(finding(reason(DENY), reason(ALLOW, name="p/fixed", waivable=False)), waiver()).verdict is WAIVED
