"""The GPU Operator's block under Pulumi's mocks."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

from aifactory.errors import SpecError
from aifactory.gpu import GpuDriverArgs, GpuNodePoolArgs, GpuOperator, GpuOperatorArgs, GpuSharingArgs
from aifactory.model import DriverSpec, GpuPoolSpec, SharingSpec
from aifactory.model.gpu import GpuFleetSpec
from aifactory.owner import OwnerArgs
from aifactory.sovereignty import FlowKind
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
H100 = {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}
L40S = {"accelerator": "l40s-48gb", "nodes": 1, "gpus_per_node": 4}
ARGS: dict[str, Any] = {"platform": "bare-metal", "pools": {"h100": H100}}
SHARED = {"sharing": {"mode": "time-slicing", "replicas": 4}}
modes = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(args: dict[str, Any], seen: list[GpuOperator] | None = None) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = GpuOperator("gpus", typing.cast("GpuOperatorArgs", OWNER | args))
        if seen is not None:
            seen.append(made)
        return {name: getattr(made, name) for name in ("namespace", "resource_names", "runtime_class", "driver_version")}

    return make


def ran(preview: bool = False, **changed: Any) -> Ran:
    return run(program(ARGS | changed), preview=preview)


def refused(**changed: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        ran(**changed)
    assert caught.value.source == "GpuOperator gpus"
    return {problem.where: problem.nearest for problem in caught.value.problems}


class TestResources:
    """Prevents a policy that names a configuration which is not there yet, and objects that belong to nobody."""

    @modes
    def test_the_configuration_is_there_before_the_policy(self, preview: bool) -> None:
        made = ran(preview, **SHARED)
        config, policy = made.one(":ConfigMap"), made.one(":ClusterPolicy")
        assert config.urn in policy.depends_on
        assert config.inputs["metadata"]["namespace"] == "gpu-operator"
        assert policy.inputs["spec"]["devicePlugin"]["config"]["name"] == config.inputs["metadata"]["name"]

    @modes
    def test_everything_is_its_child(self, preview: bool) -> None:
        component, *children = ran(preview, **SHARED).registered
        assert component.type == "aifactory:index:GpuOperator"
        assert [child.parent_name for child in children] == ["gpus", "gpus"]
        assert all(child.name.startswith("gpus-") for child in children)

    @modes
    def test_nothing_is_protected_since_nothing_holds_data(self, preview: bool) -> None:
        made = ran(preview, **SHARED).registered[1:]
        assert {(child.protect, child.retain) for child in made} == {(False, False)}

    @modes
    def test_without_sharing_there_is_the_policy_alone(self, preview: bool) -> None:
        assert [child.type for child in ran(preview).registered[1:]] == ["kubernetes:nvidia.com/v1:ClusterPolicy"]

    def test_on_openshift_its_place_and_name_are_openshifts(self) -> None:
        made = ran(platform="openshift", **SHARED)
        assert made.one(":ConfigMap").inputs["metadata"]["namespace"] == "nvidia-gpu-operator"
        assert made.one(":ClusterPolicy").inputs["metadata"]["name"] == "gpu-cluster-policy"

    def test_a_namespace_can_be_given(self) -> None:
        made = ran(namespace="nvidia", **SHARED)
        assert made.one(":ConfigMap").inputs["metadata"]["namespace"] == "nvidia"
        assert made.outputs["namespace"] == "nvidia"

    def test_numbers_may_come_as_floats_as_the_plugin_host_sends_them(self) -> None:
        floats = {"pools": {"h100": H100 | {"nodes": 2.0}}, "sharing": {"mode": "time-slicing", "replicas": 4.0}}
        as_sent, plain = ran(**floats), ran(**SHARED)
        assert {r.name: r.inputs for r in as_sent.registered} == {r.name: r.inputs for r in plain.registered}


class TestOutputs:
    """Prevents a GPU that is asked for by the wrong name, and a version that nobody has decided."""

    def test_up(self) -> None:
        assert ran(pools={"h100": H100, "small": L40S}).outputs == {
            "namespace": "gpu-operator",
            "resource_names": {"h100": "nvidia.com/gpu", "small": "nvidia.com/gpu"},
            "runtime_class": "nvidia",
            "driver_version": "595.91.07",
        }

    @pytest.mark.parametrize(
        ("platform", "runtime", "version"),
        [("aks-stock", "nvidia-container-runtime", ""), ("talos", "nvidia", ""), ("openshift", "nvidia", "")],
    )
    def test_where_the_nodes_or_olm_decide(self, platform: str, runtime: str, version: str) -> None:
        outputs = ran(platform=platform).outputs
        assert (outputs["runtime_class"], outputs["driver_version"]) == (runtime, version)

    def test_a_preview_has_them_too(self) -> None:
        assert all(value is not None for value in ran(preview=True).outputs.values())


class TestRefusals:
    """Prevents settings that would leave a cluster without GPUs: each is named, with what works instead."""

    def test_partitions_of_gpus_that_have_none(self) -> None:
        assert refused(mig="single", pools={"small": L40S}) == {"mig": "none"}

    def test_a_namespace_that_openshift_does_not_watch(self) -> None:
        assert refused(platform="openshift", namespace="gpus") == {"namespace": "nvidia-gpu-operator"}

    def test_several_at_once(self) -> None:
        wrong = refused(platform="openshift", namespace="gpus", mig="mixed", pools={"small": L40S})
        assert set(wrong) == {"namespace", "mig"}

    def test_no_pool_at_all(self) -> None:
        assert set(refused(pools={})) == {"pools"}

    def test_a_driver_for_nodes_that_have_one(self) -> None:
        assert set(refused(platform="talos", driver={"version": "580.95.05"})) == {"driver"}

    def test_a_misspelt_arg(self) -> None:
        assert refused(platfrom="talos") == {"platfrom": "platform"}

    def test_an_override_of_what_is_decided(self) -> None:
        assert set(refused(overrides={"toolkit": {"enabled": False}})) == {"overrides.toolkit.enabled"}

    @modes
    def test_nothing_is_made_of_what_is_refused(self, preview: bool) -> None:
        with pytest.raises(SpecError, match="nothing was created"):
            ran(preview, allocation="dra")


class TestFlows:
    """Prevents a block whose flows no rule gets to see."""

    def test_they_are_those_of_its_settings(self) -> None:
        seen: list[GpuOperator] = []
        run(program(ARGS | {"monitoring": False}, seen))
        kinds = {flow.kind for flow in seen[0].flows}
        assert kinds == {FlowKind.IMAGE_PULL}
        assert {flow.block for flow in seen[0].flows} == {"gpu operator gpus"}


DOORS: list[tuple[Any, type[BaseModel]]] = [
    (GpuOperatorArgs, GpuFleetSpec),
    (GpuNodePoolArgs, GpuPoolSpec),
    (GpuDriverArgs, DriverSpec),
    (GpuSharingArgs, SharingSpec),
]


class TestDoorAndSpecAgree:
    """Prevents an arg that the spec does not know, and a setting that only factory.yaml can reach."""

    @pytest.mark.parametrize(("args", "spec"), DOORS, ids=lambda value: value.__name__)
    def test_args_are_fields(self, args: Any, spec: type[BaseModel]) -> None:
        assert set(args.__annotations__) - set(OwnerArgs.__annotations__) == set(spec.model_fields)

    @pytest.mark.parametrize("args", [args for args, _ in DOORS], ids=lambda value: value.__name__)
    def test_every_arg_is_described(self, args: Any) -> None:
        source = inspect.getsource(args)
        own = [line for line in source.splitlines() if line.startswith("    ") and ": " in line and '"""' not in line]
        assert source.count('"""') // 2 == len([line for line in own if not line.startswith("     ")]) + 1
