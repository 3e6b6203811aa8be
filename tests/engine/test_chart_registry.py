"""Charts with the registry of a region in their values, rendered by Helm itself: nothing is left that pulls from outside."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from aifactory.catalog import releases
from aifactory.catalog.chart_digest import image_parts
from aifactory.catalog.chart_image import chart_images
from aifactory.catalog.chart_keys import chart_keys, keys_of
from aifactory.local.crds.fetch import module_directories
from aifactory.local.crds.sources import table
from aifactory.model.registry import RegistrySpec
from aifactory.render.chart_values import chart_values
from aifactory.render.operators import HelmRelease
from tests.engine.test_operator_charts import CHARTS, WORKLOADS, containers, helm_template, pods
from tests.unit.catalog.pinned import pinned_releases, use_pinned_releases

pytestmark = pytest.mark.engine

PLACE = "registry.internal:5000/cache"
ONE = RegistrySpec(mirror=PLACE, pull_secret="registry")
EACH = RegistrySpec(mirrors={"registry.k8s.io": "registry.internal/k8s", "quay.io": "registry.internal/quay"})
PUBLIC = re.compile(r"(?<![\w./-])(?:[a-z0-9-]+\.)*(?:ghcr|nvcr|quay|k8s|docker|pkg)\.(?:io|dev)/[a-z0-9._/-]+[:@][\w.:@-]+")
"""An image of a public registry, wherever in an object it stands."""

EVERY = pytest.mark.parametrize("name", sorted(CHARTS))


@pytest.fixture(scope="module")
def charts() -> dict[str, Path]:
    modules = {source.spec: source for source in table().modules}
    directories = module_directories([modules[releases()[name].crd_sources[0]] for name in CHARTS])
    return {name: directories[releases()[name].crd_sources[0]] / path for name, path in CHARTS.items()}


@pytest.fixture(scope="module")
def rendered(toolset, charts, tmp_path_factory):
    """Return the objects of an operator's chart with a registry in its values, without the descriptions of definitions."""
    folder = tmp_path_factory.mktemp("values")

    def render(name: str, registry: RegistrySpec) -> list[dict[str, Any]]:
        release = releases()[name]
        assert release.chart
        file = folder / f"{name}.json"
        file.write_text(json.dumps(chart_values(name, registry)))
        found = HelmRelease(release.chart.name, str(release.namespace), release.chart.reference, "", release.chart.version)
        objects = helm_template(toolset.path("helm"), found, charts[name], file)
        return [found for found in objects if found["kind"] != "CustomResourceDefinition"]

    return render


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for below in node:
            yield from texts(below)
    elif isinstance(node, str):
        yield node


class TestMirror:
    """Prevents an operator that is installed through a mirror and pulls from the internet."""

    @EVERY
    def test_every_image_comes_from_the_mirror(self, rendered, name):
        found = [container["image"] for pod in pods(rendered(name, ONE)).values() for container in containers(pod)]
        assert found
        assert all(image.startswith(f"{PLACE}/") for image in found), found

    @EVERY
    def test_nothing_else_in_it_names_an_image_from_outside(self, rendered, name):
        assert not [text for text in texts(rendered(name, ONE)) if PUBLIC.search(text)]

    @EVERY
    def test_without_a_mirror_there_is_something_to_find(self, rendered, name):
        assert [text for text in texts(rendered(name, RegistrySpec(pull_secret="registry"))) if PUBLIC.search(text)]

    @EVERY
    def test_a_mirror_of_each_host(self, rendered, name):
        found = {container["image"] for pod in pods(rendered(name, EACH)).values() for container in containers(pod)}
        assert all(image.startswith(("registry.internal/k8s/", "registry.internal/quay/")) for image in found), found


class TestPullSecret:
    """Prevents a pod that may not pull what its operator's chart names."""

    @EVERY
    def test_every_pod_has_it_or_its_account_does(self, rendered, name):
        objects = rendered(name, ONE)
        accounts = {
            found["metadata"]["name"]
            for found in objects
            if found["kind"] == "ServiceAccount" and {"name": "registry"} in found.get("imagePullSecrets", [])
        }
        for workload, pod in pods(objects).items():
            own = pod.get("imagePullSecrets") or []
            assert own == [{"name": "registry"}] or pod.get("serviceAccountName") in accounts, workload


class TestDigests:
    """Prevents a digest in a value that no template reads, or that spoils a name or a label that is made of it."""

    LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")

    @pytest.fixture(autouse=True)
    def _pinned(self, monkeypatch):
        use_pinned_releases(monkeypatch, "aifactory.render.chart_values")

    @EVERY
    @pytest.mark.parametrize("registry", [RegistrySpec(pull_secret="registry"), ONE], ids=["as-they-are", "mirror"])
    def test_every_image_is_named_by_its_digest(self, rendered, name, registry):
        known = {image_parts(image)[0]: image.partition("@")[2] for image in pinned_releases()[name].images}
        found = [container["image"] for pod in pods(rendered(name, registry)).values() for container in containers(pod)]
        assert found
        for image in found:
            place, _, digest = image.partition("@")
            repository = re.sub(r":[^/]*$", "", place).removeprefix(f"{PLACE}/")
            assert digest == known[repository], image

    @EVERY
    def test_what_is_not_in_a_pod_has_it_too(self, rendered, name):
        named = [text for text in texts(rendered(name, RegistrySpec(pull_secret="registry"))) if PUBLIC.search(text)]
        assert named
        assert all("@sha256:" in text for text in named), named

    @EVERY
    def test_labels_are_still_labels(self, rendered, name):
        objects = rendered(name, ONE)
        held = [found["metadata"].get("labels") or {} for found in objects]
        held += [
            found["spec"]["template"]["metadata"].get("labels") or {} for found in objects if found["kind"] in WORKLOADS
        ]
        wrong = [value for labels in held for value in labels.values() if not self.LABEL.fullmatch(value)]
        assert not wrong

    @EVERY
    def test_the_charts_own_schema_takes_them(self, charts, name):
        schema = charts[name] / "values.schema.json"
        assert "@sha256:" in json.dumps(chart_values(name)) or name == "cert-manager"
        if schema.exists():
            jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(chart_values(name, ONE))


class TestNames:
    """Prevents values that a chart does not have, and names of a version that is no longer pinned."""

    @EVERY
    def test_names_are_those_of_the_charts_own_file(self, charts, name):
        text = (charts[name] / "values.yaml").read_text()
        assert keys_of(name, chart_keys()[name].version, text) == chart_keys()[name]

    @EVERY
    def test_paths_of_images_are_in_the_charts_own_file(self, charts, name):
        facts = chart_images()[name]
        for path in (*facts.registries, *facts.repositories, *facts.pull_secrets):
            found: Any = yaml.safe_load((charts[name] / "values.yaml").read_text())
            for part in path.split("."):
                assert part in found, path
                found = found[part]

    @EVERY
    def test_the_charts_own_schema_takes_our_values(self, charts, name):
        schema = charts[name] / "values.schema.json"
        if schema.exists():
            jsonschema.Draft202012Validator(json.loads(schema.read_text())).validate(chart_values(name, ONE))
        else:
            assert name in {"kueue", "leaderworkerset"}
