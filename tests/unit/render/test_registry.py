"""Objects through a registry: every field of every kind that names an image, held against the schemas of all kinds."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.catalog import Chart, releases
from aifactory.catalog.kinds import known_kinds, object_schema
from aifactory.errors import SpecError
from aifactory.model import load_factory
from aifactory.model.registry import RegistrySpec
from aifactory.render.manifest import Manifest
from aifactory.render.region import render_region
from aifactory.render.registry import (
    FIELDS,
    OLDER_FIELDS,
    POD_IMAGES,
    fields_of,
    mirrored,
    places,
    through_chart,
    through_registry,
)
from aifactory.render.schema import problems_of
from tests.unit.factories import factory
from tests.unit.golden import GOLDEN

ROOT = Path(__file__).parents[3]
PLACE = "registry.internal/cache"
SPEC = RegistrySpec(mirror=PLACE, pull_secret="registry")
EACH = RegistrySpec(mirrors={"ghcr.io": "registry.internal/ghcr"})
GOLDENS = sorted(GOLDEN.rglob("*.yaml"))

NAMED_LIKE_IMAGES = re.compile(r"image|registry|repositor|pullsecret", re.IGNORECASE)

NO_IMAGES = {
    # What a name like an image's means here, so that nobody takes it for a field that was forgotten.
    r"[iI]magePullPolicy$": "when to pull, not what",
    r"\.image$": "an object around the name itself, which is its `reference`",
    r"volumes\.\*\.(gitRepo|quobyte|rbd)\.": "volumes of other systems: Git, Quobyte, Ceph",
    r"imageCatalogRef": "refers to an object whose images are rewritten there",
    r"^spec\.imageTag$": "KubeVirt's version, which its operator knows",
    r"^spec\.imageRegistry$": "set by the function itself: it is the place of all of KubeVirt's images",
    r"source\.imageio": "a server of oVirt's, not a registry",
    r"source\.registry(\.imageStream)?$": "an object around the url; an image stream of the cluster itself",
    r"(common|enableCommon|enableMultiArch)BootImage": "names of namespaces and switches",
    r"registryPoll": "how often a catalog is looked at",
    r"^spec\.(componentImages|images)$": "lists around images",
    r"^spec\.imageContentSources$": "which mirrors a hosted cluster takes its release's parts from",
    r"^spec\.pullSecret$": "a hosted cluster's own, which its operator hands to its nodes",
    r"^spec\.configuration\.image(\.|$)": "what a hosted cluster's users may import images from",
    r"^spec\.platform\.(aws|azure|gcp|ibmcloud|openstack|powervs)\.": "clouds, which no hosted cluster of ours runs on",
    r"rootVolume\.diskImage$": "an object around the name itself",
    r"^imagePullSecrets$": "a ServiceAccount's: pods name the Secret themselves, and OpenShift writes this list too",
}


def schema_fields(node: Any, path: str = "", above: tuple[int, ...] = ()) -> Iterator[str]:
    """Give the path of every field of a schema; `*` is each item of a list, or each value of a map."""
    if not isinstance(node, dict) or id(node) in above:
        return
    inside = (*above, id(node))
    for name, below in (node.get("properties") or {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from schema_fields(below, here, inside)
    for key in ("items", "additionalProperties"):
        yield from schema_fields(node.get(key), f"{path}.*", inside)


def covered(api_version: str, kind: str) -> set[str]:
    """Return the paths that the function deals with, in full."""
    fields = fields_of(api_version, kind)
    pods = {f"{pod}.{path}" for pod in fields.pods for path in (*POD_IMAGES, "imagePullSecrets")}
    operands = {
        f"{part}.{name}" for part in fields.operands for name in ("repository", "image", "version", "imagePullSecrets")
    }
    beside = {f"{path}.{name}" for path, name in fields.beside.items()}
    return {*pods, *operands, *beside, *fields.images, *fields.urls, *fields.secret_lists, *fields.secret_names}


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for value in node.values():
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)
    elif isinstance(node, str):
        yield node


PUBLIC = re.compile(r"(?<![\w./-])(ghcr\.io|nvcr\.io|quay\.io|registry\.k8s\.io|docker\.io|registry\.redhat\.io)/")


def outside(manifests: list[Manifest]) -> set[str]:
    """Return every text in objects that names a public registry, whatever field it is in."""
    return {text for manifest in manifests for text in strings(manifest) if PUBLIC.search(text)}


def documents(file: Path) -> list[Manifest]:
    """Return the objects of a golden file; releases of charts are none, and are looked at with their values."""
    return [found for found in yaml.safe_load_all(file.read_text()) if found and "apiVersion" in found]


def shipped() -> list[tuple[str, list[Manifest]]]:
    spec = load_factory(ROOT / "stacks" / "factory.yaml")
    return [(name, [m for block in render_region(spec, name) for m in block.manifests]) for name in spec.regions]


class TestTable:
    """Prevents a field that names an image and that nobody has thought about."""

    @pytest.mark.parametrize(("api_version", "kind"), known_kinds())
    def test_every_field_that_is_named_like_an_image_is_dealt_with(self, api_version: str, kind: str) -> None:
        dealt_with = covered(api_version, kind)
        found = {
            path
            for path in schema_fields(object_schema(api_version, kind))
            if NAMED_LIKE_IMAGES.search(path.rpartition(".")[2])
        }
        found = {path for path in found if not path.startswith(("status", "metadata"))}
        left = {path for path in found - dealt_with if not any(re.search(why, path) for why in NO_IMAGES)}
        assert not left, f"{kind}: rewrite these, or say in NO_IMAGES what they are"

    @pytest.mark.parametrize(("api_version", "kind"), known_kinds())
    def test_every_row_names_a_field_of_the_kind(self, api_version: str, kind: str) -> None:
        known = set(schema_fields(object_schema(api_version, kind)))
        fields = fields_of(api_version, kind)
        rows = {
            *fields.pods,
            *fields.operands,
            *fields.beside,
            *fields.images,
            *fields.urls,
            *fields.secret_lists,
            *fields.secret_names,
        }
        rows.discard("spec.model.lora.adapters.*.uri")
        if kind == "NVIDIADriver":
            rows.discard("spec")
        assert rows <= known | {"spec"}, sorted(rows - known)

    def test_every_row_is_of_a_kind_with_a_schema(self) -> None:
        kinds = {(version.rpartition("/")[0], kind) for version, kind in known_kinds()}
        # A ReplicaSet is made by its Deployment, and comes with other people's manifests at most.
        assert set(FIELDS) - kinds <= {("apps", "ReplicaSet")}
        assert set(OLDER_FIELDS) <= set(known_kinds())


class TestAllThatIsRendered:
    """Prevents an object that pulls from the internet in a region that is cut off from it."""

    @pytest.mark.parametrize("file", GOLDENS, ids=lambda file: str(file.relative_to(GOLDEN)))
    def test_goldens(self, file: Path) -> None:
        assert not outside(through_registry(documents(file), SPEC))

    def test_goldens_hold_images_to_begin_with(self) -> None:
        assert GOLDENS
        assert sum(len(outside(documents(file))) > 0 for file in GOLDENS) > 10

    def test_the_shipped_regions(self) -> None:
        for name, manifests in shipped():
            assert outside(manifests), name
            assert not outside(through_registry(manifests, SPEC)), name

    def test_a_region_with_models(self) -> None:
        blocks = render_region(factory(), "here")
        manifests = [manifest for block in blocks for manifest in block.manifests]
        assert len(outside(manifests)) >= 3
        assert not outside(through_registry(manifests, SPEC))

    @pytest.mark.parametrize("file", GOLDENS, ids=lambda file: str(file.relative_to(GOLDEN)))
    def test_objects_still_have_the_form_of_their_kinds(self, file: Path) -> None:
        for before in documents(file):
            (after,) = through_registry([before], SPEC)
            assert set(map(str, problems_of(after))) <= set(map(str, problems_of(before)))

    @pytest.mark.parametrize("file", GOLDENS, ids=lambda file: str(file.relative_to(GOLDEN)))
    def test_twice_is_once_and_nothing_that_was_given_changes(self, file: Path) -> None:
        given = documents(file)
        kept = deepcopy(given)
        once = through_registry(given, SPEC)
        assert given == kept
        assert through_registry(once, SPEC) == once

    def test_without_a_registry_everything_is_as_it_was(self) -> None:
        for file in GOLDENS:
            assert through_registry(documents(file), None) == documents(file)

    def test_every_pod_has_the_secret(self) -> None:
        manifests = [m for _, region in shipped() for m in region]
        manifests += [m for block in render_region(factory(), "here") for m in block.manifests]
        seen = 0
        for manifest in through_registry(manifests, SPEC):
            for pod in fields_of(manifest["apiVersion"], manifest["kind"]).pods:
                for held, name in places(manifest, pod):
                    seen += 1
                    assert held[name]["imagePullSecrets"] == [{"name": "registry"}]
        assert seen >= 2


def golden(name: str, kind: str) -> Manifest:
    (found,) = [m for m in through_registry(documents(GOLDEN / f"{name}.yaml"), SPEC) if m["kind"] == kind]
    return found


class TestKinds:
    """Prevents a kind whose image is rewritten in a place that its operator does not read."""

    def test_a_database_and_its_pooler(self) -> None:
        cluster, pooler = golden("postgres/pooled", "Cluster"), golden("postgres/pooled", "Pooler")
        assert cluster["spec"]["imageName"].startswith(f"{PLACE}/ghcr.io/cloudnative-pg/postgresql:")
        assert cluster["spec"]["imagePullSecrets"] == [{"name": "registry"}]
        assert pooler["spec"]["pgbouncer"]["image"].startswith(f"{PLACE}/ghcr.io/cloudnative-pg/pgbouncer:")
        assert pooler["spec"]["template"]["spec"]["imagePullSecrets"] == [{"name": "registry"}]

    def test_a_cluster_policy_names_places_and_secrets_of_each_part(self) -> None:
        spec = golden("gpu/bare-metal", "ClusterPolicy")["spec"]
        assert spec["driver"]["repository"] == f"{PLACE}/nvcr.io/nvidia"
        assert spec["driver"]["image"] == "driver"
        assert spec["driver"]["manager"]["repository"] == f"{PLACE}/nvcr.io/nvidia/cloud-native"
        assert spec["toolkit"]["imagePullSecrets"] == ["registry"]
        assert "imagePullSecrets" not in spec["dcgm"]

    def test_a_cluster_policy_whose_part_is_named_in_one(self) -> None:
        policy = {
            "apiVersion": "nvidia.com/v1",
            "kind": "ClusterPolicy",
            "spec": {"driver": {"image": "nvcr.io/nvidia/driver@sha256:1"}},
        }
        (done,) = through_registry([policy], SPEC)
        assert done["spec"]["driver"]["image"] == f"{PLACE}/nvcr.io/nvidia/driver@sha256:1"

    def test_kubevirt_names_the_place_of_its_own_images(self) -> None:
        spec = golden("virtualization/platform-upstream", "KubeVirt")["spec"]
        assert spec["imageRegistry"] == f"{PLACE}/quay.io/kubevirt"
        assert spec["imagePullSecrets"] == [{"name": "registry"}]
        importer = golden("virtualization/platform-upstream", "CDI")["spec"]["config"]
        assert importer["imagePullSecrets"] == [{"name": "registry"}]
        assert importer["featureGates"] == ["HonorWaitForFirstConsumer"]

    def test_kubevirt_without_a_mirror_is_left_to_its_operator(self) -> None:
        given = documents(GOLDEN / "virtualization/platform-upstream.yaml")
        done = through_registry(given, RegistrySpec(pull_secret="registry"))
        assert all("imageRegistry" not in found["spec"] for found in done)

    def test_a_disk_out_of_a_registry(self) -> None:
        disk = {
            "apiVersion": "cdi.kubevirt.io/v1beta1",
            "kind": "DataVolume",
            "spec": {"source": {"registry": {"url": "docker://quay.io/disks/rhel@sha256:1", "secretRef": "login"}}},
        }
        (done,) = through_registry([disk], SPEC)
        assert done["spec"]["source"]["registry"] == {
            "url": f"docker://{PLACE}/quay.io/disks/rhel@sha256:1",
            "secretRef": "login",
        }

    def test_a_disk_of_a_machine_out_of_an_image(self) -> None:
        machine = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "spec": {"template": {"spec": {"volumes": [{"name": "root", "containerDisk": {"image": "quay.io/disks/a:1"}}]}}},
        }
        (done,) = through_registry([machine], SPEC)
        disk = done["spec"]["template"]["spec"]["volumes"][0]["containerDisk"]
        assert disk == {"image": f"{PLACE}/quay.io/disks/a:1", "imagePullSecret": "registry"}

    def test_weights_out_of_a_registry(self) -> None:
        model = {
            "apiVersion": "serving.kserve.io/v1alpha2",
            "kind": "LLMInferenceService",
            "spec": {"model": {"uri": "oci://ghcr.io/org/weights:1"}, "template": {"containers": [{"name": "main"}]}},
        }
        (done,) = through_registry([model], SPEC)
        assert done["spec"]["model"]["uri"] == f"oci://{PLACE}/ghcr.io/org/weights:1"
        (kept,) = through_registry([{**model, "spec": {"model": {"uri": "hf://org/weights"}}}], SPEC)
        assert kept["spec"]["model"]["uri"] == "hf://org/weights"

    def test_a_catalog_of_operators(self) -> None:
        source = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "CatalogSource",
            "spec": {"image": "quay.io/a/index:1"},
        }
        (done,) = through_registry([source], SPEC)
        assert done["spec"] == {"image": f"{PLACE}/quay.io/a/index:1", "secrets": ["registry"]}


class TestPods:
    """Prevents a pod, ours or of somebody's manifests, that runs or hands on an image from outside."""

    def pod(self, spec: dict[str, Any], registry: RegistrySpec = SPEC) -> dict[str, Any]:
        given = {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "x"},
            "spec": {"template": {"spec": spec}},
        }
        (done,) = through_registry([given], registry)
        return done["spec"]["template"]["spec"]

    def test_all_containers_and_volumes(self) -> None:
        image = "quay.io/a/b:1"
        spec = {part: [{"name": "x", "image": image}] for part in ("containers", "initContainers", "ephemeralContainers")}
        done = self.pod(spec | {"volumes": [{"name": "w", "image": {"reference": image}}, {"name": "e", "emptyDir": {}}]})
        assert {done[part][0]["image"] for part in spec} == {f"{PLACE}/{image}"}
        assert done["volumes"] == [{"name": "w", "image": {"reference": f"{PLACE}/{image}"}}, {"name": "e", "emptyDir": {}}]

    def test_images_that_an_operator_hands_on(self) -> None:
        env = [
            {"name": "RELATED_IMAGE_X", "value": "quay.io/a/b@sha256:1"},
            {"name": "CONTROLLER_IMAGE", "value": "quay.io/a/c:1"},
            {"name": "IMAGE_PULL_POLICY", "value": "IfNotPresent"},
            {"name": "IMAGE_COUNT", "value": "3"},
            {"name": "DOCUMENTS", "value": "quay.io/a/c:1"},
            {"name": "OTHER_IMAGE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ]
        done = self.pod({"containers": [{"name": "x", "image": "quay.io/a/b:1", "env": env}]})["containers"][0]["env"]
        assert [entry.get("value") for entry in done] == [
            f"{PLACE}/quay.io/a/b@sha256:1", f"{PLACE}/quay.io/a/c:1", "IfNotPresent", "3", "quay.io/a/c:1", None,
        ]  # fmt: skip

    def test_images_in_options(self) -> None:
        args = ["--acme-http01-solver-image=quay.io/jetstack/solver:1", "--image=no", "--zap-level=1"]
        done = self.pod({"containers": [{"name": "x", "args": args, "command": ["/manager"]}]})["containers"][0]
        assert done["args"] == [
            f"--acme-http01-solver-image={PLACE}/quay.io/jetstack/solver:1",
            "--image=no",
            "--zap-level=1",
        ]
        assert done["command"] == ["/manager"]

    def test_secrets_that_are_there_stay(self) -> None:
        done = self.pod({"containers": [], "imagePullSecrets": [{"name": "own"}]})
        assert done["imagePullSecrets"] == [{"name": "own"}, {"name": "registry"}]

    def test_no_secret_is_named_that_nobody_gave(self) -> None:
        assert "imagePullSecrets" not in self.pod({"containers": []}, RegistrySpec(mirror=PLACE))

    def test_an_unknown_kind_is_passed_on(self) -> None:
        given = {"apiVersion": "example.org/v1", "kind": "Thing", "spec": {"image": "quay.io/a:1"}}
        assert through_registry([given], SPEC) == [given]


class TestRefused:
    """Prevents a region that waits for ever for an image that its mirrors do not have."""

    def test_every_image_is_named_at_once(self) -> None:
        with pytest.raises(SpecError) as caught:
            through_registry(documents(GOLDEN / "gpu/bare-metal.yaml"), EACH)
        assert len(caught.value.problems) >= 8
        assert {problem.where for problem in caught.value.problems} == {"ClusterPolicy cluster-policy"}
        assert "ghcr.io" in caught.value.problems[0].rule

    def test_one_image(self) -> None:
        with pytest.raises(SpecError, match=re.escape("quay.io/a/b:1")):
            mirrored("quay.io/a/b:1", EACH)

    def test_allowed(self) -> None:
        assert mirrored("quay.io/a/b:1", EACH.model_copy(update={"only": False})) == "quay.io/a/b:1"
        assert mirrored("quay.io/a/b:1", None) == "quay.io/a/b:1"


class TestCharts:
    """Prevents a chart that is fetched from outside, or an index that is asked for under a name it does not know."""

    @pytest.mark.parametrize(
        "name", sorted(name for name, release in releases().items() if release.chart and release.chart.is_oci)
    )
    def test_charts_of_registries_come_from_the_mirror(self, name: str) -> None:
        chart = releases()[name].chart
        assert chart
        assert through_chart(chart, SPEC) == f"oci://{PLACE}/{chart.repo.removeprefix('oci://')}/{chart.name}"
        assert through_chart(chart, None) == chart.reference

    def test_charts_of_an_index_stay(self) -> None:
        chart = Chart(repo="https://charts.example.org", name="keda", version="1.0.0", values={})
        assert through_chart(chart, SPEC) == "keda"
