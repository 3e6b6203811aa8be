"""Findings: what decides, what blocks, who they are, and how they read."""

from hashlib import sha256

import pytest

from aifactory.sovereignty.finding import Finding, Judgement, Reason, Verdict
from aifactory.sovereignty.words import MOST_MATCHED, finding_text, listed


def reason(verdict: Verdict, *passing: str, name: str = "p/a", mandatory: bool = True) -> Reason:
    judgement = Judgement(verdict, f"{name} because", ("DE",), passing, ("a register",))
    return Reason(name, judgement, "It says so.", "an act, article 1", "factual", mandatory)


def finding(*reasons: Reason, rule: str = "residency", subject: str = "hall/site", waiver: str | None = None) -> Finding:
    verdict = max((each.judgement.verdict for each in reasons), key=lambda item: item.weight)
    return Finding(rule, subject, "hall", verdict, reasons, {}, "factory.yaml", waiver, "a note" if waiver else "")


class TestIdentity:
    """Prevents an identity that changes from run to run, or that two findings share."""

    def test_is_of_rule_and_subject_alone(self) -> None:
        denied, allowed = finding(reason(Verdict.DENY)), finding(reason(Verdict.ALLOW))
        assert denied.id == allowed.id == sha256(b"residency\nhall/site").hexdigest()[:12]
        assert len(denied.id) == 12
        assert (
            len(
                {denied.id, finding(reason(Verdict.DENY), rule="transfer").id, finding(reason(Verdict.DENY), subject="x").id}
            )
            == 3
        )

    def test_a_rule_that_runs_into_its_subject_is_another(self) -> None:
        one = finding(reason(Verdict.DENY), rule="a", subject="b c")
        assert one.id != finding(reason(Verdict.DENY), rule="a b", subject="c").id


class TestBlocking:
    """Prevents an advice that stops, and a duty that does not because advice weighs more."""

    @pytest.mark.parametrize(
        ("verdict", "mandatory", "blocks"),
        [
            (Verdict.ALLOW, True, False),
            (Verdict.DENY, True, True),
            (Verdict.UNKNOWN, True, True),
            (Verdict.DENY, False, False),
            (Verdict.UNKNOWN, False, False),
        ],
    )
    def test_a_duty_that_does_not_pass(self, verdict: Verdict, mandatory: bool, blocks: bool) -> None:
        assert finding(reason(verdict, mandatory=mandatory)).blocks is blocks

    def test_an_unknown_duty_below_an_advisory_denial(self) -> None:
        assert finding(reason(Verdict.DENY, mandatory=False), reason(Verdict.UNKNOWN)).blocks is True


class TestPassing:
    """Prevents an offer that would satisfy one statement and break the next."""

    def test_is_common_to_all_that_decide_in_the_order_of_the_first(self) -> None:
        found = finding(reason(Verdict.DENY, "c", "b", "a"), reason(Verdict.DENY, "a", "c"), reason(Verdict.ALLOW, "z"))
        assert found.passing == ("c", "a")

    def test_who_offers_nothing_takes_nothing_away(self) -> None:
        assert finding(reason(Verdict.DENY), reason(Verdict.DENY, "a")).passing == ("a",)

    def test_nothing_in_common_is_nothing(self) -> None:
        assert finding(reason(Verdict.DENY, "a"), reason(Verdict.DENY, "b")).passing == ()


class TestWords:
    """Prevents a message that names no rule, no source or no way out."""

    def test_names_all_that_a_reader_needs(self) -> None:
        found = finding(reason(Verdict.DENY, "DE"), reason(Verdict.ALLOW, name="p/other"), waiver="linz")
        text = finding_text(found)
        for words in (
            "DENY residency: hall/site", found.id, "p/a because", "by p/a (an act, article 1; factual): It says so.",
            "compared with: DE", "known from: a register", "would pass: DE", "waiver linz: a note",
            "declared in factory.yaml",
        ):  # fmt: skip
            assert words in text
        assert "p/other" not in text

    def test_advice_is_called_so(self) -> None:
        assert "advisory" in finding_text(finding(reason(Verdict.DENY, mandatory=False)))

    def test_a_long_row_is_cut_and_counted(self) -> None:
        values = tuple(str(number) for number in range(MOST_MATCHED + 1))
        assert listed(values).endswith(f"... ({MOST_MATCHED + 1} in all)")
        assert listed(values[:-1]).count(",") == MOST_MATCHED - 1
