"""Paths in the values of charts: each exists in the chart's own file, wherever that can be read."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic import ValidationError

from aifactory.catalog import releases
from aifactory.catalog.chart_image import ChartImages, chart_images
from aifactory.catalog.chart_keys import OPEN, chart_keys, keys_of
from aifactory.model.registry import RegistrySpec
from aifactory.render.chart_values import chart_values, registry_values
from tests.unit.catalog.charts import OF, PULLING

ROOT = Path(__file__).parents[3]
READ = sorted(chart_keys())
SPEC = RegistrySpec(mirror="registry.internal/cache", pull_secret="registry")

REFERENCES = {
    "gpu-operator": "gpu-operator",
    "dra-driver-nvidia-gpu": "dra-driver-nvidia-gpu",
    "cloudnative-pg": "cloudnative-pg",
    "barman-cloud": "plugin-barman-cloud",
}
"""Charts whose values lie in the reference folder and in no Go module; those of modules are in an engine test."""


def reference(release: str, file: str) -> Path:
    folder = os.environ.get("AIFACTORY_REFERENCE")
    if not folder:
        pytest.skip("AIFACTORY_REFERENCE names no folder with the charts' own values")
    return Path(folder) / "charts" / REFERENCES[release] / file


def paths(values: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, value in values.items():
        here = f"{before}{name}"
        if isinstance(value, Mapping) and value:
            yield from paths(value, f"{here}.")
        else:
            yield here


def has(names: Mapping[str, Any], path: str) -> bool:
    """Say whether a path exists; below a value that is no map, or an empty one, anything may stand."""
    head, _, rest = path.partition(".")
    if head not in names:
        return False
    return not rest or names[head] is None or has(names[head], rest)


class TestFacts:
    """Prevents a chart that is installed through a mirror and pulls from outside all the same."""

    @pytest.mark.parametrize("key", PULLING)
    def test_every_chart_takes_a_mirror_and_a_secret_or_says_that_it_does_not(self, key: str) -> None:
        facts = chart_images()[key]
        assert bool(facts.registries or facts.repositories) == bool(facts.pull_secrets)
        assert facts.pull_secrets or facts.fixed

    def test_every_row_is_of_a_chart_that_pulls_images(self) -> None:
        assert set(chart_images()) <= set(PULLING)

    def test_charts_that_no_mirror_reaches(self) -> None:
        assert {key: facts.fixed for key, facts in chart_images().items() if facts.fixed} == {
            "kserve/kserve-runtime-configs": ("ghcr.io",)
        }

    @pytest.mark.parametrize("name", sorted({name for name, _ in OF.values()}))
    def test_what_charts_have_is_where_the_catalogs_images_are(self, name: str) -> None:
        images = releases()[name].images
        rows = [chart_images()[key] for key in PULLING if OF[key][0] == name]
        places = [place for row in rows for place in (*row.registries.values(), *row.repositories.values(), *row.fixed)]
        for place in places:
            host = place.partition("/")[0]
            assert any(image.startswith(f"{host}/") for image in images), place
        for image in images:
            assert any(image.startswith((f"{place}/", f"{place}:")) for place in places), image

    def test_a_row_without_secrets_or_with_a_tag_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="pull_secrets"):
            ChartImages(pull_secrets={}, source="somewhere written")
        with pytest.raises(ValidationError, match="pull_secrets"):
            ChartImages(repositories={"image": "ghcr.io/a/b"}, fixed=("ghcr.io",), source="somewhere written")
        with pytest.raises(ValidationError, match="repositories"):
            ChartImages(repositories={"image": "ghcr.io/a/b:1"}, pull_secrets={"x": "names"}, source="somewhere written")


class TestPaths:
    """Prevents values that no template reads: the chart would run with what it had, and nobody would know."""

    @pytest.mark.parametrize("name", READ)
    def test_every_value_that_we_set_exists(self, name: str) -> None:
        known = chart_keys()[name]
        release, chart = OF[name]
        # A mirror of a host that the chart's fixed images are not on: with one for theirs, it is refused.
        spec = RegistrySpec(mirrors={"docker.io": "registry.internal/hub"}, only=False, pull_secret="registry")
        fixed = chart_images()[name].fixed if name in chart_images() else ()
        values = chart_values(release, spec if fixed else SPEC, chart=chart)
        missing = [path for path in paths(values) if not has(known.names, path)]
        assert not missing

    @pytest.mark.parametrize("name", READ)
    def test_they_are_of_the_version_that_is_pinned(self, name: str) -> None:
        _, chart = OF[name]
        assert chart_keys()[name].version == chart.version, f"python -m aifactory.catalog.chart_keys {name} VALUES_YAML"

    @pytest.mark.parametrize("name", sorted(REFERENCES))
    def test_they_are_those_of_the_charts_own_file(self, name: str) -> None:
        text = reference(name, "values.yaml").read_text()
        assert keys_of(name, chart_keys()[name].version, text) == chart_keys()[name]

    @pytest.mark.parametrize("name", ["cloudnative-pg", "barman-cloud"])
    def test_the_charts_own_schema_takes_our_values(self, name: str) -> None:
        schema = json.loads(reference(name, "values.schema.json").read_text())
        defaults = yaml.safe_load(reference(name, "values.yaml").read_text())
        jsonschema.validate(defaults | chart_values(name, SPEC), schema)

    @pytest.mark.parametrize("name", sorted(REFERENCES))
    def test_the_chart_has_there_what_the_facts_say(self, name: str) -> None:
        defaults = yaml.safe_load(reference(name, "values.yaml").read_text())
        facts = chart_images()[name]
        for path, place in (*facts.registries.items(), *facts.repositories.items()):
            found: Any = defaults
            for part in path.split("."):
                found = found[part]
            assert found == place, path

    @pytest.mark.parametrize("name", ["gpu-operator", "dra-driver-nvidia-gpu", "cloudnative-pg", "barman-cloud"])
    def test_no_registry_of_a_chart_is_left_out(self, name: str) -> None:
        defaults = yaml.safe_load(reference(name, "values.yaml").read_text())
        values = registry_values(name, SPEC)
        named = {p for p in paths(defaults) if p.rpartition(".")[2] in {"repository", "registry"}}
        assert {p for p in named if p not in set(paths(values))} <= {
            # Behind a registry of their own; and one that has no default and belongs to a licence of the user's.
            "image.repository", "sidecarImage.repository", "vgpuManager.repository",
        }  # fmt: skip


class TestNames:
    """Prevents a value that charts document and that is refused all the same."""

    def test_defaults_lists_and_comments(self) -> None:
        text = "a: {b: 1, c: {}}\nd: []\n# e: true\n#f:\ng: null\n# - h: 1\n"
        found = keys_of("x", "1.0.0", text)
        assert found.names == {"a": {"b": None, "c": None}, "d": None, "g": None, "global": None}
        assert found.mentioned == ("e", "f", "h")

    def test_what_is_handed_on_to_kubernetes_is_not_the_charts(self) -> None:
        found = keys_of("x", "1.0.0", "podSecurityContext: {runAsNonRoot: true}\nmanager: {resources: {limits: {cpu: 1}}}\n")
        assert found.names["podSecurityContext"] is None
        assert found.names["manager"] == {"resources": None}

    def test_charts_within_a_chart_have_names_of_their_own(self) -> None:
        found = keys_of("gpu-operator", "1.0.0", "node-feature-discovery: {master: {x: 1}}\n")
        assert found.names["node-feature-discovery"] is None
        assert set(OPEN) - {""} <= set(releases())
