"""What fetching operators means for where code comes from."""

from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.model import OperatorsSpec, validate
from aifactory.sovereignty import Flow, FlowKind
from aifactory.sovereignty.flow import registry_host
from aifactory.sovereignty.operators import Fetched, operator_flows


def flows(**modes: Any) -> tuple[Flow, ...]:
    found = {key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in modes.items()}
    return operator_flows("ops", validate(OperatorsSpec, {"operators": found}, "test").operators)


def destinations(**modes: Any) -> list[str]:
    return [flow.destination for flow in flows(**modes)]


class TestPulls:
    """Prevents code from a registry that no rule was asked about."""

    def test_what_is_there_already_causes_nothing_of_ours(self) -> None:
        assert flows(cert_manager="adopt", kueue="external") == ()

    def test_a_chart_and_its_images(self) -> None:
        assert destinations(cert_manager="helm") == ["quay.io", "quay.io"]
        chart, images = flows(cert_manager="helm")
        assert chart.note == "chart cert-manager v1.21.2, fetched by whoever runs Pulumi"
        assert (chart.kind, images.kind) == (FlowKind.IMAGE_PULL, FlowKind.IMAGE_PULL)
        assert chart.block == images.block == "operator ops/cert-manager"

    def test_a_chart_that_its_index_has_elsewhere(self) -> None:
        assert destinations(cloudnative_pg="helm") == ["cloudnative-pg.github.io", "github.com", "ghcr.io"]

    def test_each_of_several_charts(self) -> None:
        needs = dict.fromkeys(("cert_manager", "gateway_api", "leaderworkerset", "llm_d"), "adopt")
        found = flows(**needs, kserve="helm")
        notes = [flow.note for flow in found if flow.note.startswith("chart ")]
        assert notes == [
            f"chart {name} v0.20.0, fetched by whoever runs Pulumi"
            for name in ("kserve-llmisvc-crd", "kserve-llmisvc-resources", "kserve-runtime-configs")
        ]
        assert {flow.destination for flow in found} == {"ghcr.io", "docker.io"}

    def test_none_of_several_that_lie_in_a_bundle(self) -> None:
        spec = validate(OperatorsSpec, {"operators": {"istio": {"install": "helm"}}}, "test").operators
        assert {flow.destination for flow in operator_flows("ops", spec)} == {
            "istio-release.storage.googleapis.com",
            "docker.io",
        }
        found = operator_flows("ops", spec, {"istio": Fetched(chart=True)})
        assert {flow.destination for flow in found} == {"docker.io"}

    @pytest.mark.parametrize("name", sorted(name for name, found in releases().items() if found.chart))
    def test_every_registry_of_every_image_is_declared(self, name: str) -> None:
        told = destinations(**{name.replace("-", "_"): "helm"})
        assert {registry_host(image) for image in releases()[name].images} <= set(told)

    @pytest.mark.parametrize(
        ("values", "host"),
        [
            ({"image": {"repository": "mirror.test/kueue/kueue"}}, "mirror.test"),
            ({"image": {"registry": "mirror.test"}}, "mirror.test"),
            ({"imageRegistry": "mirror.test"}, "mirror.test"),
            ({"sidecar": {"image": "mirror.test:5000/a/b:1"}}, "mirror.test:5000"),
        ],
    )
    def test_where_the_users_values_take_images_from(self, values: dict[str, Any], host: str) -> None:
        assert host in destinations(kueue={"install": "helm", "values": values})

    def test_a_repository_without_a_host_is_no_new_place(self) -> None:
        values = {"image": {"repository": "cloudnative-pg/cloudnative-pg"}}
        assert destinations(cloudnative_pg={"install": "helm", "values": values}) == destinations(cloudnative_pg="helm")


class TestSubscriptions:
    """Prevents a catalog from deciding unseen where code comes from."""

    def test_registries_that_somebody_has_read(self) -> None:
        (flow,) = flows(kueue="olm")
        assert (flow.destination, flow.encrypted) == ("registry.redhat.io", True)

    def test_else_the_catalog_is_named_and_nothing_is_claimed(self) -> None:
        (flow,) = flows(gpu_operator="olm")
        assert (flow.destination, flow.encrypted) == ("OLM catalog openshift-marketplace/certified-operators", None)


class TestMirroredCatalogs:
    """Prevents a registry that is declared because the vendor's catalog names it, where another catalog decides."""

    def test_a_catalog_of_ones_own_is_named_and_nothing_is_claimed_about_it(self) -> None:
        (flow,) = flows(kueue={"install": "olm", "olm": {"source": "mirror"}}, cert_manager="adopt")
        assert flow.destination == "OLM catalog openshift-marketplace/mirror"
        assert flow.encrypted is None
