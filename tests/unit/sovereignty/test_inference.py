"""Where a served model's data goes."""

from typing import Any

import pytest

from aifactory.model import GatewaySpec, GpuPoolSpec, ModelSpec
from aifactory.render import render_model
from aifactory.sovereignty.flow import HERE, Flow, FlowKind, registry_host
from aifactory.sovereignty.inference import model_flows
from tests.unit.render.objects import SCOPE

DIGEST = "sha256:" + "0" * 64
GATEWAY = GatewaySpec(class_name="istio", issuer="ca", domain="test.internal")
POOL = GpuPoolSpec(accelerator="h100-sxm-80gb", nodes=2, gpus_per_node=8)


def spec_of(**values: Any) -> ModelSpec:
    given = {"namespace": "ai", "source": "pvc://weights/assistant", "data_class": "personal"} | values
    return ModelSpec.model_validate(given)


def flows(**values: Any) -> tuple[Flow, ...]:
    return model_flows("assistant", spec_of(**values), GATEWAY)


def of_kind(kind: FlowKind, **values: Any) -> list[Flow]:
    return [flow for flow in flows(**values) if flow.kind is kind]


def rendered(**values: Any) -> list[dict[str, Any]]:
    made = render_model(SCOPE, "assistant", spec_of(**values), "h100", POOL, GATEWAY)
    return [*made.weights, *made.serving, *made.route]


class TestWeights:
    """Prevents weights from a registry that no rule has looked at, and a pull that is invented for weights in the region."""

    def test_in_a_claim_they_lie_here(self) -> None:
        notes = [flow.note for flow in of_kind(FlowKind.STORAGE) if flow.destination == HERE]
        assert "weights in the claim weights" in notes
        assert not of_kind(FlowKind.MODEL_PULL)

    @pytest.mark.parametrize(
        ("image", "host"),
        [("registry.internal:5000/m/assistant", "registry.internal:5000"), ("library/assistant", "docker.io")],
    )
    def test_in_an_image_they_come_from_its_registry(self, image: str, host: str) -> None:
        (pull,) = of_kind(FlowKind.MODEL_PULL, source=f"oci://{image}@{DIGEST}")
        assert (pull.destination, pull.encrypted) == (host, True)
        assert not any("claim" in flow.note for flow in of_kind(FlowKind.STORAGE, source=f"oci://{image}@{DIGEST}"))

    def test_the_class_of_requests_is_not_that_of_weights_from_outside(self) -> None:
        (pull,) = of_kind(FlowKind.MODEL_PULL, source=f"oci://registry.internal/m@{DIGEST}")
        assert pull.data_class is None

    @pytest.mark.parametrize("source", ["pvc://weights/m", f"oci://registry.internal/m@{DIGEST}"])
    def test_scratch_data_lies_on_the_nodes(self, source: str) -> None:
        (scratch,) = [flow for flow in of_kind(FlowKind.STORAGE, source=source) if "scratch" in flow.note]
        assert (scratch.destination, scratch.data_class, scratch.encrypted) == (HERE, "personal", None)


class TestRequests:
    """Prevents requests in clear that pass as encrypted, since they were at the gateway."""

    def test_clients_come_by_tls(self) -> None:
        (outside,) = [flow for flow in of_kind(FlowKind.REQUEST) if flow.encrypted]
        assert outside.data_class == "personal"
        assert "https://assistant.ai.test.internal" in outside.note

    def test_the_way_on_to_the_replicas_is_in_clear_and_says_so(self) -> None:
        (inside,) = [flow for flow in of_kind(FlowKind.REQUEST) if not flow.encrypted]
        assert (inside.destination, inside.encrypted) == (HERE, False)
        ports = [each for each in rendered() if each["kind"] == "Deployment" and each["metadata"]["name"] == "assistant"]
        probe = ports[0]["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["httpGet"]
        assert probe.get("scheme", "HTTP") == "HTTP", "the replicas speak TLS now; say so in the flow"

    def test_clients_beside_the_gateway_are_named(self) -> None:
        (inside,) = [flow for flow in of_kind(FlowKind.REQUEST, clients=["data", "lab"]) if not flow.encrypted]
        assert "clients in data, lab" in inside.note

    def test_an_unknown_class_stays_unknown(self) -> None:
        assert {flow.data_class for flow in flows(data_class=None)} == {None}


class TestImages:
    """Prevents an image that is rendered and whose registry no rule has looked at."""

    @pytest.mark.parametrize("source", ["pvc://weights/m", f"oci://registry.internal/m@{DIGEST}"])
    def test_every_image_of_a_pod_has_its_flow(self, source: str) -> None:
        pods = [each["spec"]["template"]["spec"] for each in rendered(source=source) if each["kind"] == "Deployment"]
        used = {registry_host(container["image"]) for pod in pods for container in pod["containers"]}
        assert used == {flow.destination for flow in of_kind(FlowKind.IMAGE_PULL, source=source)}

    def test_every_flow_says_whose_it_is(self) -> None:
        assert {flow.block for flow in flows()} == {"model assistant"}


class TestMeasurements:
    """Prevents measurements that leave the cluster unseen: the endpoint picker reads them, and it is in the namespace."""

    def test_they_stay_here(self) -> None:
        (flow,) = of_kind(FlowKind.METRICS)
        assert (flow.destination, flow.encrypted) == (HERE, False)
