"""Operators against the Kubernetes of their cluster, and against what is installed."""

from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.errors import Problem, SpecError
from aifactory.model import OperatorsSpec, validate
from aifactory.model.operators import OperatorSpec, kubernetes_problems, upgrade_problems


def operators(**modes: Any) -> dict[str, OperatorSpec]:
    """Return operators by name; `_` stands for `-`, and a value is a mode or all of a spec."""
    found = {key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in modes.items()}
    return validate(OperatorsSpec, {"operators": found}, "test").operators


def unfit(version: str, **modes: Any) -> dict[str, Problem]:
    return {problem.where: problem for problem in kubernetes_problems(operators(**modes), version)}


def late(installed: dict[str, str], **modes: Any) -> dict[str, Problem]:
    return {problem.where: problem for problem in upgrade_problems(operators(**modes), installed)}


class TestKubernetes:
    """Prevents an operator on a Kubernetes that it does not support, found out after an hour of installing."""

    def test_what_does_not_support_the_clusters_version_is_named_with_the_nearest_that_all_do(self) -> None:
        found = unfit("1.33", cloudnative_pg="helm", kueue="helm", cert_manager="helm")
        assert set(found) == {"cloudnative-pg.install"}
        problem = found["cloudnative-pg.install"]
        assert problem.value == "CloudNativePG 1.30.0"
        assert "supports Kubernetes >=1.34 <1.37 only, and the cluster runs 1.33" in problem.rule
        assert problem.nearest == "Kubernetes 1.34, which all operators here support"

    def test_a_newer_cluster_than_all_support_is_pointed_back(self) -> None:
        found = unfit("1.37", cloudnative_pg="helm", kueue="helm")
        assert found["cloudnative-pg.install"].nearest.startswith("Kubernetes 1.36,")

    def test_a_range_that_starts_at_a_patch_takes_the_minor_version_that_has_it(self) -> None:
        found = {"node_feature_discovery": "helm", "dra_driver_nvidia_gpu": "helm"}
        assert unfit("1.34", **found) == {}
        assert unfit("1.34.2", **found) == {}
        problem = unfit("1.34.1", **found)["dra-driver-nvidia-gpu.install"]
        assert problem.nearest.startswith("Kubernetes 1.34.2,")
        assert "dra-driver-nvidia-gpu.install" in unfit("1.33", **found)

    @pytest.mark.parametrize("version", ["1.34", "1.35", "1.36", "1.36.9"])
    def test_a_supported_version_is_no_problem(self, version: str) -> None:
        assert unfit(version, cloudnative_pg="helm", keda="helm", kubevirt="manifests") == {}

    def test_manifests_are_the_projects_own_build_too(self) -> None:
        assert "kubevirt.install" in unfit("1.32", kubevirt="manifests")

    @pytest.mark.parametrize("mode", ["adopt", "external"])
    def test_what_is_there_already_is_its_owners_business(self, mode: str) -> None:
        assert unfit("1.20", cloudnative_pg=mode) == {}

    def test_olms_build_has_a_range_of_its_own(self) -> None:
        assert unfit("1.20", cert_manager="olm") == {}

    def test_a_range_that_nobody_has_read_excludes_nothing(self) -> None:
        assert releases()["gpu-operator"].kubernetes is None
        assert unfit("1.20", gpu_operator="helm") == {}

    def test_an_unknown_operator_is_anothers_problem(self) -> None:
        assert unfit("1.20", nothing="helm") == {}

    def test_all_come_at_once(self) -> None:
        assert set(unfit("1.30", cloudnative_pg="helm", keda="helm", cert_manager="helm", kueue="helm")) == {
            "cloudnative-pg.install",
            "keda.install",
            "cert-manager.install",
        }

    def test_when_no_version_suits_all_that_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        old = releases()["kueue"].model_copy(update={"kubernetes": ">=1.29 <1.31"})
        changed = dict(releases()) | {"kueue": old}
        monkeypatch.setattr("aifactory.model.operators.releases", lambda: changed)
        found = unfit("1.34", kueue="helm", cloudnative_pg="helm")
        assert set(found) == {"kueue.install"}
        assert "one of them has to go" in found["kueue.install"].rule
        assert found["kueue.install"].nearest == ""


class TestUpgrades:
    """Prevents an up that brings an operator to a version which its objects or its databases do not survive."""

    def test_a_blocked_jump_names_the_version_between(self) -> None:
        problem = late({"kueue": "0.15.0"}, kueue="helm")["kueue.version"]
        assert problem.value == "0.19.2"
        assert "Kueue from 0.15.0 to 0.19.2 is refused" in problem.rule
        assert problem.nearest == "0.16 first, by the instructions of its project"

    def test_a_blocked_jump_cannot_be_talked_away(self) -> None:
        assert "kueue.version" in late({"kueue": "0.15.0"}, kueue={"install": "helm", "upgraded_from": "0.15.0"})

    def test_a_downgrade_points_at_what_is_installed(self) -> None:
        problem = late({"kueue": "0.20.0"}, kueue="helm")["kueue.version"]
        assert "a downgrade" in problem.rule
        assert problem.nearest == "0.20.0"

    def test_a_manual_one_needs_the_version_it_comes_from(self) -> None:
        problem = late({"kueue": "0.18.2"}, kueue="helm")["kueue.upgraded_from"]
        assert problem.value == ""
        assert "takes 4 steps by hand first (`aifactory operators upgrades`)" in problem.rule
        assert problem.nearest == "0.18.2, once that is done"

    @pytest.mark.parametrize("said", ["0.18.2", "v0.18.2"])
    def test_which_lets_it_go(self, said: str) -> None:
        assert late({"kueue": "0.18.2"}, kueue={"install": "helm", "upgraded_from": said}) == {}

    def test_an_acknowledgement_of_another_version_is_none(self) -> None:
        problem = late({"kueue": "0.18.2"}, kueue={"install": "helm", "upgraded_from": "0.18.0"})["kueue.upgraded_from"]
        assert problem.value == "0.18.0"

    def test_what_nobody_has_read_needs_somebody_who_has(self) -> None:
        problem = late({"barman-cloud": "0.12.0"}, barman_cloud="helm")["barman-cloud.upgraded_from"]
        assert "needs somebody who has read the notes" in problem.rule
        assert "nobody has read that this jump is safe" in problem.rule

    @pytest.mark.parametrize("installed", [{}, {"kueue": "0.19.2"}, {"kueue": "0.19.1"}, {"keda": "1.0.0"}])
    def test_new_unchanged_and_safe_ones_pass(self, installed: dict[str, str]) -> None:
        assert late(installed, kueue="helm") == {}

    def test_an_acknowledgement_may_stay_when_the_version_is_there(self) -> None:
        assert late({"kueue": "0.19.2"}, kueue={"install": "helm", "upgraded_from": "0.18.2"}) == {}

    @pytest.mark.parametrize("mode", ["adopt", "external", "olm"])
    def test_what_others_upgrade_is_theirs(self, mode: str) -> None:
        assert late({"kueue": "0.1.0"}, kueue=mode) == {}

    def test_manifests_are_upgraded_by_us(self) -> None:
        assert late({"kubevirt": "1.7.0"}, kubevirt="manifests")["kubevirt.version"].nearest.startswith("1.8 first")

    def test_all_come_at_once(self) -> None:
        found = late(
            {"kueue": "0.15.0", "cloudnative-pg": "1.29.2", "keda": "9.0.0"},
            kueue="helm",
            cloudnative_pg="helm",
            keda="helm",
        )
        assert set(found) == {"kueue.version", "cloudnative-pg.upgraded_from", "keda.version"}

    @pytest.mark.parametrize("said", ["", "yes", "1.2", "latest"])
    def test_an_acknowledgement_is_a_whole_version(self, said: str) -> None:
        with pytest.raises(SpecError, match="upgraded_from"):
            operators(kueue={"install": "helm", "upgraded_from": said})
