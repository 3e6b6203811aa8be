"""The case corpus: every file through the front door, and that the files would notice if a rule were gone."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.errors import SpecError
from aifactory.model import load_factory
from aifactory.sovereignty import assess as assessing
from aifactory.sovereignty import postgres, profile
from aifactory.sovereignty.assess import assess
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.rules import BY_NAME, RULES
from aifactory.sovereignty.waiver import Waived
from aifactory.sovereignty.world import World
from tests.unit.cases import corpus as files
from tests.unit.cases import expected
from tests.unit.cases.corpus import CASES, OUTCOMES, Case, corpus
from tests.unit.cases.expected import differences

LEAST = 170
"""How many cases there are at least."""

_every = pytest.mark.parametrize("case", corpus(), ids=lambda case: case.name)
_rules = pytest.mark.parametrize("rule", [rule.name for rule in RULES])


class TestCases:
    """Prevents a rule that says something else than a person would, at an edge that somebody once thought of."""

    @_every
    def test_is_as_its_name_says(self, case: Case, tmp_path: Path) -> None:
        if case.outcome == "error":
            with pytest.raises(SpecError) as refused:
                assess(case.load(tmp_path), case.on)
            assert [words for words in case.said["error"] if words not in str(refused.value)] == [], str(refused.value)
            assert [words for words in case.said.get("hidden", ()) if words in str(refused.value)] == []
            return
        found = assess(case.load(tmp_path), case.on)
        assert differences(case, found) == []
        assert found.passes is (case.outcome in {"ok", "waived"})

    @pytest.mark.parametrize("base", ["on-prem", "aws", "azure"])
    def test_a_base_passes_as_it_is(self, base: str) -> None:
        found = assess(load_factory(CASES / "bases" / f"{base}.yaml"), date(2026, 7, 8))
        assert found.passes, found.blocking
        assert found.counts() == {"allow": len(found.findings), "deny": 0, "unknown": 0, "waived": 0}
        assert len(found.findings) >= 10


class TestCorpus:
    """Prevents a corpus that thins out, and files whose names or keys do not say what is in them."""

    def test_there_are_enough(self) -> None:
        assert len(corpus()) >= LEAST

    @_rules
    def test_each_rule_is_shown_from_every_side(self, rule: str) -> None:
        counts = Counter(case.outcome for case in corpus() if case.topic == rule)
        assert min(counts["ok"], counts["deny"], counts["unknown"]) >= 3, counts

    def test_names_are_a_topic_an_outcome_and_a_why(self) -> None:
        topics = {rule.name for rule in RULES} | {"waiver", "profile", "class"}
        odd = [case.name for case in corpus() if case.topic not in topics or case.outcome not in OUTCOMES or "." in case.why]
        assert odd == []

    def test_no_why_is_told_twice_of_one_topic(self) -> None:
        counts = Counter((case.topic, case.why) for case in corpus())
        assert [name for name, count in counts.items() if count > 1] == []

    def test_all_have_known_keys_and_something_to_show(self) -> None:
        assert [case.name for case in corpus() if not self._is_whole(case)] == []

    @staticmethod
    def _is_whole(case: Case) -> bool:
        said, found = case.said, case.said.get("expect", ())
        known = set(said) <= files.KEYS and all({"rule", "subject"} <= set(item) <= expected.KEYS for item in found)
        if case.outcome == "error":
            return known and bool(said["error"]) and not {"expect", "absent", "also", "warnings"} & set(said)
        return known and bool(found or said["absent"]) and not {"error", "hidden"} & set(said)

    def test_an_outcome_is_that_of_one_of_its_findings(self) -> None:
        """A file named `deny` that expects no denial would show nothing of what it is named after."""
        stopped = [case for case in corpus() if case.outcome in {"deny", "unknown", "waived"}]
        shown = {case.name: {item.get("verdict", case.outcome) for item in case.said["expect"]} for case in stopped}
        assert [case.name for case in stopped if case.outcome not in shown[case.name]] == []

    def test_no_two_say_the_same(self) -> None:
        texts = Counter(yaml.safe_dump({**case.said, "topic": case.topic}) for case in corpus())
        assert max(texts.values()) == 1


def _constant(verdict: Verdict) -> Callable[..., Judgement]:
    return lambda *_: Judgement(verdict, "always the same")


def _noticed(cases: list[Case], folder: Path) -> int:
    """Return how many of these cases are not as their names say."""
    count = 0
    for case in cases:
        found = assess(case.load(folder), case.on)
        count += bool(differences(case, found)) or found.passes is not (case.outcome in {"ok", "waived"})
        (folder / "waivers.yaml").unlink(missing_ok=True)
    return count


class TestCasesBite:
    """Prevents a corpus that would stay green with a rule that lets everything pass, or nothing."""

    @_rules
    @pytest.mark.parametrize("verdict", [Verdict.ALLOW, Verdict.DENY, Verdict.UNKNOWN])
    def test_a_rule_that_always_says_the_same_is_noticed(
        self, rule: str, verdict: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = {"ok", "deny", "unknown"} - {"ok" if verdict is Verdict.ALLOW else verdict.value}
        cases = [case for case in corpus() if case.topic == rule and case.outcome in wrong]
        monkeypatch.setitem(BY_NAME, rule, replace(BY_NAME[rule], judge=_constant(verdict)))
        assert _noticed(cases, tmp_path) >= 5

    MUTANTS: tuple[tuple[str, Any, str, Any], ...] = (
        ("waiver", assessing, "apply_waivers", lambda findings, *_: Waived(tuple(findings), ())),
        ("profile", profile.Stated, "holds", lambda *_: True),
        ("class", World, "covers", lambda *_: True),
        ("class", World, "covers", lambda *_: False),
        ("class", World, "covers", lambda *_: None),
        ("profile", World, "countries", lambda *_: frozenset({"DE", "CH", "FR"})),
        ("residency", postgres, "copies_of", lambda *_: ()),
        ("transfer", postgres, "copies_of", lambda *_: ()),
    )

    @pytest.mark.parametrize(
        ("topic", "owner", "name", "instead"), MUTANTS, ids=lambda value: getattr(value, "__name__", value)
    )
    def test_a_broken_engine_is_noticed(
        self, topic: str, owner: Any, name: str, instead: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(owner, name, instead)
        cases = [case for case in corpus() if case.topic == topic and case.outcome != "error"]
        assert _noticed(cases, tmp_path) >= 2
