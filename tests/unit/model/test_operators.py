"""Operators of a region: each by itself, and all together."""

from typing import Any

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import OperatorsSpec, validate
from aifactory.model.operators import OperatorSpec, install_order, installed_before, namespace_of, operator_problems


def operators(**modes: Any) -> dict[str, OperatorSpec]:
    """Return operators by name; `_` stands for `-`, and a value is a mode or all of a spec."""
    found = {key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in modes.items()}
    return validate(OperatorsSpec, {"operators": found}, "test").operators


def problems(**modes: Any) -> dict[str, Problem]:
    return {problem.where: problem for problem in operator_problems(operators(**modes))}


class TestAlone:
    """Prevents an install that nobody can carry out, or of another version than the one that blocks render for."""

    def test_a_mode_that_cannot_be_carried_out_names_those_that_can(self) -> None:
        (problem,) = operator_problems(operators(kubevirt="helm"))
        assert (problem.where, problem.value, problem.nearest) == ("kubevirt.install", "helm", "adopt")
        assert problem.rule == "cannot be carried out for KubeVirt 1.9.0; these can: adopt, external, manifests"

    def test_manifests_are_taken_for_every_operator_as_a_bundle_brings_them(self) -> None:
        assert problems(kueue="manifests", kubevirt="manifests") == {}

    def test_another_version_is_refused_with_the_catalogs(self) -> None:
        problem = problems(kueue={"install": "helm", "version": "0.18.0"})["kueue.version"]
        assert (problem.value, problem.nearest) == ("0.18.0", "0.19.2")

    def test_the_catalogs_version_may_be_said(self) -> None:
        assert problems(kueue={"install": "helm", "version": "0.19.2"}) == {}

    def test_olm_takes_no_version(self) -> None:
        problem = problems(gpu_operator={"install": "olm", "version": "26.7.0"}, node_feature_discovery="olm")
        assert "decided by the channel" in problem["gpu-operator.version"].rule

    def test_an_unknown_one_is_named_with_the_near_one(self) -> None:
        problem = problems(cert_manger="adopt")["cert-manger"]
        assert problem.nearest == "cert-manager"

    def test_values_go_with_helm_only(self) -> None:
        with pytest.raises(SpecError, match="values are a chart's, and install adopt uses none"):
            operators(kueue={"install": "adopt", "values": {"replicas": 2}})

    def test_whole_numbers_stay_whole_at_any_depth(self) -> None:
        values = {"a": 3.0, "b": {"c": [1.0, 0.5, {"d": 2.0}]}, "e": True, "f": "1.0"}
        found = operators(kueue={"install": "helm", "values": values})["kueue"].values
        assert repr(found) == "{'a': 3, 'b': {'c': [1, 0.5, {'d': 2}]}, 'e': True, 'f': '1.0'}"


class TestTogether:
    """Prevents an operator that waits for ever for another, and two that fight."""

    def test_what_is_required_and_missing_is_named(self) -> None:
        found = operator_problems(operators(barman_cloud="helm"))
        assert [problem.where for problem in found] == ["barman-cloud.install"] * 2
        assert [problem.nearest for problem in found] == [
            "cert-manager: {install: adopt} beside it",
            "cloudnative-pg: {install: adopt} beside it",
        ]

    @pytest.mark.parametrize("mode", ["adopt", "external", "helm"])
    def test_what_is_required_may_be_there_in_any_way(self, mode: str) -> None:
        assert problems(gpu_operator="helm", node_feature_discovery=mode) == {}

    def test_what_is_there_already_is_its_owners_business(self) -> None:
        assert problems(barman_cloud="adopt", gpu_operator="external") == {}

    def test_olms_build_of_kueue_requires_more_than_the_projects_own(self) -> None:
        assert problems(kueue="helm") == {}
        assert "requires cert-manager" in problems(kueue="olm")["kueue.install"].rule

    def test_two_that_conflict_are_refused_once_one_of_them_is_installed(self) -> None:
        problem = problems(hyperconverged="olm", kubevirt="adopt")["hyperconverged.install"]
        assert "may not be installed beside kubevirt" in problem.rule
        assert problems(hyperconverged="adopt", kubevirt="adopt") == {}

    def test_the_plugin_must_share_the_operators_namespace(self) -> None:
        found = problems(
            barman_cloud={"install": "helm", "namespace": "backups"}, cloudnative_pg="adopt", cert_manager="adopt"
        )
        assert found["barman-cloud.namespace"].nearest == "cnpg-system"
        moved = {"install": "adopt", "namespace": "postgres"}
        found = problems(barman_cloud="helm", cloudnative_pg=moved, cert_manager="adopt")
        assert found["barman-cloud.namespace"].nearest == "postgres"

    def test_two_subscriptions_in_one_namespace_are_refused(self) -> None:
        there = {"install": "olm", "namespace": "ops"}
        found = problems(node_feature_discovery=there, gpu_operator=there)
        assert "two OperatorGroups" in found["gpu-operator.namespace"].rule

    def test_all_problems_come_at_once(self) -> None:
        found = problems(kubevirt="helm", kueue={"install": "helm", "version": "1"}, gpu_operator="helm", nothing="adopt")
        assert set(found) == {"nothing", "kubevirt.install", "kueue.version", "gpu-operator.install"}


class TestPlaces:
    """Prevents traffic rules and waits that look for an operator where it is not."""

    @pytest.mark.parametrize(
        ("name", "spec", "namespace"),
        [
            ("gpu-operator", {"install": "helm"}, "gpu-operator"),
            ("gpu-operator", {"install": "olm"}, "nvidia-gpu-operator"),
            ("gpu-operator", {"install": "adopt", "namespace": "gpus"}, "gpus"),
            ("gateway-api", {"install": "adopt"}, None),
        ],
    )
    def test_namespaces(self, name: str, spec: dict[str, str], namespace: str | None) -> None:
        assert namespace_of(name, OperatorSpec.model_validate(spec)) == namespace


class TestOrder:
    """Prevents an operator that starts before what it needs is there."""

    def test_all_are_in_it_and_stand_behind_what_they_require(self) -> None:
        found = install_order(operators(barman_cloud="helm", cloudnative_pg="helm", cert_manager="adopt"))
        assert found == ["cert-manager", "cloudnative-pg", "barman-cloud"]

    def test_only_what_we_install_is_waited_for(self) -> None:
        found = operators(barman_cloud="helm", cloudnative_pg="helm", cert_manager="adopt")
        assert installed_before("barman-cloud", found) == ["cloudnative-pg"]

    def test_olms_build_waits_for_what_it_requires_itself(self) -> None:
        found = operators(kueue="olm", cert_manager="olm")
        assert installed_before("kueue", found) == ["cert-manager"]
        assert install_order(found) == ["cert-manager", "kueue"]
