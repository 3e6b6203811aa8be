"""Differences between the inputs of two runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes import diff
from aifactory.local.plugins.kubernetes.diff import Change, Difference
from aifactory.local.plugins.kubernetes.objects import Kind

json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


def found(old, new, *patterns):
    return {entry.property_path: (entry.change.value, entry.replace) for entry in diff.compare(old, new, patterns)}


class TestCompare:
    """Prevents a change without a word, and words without a change."""

    def test_kinds(self):
        old = {"a": 1, "b": {"c": 1, "d": 2}, "l": [1, 2]}
        new = {"a": 2, "b": {"c": 1, "e": 3}, "l": [1], "n": True}
        assert found(old, new) == {
            "a": ("UPDATE", False),
            "b.d": ("DELETE", False),
            "b.e": ("ADD", False),
            "l[1]": ("DELETE", False),
            "n": ("ADD", False),
        }

    def test_items_of_lists(self):
        old = {"l": [{"name": "a", "image": "1"}]}
        assert found(old, {"l": [{"name": "a", "image": "2"}, {"name": "b"}]}) == {
            "l[0].image": ("UPDATE", False),
            "l[1]": ("ADD", False),
        }

    def test_unknown_is_a_change(self):
        assert found({"a": 1}, {"a": UNKNOWN}) == {"a": ("UPDATE", False)}

    @pytest.mark.parametrize(("old", "new"), [(1, True), (0, False), ("1", 1), ({}, []), (None, 0)])
    def test_types_differ(self, old, new):
        assert found({"a": old}, {"a": new})

    def test_three_is_three(self):
        assert found({"a": 3}, {"a": 3.0}) == {}

    def test_replacement(self):
        assert found({"spec": {"a": 1, "b": 1}}, {"spec": {"a": 2, "b": 2}}, "spec.a") == {
            "spec.a": ("UPDATE", True),
            "spec.b": ("UPDATE", False),
        }

    @given(json)
    def test_equal_is_no_difference(self, value):
        assert diff.compare({"v": value}, {"v": value}, ()) == []

    @given(json, json)
    def test_no_difference_means_equal(self, one, other):
        if not diff.compare({"v": one}, {"v": other}, ()):
            assert one == other


class TestPaths:
    """Prevents paths that the engine cannot read."""

    @pytest.mark.parametrize(
        ("path", "written"),
        [
            (("spec", "replicas"), "spec.replicas"),
            (("l", 0, "name"), "l[0].name"),
            (("metadata", "labels", "a.b/c"), 'metadata.labels["a.b/c"]'),
            (("data", 'quo"te'), 'data["quo\\"te"]'),
            (("a.b",), '["a.b"]'),
        ],
    )
    def test_written(self, path, written):
        assert Difference(path, Change.ADD, replace=False).property_path == written


class TestIdentity:
    """Prevents another version of a kind from being taken for another object."""

    OLD = Kind("apps", "v1beta1", "Deployment")

    def heads(self, new):
        changed = [Difference(("apiVersion",), Change.UPDATE, replace=False)]
        return [entry.replace for entry in diff.with_identity(changed, self.OLD, new)]

    def test_another_version(self):
        assert self.heads(Kind("apps", "v1", "Deployment")) == [False]

    def test_another_group(self):
        assert self.heads(Kind("extensions", "v1", "Deployment")) == [True]
