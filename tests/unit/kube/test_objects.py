"""What is read of every kind in the same way."""

import pytest

from aifactory.kube import objects

BARE = {"metadata": {"name": "x"}}


class TestAbsence:
    """Prevents a look from failing on an object of which nobody has said anything yet: null, {} and nothing are the same."""

    @pytest.mark.parametrize("item", [BARE, BARE | {"status": None, "spec": None}, BARE | {"status": {}, "spec": {}}])
    def test_status_and_spec(self, item: dict) -> None:
        assert objects.status_of(item) == objects.spec_of(item) == {}
        assert objects.condition(objects.status_of(item), "Ready") == {}

    @pytest.mark.parametrize("more", [{}, {"labels": None, "annotations": None}])
    def test_metadata(self, more: dict) -> None:
        item = {"metadata": {"name": "x"} | more}
        assert (objects.labels_of(item), objects.owner_of(item), objects.namespace_of(item)) == ({}, "", "")
        assert objects.is_simulated(item) is False

    def test_conditions_that_are_null(self) -> None:
        assert objects.condition({"conditions": None}, "Ready") == {}

    def test_a_path_that_breaks_off(self) -> None:
        assert objects.mapping({"a": {"b": None}}, "a", "b", "c") == {}
        assert objects.mapping({"a": {"b": {"c": {"d": 1}}}}, "a", "b", "c") == {"d": 1}


class TestWords:
    """Prevents an empty message from hiding the reason that is there."""

    def test_the_message_else_the_reason(self) -> None:
        assert objects.words({"message": "no disk ", "reason": "NoDisk"}) == "no disk"
        assert objects.words({"message": "", "reason": "NoDisk"}) == "NoDisk"
        assert objects.words({}) == ""

    def test_only_the_word_true_says_simulated(self) -> None:
        for value, simulated in (("true", True), ("false", False), ("", False)):
            item = {"metadata": {"name": "x", "annotations": {"aifactory.dev/simulated": value}}}
            assert objects.is_simulated(item) is simulated
