"""Values of charts with a registry in them: whose value wins, and what is refused."""

import pytest

from aifactory.catalog import releases
from aifactory.catalog.chart_image import chart_images
from aifactory.errors import SpecError
from aifactory.model.registry import RegistrySpec
from aifactory.render.chart_values import chart_values, merged, registry_values
from aifactory.render.operators.helm import helm_release
from tests.unit.catalog.charts import OF
from tests.unit.catalog.pinned import digest_of, use_pinned_releases

ONE = RegistrySpec(mirror="registry.internal/cache", pull_secret="registry")
EACH = RegistrySpec(mirrors={"ghcr.io": "registry.internal/ghcr"})


class TestMerge:
    """Prevents a user's value that takes others of ours away, or that loses against them."""

    def test_maps_are_merged_and_lists_replaced(self) -> None:
        ours = {"a": {"b": 1, "c": [1]}, "d": 1}
        assert merged(ours, {"a": {"c": [2]}, "d": {"e": 1}}) == {"a": {"b": 1, "c": [2]}, "d": {"e": 1}}
        assert ours == {"a": {"b": 1, "c": [1]}, "d": 1}

    def test_the_users_go_over_the_registrys_and_those_over_the_catalogs(self) -> None:
        over = {"controllerManager": {"manager": {"image": {"tag": "mine"}}}}
        image = chart_values("kueue", ONE, over)["controllerManager"]["manager"]["image"]
        assert image["repository"] == "registry.internal/cache/registry.k8s.io/kueue/kueue"
        assert image["tag"] == "mine"
        assert image["pullPolicy"] == "IfNotPresent"

    def test_a_user_may_name_another_place(self) -> None:
        values = chart_values("cert-manager", ONE, {"imageRegistry": "other.internal"})
        assert values["imageRegistry"] == "other.internal"
        assert values["global"] == {"imagePullSecrets": [{"name": "registry"}]}

    def test_the_catalog_is_not_changed_by_it(self) -> None:
        chart_values("kueue", ONE, {"controllerManager": {"manager": {"image": {"tag": "mine"}}}})
        chart = releases()["kueue"].chart
        assert chart
        assert chart_values("kueue") == chart.values
        assert "mine" not in str(chart.values)

    def test_without_a_chart_there_are_the_users_only(self) -> None:
        assert chart_values("kubevirt") == {}


class TestRegistry:
    """Prevents a mirror or a pull secret that reaches the chart in a form that its templates do not read."""

    def test_a_registry_in_front_of_names(self) -> None:
        values = registry_values("barman-cloud", EACH)
        assert values == {
            "image": {"registry": "registry.internal/ghcr"},
            "sidecarImage": {"registry": "registry.internal/ghcr"},
        }

    def test_whole_names(self) -> None:
        assert registry_values("cloudnative-pg", EACH) == {
            "image": {"repository": "registry.internal/ghcr/cloudnative-pg/cloudnative-pg"}
        }

    def test_secrets_as_names_and_as_objects(self) -> None:
        assert registry_values("gpu-operator", ONE)["operator"]["imagePullSecrets"] == ["registry"]
        assert registry_values("leaderworkerset", ONE)["imagePullSecrets"] == [{"name": "registry"}]

    def test_a_secret_without_a_mirror_leaves_images_where_they_are(self) -> None:
        assert registry_values("cloudnative-pg", RegistrySpec(pull_secret="own")) == {"imagePullSecrets": [{"name": "own"}]}

    def test_a_mirror_without_a_secret_names_none(self) -> None:
        for key, facts in chart_images().items():
            name, chart = OF[key]
            mirror = RegistrySpec(mirrors={"docker.io": "registry.internal/hub"}, only=False)
            spec = mirror if facts.fixed else RegistrySpec(mirror="registry.internal")
            assert "imagePullSecrets" not in str(registry_values(name, spec, chart))

    def test_each_of_several_charts_gets_its_own(self) -> None:
        hub = RegistrySpec(mirrors={"docker.io": "registry.internal/hub"}, only=False, pull_secret="own")
        definitions, resources, presets = [registry_values("kserve", hub, chart) for chart in releases()["kserve"].charts]
        assert resources["kserve"]["llmisvc"]["controller"] == {
            "image": "registry.internal/hub/kserve/llmisvc-controller",
            "imagePullSecrets": ["own"],
        }
        assert resources["kserve"]["storage"] == {"image": "registry.internal/hub/kserve/storage-initializer"}
        assert (definitions, presets) == ({}, {})
        base, istiod = [registry_values("istio", hub, chart) for chart in releases()["istio"].charts]
        assert istiod == {"global": {"hub": "registry.internal/hub/istio", "imagePullSecrets": ["own"]}}
        assert base == {}

    def test_values_of_a_user_over_those_of_the_right_chart(self) -> None:
        resources = releases()["kserve"].charts[1]
        over = {"kserve": {"llmisvc": {"controller": {"tag": "mine"}}}}
        controller = chart_values("kserve", None, over, resources)["kserve"]["llmisvc"]["controller"]
        assert (controller["tag"], controller["imagePullPolicy"]) == ("mine", "IfNotPresent")


class TestRefused:
    """Prevents an operator that waits for images which the region's mirrors do not have."""

    def test_images_that_no_value_names(self) -> None:
        presets = releases()["kserve"].charts[2]
        with pytest.raises(SpecError, match="names images there that no value of its chart changes") as caught:
            chart_values("kserve", ONE, None, presets)
        assert [(problem.where, problem.value) for problem in caught.value.problems] == [("operators.kserve", "ghcr.io")]

    def test_every_place_without_a_mirror_is_named(self) -> None:
        with pytest.raises(SpecError) as caught:
            registry_values("gpu-operator", EACH)
        places = {problem.where for problem in caught.value.problems}
        assert "operators.gpu-operator.values.driver.manager.repository" in places
        assert len(places) == len(chart_images()["gpu-operator"].repositories)

    def test_a_registry_without_a_mirror(self) -> None:
        with pytest.raises(SpecError, match="imageRegistry"):
            registry_values("cert-manager", EACH)

    def test_unless_it_is_allowed(self) -> None:
        assert registry_values("cert-manager", EACH.model_copy(update={"only": False})) == {}

    def test_a_chart_that_nobody_has_read(self) -> None:
        with pytest.raises(SpecError, match="takes no mirror"):
            registry_values("kubevirt", ONE)


class TestDigests:
    """Prevents a chart that is told a tag though the catalog knows the digest, or a digest that hides a user's tag."""

    @pytest.fixture(autouse=True)
    def _pinned(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_pinned_releases(monkeypatch, "aifactory.render.chart_values")

    def test_it_goes_over_the_catalogs_tag_and_takes_nothing_else_away(self) -> None:
        image = chart_values("kueue")["controllerManager"]["manager"]["image"]
        assert image == {
            "repository": "registry.k8s.io/kueue/kueue",
            "tag": f"v0.19.2@{digest_of('registry.k8s.io/kueue/kueue:v0.19.2')}",
            "pullPolicy": "IfNotPresent",
        }

    def test_a_mirror_has_the_same_image_and_keeps_it(self) -> None:
        plain, mirrored = chart_values("cloudnative-pg")["image"], chart_values("cloudnative-pg", ONE)["image"]
        assert mirrored["repository"] == "registry.internal/cache/ghcr.io/cloudnative-pg/cloudnative-pg"
        assert mirrored["tag"] == plain["tag"]
        assert "@sha256:" in plain["tag"]

    def test_a_users_tag_goes_over_it_in_either_form(self) -> None:
        over = {"controllerManager": {"manager": {"image": {"tag": "mine"}}}}
        assert chart_values("kueue", over=over)["controllerManager"]["manager"]["image"]["tag"] == "mine"
        assert chart_values("cert-manager", over={"image": {"tag": "mine"}})["image"] == {"tag": "mine"}

    def test_each_chart_of_a_release_gets_its_own(self) -> None:
        kserve = releases()["kserve"]
        resources = next(chart for chart in kserve.charts if chart.name == "kserve-llmisvc-resources")
        first, found = chart_values("kserve"), chart_values("kserve", chart=resources)["kserve"]
        assert "sha256" not in str(first)
        assert found["agent"]["tag"] == f"v0.20.0@{digest_of('docker.io/kserve/agent:v0.20.0')}"

    def test_the_release_that_helm_is_told(self) -> None:
        chart = releases()["leaderworkerset"].chart
        assert chart
        found = helm_release("leaderworkerset", "lws-system", chart, {"replicaCount": 3})
        assert found.values["image"]["manager"]["tag"].startswith("v0.9.0@sha256:")
        assert found.values["replicaCount"] == 3


def test_as_long_as_the_catalog_has_no_digest_values_are_as_they_were() -> None:
    """Prevents a change of every installed chart by a function that has nothing to say yet."""
    unpinned = [
        name for name, found in releases().items() if found.chart and not any("@" in image for image in found.images)
    ]
    assert all(chart_values(name) == getattr(releases()[name].chart, "values", None) for name in unpinned)
