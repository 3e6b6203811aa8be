"""How findings about many objects become one row."""

import pytest

from aifactory.status.findings import judge_condition
from aifactory.status.rows import READY, State, Verdict, failed, missing, progressing, together
from tests.unit.status.cluster import false, obj, true


class TestTogether:
    """Prevents a small problem from hiding a large one, and a reason from being lost."""

    def test_the_worst_counts_and_its_reason_comes_first(self) -> None:
        found = together([progressing("waits"), READY, failed("broken"), missing("gone")])
        assert found == Verdict(State.FAILED, "broken; gone; waits")

    def test_a_reason_is_said_once(self) -> None:
        assert together([missing("no operator"), missing("no operator")]).reason == "no operator"

    def test_nothing_found_is_ready(self) -> None:
        assert together([]) == READY

    @pytest.mark.parametrize(
        ("one", "other"),
        [(State.FAILED, State.MISSING), (State.MISSING, State.UNKNOWN), (State.UNKNOWN, State.PROGRESSING)],
    )
    def test_the_order(self, one: State, other: State) -> None:
        assert together([Verdict(other, "b"), Verdict(one, "a")]).state is one


class TestConditions:
    """Prevents a status about yesterday's spec from being taken for one about today's."""

    def test_true_is_ready(self) -> None:
        assert judge_condition(true("Ready"), "Ready", obj("x")) == READY

    def test_false_gives_its_message_else_its_reason(self) -> None:
        assert judge_condition(false("Ready", "no disk"), "Ready", obj("x")) == progressing("no disk")
        assert judge_condition(false("Ready", reason="NoDisk"), "Ready", obj("x"), failed, "it") == failed("it: NoDisk")

    def test_without_words_the_condition_itself_is_named(self) -> None:
        unknown = {"type": "Ready", "status": "Unknown"}
        assert judge_condition(unknown, "Ready", obj("x")).reason == "its condition Ready is Unknown"

    def test_none_yet_is_progressing(self) -> None:
        assert judge_condition({}, "Ready", obj("x")) == progressing("nothing has set its condition Ready yet")

    def test_one_that_speaks_of_an_older_spec_is_progressing(self) -> None:
        stale = true("Ready", observedGeneration=1)
        assert judge_condition(stale, "Ready", obj("x", metadata={"generation": 2})).state is State.PROGRESSING
        assert judge_condition(stale, "Ready", obj("x", metadata={"generation": 1})) == READY
