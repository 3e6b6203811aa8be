"""Conditions that a program asks to wait for."""

import pytest

from aifactory.local.plugins.kubernetes import waitfor
from aifactory.local.plugins.kubernetes.annotations import AnnotationError


def judge(thing, *expressions):
    return waitfor.both(waitfor.parse(expressions))(thing)


def with_condition(status="True", generation=1, observed=None, **more):
    entry = {"type": "Ready", "status": status, **more}
    if observed is not None:
        entry["observedGeneration"] = observed
    return {"metadata": {"generation": generation}, "status": {"conditions": [entry], "phase": "Running", "ok": True}}


class TestConditions:
    """Prevents "ready" by a condition that speaks of an earlier version of the object."""

    def test_holds(self):
        assert judge(with_condition(), "condition=Ready").ready
        assert judge(with_condition("False"), "condition=ready=false").ready

    def test_does_not_hold_yet(self):
        state = judge(with_condition("False", message="disk is full"), "condition=Ready")
        assert not state.ready
        assert state.words == "condition Ready is False, wanted True: disk is full"

    def test_is_not_set_yet(self):
        assert "not set yet" in judge({}, "condition=Ready").words

    @pytest.mark.parametrize(("observed", "ready"), [(1, False), (2, True), (None, True)])
    def test_generations(self, observed, ready):
        assert judge(with_condition(generation=2, observed=observed), "condition=Ready").ready is ready

    def test_the_statuss_own_generation_counts(self):
        thing = with_condition(generation=2)
        thing["status"]["observedGeneration"] = 1
        assert "earlier generation" in judge(thing, "condition=Ready").words


class TestJsonPaths:
    """Prevents a value from being compared as another type than kubectl compares it."""

    def test_a_value(self):
        assert judge(with_condition(), "jsonpath={.status.phase}=Running").ready
        assert judge(with_condition(), "jsonpath={.status.ok}=true").ready
        assert judge(with_condition(), 'jsonpath={.metadata.generation}="1"').ready

    def test_any_value(self):
        assert judge(with_condition(), "jsonpath={.status.phase}").ready
        assert judge({}, "jsonpath={.status.phase}").words == "{.status.phase} has no value yet"

    def test_another_value(self):
        assert judge(with_condition(), "jsonpath={.status.phase}=Done").words == "{.status.phase} is Running, wanted Done"

    def test_an_equals_sign_inside_the_path(self):
        expression = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}=True'
        assert judge(with_condition(), expression).ready

    def test_without_braces(self):
        assert judge(with_condition(), "jsonpath=.status.phase=Running").ready


class TestAll:
    """Prevents a list of which only the first is waited for."""

    def test_all_must_hold(self):
        state = judge(with_condition(), "condition=Ready", "jsonpath={.status.phase}=Done", "condition=Absent")
        assert not state.ready
        assert "wanted Done" in state.words
        assert "Absent" in state.words

    @pytest.mark.parametrize("expression", ["condition=", "jsonpath={..x}=1"])
    def test_nonsense_is_refused(self, expression):
        with pytest.raises(AnnotationError, match="waitFor"):
            waitfor.parse([expression])
