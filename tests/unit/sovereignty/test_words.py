"""Findings in words: each line where there is something to say, and no line where there is not."""

from dataclasses import replace
from typing import Any

import pytest

from aifactory.sovereignty.finding import Finding, Judgement, Reason, Verdict
from aifactory.sovereignty.words import MOST_MATCHED, finding_text, listed

BARE = Judgement(Verdict.DENY, "the site is in CN")
REASON = Reason("house/places", BARE, "Data stay near us.", "house rule 1", "factual")


def finding(*reasons: Reason, **changes: Any) -> Finding:
    verdict = max((each.judgement.verdict for each in reasons), key=lambda item: item.weight)
    found = Finding(
        "residency", "hall/site", "hall", verdict, reasons, {"secret": "canary-7f3a"}, "factory.yaml: regions.hall"
    )
    return replace(found, **changes)


def judged(verdict: Verdict = Verdict.DENY, *, name: str = "house/places", **facts: Any) -> Reason:
    return replace(REASON, statement=name, judgement=Judgement(verdict, f"because of {name}", **facts))


class TestTheWholeText:
    """Prevents a message in another order from day to day, which nobody finds again and no program can compare."""

    def test_the_least_that_is_said(self) -> None:
        found = finding(REASON)
        assert finding_text(found).splitlines() == [
            f"DENY residency: hall/site  [{found.id}]",
            "  the site is in CN",
            "  by house/places (house rule 1; factual): Data stay near us.",
            "  declared in factory.yaml: regions.hall",
        ]

    def test_the_most_that_is_said(self) -> None:
        told = judged(matched=("AT", "DE"), passing=("DE", "AT"), sources=("a register", "an act"))
        found = finding(replace(told, mandatory=False), waiver="linz", note="it ended on 2026-07-07")
        assert finding_text(found).splitlines() == [
            f"DENY residency: hall/site  [{found.id}]",
            "  because of house/places",
            "  by house/places (house rule 1; factual; advisory): Data stay near us.",
            "  compared with: AT, DE",
            "  known from: a register; an act",
            "  would pass: DE, AT",
            "  waiver linz: it ended on 2026-07-07",
            "  declared in factory.yaml: regions.hall",
        ]

    @pytest.mark.parametrize("verdict", [*Verdict])
    def test_the_verdict_is_the_first_word(self, verdict: Verdict) -> None:
        assert finding_text(finding(REASON, verdict=verdict)).split()[0] == verdict.name

    def test_it_ends_without_an_empty_line(self) -> None:
        assert finding_text(finding(REASON)) == finding_text(finding(REASON)).strip()


class TestWhatIsLeftOut:
    """Prevents words on what did not decide, and headings with nothing below them."""

    def test_each_that_decided_and_nobody_else(self) -> None:
        reasons = [
            judged(name="one/a"),
            judged(Verdict.ALLOW, name="two/b"),
            judged(Verdict.UNKNOWN, name="three/c"),
            judged(name="four/d"),
        ]
        text = finding_text(finding(*reasons))
        assert [name for name in ("one/a", "two/b", "three/c", "four/d") if f"by {name} " in text] == ["one/a", "four/d"]
        assert text.index("one/a") < text.index("four/d")

    def test_what_would_pass_is_common_to_all(self) -> None:
        one, other = judged(name="one/a", passing=("AT", "DE")), judged(name="two/b", passing=("DE", "FR"))
        assert "  would pass: DE\n" in finding_text(finding(one, other))

    @pytest.mark.parametrize("words", ["compared with", "known from", "would pass", "waiver", "advisory"])
    def test_without_something_there_is_no_heading(self, words: str) -> None:
        assert words not in finding_text(finding(REASON))

    def test_values_of_the_fact_are_not_written_out(self) -> None:
        """A fact may be as long as a region, and the sentence names what decided."""
        assert "canary" not in finding_text(finding(REASON))

    def test_a_waiver_that_did_not_help_is_named_all_the_same(self) -> None:
        assert "  waiver linz: it takes none\n" in finding_text(finding(REASON, waiver="linz", note="it takes none"))


class TestRows:
    """Prevents a set of two hundred countries in one line of a terminal, and one that is cut without a word."""

    @pytest.mark.parametrize(("values", "row"), [((), ""), (("DE",), "DE"), (("DE", "AT"), "DE, AT")])
    def test_a_short_one_is_whole_and_in_its_order(self, values: tuple[str, ...], row: str) -> None:
        assert listed(values) == row

    @pytest.mark.parametrize("more", [1, 2, 200])
    def test_a_long_one_is_cut_and_counted(self, more: int) -> None:
        values = tuple(f"c{number}" for number in range(MOST_MATCHED + more))
        shown = listed(values).split(", ")
        assert shown[:-1] == list(values[:MOST_MATCHED])
        assert shown[-1] == f"... ({MOST_MATCHED + more} in all)"

    def test_as_many_as_fit_are_all_written(self) -> None:
        values = tuple(f"c{number}" for number in range(MOST_MATCHED))
        assert listed(values).split(", ") == list(values)

    def test_a_finding_cuts_what_was_compared(self) -> None:
        values = tuple(f"c{number}" for number in range(MOST_MATCHED + 1))
        assert f"({MOST_MATCHED + 1} in all)" in finding_text(finding(judged(matched=values)))
        assert f", c{MOST_MATCHED}" not in finding_text(finding(judged(matched=values)))
