"""The list of what a region pulls: whole, by digest where one is known, once each, and in one order."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.bundled_operators import Bundled
from aifactory.catalog import images, releases
from aifactory.catalog.pinning import catalog_images
from aifactory.errors import SpecError
from aifactory.mirror import Item, Kind, Listing, Way, gather, listing
from aifactory.mirror.found import images_in
from aifactory.mirror.gather import refuse_unreachable
from aifactory.mirror.item import referred
from aifactory.model import FactorySpec, load_factory, parse_factory
from aifactory.render.operators import Brought
from aifactory.render.region import render_region
from aifactory.sovereignty.region import region_flows
from tests.unit.mirror.regions import DISK, MIRROR, MODEL, on_prem
from tests.unit.model.test_references import FULL, changed

SHIPPED = Path("stacks/factory.yaml")


def names_in(node: Any) -> Iterator[str]:
    """Yield the images of objects, by the names of fields alone: another way than the one that is tested."""
    if isinstance(node, list):
        for item in node:
            yield from names_in(item)
    elif isinstance(node, dict):
        if isinstance(node.get("repository"), str) and "version" in node:
            version = node["version"]
            yield f"{node['repository']}/{node['image']}{'@' if version.startswith('sha256:') else ':'}{version}"
        for key, value in node.items():
            is_image = key in {"image", "imageName", "reference"} and isinstance(value, str) and "repository" not in node
            if is_image:
                yield value
            elif isinstance(value, str) and value.startswith(("docker://", "oci://")):
                yield value.partition("://")[2]
            else:
                yield from names_in(value)


def by_name(found: Listing) -> dict[str, Item]:
    return {item.name: item for item in found.items}


def factories() -> list[tuple[FactorySpec, str]]:
    shipped = load_factory(SHIPPED)
    return [
        *((shipped, name) for name in shipped.regions),
        (parse_factory(yaml.safe_dump(changed())), "here"),
        (on_prem(), "here"),
    ]


class TestWhole:
    """Prevents a pod of a disconnected region that never starts, because its image was in no list."""

    @pytest.mark.parametrize("case", factories(), ids=lambda case: f"{case[0].name}/{case[1]}")
    def test_every_image_of_every_object_is_listed(self, case: tuple[FactorySpec, str]) -> None:
        factory, region = case
        manifests = [m for block in render_region(factory, region) for m in (*block.manifests, *block.theirs)]
        found = {referred(image) for image in names_in(manifests)}
        assert len(found) >= 5
        listed = listing(factory, region)
        known = {(item.name, item.tag) for item in listed.items}
        missing = {image for image in found if (image.name, image.tag) not in known}
        said = " ".join(gap.why for gap in listed.gaps)
        assert all(image.name.endswith("/driver") and image.name in said for image in missing), missing

    @pytest.mark.parametrize("case", factories(), ids=lambda case: f"{case[0].name}/{case[1]}")
    def test_every_image_of_every_flow_is_listed_or_named_as_a_gap(self, case: tuple[FactorySpec, str]) -> None:
        factory, region = case
        pulled = [image for flow in region_flows(region, factory.regions[region]) for image in flow.images]
        listed = listing(factory, region)
        known = {item.name for item in listed.items}
        said = " ".join(gap.why for gap in listed.gaps)
        assert pulled
        assert not [image for image in pulled if referred(image).name not in known and referred(image).name not in said]

    def test_full_region_names_what_it_is_made_of(self) -> None:
        assert "kubevirt" in FULL["operators"]
        found = by_name(listing(parse_factory(yaml.safe_dump(changed())), "here"))
        for role in ("postgresql", "cloudnative-pg", "vllm", "endpoint-picker"):
            assert referred(images()[role].reference).name in found
        assert found["quay.io/kubevirt/virt-launcher"].used_by == ("virtual machine platform",)

    def test_models_disks_and_charts(self) -> None:
        found = by_name(listing(on_prem(), "here"))
        model = found["registry.models.example/weights/assistant"]
        assert (model.kind, model.digest, model.tag) == (Kind.MODEL, MODEL.partition("@")[2], "")
        assert model.used_by == ("model assistant",)
        disk = found["quay.io/containerdisks/fedora"]
        assert (disk.kind, disk.digest, disk.used_by) == (Kind.IMAGE, DISK.partition("@")[2], ("virtual machine old",))
        chart = found["oci://registry.k8s.io/kueue/charts/kueue"]
        assert (chart.kind, chart.tag, chart.used_by) == (Kind.CHART, "0.19.2", ("operator kueue",))
        assert found["https://cloudnative-pg.github.io/charts/cloudnative-pg"].way is Way.INDEX

    def test_images_of_charts_are_listed(self) -> None:
        found = by_name(listing(on_prem(), "here"))
        for operator in ("cert-manager", "cloudnative-pg", "kueue"):
            for image in releases()[operator].images:
                assert f"operator {operator}" in found[referred(image).name].used_by

    def test_a_bundle_brings_its_images_and_its_chart(self) -> None:
        deployment = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "kueue", "namespace": "kueue-system"},
            "spec": {
                "template": {
                    "spec": {
                        "containers": [
                            {
                                "name": "manager",
                                "image": "registry.k8s.io/kueue/extra:v1",
                                "env": [{"name": "RELATED_IMAGE_X", "value": "quay.io/org/related:2"}],
                                "args": ["--sidecar-image=quay.io/org/sidecar:3"],
                            }
                        ]
                    }
                }
            },
        }
        brought = {"kueue": Brought(chart="operators/kueue-0.19.2/chart.tgz"), "jobset": Brought(manifests=(deployment,))}
        found = by_name(listing(on_prem(), "here", Bundled(brought=brought)))
        assert found["oci://registry.k8s.io/kueue/charts/kueue"].way is Way.BUNDLE
        assert images_in([deployment]) == [
            "registry.k8s.io/kueue/extra:v1",
            "quay.io/org/related:2",
            "quay.io/org/sidecar:3",
        ]


class TestOnce:
    """Prevents a list that differs from run to run, or that copies one image under two names."""

    def test_same_list_twice(self) -> None:
        assert listing(on_prem(), "here") == listing(on_prem(), "here")

    def test_in_order_and_each_once(self) -> None:
        items = listing(on_prem(), "here").items
        kinds = [item.kind for item in items]
        assert kinds == sorted(kinds, key=[Kind.CHART, Kind.IMAGE, Kind.MODEL].index)
        references = [item.reference for item in items if item.kind is Kind.IMAGE]
        assert references == sorted(set(references))

    def test_users_of_one_image_are_named_together(self) -> None:
        operator = by_name(listing(on_prem(), "here"))["ghcr.io/cloudnative-pg/cloudnative-pg"]
        assert operator.used_by == ("database billing", "operator cloudnative-pg")

    def test_the_order_of_the_file_means_nothing(self) -> None:
        spec = on_prem()
        region = spec.regions["here"]
        turned = region.model_copy(update={"operators": dict(reversed(region.operators.items()))})
        other = spec.model_copy(update={"regions": {"here": turned}})
        assert listing(spec, "here").items == listing(other, "here").items


class TestDigests:
    """Prevents an image that is called pinned and can change, and a digest that nobody has read."""

    def test_the_catalogs_digest_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        digest = f"sha256:{'c' * 64}"
        (known,) = (image for image in catalog_images() if image.name == "postgresql")
        monkeypatch.setattr(gather, "catalog_images", lambda: (replace(known, digest=digest),))
        found = by_name(listing(on_prem(), "here"))
        assert found["ghcr.io/cloudnative-pg/postgresql"].digest == digest
        assert found["ghcr.io/cloudnative-pg/postgresql"].is_pinned

    def test_without_one_it_is_unpinned(self) -> None:
        known = {image.reference for image in images().values() if image.digest is None}
        assert known
        found = {f"{item.name}:{item.tag}": item for item in listing(on_prem(), "here").items}
        assert not any(found[reference].is_pinned for reference in known if reference in found)

    def test_of_one_image_with_and_without_a_digest_the_pinned_one_is_listed(self) -> None:
        digest = f"sha256:{'d' * 64}"
        pods = [{"image": f"quay.io/org/it:1@{digest}"}, {"image": "quay.io/org/it:1"}, {"image": "quay.io/org/it:2"}]
        manifests: list[Any] = [
            {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": {"name": f"p{number}"},
                "spec": {"containers": [{"name": "c"} | pod]},
            }
            for number, pod in enumerate(pods)
        ]
        used = gather.Used()
        for manifest in manifests:
            for image in images_in([manifest]):
                assert not used.add(manifest["metadata"]["name"], image, Kind.IMAGE)
        found = {item.reference: item.used_by for item in used.items()}
        assert found == {f"quay.io/org/it:1@{digest}": ("p0", "p1"), "quay.io/org/it:2": ("p2",)}

    def test_names_in_parts(self) -> None:
        assert referred("nginx:1").name == "docker.io/library/nginx"
        assert referred("host:5000/a/b").tag == ""
        assert referred(f"host:5000/a/b:1@sha256:{'d' * 64}").tag == "1"
        assert referred("ghcr.io/a@sha256:short").digest is None


class TestWays:
    """Prevents a region whose registry is filled by half, or under other names than it asks for."""

    def test_without_a_registry_everything_is_direct(self) -> None:
        found = listing(on_prem(), "here")
        assert {item.way for item in found.items} == {Way.DIRECT, Way.INDEX}
        assert not found.to_copy
        assert not found.problems

    def test_targets_are_what_the_region_asks_for(self) -> None:
        spec = on_prem(registry=MIRROR)
        found = listing(spec, "here")
        targets = {(item.target, item.tag) for item in found.to_copy if item.kind is not Kind.CHART}
        manifests = [m for block in render_region(spec, "here") for m in block.manifests]
        wanted = {referred(image) for image in names_in(manifests)}
        assert wanted
        assert {(image.name, image.tag) for image in wanted} <= targets
        chart = by_name(found)["oci://registry.k8s.io/kueue/charts/kueue"]
        assert chart.target == "oci://registry.internal:5000/cache/registry.k8s.io/kueue/charts/kueue"

    def test_what_has_no_mirror_is_refused_all_at_once(self) -> None:
        found = listing(on_prem(registry={"mirrors": {"ghcr.io": "registry.internal/ghcr"}}), "here")
        refused = {item.name for item in found.items if item.way is Way.REFUSED}
        assert {"registry.models.example/weights/assistant", "quay.io/containerdisks/fedora"} <= refused
        assert "oci://registry.k8s.io/kueue/charts/kueue" in refused
        assert len(found.problems) == len(refused)
        with pytest.raises(SpecError, match="registry that has no mirror here"):
            refuse_unreachable(found)

    def test_what_may_come_from_elsewhere_is_direct(self) -> None:
        registry = {"mirrors": {"ghcr.io": "registry.internal/ghcr"}, "only": False}
        found = listing(on_prem(registry=registry), "here")
        assert not found.problems
        assert by_name(found)["registry.models.example/weights/assistant"].way is Way.DIRECT
        assert (
            by_name(found)["ghcr.io/cloudnative-pg/postgresql"].target == "registry.internal/ghcr/cloudnative-pg/postgresql"
        )

    def test_what_is_named_in_the_registry_is_not_copied_onto_itself(self) -> None:
        source = f"oci://registry.internal:5000/cache/own/weights@sha256:{'e' * 64}"
        models = {"assistant": {"namespace": "ai", "source": source, "replicas": 1}}
        found = by_name(listing(on_prem(registry=MIRROR, models=models), "here"))
        item = found["registry.internal:5000/cache/own/weights"]
        assert (item.kind, item.way, item.target) == (Kind.MODEL, Way.THERE, "")

    def test_a_chart_that_no_mirror_reaches_is_a_problem(self) -> None:
        operators = {
            name: {"install": "helm"} for name in ("cert-manager", "cloudnative-pg", "leaderworkerset", "kserve")
        } | {"gateway-api": {"install": "adopt"}, "llm-d": {"install": "adopt"}}
        spec = on_prem(registry=MIRROR, operators=operators, virtualization=None, virtual_machines=None)
        problems = listing(spec, "here").problems
        assert [problem.where for problem in problems] == ["operators.kserve"]


class TestGaps:
    """Prevents a list that looks whole and is not."""

    def test_operators_of_others_are_named(self) -> None:
        gaps = {gap.used_by: gap.why for gap in listing(on_prem(), "here").gaps}
        assert "owner's to bring" in gaps["operator llm-d"]
        assert "operator kueue" not in gaps

    def test_a_version_in_the_users_values_is_named_and_not_shown(self) -> None:
        operators = {
            "cert-manager": {"install": "helm"},
            "cloudnative-pg": {"install": "helm", "values": {"image": {"tag": "9.9.9"}}},
            "llm-d": {"install": "adopt"},
        }
        spec = on_prem(operators=operators, virtualization=None, virtual_machines=None)
        gaps = {gap.used_by: gap.why for gap in listing(spec, "here").gaps}
        assert "image.tag" in gaps["operator cloudnative-pg"]
        assert "9.9.9" not in gaps["operator cloudnative-pg"]

    def test_a_place_without_a_version_is_named(self) -> None:
        operators = {
            "cert-manager": {"install": "helm", "values": {"imageRegistry": "registry.example"}},
            "cloudnative-pg": {"install": "helm"},
            "llm-d": {"install": "adopt"},
        }
        spec = on_prem(operators=operators, virtualization=None, virtual_machines=None)
        gaps = [gap.why for gap in listing(spec, "here").gaps if gap.used_by == "operator cert-manager"]
        assert ["registry.example" in why for why in gaps] == [True]

    def test_the_driver_has_no_whole_name(self) -> None:
        operators = {name: {"install": "helm"} for name in ("node-feature-discovery", "gpu-operator", "cloudnative-pg")}
        spec = on_prem(
            operators=operators | {"cert-manager": {"install": "adopt"}, "llm-d": {"install": "adopt"}},
            gpu_operator={"platform": "bare-metal"},
            virtualization=None,
            virtual_machines=None,
        )
        found = listing(spec, "here")
        assert "nvcr.io/nvidia/driver" not in by_name(found)
        assert any("completed on each node" in gap.why for gap in found.gaps)

    def test_a_disk_of_a_web_server_is_named_without_its_address(self) -> None:
        root = {"size_gib": 5, "source": "https://images.example/disks/old.qcow2"}
        machines = {"old": {"namespace": "legacy", "cpu": 1, "memory_gib": 1, "root": root}}
        gaps = {gap.used_by: gap.why for gap in listing(on_prem(virtual_machines=machines), "here").gaps}
        assert "images.example, which is no registry" in gaps["virtual machine old"]

    def test_no_such_region(self) -> None:
        with pytest.raises(SpecError, match="no such region"):
            listing(on_prem(), "there")
