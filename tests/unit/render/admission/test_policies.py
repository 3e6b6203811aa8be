"""What every policy has, and what each looks at."""

from datetime import date
from typing import Any

import pytest

from aifactory import conventions
from aifactory.catalog import Organization, organizations
from aifactory.model.namespace import ENFORCED_RULES
from aifactory.render.admission import render_admission
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.schema import check_objects
from aifactory.sovereignty.world import World
from tests.unit.golden import assert_golden
from tests.unit.render.admission.cases import (
    SCOPE,
    SITE,
    STORAGE,
    WORLD,
    binding,
    policy,
    rendered,
    settings,
    statements,
)

POLICIES = {
    "nodes": "residency",
    "placement": "residency",
    "volumes": "residency",
    "volumes-classes": "residency",
    "volume-keys": "key-custody",
    "volume-keys-classes": "key-custody",
    "services": "in-transit",
    "ingresses": "in-transit",
    "gateways": "in-transit",
    "reporting": "telemetry",
    "egress": "telemetry",
    "registry": "registry",
    "deletion": "deletion",
}
"""Every policy and the rule that it enforces."""


def policies(manifests: list[Manifest]) -> list[Manifest]:
    return [manifest for manifest in manifests if manifest["kind"] == "ValidatingAdmissionPolicy"]


def words(manifests: list[Manifest]) -> str:
    return str([manifest["spec"] for manifest in manifests])


def first_names(manifests: list[Manifest]) -> list[str]:
    return [manifest["metadata"]["name"].partition(".")[0] for manifest in policies(manifests)]


def resources(manifest: Manifest) -> set[str]:
    return {name for rule in manifest["spec"]["matchConstraints"]["resourceRules"] for name in rule["resources"]}


class TestGolden:
    """Prevents a change of what a cluster refuses that no reviewer sees."""

    @pytest.mark.parametrize("case", ["machines", "encrypted", "quiet", "images", "keys"])
    def test_one_statement(self, case: str) -> None:
        assert_golden(f"admission/{case}", rendered(case, **STORAGE))

    def test_no_rules_leave_the_guard_of_what_is_protected(self) -> None:
        manifests = rendered("none")
        assert_golden("admission/none", manifests)
        assert first_names(manifests) == ["deletion"]
        assert manifests[0]["spec"]["matchConstraints"]["resourceRules"][0]["operations"] == ["DELETE"]

    def test_warnings_and_exceptions(self) -> None:
        reason = "The platform's own load balancer, which encrypts."
        given = {"lb": {"rule": "in-transit", "namespace": "edge", "name": "lb", "reason": reason}}
        manifests = rendered("encrypted", enforcement="warn", exceptions=given, system_prefixes=["openshift-"])
        assert_golden("admission/warn", manifests)
        assert {str(m["spec"]["validationActions"]) for m in manifests if "Binding" in m["kind"]} == {"['Warn', 'Audit']"}


class TestEveryPolicy:
    """Prevents a policy that holds open when it fails, that nobody is bound by, or that stops the control plane."""

    manifests = rendered(**STORAGE)

    def test_there_is_one_for_each_kind_of_object(self) -> None:
        found = {
            manifest["metadata"]["name"].partition(".")[0]: manifest["metadata"]["annotations"]["aifactory.dev/rule"]
            for manifest in policies(self.manifests)
        }
        assert found == POLICIES
        assert {*POLICIES.values()} == {*ENFORCED_RULES, "deletion"}

    def test_it_fails_closed_and_refuses(self) -> None:
        for manifest in policies(self.manifests):
            assert manifest["spec"]["failurePolicy"] == "Fail"
            assert {validation["reason"] for validation in manifest["spec"]["validations"]} == {"Forbidden"}
        for name in POLICIES:
            assert binding(self.manifests, name)["spec"]["validationActions"] == ["Deny"]

    def test_each_is_followed_by_its_binding(self) -> None:
        for first, second in zip(self.manifests[::2], self.manifests[1::2], strict=True):
            assert second["kind"] == "ValidatingAdmissionPolicyBinding"
            assert second["spec"]["policyName"] == first["metadata"]["name"] == second["metadata"]["name"]

    def test_the_control_plane_is_left_alone_and_nobody_else(self) -> None:
        for manifest in policies(self.manifests):
            (selector,) = manifest["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
            assert selector["values"] == ["kube-node-lease", "kube-public", "kube-system"]
        (selector,) = policy(rendered("images", system_namespaces=["istio-system"]), "registry")["spec"]["matchConstraints"][
            "namespaceSelector"
        ]["matchExpressions"]
        assert "istio-system" in selector["values"]

    def test_it_has_an_owner_as_all_objects_have(self) -> None:
        for manifest in self.manifests:
            assert manifest["metadata"]["annotations"][conventions.OWNER_ANNOTATION] == "demo/here/rails"
            assert manifest["metadata"]["labels"] == SCOPE.labels()

    def test_its_objects_fit_their_kinds(self) -> None:
        check_objects("admission", self.manifests)

    def test_names_are_short_and_of_their_component(self) -> None:
        names = {manifest["metadata"]["name"] for manifest in self.manifests}
        other = {manifest["metadata"]["name"] for manifest in rendered(scope=Scope("demo", "here", "other"), **STORAGE)}
        assert not names & other
        assert max(map(len, names)) < 63

    def test_messages_name_rule_statement_and_what_passes(self) -> None:
        for manifest in policies(self.manifests):
            rule = manifest["metadata"]["annotations"]["aifactory.dev/rule"]
            for validation in manifest["spec"]["validations"]:
                for said in (validation["message"], validation["messageExpression"]):
                    assert f"{rule}: " in said or f"{rule} (corporate/" in said
                    assert "; what passes: " in said

    def test_the_day_is_in_none_of_it(self) -> None:
        later = World(date(2027, 6, 1), WORLD.organizations)
        again = render_admission(SCOPE, statements(), later, settings(**STORAGE), SITE)
        assert again == self.manifests

    def test_the_order_of_statements_means_nothing_within_a_list(self) -> None:
        one = rendered("images", changes={"hosts": ["b.example", "a.example"]})
        other = rendered("images", changes={"hosts": ["a.example", "b.example"]})
        assert one == other


class TestStatements:
    """Prevents a policy without a statement, and a statement whose bounds do not come to the cluster."""

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            ("machines", ["nodes", "placement", "volumes", "volumes-classes"]),
            ("keys", ["volume-keys", "volume-keys-classes"]),
            ("encrypted", ["services", "ingresses", "gateways"]),
            ("quiet", ["reporting", "egress"]),
            ("images", ["registry"]),
        ],
    )
    def test_each_makes_its_own(self, name: str, expected: list[str]) -> None:
        assert first_names(rendered(name, **STORAGE)) == [*expected, "deletion"]

    def test_what_is_not_mandatory_only_warns(self) -> None:
        manifests = rendered("images", changes={"mandatory": False})
        assert first_names(manifests) == ["registry-advice", "deletion"]
        assert binding(manifests, "registry-advice")["spec"]["validationActions"] == ["Warn", "Audit"]

    def test_volumes_lie_where_the_cluster_is_while_nobody_declared_a_storage_class(self) -> None:
        assert first_names(rendered("machines")) == ["nodes", "placement", "deletion"]

    def test_keys_are_unknown_while_nobody_declared_a_storage_class(self) -> None:
        assert "in []" in words([policy(rendered("keys"), "volume-keys")])

    def test_only_storage_classes_that_the_judge_lets_pass_are_listed(self) -> None:
        said = words([policy(rendered("keys", **STORAGE), "volume-keys-classes")])
        assert "['fast']" in said
        assert "cheap" not in said
        assert "abroad" not in said

    @pytest.mark.parametrize(("kinds", "expected"), [(["compute"], ["nodes", "placement"]), (["storage"], ["volumes"])])
    def test_kinds_of_residency(self, kinds: list[str], expected: list[str]) -> None:
        found = first_names(rendered("machines", changes={"kinds": kinds}, **STORAGE))
        assert set(expected) <= set(found)
        assert not set(found) & ({"nodes", "placement", "volumes"} - set(expected))

    def test_blocs_become_the_countries_of_that_day(self) -> None:
        said = words([policy(rendered("machines", changes={"within": {"blocs": ["eu"], "deny": ["HU"]}}), "nodes")])
        assert "'DE'" in said
        assert "'HU'" not in said
        assert "'GB'" not in said

    def test_a_bound_that_is_not_there_is_no_check(self) -> None:
        one = policy(rendered("images", changes={"hosts": []}), "registry")["spec"]["validations"]
        other = policy(rendered("images", changes={"digests": False}), "registry")["spec"]["validations"]
        assert ["not pinned" in validation["message"] for validation in one] == [True]
        assert ["not pinned" in validation["message"] for validation in other] == [False]
        assert first_names(rendered("images", changes={"hosts": [], "digests": False})) == ["deletion"]


class TestReporting:
    """Prevents a maker that is told although nobody may, and a switch that is asked of software that may report."""

    @staticmethod
    def programs(world: World = WORLD, **fields: Any) -> set[str]:
        changes = fields.pop("changes", {})
        manifests = render_admission(SCOPE, statements("quiet", **changes), world, settings(**fields), SITE)
        if "reporting" not in first_names(manifests):
            return set()
        said = policy(manifests, "reporting")["spec"]["validations"]
        return {validation["message"].partition(" runs ")[2].partition(" ")[0] for validation in said}

    def test_each_known_program_must_be_quiet(self) -> None:
        assert {"vllm", "grafana", "qdrant", "ray"} <= self.programs()

    def test_a_declared_maker_is_not_enough_where_none_may_be_told(self) -> None:
        assert "qdrant" in self.programs(reporting=["qdrant"])

    def test_a_declared_maker_in_an_allowed_country_may_be_told(self) -> None:
        seated = {"name": "Qdrant", "seat": "DE", "dated": "2026-01-01", "source": "as its imprint says"}
        world = World(WORLD.on, {**organizations(), "qdrant": Organization.model_validate(seated)})
        assert "qdrant" in self.programs(world, changes={"vendors": True})
        assert "qdrant" not in self.programs(world, changes={"vendors": True}, reporting=["qdrant"])
        assert "vllm" in self.programs(world, changes={"vendors": True}, reporting=["qdrant"])


class TestWhatIsLookedAt:
    """Prevents a way around a policy: another kind of object that brings the same."""

    manifests = rendered(**STORAGE)

    def test_images_of_everything_that_runs_one(self) -> None:
        assert resources(policy(self.manifests, "registry")) == {
            *("pods", "pods/ephemeralcontainers", "replicationcontrollers", "jobs", "cronjobs"),
            *("deployments", "statefulsets", "daemonsets", "replicasets"),
            *("clusters", "poolers", "imagecatalogs", "clusterimagecatalogs"),
            *("virtualmachines", "virtualmachineinstances", "datavolumes"),
        }

    def test_what_holds_state_is_guarded(self) -> None:
        guarded = {"namespaces", "persistentvolumeclaims", "clusters", "virtualmachines", "datavolumes"}
        assert resources(policy(self.manifests, "deletion")) == guarded

    def test_only_controllers_that_carry_out_a_deletion_pass_the_guard(self) -> None:
        conditions = policy(self.manifests, "deletion")["spec"]["matchConditions"]
        (who,) = [item["expression"] for item in conditions if "userInfo" in item["expression"]]
        assert "startsWith" not in who
        assert who.count(", ") == 2
        for controller in ("generic-garbage-collector", "namespace-controller"):
            assert f"'system:serviceaccount:kube-system:{controller}'" in who
