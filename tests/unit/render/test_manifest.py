"""What all objects have in common."""

import json
import re
from ipaddress import ip_network

import pytest

from aifactory import conventions
from aifactory.render.manifest import PRIVATE_CIDRS, Scope
from tests.unit.render.objects import region_objects

SCOPE = Scope("demo", "here", "billing")
OBJECTS = region_objects()
IDS = [f"{m['kind']}-{m['metadata']['name']}" for m in OBJECTS]


class TestOwnership:
    """Prevents objects that nobody can trace to the factory, region and block they belong to."""

    @pytest.mark.parametrize("manifest", OBJECTS, ids=IDS)
    def test_every_object_names_its_owner_and_its_field_manager(self, manifest: dict) -> None:
        annotations = manifest["metadata"]["annotations"]
        assert annotations[conventions.OWNER_ANNOTATION] == "demo/here/test"
        assert annotations[conventions.FIELD_MANAGER_ANNOTATION] == "aifactory"
        assert annotations[conventions.FORCE_ANNOTATION] == "true", "a change made by hand would make every later up fail"
        assert manifest["metadata"]["labels"][conventions.MANAGED_BY_LABEL] == "aifactory"

    @pytest.mark.parametrize("manifest", OBJECTS, ids=IDS)
    def test_every_object_has_a_fixed_name_and_a_place(self, manifest: dict) -> None:
        metadata = manifest["metadata"]
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", metadata["name"])
        assert ("namespace" in metadata) == (manifest["kind"] != "Namespace")

    def test_no_two_objects_are_the_same(self) -> None:
        keys = [(m["kind"], m["metadata"].get("namespace"), m["metadata"]["name"]) for m in OBJECTS]
        assert len(keys) == len(set(keys))

    def test_label_values_fit_kubernetes(self) -> None:
        scope = Scope("f" * 40, "r" * 40, "c" * 40)
        assert all(len(value) <= 63 for value in scope.labels().values())


class TestWaits:
    """Prevents a Pulumi that goes on while an operator has not made anything yet."""

    def test_one_condition_is_written_plain_and_several_as_a_list(self) -> None:
        one = SCOPE.metadata("x", wait_for=["condition=Ready"])["annotations"]["pulumi.com/waitFor"]
        two = SCOPE.metadata("x", wait_for=["condition=A", "condition=B"])["annotations"]["pulumi.com/waitFor"]
        assert one == "condition=Ready"
        assert json.loads(two) == ["condition=A", "condition=B"]

    def test_without_conditions_there_is_no_annotation(self) -> None:
        assert not any(key.startswith("pulumi.com/wait") for key in SCOPE.metadata("x")["annotations"])

    def test_a_timeout_is_in_seconds(self) -> None:
        assert SCOPE.metadata("x", timeout_seconds=90)["annotations"]["pulumi.com/timeoutSeconds"] == "90"

    @pytest.mark.parametrize("kind", ["Cluster", "Gateway", "HTTPRoute", "Certificate"])
    def test_every_custom_resource_with_a_status_is_waited_for(self, kind: str) -> None:
        found = [m for m in OBJECTS if m["kind"] == kind]
        assert found
        assert all("pulumi.com/waitFor" in m["metadata"]["annotations"] for m in found)


class TestNothingOpen:
    """Prevents a rule that reaches the internet from slipping into a policy."""

    def test_every_address_range_is_private(self) -> None:
        assert all(ip_network(cidr).is_private for cidr in PRIVATE_CIDRS)
        ranges = re.findall(r'"cidr": "([^"]+)"', json.dumps(OBJECTS))
        assert ranges
        assert set(ranges) <= set(PRIVATE_CIDRS)

    @pytest.mark.parametrize(
        "manifest", [m for m in OBJECTS if m["kind"] == "NetworkPolicy"], ids=lambda m: m["metadata"]["name"]
    )
    def test_no_policy_allows_everyone_or_everything(self, manifest: dict) -> None:
        rules = [*manifest["spec"].get("ingress", []), *manifest["spec"].get("egress", [])]
        for rule in rules:
            peers = rule.get("from") or rule.get("to")
            assert peers, "a rule without peers allows all of them"
            assert rule.get("ports"), "a rule without ports allows all of them"
            assert {} not in peers

    def test_no_service_is_reached_from_outside(self) -> None:
        services = [m for m in OBJECTS if m["kind"] == "Service"]
        assert {m["spec"]["type"] for m in services} == {"ClusterIP"}
