"""All objects of a region side by side: twice the same, nowhere to be, no node large enough."""

from copy import deepcopy
from typing import Any

import pytest

from aifactory.errors import Problem
from aifactory.model import GpuPoolSpec
from aifactory.render.check import check_placement
from tests.unit.factories import factory
from tests.unit.render.objects import region_objects

POOLS = {
    "small": GpuPoolSpec(accelerator="h100-sxm-80gb", nodes=4, gpus_per_node=2),
    "large": GpuPoolSpec(accelerator="h100-sxm-80gb", nodes=1, gpus_per_node=8),
}
GPU = "nvidia.com/gpu"


def check(*manifests: dict[str, Any], namespaces: tuple[str, ...] = ("ai",), pools: Any = POOLS) -> list[Problem]:
    return check_placement("region here", list(manifests), namespaces, pools)


def container(gpus: Any, **more: Any) -> dict[str, Any]:
    return {"name": "a", "resources": {"limits": {GPU: gpus, "memory": "1Gi"}}} | more


def pod(*containers: dict[str, Any], pool: str | None = None, init: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    spec: dict[str, Any] = {"containers": list(containers)}
    if init:
        spec["initContainers"] = list(init)
    return spec | {"nodeSelector": {"aifactory.dev/pool": pool}} if pool else spec


def deployment(spec: dict[str, Any], name: str = "assistant", namespace: str = "ai") -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": {"spec": spec}},
    }


def machine(*devices: str, pool: str | None = None, key: str = "gpus") -> dict[str, Any]:
    gpus = [{"name": f"d{number}", "deviceName": device} for number, device in enumerate(devices)]
    spec: dict[str, Any] = {"domain": {"devices": {key: gpus}}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "legacy", "namespace": "ai"},
        "spec": {"template": {"spec": spec | {"nodeSelector": {"aifactory.dev/pool": pool}} if pool else spec}},
    }


class TestARightRegion:
    """Prevents a check that refuses what would run."""

    def test_what_the_blocks_render_fits_its_own_region(self) -> None:
        region = factory().region("here")
        assert check_placement("region here", region_objects(), (), region.gpu_pools) == []

    def test_a_region_without_gpus_needs_no_pools(self) -> None:
        assert check(deployment(pod({"name": "a"})), pools={}) == []

    def test_objects_are_not_changed(self) -> None:
        manifest = deployment(pod(container(99)))
        before = deepcopy(manifest)
        check(manifest, manifest)
        assert manifest == before


class TestGpus:
    """Prevents a pod that waits for ever, because no node of the region has as many GPUs as it asks for."""

    @pytest.mark.parametrize(("gpus", "fits"), [(1, True), ("2", True), (3, False), ("8", False)])
    def test_a_pool_that_is_named_is_the_one_that_counts(self, gpus: Any, fits: bool) -> None:
        assert bool(check(deployment(pod(container(gpus), pool="small")))) is not fits

    @pytest.mark.parametrize(("gpus", "fits"), [(8, True), (9, False)])
    def test_without_a_pool_it_is_the_largest_node(self, gpus: int, fits: bool) -> None:
        assert bool(check(deployment(pod(container(gpus))))) is not fits

    def test_the_message_says_how_many_there_are_and_where_it_would_fit(self) -> None:
        (found,) = check(deployment(pod(container(4), pool="small")))
        assert found.where == "region here: Deployment ai/assistant: spec.template.spec"
        assert found.value == "4"
        assert "asks for 4 GPUs on one node, and a node of pool small has 2" in found.rule
        assert found.nearest == "pool large"

    def test_when_nothing_is_large_enough_it_says_what_is_most(self) -> None:
        (found,) = check(deployment(pod(container(16))))
        assert "the largest node (pool large) has 8" in found.rule
        assert found.nearest == "8"

    def test_no_pool_at_all(self) -> None:
        (found,) = check(deployment(pod(container(1))), pools={})
        assert "asks for 1 GPU, and the region has no GPU pool" in found.rule

    def test_a_pool_that_is_none(self) -> None:
        (found,) = check(deployment(pod(container(1), pool="smal")))
        assert found.where.endswith("spec.template.spec.nodeSelector[aifactory.dev/pool]")
        assert "no such GPU pool" in found.rule
        assert "large, small" in found.rule
        assert found.nearest == "small"

    def test_containers_of_a_pod_are_together(self) -> None:
        assert check(deployment(pod(container(1), container(1), pool="small"))) == []
        assert len(check(deployment(pod(container(2), container(1), pool="small")))) == 1

    def test_init_containers_run_before_the_others(self) -> None:
        assert check(deployment(pod(container(2), init=(container(2), container(1)), pool="small"))) == []
        assert len(check(deployment(pod(container(1), init=(container(3),), pool="small")))) == 1

    def test_an_init_container_that_stays_runs_beside_them(self) -> None:
        sidecar = container(1, restartPolicy="Always")
        assert len(check(deployment(pod(container(2), init=(sidecar,), pool="small")))) == 1

    def test_requests_count_as_limits_do(self) -> None:
        asked = {"name": "a", "resources": {"requests": {GPU: 3}, "limits": {GPU: 3}}}
        (found,) = check(deployment(pod(asked, pool="small")))
        assert found.value == "3", "requests and limits of one container are the same GPUs, not twice as many"

    def test_an_amount_that_is_no_number(self) -> None:
        (found,) = check(deployment(pod(container("two"))))
        assert found.value == "two"
        assert "whole number" in found.rule

    def test_partitions_are_not_counted(self) -> None:
        partition = {"name": "a", "resources": {"limits": {"nvidia.com/mig-1g.10gb": 14}}}
        assert check(deployment(pod(partition, pool="small"))) == []

    def test_templates_are_found_wherever_a_kind_keeps_them(self) -> None:
        workers = {
            "apiVersion": "leaderworkerset.x-k8s.io/v1",
            "kind": "LeaderWorkerSet",
            "metadata": {"name": "large", "namespace": "ai"},
            "spec": {
                "leaderWorkerTemplate": {
                    "leaderTemplate": {"spec": pod(container(1))},
                    "workerTemplate": {"spec": pod(container(9))},
                }
            },
        }
        (found,) = check(workers)
        assert found.where.endswith("spec.leaderWorkerTemplate.workerTemplate.spec")

    @pytest.mark.parametrize("broken", [None, [], "a", {"limits": None}, {"limits": []}])
    def test_what_the_schema_refuses_makes_no_traceback(self, broken: Any) -> None:
        assert check(deployment(pod({"name": "a", "resources": broken}))) == []
        assert check({"apiVersion": "v1", "kind": "Thing", "metadata": broken}) == []


class TestMachines:
    """Prevents a virtual machine that no node can start, because it takes more GPUs than a node has."""

    @pytest.mark.parametrize("key", ["gpus", "hostDevices"])
    def test_each_device_is_one_gpu(self, key: str) -> None:
        device = "nvidia.com/GH100_H100_SXM5_80GB"
        assert check(machine(device, device, pool="small", key=key)) == []
        (found,) = check(machine(device, device, device, pool="small", key=key))
        assert found.where == "region here: VirtualMachine ai/legacy: spec.template.spec"

    def test_other_devices_are_no_gpus(self) -> None:
        assert check(machine(*["intel.com/qat"] * 20, pool="small", key="hostDevices")) == []


class TestNamespaces:
    """Prevents an apply that fails halfway, because an object's namespace is neither made nor there."""

    def test_one_that_is_rendered_or_given_is_known(self) -> None:
        namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "data"}}
        assert check(namespace, deployment(pod(), namespace="data"), deployment(pod(), namespace="ai")) == []

    def test_another_is_not(self) -> None:
        (found,) = check(deployment(pod(), namespace="dta"), namespaces=("ai", "data"))
        assert found.where == "region here: Deployment dta/assistant: metadata.namespace"
        assert found.value == "dta"
        assert "there are ai, data" in found.rule
        assert found.nearest == "data"

    def test_a_kind_of_another_group_called_namespace_makes_none(self) -> None:
        other = {"apiVersion": "tenancy.test/v1", "kind": "Namespace", "metadata": {"name": "data"}}
        assert len(check(other, deployment(pod(), namespace="data"))) == 1

    def test_what_lives_in_no_namespace_is_not_asked_for_one(self) -> None:
        assert check({"apiVersion": "nvidia.com/v1", "kind": "ClusterPolicy", "metadata": {"name": "gpus"}}) == []


class TestDuplicates:
    """Prevents two components that write one object by turns."""

    def test_twice_the_same(self) -> None:
        (found,) = check(deployment(pod()), deployment(pod()))
        assert found.where == "region here: Deployment ai/assistant: metadata.name"
        assert "rendered 2 times" in found.rule

    def test_three_times_is_said_once(self) -> None:
        (found,) = check(*[deployment(pod())] * 3)
        assert "rendered 3 times" in found.rule

    def test_the_version_does_not_make_it_another_object(self) -> None:
        assert len(check(deployment(pod()), deployment(pod()) | {"apiVersion": "apps/v1beta1"})) == 1

    @pytest.mark.parametrize(
        "other",
        [
            deployment(pod(), name="other"),
            deployment(pod(), namespace="data"),
            deployment(pod()) | {"kind": "StatefulSet"},
            deployment(pod()) | {"apiVersion": "apps.test/v1"},
        ],
    )
    def test_another_name_namespace_kind_or_group_is_another_object(self, other: dict[str, Any]) -> None:
        assert check(deployment(pod()), other, namespaces=("ai", "data")) == []


class TestAllAtOnce:
    """Prevents a user who is told of one problem a run."""

    def test_every_kind_of_problem_comes_out_together(self) -> None:
        wrong = deployment(pod(container(3), pool="small"), namespace="dta")
        found = check(wrong, wrong)
        assert [problem.where.rpartition(": ")[2] for problem in found] == [
            "metadata.name",
            *["metadata.namespace"] * 2,
            *["spec.template.spec"] * 2,
        ]
