"""Schedules: what people write, and what the operator takes."""

from datetime import UTC, datetime

import pytest
from cronsim import CronSim
from hypothesis import given
from hypothesis import strategies as st

from aifactory.errors import SpecError
from aifactory.model import BackupSpec, validate
from aifactory.model.cron import checked_schedule, with_seconds


def refused(schedule: str) -> str:
    with pytest.raises(ValueError, match=r"\S") as caught:
        checked_schedule(schedule)
    return str(caught.value)


class TestFiveFields:
    """Prevents the nightly backup that runs every hour: the operator reads six fields, people write five."""

    def test_the_seconds_are_put_in_front(self) -> None:
        assert with_seconds(checked_schedule("0 2 * * *")) == "0 0 2 * * *"

    def test_six_fields_are_refused_and_the_five_are_shown(self) -> None:
        words = refused("0 30 2 * * sun")
        assert "five are expected" in words
        assert "seconds are added" in words
        assert words.endswith("write 30 2 * * sun")

    @pytest.mark.parametrize(("schedule", "count"), [("", 0), ("* * * *", 4), ("* * * * * * *", 7)])
    def test_other_counts_are_named_with_an_example(self, schedule: str, count: int) -> None:
        assert f"has {count} fields" in refused(schedule)
        assert "30 2 * * sun" in refused(schedule)

    @pytest.mark.parametrize(
        ("word", "meant"), [("@daily", "0 0 * * *"), ("@WEEKLY", "0 0 * * 0"), ("@hourly", "0 * * * *")]
    )
    def test_words_are_refused_with_the_fields_they_stand_for(self, word: str, meant: str) -> None:
        assert refused(word).endswith(f"write {meant}")

    def test_an_interval_is_refused(self) -> None:
        assert "five fields" in refused("@every 6h")

    def test_spaces_do_not_matter(self) -> None:
        assert checked_schedule("  0   2 * *  * ") == "0 2 * * *"


class TestWhatTheOperatorTakes:
    """Prevents a schedule that is right elsewhere and stops the operator's reconciliation (robfig/cron 1.2)."""

    @pytest.mark.parametrize(
        "schedule", ["0 2 * * sun", "0 2 * JAN,jul Mon-Fri", "*/15 1-5/2 1,15 * *", "0 2 29 2 *", "5/20 * * * 6"]
    )
    def test_it_takes(self, schedule: str) -> None:
        assert checked_schedule(schedule) == schedule

    @pytest.mark.parametrize(
        "schedule",
        ["0 2 L * *", "0 2 LW * *", "0 2 * * 5L", "0 2 * * 1#2", "0 2 ? * *", "0 2 * * ?", "0 2 * SUN *", "mon 2 * * *"],
    )
    def test_it_does_not_take(self, schedule: str) -> None:
        assert "must be made of" in refused(schedule)

    @pytest.mark.parametrize("schedule", ["0 2 * * 7", "0 2 * * 5-7", "0 2 * * 1,7"])
    def test_sunday_is_not_seven(self, schedule: str) -> None:
        assert "Sunday is 0 or sun" in refused(schedule)

    @pytest.mark.parametrize(
        ("schedule", "field"),
        [
            ("60 2 * * *", "minute"),
            ("0 24 * * *", "hour"),
            ("0 2 32 * *", "day"),
            ("0 2 * 13 *", "month"),
            ("0 22-2 * * *", "hour"),
            ("0/0 2 * * *", "minute"),
        ],
    )
    def test_the_wrong_field_is_named(self, schedule: str, field: str) -> None:
        assert f"its {field} is out of range" in refused(schedule)

    @pytest.mark.parametrize("schedule", ["0 2 30 2 *", "0 2 31 4,6,9,11 *"])
    def test_a_day_that_never_comes_is_refused(self, schedule: str) -> None:
        assert "never comes" in refused(schedule)

    @given(st.text("0123456789*,-/?L#@ abcdejmnostu", max_size=20))
    def test_whatever_is_taken_comes_and_is_made_of_what_the_operator_knows(self, text: str) -> None:
        try:
            schedule = checked_schedule(text)
        except ValueError:
            return
        assert len(schedule.split()) == 5
        assert not set("?L#@") & set(schedule)
        assert next(CronSim(schedule, datetime(2025, 1, 1, tzinfo=UTC))) > datetime(2025, 1, 1, tzinfo=UTC)


class TestInTheSpec:
    """Prevents a wrong schedule that is found by the operator at two in the night."""

    def test_the_problem_names_field_and_value(self) -> None:
        with pytest.raises(SpecError) as caught:
            validate(BackupSpec, {"store": "eu", "schedule": "0 0 2 * * *"}, "Postgres billing")
        (problem,) = caught.value.problems
        assert (problem.where, problem.value) == ("schedule", "0 0 2 * * *")
        assert "five are expected" in problem.rule

    def test_the_default_is_right(self) -> None:
        assert checked_schedule(BackupSpec(store="eu").schedule) == "0 2 * * *"
