"""Identity and shape of objects."""

import pytest

from aifactory.local.plugins.codec import UNKNOWN
from aifactory.local.plugins.kubernetes import objects
from aifactory.local.plugins.kubernetes.objects import Identity, Kind


class TestKinds:
    """Prevents an object from being looked for under another group than it has."""

    @pytest.mark.parametrize(
        ("token", "api_version", "name"),
        [
            ("kubernetes:core/v1:ConfigMap", "v1", "ConfigMap"),
            ("kubernetes:apps/v1:Deployment", "apps/v1", "Deployment"),
            ("kubernetes:rbac.authorization.k8s.io/v1:Role", "rbac.authorization.k8s.io/v1", "Role"),
            ("kubernetes:postgresql.cnpg.io/v1:Cluster", "postgresql.cnpg.io/v1", "Cluster"),
        ],
    )
    def test_tokens(self, token, api_version, name):
        kind = objects.kind_of_token(token)
        assert (kind.api_version, kind.name) == (api_version, name)

    def test_the_inputs_say_the_kind(self):
        assert objects.kind_of({"apiVersion": "kueue.x-k8s.io/v1beta1", "kind": "LocalQueue"}) == Kind(
            "kueue.x-k8s.io", "v1beta1", "LocalQueue"
        )

    @pytest.mark.parametrize(
        "thing", [{}, {"kind": "A"}, {"apiVersion": UNKNOWN, "kind": "A"}, {"apiVersion": "", "kind": "A"}]
    )
    def test_no_kind(self, thing):
        assert objects.kind_of(thing) is None

    def test_patches(self):
        assert objects.is_patch("kubernetes:core/v1:ConfigMapPatch", Kind("", "v1", "ConfigMap"))
        assert not objects.is_patch("kubernetes:core/v1:ConfigMap", Kind("", "v1", "ConfigMap"))

    def test_urns_with_parents(self):
        urn = "urn:pulumi:local::aifactory::aifactory:index:Region$kubernetes:apps/v1:Deployment::one::two"
        assert objects.token_of(urn) == "kubernetes:apps/v1:Deployment"
        assert objects.name_in(urn) == "one::two"


class TestIdentity:
    """Prevents ids that the official plugin would not read."""

    @pytest.mark.parametrize(("namespace", "name", "written"), [("ns", "a", "ns/a"), ("", "a", "a")])
    def test_ids(self, namespace, name, written):
        assert Identity("", "ConfigMap", namespace, name).id == written
        assert objects.parse_id(written) == (namespace, name)

    def test_in_words(self):
        assert str(Identity("", "ConfigMap", "ns", "a")) == "ConfigMap a in namespace ns"
        assert str(Identity("", "Namespace", "", "a")) == "Namespace a"


class TestLooks:
    """Prevents a crash on an object that lacks what was looked for, or holds an unknown there."""

    def test_absent_and_unknown_are_empty(self):
        thing = {"a": UNKNOWN, "b": {"c": "x"}, "n": True}
        assert objects.mapping(thing, "a", "b") == {}
        assert objects.items(thing, "b", "c") == []
        assert objects.text(thing, "a") == ""
        assert objects.number(thing, "n", default=7) == 7

    def test_names(self):
        assert objects.name_of({"metadata": {"name": "a"}}) == "a"
        assert objects.name_of({}) == ""
        assert objects.name_of({"metadata": UNKNOWN}) is UNKNOWN
        assert objects.name_of({"metadata": {"name": UNKNOWN}}) is UNKNOWN

    def test_conditions_ignore_letter_case(self):
        thing = {"status": {"conditions": [{"type": "Ready", "status": "True"}]}}
        assert objects.condition(thing, "ready")["status"] == "True"
        assert objects.condition(thing, "Other") == {}


class TestSpelling:
    """Prevents CRD schemas from losing their extensions on the way to the API server and back."""

    def test_extensions(self):
        pulumi = {"spec": {"x_kubernetes_preserve_unknown_fields": True, "list": [{"x_kubernetes_int_or_string": True}]}}
        kubernetes = {"spec": {"x-kubernetes-preserve-unknown-fields": True, "list": [{"x-kubernetes-int-or-string": True}]}}
        assert objects.to_kubernetes(pulumi) == kubernetes
        assert objects.to_pulumi(kubernetes) == pulumi

    def test_other_keys_keep_their_underscores_and_dashes(self):
        thing = {"data": {"my_key": "a", "my-key": "b"}}
        assert objects.to_kubernetes(thing) == thing
        assert objects.to_pulumi(thing) == thing

    def test_nulls_go_but_not_from_lists(self):
        assert objects.to_kubernetes({"a": None, "b": {"c": None}, "l": [None, {"d": None}]}) == {"b": {}, "l": [None, {}]}
