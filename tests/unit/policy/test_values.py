"""Properties without proxies: what is unknown, absent and there, told apart."""

import pytest
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from aifactory.policy import values
from aifactory.policy.values import ABSENT, UNKNOWN, as_bool, first, plain, select, whole
from tests.unit.policy.harness import LATER


def read(properties):
    return plain(unknown_checking_proxy(properties), UnknownValueError)


class TestPlain:
    """Prevents an unknown value from ending the policy: pulumi-policy would call that an advice, and let it pass."""

    def test_an_unknown_value_is_marked_and_all_others_are_read(self):
        assert read({"a": LATER, "b": [1, LATER, {"c": LATER, "d": "e"}]}) == {
            "a": UNKNOWN,
            "b": [1, UNKNOWN, {"c": UNKNOWN, "d": "e"}],
        }

    def test_every_mark_of_pulumi_policy_is_known(self):
        from pulumi_policy import proxy

        marks = {value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
        assert marks == values.MARKS

    def test_what_is_too_deep_is_unknown_and_never_hidden(self):
        deep = "bottom"
        for _ in range(200):
            deep = {"x": deep}
        found = plain(deep, UnknownValueError)
        for _ in range(values.DEEPEST + 1):
            found = found["x"]
        assert found is UNKNOWN


class TestSelect:
    """Prevents the second rule of a list, or the one below an unknown, from going unseen."""

    def test_all_items_of_lists_with_their_paths(self):
        found = select({"rules": [{"to": "a"}, {"to": UNKNOWN}, {}]}, "rules.to")
        assert [(each.path, each.value) for each in found] == [("rules[0].to", "a"), ("rules[1].to", UNKNOWN)]

    def test_below_the_unknown_everything_is_unknown(self):
        assert first({"rules": UNKNOWN}, "rules.to.region").value is UNKNOWN

    @pytest.mark.parametrize("properties", [{}, {"a": None}, {"a": {}}, {"a": []}, {"a": "text"}])
    def test_what_is_not_there_is_absent(self, properties):
        assert first(properties, "a.b").value is ABSENT

    def test_whole_leaves_lists_as_they_are(self):
        assert whole({"a": {"b": [1, 2]}}, "a.b") == [1, 2]
        assert whole({"a": UNKNOWN}, "a.b") is UNKNOWN
        assert whole({"a": {"b": None}}, "a.b") is ABSENT

    @pytest.mark.parametrize(("value", "meant"), [(True, True), ("true", True), ("False", False), ("yes", None), (1, None)])
    def test_booleans_as_providers_write_them(self, value, meant):
        assert as_bool(value) is meant
