"""Releases are data, and all of it is checked: against itself, the CRD sources, the install modes, and reference charts."""

import os
import re
from pathlib import Path
from typing import ClassVar

import pytest
import yaml
from pydantic import ValidationError

from aifactory.catalog import Chart, Release, releases
from aifactory.catalog.kubernetes import bounds, common
from aifactory.local.crds.sources import table
from aifactory.model import InstallMode

EVERY = pytest.mark.parametrize("name", sorted(releases()))
MOVING = {"latest", "main", "master", "edge", "nightly", "stable", "dev", "staging"}
USED_IN_FACTORY_FILES = {
    "barman-cloud", "cert-manager", "cloudnative-pg", "gpu-operator", "kubevirt", "kueue", "llm-d", "node-feature-discovery",
}  # fmt: skip


def with_chart() -> list[str]:
    return sorted(name for name, release in releases().items() if release.charts)


def values_of(name: str) -> list[dict[str, object]]:
    return [chart.values for chart in releases()[name].charts]


class TestNames:
    """Prevents a release that a factory.yaml names and that is gone, and names that point at nothing."""

    def test_those_that_factory_files_use_are_there(self) -> None:
        assert releases().keys() >= USED_IN_FACTORY_FILES

    @EVERY
    def test_the_key_is_a_name_for_files(self, name: str) -> None:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)

    @EVERY
    def test_what_it_refers_to_is_known_and_another(self, name: str) -> None:
        release = releases()[name]
        olm = release.olm.requires if release.olm else ()
        beside = (release.beside,) if release.beside else ()
        referred = {*release.requires, *olm, *release.brings, *release.conflicts, *beside}
        assert referred <= releases().keys() - {name}

    @EVERY
    def test_what_shares_a_namespace_says_the_same_one(self, name: str) -> None:
        release = releases()[name]
        if release.beside:
            assert release.namespace == releases()[release.beside].namespace
            assert release.beside in release.requires

    @EVERY
    def test_nothing_is_listed_twice(self, name: str) -> None:
        release = releases()[name]
        for listed in (
            release.requires,
            release.conflicts,
            release.images,
            release.install,
            release.crds,
            release.crd_sources,
        ):
            assert len(listed) == len(set(listed))

    def test_titles_are_not_given_twice(self) -> None:
        titles = [release.title for release in releases().values()]
        assert len(titles) == len(set(titles))

    def test_a_release_and_what_it_requires_do_not_conflict(self) -> None:
        for name, release in releases().items():
            assert not set(release.requires) & set(release.conflicts), name


class TestInstallModes:
    """Prevents a mode that is offered and cannot be carried out: a chart or a package that nobody knows."""

    @EVERY
    def test_modes_exist(self, name: str) -> None:
        assert set(releases()[name].install) <= {mode.value for mode in InstallMode}

    @EVERY
    def test_whatever_is_there_already_can_be_used(self, name: str) -> None:
        assert {"adopt", "external"} <= set(releases()[name].install)

    @EVERY
    def test_helm_exactly_when_there_is_a_chart(self, name: str) -> None:
        release = releases()[name]
        assert ("helm" in release.install) == (release.chart is not None)

    @EVERY
    def test_olm_exactly_when_the_package_is_known(self, name: str) -> None:
        release = releases()[name]
        assert ("olm" in release.install) == (release.olm is not None)

    @EVERY
    def test_manifests_are_not_promised(self, name: str) -> None:
        assert "manifests" not in releases()[name].install

    @EVERY
    def test_what_runs_on_openshift_only_is_not_installed_by_a_chart(self, name: str) -> None:
        release = releases()[name]
        if release.platforms == "openshift":
            assert release.chart is None
            assert release.usual == "olm"

    @EVERY
    def test_what_openshift_has_another_build_of_is_not_taken_from_its_catalogs(self, name: str) -> None:
        assert not (releases()[name].platforms == "kubernetes" and releases()[name].olm)

    @pytest.mark.parametrize(
        ("name", "package", "channel", "namespace"),
        [
            ("cert-manager", "openshift-cert-manager-operator", "stable-v1", "cert-manager-operator"),
            ("node-feature-discovery", "nfd", "stable", "openshift-nfd"),
            ("gpu-operator", "gpu-operator-certified", "v26.7", "nvidia-gpu-operator"),
            ("leaderworkerset", "leader-worker-set", "stable-v1.0", "openshift-lws-operator"),
            ("kueue", "kueue-operator", "stable-v1.2", "openshift-kueue-operator"),
            ("hyperconverged", "kubevirt-hyperconverged", "stable", "openshift-cnv"),
            ("connectivity-link", "rhcl-operator", "stable", "kuadrant-system"),
            ("keda", "openshift-custom-metrics-autoscaler-operator", "stable", "openshift-keda"),
            ("velero", "redhat-oadp-operator", "stable", "openshift-adp"),
            ("openshift-ai", "rhods-operator", None, "redhat-ods-operator"),
        ],
    )
    def test_openshifts_set(self, name: str, package: str, channel: str | None, namespace: str) -> None:
        olm = releases()[name].olm
        assert olm
        assert (olm.package, olm.channel, olm.namespace) == (package, channel, namespace)

    @pytest.mark.parametrize(
        ("name", "charts"),
        [
            ("kserve", ["kserve-llmisvc-crd", "kserve-llmisvc-resources", "kserve-runtime-configs"]),
            ("istio", ["istio-base", "istiod"]),
        ],
    )
    def test_several_charts_in_their_order(self, name: str, charts: list[str]) -> None:
        release = releases()[name]
        assert [chart.release_name for chart in release.charts] == charts
        assert {chart.version.removeprefix("v") for chart in release.charts} == {release.version}
        assert {chart.repo for chart in release.charts} == {release.charts[0].repo}

    @EVERY
    def test_what_pulls_nothing_has_no_values_that_name_an_image(self, name: str) -> None:
        for chart in releases()[name].charts:
            assert not (chart.definitions_only and chart.values)

    def test_charts_that_nobody_can_tell_apart_are_refused(self) -> None:
        facts = releases()["istio"].model_dump()
        with pytest.raises(ValidationError, match="by the name of each"):
            Release.model_validate(facts | {"more_charts": [facts["chart"]]})
        with pytest.raises(ValidationError, match="follow a first one"):
            Release.model_validate(facts | {"chart": None})

    @pytest.mark.parametrize("name", with_chart())
    def test_what_a_chart_installs_has_a_namespace(self, name: str) -> None:
        assert releases()[name].namespace


class TestVersions:
    """Prevents a release whose chart, images or definitions are of another version than it says."""

    @EVERY
    def test_images_have_a_fixed_tag(self, name: str) -> None:
        for image in releases()[name].images:
            tag = image.partition("@")[0].rpartition(":")[2]
            assert tag not in MOVING
            assert re.search(r"\d+\.\d+", tag)

    @EVERY
    def test_one_of_the_images_is_of_the_release(self, name: str) -> None:
        release = releases()[name]
        tags = {image.rpartition(":")[2].removeprefix("v") for image in release.images}
        assert not tags or release.version in tags

    @EVERY
    def test_a_module_that_defines_it_alone_is_of_its_version(self, name: str) -> None:
        release = releases()[name]
        modules = [source for source in release.crd_sources if "@" in source]
        if len(modules) == 1 == len(release.crd_sources):
            assert modules[0].rpartition("@v")[2] == release.version

    @pytest.mark.parametrize("name", with_chart())
    def test_images_that_values_pin_are_listed(self, name: str) -> None:
        pinned = {str(tag) for values in values_of(name) for tag in _leaves(values, "tag")}
        assert pinned <= {image.rpartition(":")[2] for image in releases()[name].images}

    @pytest.mark.parametrize("name", with_chart())
    def test_images_that_values_name_are_listed(self, name: str) -> None:
        named = {str(repository) for values in values_of(name) for repository in _leaves(values, "repository")}
        assert named <= {image.rpartition(":")[0] for image in releases()[name].images}

    @pytest.mark.parametrize("change", [{"version": "1.2"}, {"version": "latest"}, {"images": ["ghcr.io/some/image"]}])
    def test_what_is_not_pinned_is_refused(self, change: dict[str, object]) -> None:
        facts = releases()["cloudnative-pg"].model_dump() | change
        with pytest.raises(ValidationError):
            Release.model_validate(facts)

    @pytest.mark.parametrize(
        "repo", ["http://charts.example.org", "charts.example.org", "https://user:pw@charts.example.org"]
    )
    def test_a_chart_that_is_fetched_in_clear_or_with_a_password_is_refused(self, repo: str) -> None:
        with pytest.raises(ValidationError):
            Chart(repo=repo, name="some", version="1.2.3")


class TestKubernetes:
    """Prevents releases that no single cluster can run together."""

    @EVERY
    def test_ranges_are_not_empty(self, name: str) -> None:
        versions = releases()[name].kubernetes
        if versions:
            first, end = bounds(versions)
            assert first < end

    @pytest.mark.parametrize("without", [("hyperconverged",), ("kubevirt", "cdi")])
    def test_those_that_do_not_conflict_have_versions_in_common(self, without: tuple[str, ...]) -> None:
        ranges = [release.kubernetes for name, release in releases().items() if name not in without and release.kubernetes]
        assert common(ranges)


class TestDefinitions:
    """Prevents a preflight that looks for definitions which the operator of that version does not bring."""

    @EVERY
    def test_names_are_full(self, name: str) -> None:
        assert all(re.fullmatch(r"[a-z]+(\.[a-z0-9-]+){2,}", crd) for crd in releases()[name].crds)

    @EVERY
    def test_sources_are_those_of_the_local_region(self, name: str) -> None:
        modules = {source.spec for source in table().modules}
        files = {kind.reference for kind in table().open if kind.reference}
        assert set(releases()[name].crd_sources) <= modules | files

    @EVERY
    def test_every_definition_is_in_one_of_its_sources(self, name: str) -> None:
        sources = set(releases()[name].crd_sources)
        provided = {group for source in table().modules if source.spec in sources for group, _ in source.kinds}
        files = {kind.reference for kind in table().open} & sources
        groups = provided | {kind.group for kind in table().open if kind.reference in files}
        brought = {group for other in releases()[name].brings for group in _groups(releases()[other].crds)}
        if sources:
            assert set(_groups(releases()[name].crds)) <= groups | brought

    def test_only_what_no_block_makes_objects_of_may_have_no_schemas(self) -> None:
        without = {name for name, release in releases().items() if not release.crd_sources}
        assert without == {"connectivity-link", "istio", "jobset", "openshift-ai", "velero"}

    @EVERY
    def test_plurals_of_open_kinds_are_right(self, name: str) -> None:
        plurals = {f"{kind.plural}.{kind.group}" for kind in table().open}
        groups = {kind.group for kind in table().open}
        own = {crd for crd in releases()[name].crds if crd.partition(".")[2] in groups}
        assert own <= plurals


class TestReferenceCharts:
    """Prevents values of ours that a chart does not know: Helm takes them without a word and does nothing."""

    CHARTS: ClassVar = {
        "barman-cloud": "plugin-barman-cloud",
        "cloudnative-pg": "cloudnative-pg",
        "dra-driver-nvidia-gpu": "dra-driver-nvidia-gpu",
        "gpu-operator": "gpu-operator",
        "kueue": "kueue",
    }

    @pytest.fixture
    def folder(self) -> Path:
        reference = os.environ.get("AIFACTORY_REFERENCE")
        if not reference:
            pytest.skip("AIFACTORY_REFERENCE names no folder with the charts' values")
        return Path(reference) / "charts"

    @pytest.mark.parametrize("name", sorted(CHARTS))
    def test_our_values_are_in_the_charts_own(self, name: str, folder: Path) -> None:
        chart = releases()[name].chart
        assert chart
        known = yaml.safe_load((folder / self.CHARTS[name] / "values.yaml").read_text())
        assert _unknown(chart.values, known) == []


def _leaves(values: object, key: str) -> list[object]:
    if not isinstance(values, dict):
        return []
    return [leaf for name, inner in values.items() for leaf in ([inner] if name == key else _leaves(inner, key))]


def _groups(crds: tuple[str, ...]) -> list[str]:
    return [crd.partition(".")[2] for crd in crds]


def _unknown(ours: dict[str, object], known: dict[str, object], path: str = "") -> list[str]:
    found: list[str] = []
    for key, value in ours.items():
        place = f"{path}.{key}".lstrip(".")
        if key not in known:
            found.append(place)
        elif isinstance(value, dict):
            inner = known[key]
            found += _unknown(value, inner if isinstance(inner, dict) else {}, place)
    return found
