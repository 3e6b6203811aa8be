"""What the GPU Operator may be told."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import GpuOperatorSpec, GpuPlatform, GpuPoolSpec, validate
from aifactory.model.gpu import GpuFleetSpec, namespace_problems, pool_problems

H100 = {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}
L40S = {"accelerator": "l40s-48gb", "nodes": 1, "gpus_per_node": 4}
THEIR_OWN = ["eks-al2023", "aks-stock", "talos", "simulated"]


def spec(**values: Any) -> GpuOperatorSpec:
    return validate(GpuOperatorSpec, {"platform": "bare-metal"} | values, "GpuOperator g")


def refused(**values: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        spec(**values)
    return {problem.where: problem.rule for problem in caught.value.problems}


def pools(**given: dict[str, Any]) -> dict[str, GpuPoolSpec]:
    return {name: GpuPoolSpec.model_validate(values) for name, values in given.items()}


class TestDriver:
    """Prevents a second driver on nodes that have one, and a driver image that does not exist."""

    @pytest.mark.parametrize("platform", THEIR_OWN)
    @pytest.mark.parametrize("driver", [{"version": "580.95.05"}, {"precompiled": True, "version": "580"}], ids=str)
    def test_settings_are_refused_where_the_nodes_bring_theirs(self, platform: str, driver: dict[str, Any]) -> None:
        rule = refused(platform=platform, driver=driver)["driver"]
        assert platform in rule
        assert "leave it out" in rule

    @pytest.mark.parametrize("platform", THEIR_OWN)
    def test_an_empty_section_is_no_setting(self, platform: str) -> None:
        assert spec(platform=platform, driver={}).platform.value == platform

    @pytest.mark.parametrize("platform", ["bare-metal", "openshift"])
    def test_they_hold_where_the_operator_brings_it(self, platform: str) -> None:
        assert spec(platform=platform, driver={"version": "580.95.05"}).driver.version == "580.95.05"

    def test_every_platform_is_one_or_the_other(self) -> None:
        ours = {platform.value for platform in GpuPlatform if platform.operator_brings_driver}
        assert ours == {platform.value for platform in GpuPlatform} - set(THEIR_OWN)

    @pytest.mark.parametrize("version", [None, "580.95.05"])
    def test_a_precompiled_driver_needs_its_branch(self, version: str | None) -> None:
        driver = {"precompiled": True} | ({"version": version} if version else {})
        assert "branch" in refused(driver=driver)["driver.version"]

    def test_a_branch_alone_is_refused_for_a_driver_that_is_built(self) -> None:
        assert "whole version" in refused(driver={"version": "580"})["driver.version"]

    def test_a_branch_is_what_a_precompiled_driver_is_named_by(self) -> None:
        assert spec(driver={"precompiled": True, "version": "580"}).driver.version == "580"

    @pytest.mark.parametrize("version", ["latest", "580.x", "v580.95.05", "580.95.05-ubuntu24.04"])
    def test_anything_else_is_no_version(self, version: str) -> None:
        assert "must match" in refused(driver={"version": version})["driver.version"]


class TestAllocation:
    """Prevents a cluster in which no pod gets a GPU, because the driver that claims need was never installed."""

    def test_dra_is_refused_with_the_words_for_now(self) -> None:
        rule = refused(allocation="dra")["allocation"]
        assert "does not install" in rule
        assert "device-plugin" in rule

    def test_counting_is_the_default(self) -> None:
        assert spec().allocation.value == "device-plugin"


class TestSharing:
    """Prevents pods that never start, since the way of sharing does not go with the GPUs."""

    @pytest.mark.parametrize("mig", ["single", "mixed"])
    def test_mps_and_partitions_are_refused(self, mig: str) -> None:
        rule = refused(mig=mig, sharing={"mode": "mps", "replicas": 2})["sharing"]
        assert mig in rule
        assert "time-slicing" in rule

    @pytest.mark.parametrize("mig", ["none", "single", "mixed"])
    def test_time_slicing_goes_with_partitions(self, mig: str) -> None:
        assert spec(mig=mig, sharing={"mode": "time-slicing", "replicas": 4}).sharing is not None

    def test_mps_goes_with_whole_gpus(self) -> None:
        assert spec(sharing={"mode": "mps", "replicas": 4}).sharing is not None

    def test_one_pod_is_no_sharing(self) -> None:
        assert "at least 2" in refused(sharing={"mode": "mps", "replicas": 1})["sharing.replicas"]


class TestAllAtOnce:
    """Prevents a user who mends one field only to hear of the next."""

    def test_every_wrong_field_is_named(self) -> None:
        wrong = refused(
            platform="talos", allocation="dra", driver={"version": "580.95.05"}, mig="single",
            sharing={"mode": "mps", "replicas": 2},
        )  # fmt: skip
        assert set(wrong) == {"allocation", "driver", "sharing"}

    def test_a_wrong_platform_hides_nothing_else(self) -> None:
        wrong = refused(platform="bottlerocket", sharing={"mode": "mps", "replicas": 1})
        assert set(wrong) == {"platform", "sharing.replicas"}
        assert "talos" in wrong["platform"]

    def test_a_fleet_says_what_is_wrong_with_pools_and_settings_together(self) -> None:
        values = {"platform": "talos", "allocation": "dra", "pools": {}, "namespace": "GPU"}
        with pytest.raises(SpecError) as caught:
            validate(GpuFleetSpec, values, "GpuOperator g")
        assert {problem.where for problem in caught.value.problems} == {"allocation", "pools", "namespace"}


class TestPools:
    """Prevents partitions that no GPU can be cut into, and GPUs that nobody knows."""

    def test_partitions_need_a_gpu_that_can_be_partitioned(self) -> None:
        (problem,) = pool_problems(spec(mig="single"), pools(small=L40S))
        assert (problem.where, problem.value, problem.nearest) == ("mig", "single", "none")
        assert "l40s-48gb" in problem.rule

    def test_one_pool_that_can_is_enough(self) -> None:
        assert not list(pool_problems(spec(mig="mixed"), pools(small=L40S, big=H100)))

    def test_whole_gpus_need_nothing(self) -> None:
        assert not list(pool_problems(spec(), pools(small=L40S)))

    def test_an_unknown_gpu_is_named_with_its_nearest(self) -> None:
        (problem,) = pool_problems(spec(mig="single"), pools(big=H100 | {"accelerator": "h100-sxm-80"}))
        assert (problem.where, problem.nearest) == ("pools.big.accelerator", "h100-sxm-80gb")


class TestNamespace:
    """Prevents an operator on OpenShift that the cluster's monitoring never sees."""

    def test_on_openshift_there_is_one(self) -> None:
        assert not list(namespace_problems(spec(platform="openshift"), "nvidia-gpu-operator"))
        (problem,) = namespace_problems(spec(platform="openshift"), "gpu-operator")
        assert (problem.where, problem.nearest) == ("namespace", "nvidia-gpu-operator")

    def test_elsewhere_any_will_do(self) -> None:
        assert not list(namespace_problems(spec(), "gpus"))

    @pytest.mark.parametrize(
        ("platform", "given", "expected"),
        [
            ("openshift", None, "nvidia-gpu-operator"),
            ("talos", None, "gpu-operator"),
            ("talos", "gpus", "gpus"),
        ],
    )
    def test_the_default_is_the_platforms(self, platform: str, given: str | None, expected: str) -> None:
        fleet = GpuFleetSpec.model_validate({"platform": platform, "namespace": given, "pools": {"p": H100}})
        assert fleet.operator_namespace == expected
