"""What bundles bring to a region: to what is checked, and to what its flows say, before the engine starts."""

from pathlib import Path
from typing import Any

import pytest

from aifactory.bundled_operators import Bundled, read_bundles, read_factory_bundles
from aifactory.catalog import releases
from aifactory.errors import SpecError
from aifactory.model import FactorySpec, parse_factory
from aifactory.render.region import check_factory, check_region, render_region
from aifactory.sovereignty import FlowKind
from aifactory.sovereignty.operators import Fetched
from aifactory.sovereignty.region import region_flows
from tests.unit.bundles.objects import bundle, chart, crd, deployment, thing
from tests.unit.factories import REGION, factory_text
from tests.unit.status.cluster import REAL

NAMESPACE = "kueue-system"
OBJECTS = [deployment("manager", NAMESPACE, "mirror.test/kueue:v1"), thing("ServiceAccount", "manager", NAMESPACE)]


def text(operators: dict[str, Any], **region: Any) -> str:
    """Return a factory on a real cluster, with these operators besides those that every region here adopts."""
    return factory_text(**REAL | {"gpu_operator": None, "operators": REGION["operators"] | operators} | region)


def region(operators: dict[str, Any], **rest: Any) -> FactorySpec:
    return parse_factory(text(operators, **rest))


def with_kueue(**operator: Any) -> FactorySpec:
    return region({"kueue": operator})


def pulls(spec: FactorySpec, bundled: Bundled | None) -> list[str]:
    """Return where the operator's charts and images come from, as the region's flows say."""
    fetched = bundled.fetched if bundled else None
    flows = region_flows("here", spec.region("here"), fetched)
    return [flow.destination for flow in flows if flow.kind is FlowKind.IMAGE_PULL and flow.block.endswith("/kueue")]


class TestReading:
    """Prevents a bundle that is used unread, and one operator's fault that hides another's."""

    def test_a_directory_that_is_not_there_brings_nothing(self, tmp_path: Path) -> None:
        assert read_factory_bundles(tmp_path / "none", with_kueue(install="helm")) == Bundled({}, {})

    def test_each_part_of_a_bundle(self, tmp_path: Path) -> None:
        place = bundle(tmp_path, chart=chart(tmp_path / "chart"), crds=[crd()], manifests=OBJECTS)
        found = read_factory_bundles(tmp_path, with_kueue(install="helm"))
        assert found.brought["kueue"].chart == str(place / "chart")
        assert [each["metadata"]["name"] for each in found.brought["kueue"].crds] == ["things.test.dev"]
        assert found.fetched == {"kueue": Fetched(chart=True, images=("mirror.test/kueue:v1",))}

    @pytest.mark.parametrize("mode", ["adopt", "external", "olm"])
    def test_modes_that_take_none_read_none(self, tmp_path: Path, mode: str) -> None:
        (bundle(tmp_path, manifests=OBJECTS) / "manifests.yaml").write_text("changed")
        spec = with_kueue(install=mode)
        assert read_factory_bundles(tmp_path, spec) == Bundled({}, {})

    def test_all_that_is_wrong_with_any_of_them(self, tmp_path: Path) -> None:
        lws = releases()["leaderworkerset"].version
        (bundle(tmp_path, manifests=OBJECTS) / "manifests.yaml").write_text("changed")
        (bundle(tmp_path, "leaderworkerset", lws, crds=[crd()]) / "crds.yaml").unlink()
        more = {"kueue": {"install": "manifests"}, "leaderworkerset": {"install": "helm"}}
        spec = region(more)
        with pytest.raises(SpecError) as caught:
            read_bundles(tmp_path, spec.region("here").operators, "Region here")
        assert [problem.where for problem in caught.value.problems] == [
            "kueue: manifests.yaml",
            "leaderworkerset: crds.yaml",
        ]
        assert caught.value.source == f"Region here: bundles in {tmp_path}"

    def test_a_bundle_that_one_region_of_several_takes(self, tmp_path: Path) -> None:
        bundle(tmp_path, manifests=OBJECTS)
        one = text({"kueue": {"install": "manifests"}})
        other = text({"kueue": {"install": "external"}}).partition("  here:")[2]
        for joined in (f"{one}  there:{other}", one.replace("  here:", f"  there:{other}  here:")):
            spec = parse_factory(joined)
            assert set(spec.regions) == {"here", "there"}
            assert set(read_factory_bundles(tmp_path, spec).fetched) == {"kueue"}


class TestFlows:
    """Prevents images that no rule judges, and a chart's host that is declared though nobody asks it."""

    def test_images_of_a_bundles_manifests(self, tmp_path: Path) -> None:
        spec = with_kueue(install="manifests")
        bundle(tmp_path, manifests=OBJECTS)
        assert pulls(spec, None) == ["registry.k8s.io"]
        assert pulls(spec, read_factory_bundles(tmp_path, spec)) == ["mirror.test", "registry.k8s.io"]

    def test_a_chart_that_lies_in_a_bundle(self, tmp_path: Path) -> None:
        spec = with_kueue(install="helm")
        assert pulls(spec, None) == ["registry.k8s.io", "registry.k8s.io"]
        bundle(tmp_path, chart=chart(tmp_path / "chart"))
        assert pulls(spec, read_factory_bundles(tmp_path, spec)) == ["registry.k8s.io"]

    def test_through_a_mirror(self, tmp_path: Path) -> None:
        spec = region({"kueue": {"install": "manifests"}}, registry={"mirror": "registry.internal/cache"})
        bundle(tmp_path, manifests=OBJECTS)
        assert set(pulls(spec, read_factory_bundles(tmp_path, spec))) == {"registry.internal"}


class TestCheck:
    """Prevents a check that passes and an up that refuses the very same bundles."""

    def test_manifests_without_a_bundle(self, tmp_path: Path) -> None:
        spec = with_kueue(install="manifests")
        check_factory(spec, "factory.yaml")
        with pytest.raises(SpecError, match="needs a bundle with the manifests of Kueue"):
            check_factory(spec, "factory.yaml", read_factory_bundles(tmp_path, spec).brought)
        bundle(tmp_path, manifests=OBJECTS)
        check_factory(spec, "factory.yaml", read_factory_bundles(tmp_path, spec).brought)

    def test_a_namespace_that_its_objects_do_not_go_into(self, tmp_path: Path) -> None:
        spec = with_kueue(install="manifests", namespace="queues")
        bundle(tmp_path, manifests=OBJECTS)
        with pytest.raises(SpecError, match="its bundle's objects go into kueue-system, and none into this one"):
            check_region(spec, "here", read_factory_bundles(tmp_path, spec).brought)

    def test_an_image_that_no_mirror_has(self, tmp_path: Path) -> None:
        mirrors = dict.fromkeys(("ghcr.io", "quay.io", "nvcr.io", "registry.k8s.io", "docker.io"), "registry.internal/all")
        spec = region({"kueue": {"install": "manifests"}}, registry={"mirrors": mirrors})
        bundle(tmp_path, manifests=OBJECTS)
        check_region(spec, "here")
        with pytest.raises(SpecError, match=r"mirror\.test"):
            check_region(spec, "here", read_factory_bundles(tmp_path, spec).brought)

    def test_others_objects_are_rendered_apart_and_not_held_against_our_schemas(self, tmp_path: Path) -> None:
        spec = with_kueue(install="manifests")
        bundle(
            tmp_path, crds=[crd()], manifests=[*OBJECTS, thing("Thing", "own", NAMESPACE, "test.dev/v1", spec={"any": 1})]
        )
        brought = read_factory_bundles(tmp_path, spec).brought
        check_region(spec, "here", brought)
        (block, *_) = render_region(spec, "here", brought)
        kinds = [manifest["kind"] for manifest in block.theirs]
        assert kinds[0] == "CustomResourceDefinition"
        assert {"Deployment", "ServiceAccount", "Thing"} == set(kinds[1:])
        assert [manifest["metadata"]["name"] for manifest in block.manifests] == [NAMESPACE]

    def test_their_images_come_through_the_regions_mirror(self, tmp_path: Path) -> None:
        spec = region({"kueue": {"install": "manifests"}}, registry={"mirror": "registry.internal/cache"})
        bundle(tmp_path, manifests=OBJECTS)
        (block, *_) = render_region(spec, "here", read_factory_bundles(tmp_path, spec).brought)
        (manager,) = [manifest for manifest in block.theirs if manifest["kind"] == "Deployment"]
        (container,) = manager["spec"]["template"]["spec"]["containers"]
        assert container["image"] == "registry.internal/cache/mirror.test/kueue:v1"
