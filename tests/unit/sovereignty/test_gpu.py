"""What the GPU Operator fetches and sends."""

from collections.abc import Iterator
from typing import Any

import pytest

from aifactory.model import GpuOperatorSpec, GpuPlatform
from aifactory.render import Manifest
from aifactory.render.gpu import render_gpu_operator
from aifactory.sovereignty.flow import HERE, Flow, FlowKind
from aifactory.sovereignty.gpu import OPENSHIFT_RELEASES, PACKAGE_REPOSITORIES, gpu_operator_flows
from tests.unit.render.objects import SCOPE

PLATFORMS = [platform.value for platform in GpuPlatform]


def spec_of(platform: str, **values: Any) -> GpuOperatorSpec:
    return GpuOperatorSpec.model_validate({"platform": platform} | values)


def flows(platform: str = "bare-metal", **values: Any) -> tuple[Flow, ...]:
    return gpu_operator_flows("gpus", spec_of(platform, **values))


def pulled(platform: str = "bare-metal", **values: Any) -> list[str]:
    return [flow.destination for flow in flows(platform, **values) if flow.kind is FlowKind.IMAGE_PULL]


def registries(value: Any) -> Iterator[str]:
    """Yield the registry of every image that rendered objects name."""
    if isinstance(value, dict):
        if "repository" in value:
            yield value["repository"].split("/")[0]
        for inner in value.values():
            yield from registries(inner)


class TestPulls:
    """Prevents code that comes from somewhere no rule has looked at."""

    @pytest.mark.parametrize("platform", PLATFORMS)
    @pytest.mark.parametrize("monitoring", [True, False])
    def test_every_image_that_is_rendered_has_its_flow(self, platform: str, monitoring: bool) -> None:
        made: list[Manifest] = render_gpu_operator(SCOPE, "gpus", spec_of(platform, monitoring=monitoring), "g")
        assert {host for each in made for host in registries(each)} <= set(pulled(platform, monitoring=monitoring))

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_operands_come_from_nvidias_registry_also_by_olm(self, platform: str) -> None:
        assert "nvcr.io" in pulled(platform)

    def test_images_of_overrides_count_at_any_depth(self) -> None:
        overrides = {
            "gds": {"enabled": True, "repository": "registry.internal:5000/nvidia", "image": "nvidia-fs", "version": "1"},
            "vgpuManager": {"driverManager": {"image": "mirror.example/k8s-driver-manager@sha256:" + "a" * 64}},
        }
        assert pulled("talos", overrides=overrides) == ["mirror.example", "nvcr.io", "registry.internal:5000"]


class TestBuilding:
    """Prevents a region without internet whose nodes wait for packages, and a region of rules that fetches them unseen."""

    def test_a_driver_that_is_built_fetches_packages_from_where_the_nodes_look(self) -> None:
        (flow,) = [flow for flow in flows() if flow.destination == PACKAGE_REPOSITORIES]
        assert flow.encrypted is None, "whether the nodes' sources are encrypted cannot be known here"
        assert "precompiled" in flow.note

    def test_a_precompiled_one_fetches_none(self) -> None:
        assert PACKAGE_REPOSITORIES not in pulled(driver={"precompiled": True, "version": "580"})

    def test_openshift_builds_it_in_an_image_of_its_release(self) -> None:
        assert OPENSHIFT_RELEASES in pulled("openshift")
        assert PACKAGE_REPOSITORIES not in pulled("openshift")

    @pytest.mark.parametrize("platform", ["eks-al2023", "aks-stock", "talos", "simulated"])
    def test_where_the_nodes_have_a_driver_nothing_is_built(self, platform: str) -> None:
        assert pulled(platform) == ["nvcr.io"]


class TestMetrics:
    """Prevents measurements that are said to be encrypted, or that go on unseen."""

    def test_they_stay_here_in_clear(self) -> None:
        (flow,) = [flow for flow in flows() if flow.kind is FlowKind.METRICS]
        assert (flow.destination, flow.encrypted) == (HERE, False)

    def test_there_are_none_without_monitoring(self) -> None:
        assert not [flow for flow in flows(monitoring=False) if flow.kind is FlowKind.METRICS]

    def test_every_flow_says_whose_it_is(self) -> None:
        assert {flow.block for flow in flows()} == {"gpu operator gpus"}
