"""Whose object it is."""

import pytest

from aifactory.conventions import OWNER_ANNOTATION
from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes import ownership
from aifactory.local.plugins.kubernetes.objects import Identity
from tests.unit.local.plugins.kubernetes.fake_api import urn


def owned(by):
    return {"metadata": {"annotations": {OWNER_ANNOTATION: by}}} if by is not None else {}


class TestOwnership:
    """Prevents two programs from applying over each other, and one from being locked out of its own."""

    @pytest.mark.parametrize(
        ("existing", "wanted", "ours"),
        [
            ("a/b/c", "a/b/c", True),
            ("a/b/c", "a/b/d", False),
            (None, "a/b/c", False),
            ("a/b/c", None, False),
            (None, None, False),
        ],
    )
    def test_only_the_same_owner(self, existing, wanted, ours):
        assert ownership.may_take_over(owned(existing), owned(wanted)) is ours

    def test_an_owner_that_is_not_known_yet_is_none(self):
        assert not ownership.may_take_over(owned("a"), owned(UNKNOWN))

    def test_the_refusal_names_both_and_the_import(self):
        identity = Identity("", "ConfigMap", "ns", "a")
        error = ownership.taken(identity, owned("them/x/y"), owned("us/x/y"), urn("kubernetes:core/v1:ConfigMap", "mine"))
        assert "belongs to 'them/x/y'" in str(error)
        assert "'us/x/y'" in str(error)
        assert "pulumi import kubernetes:core/v1:ConfigMap mine ns/a" in str(error)
