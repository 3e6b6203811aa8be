"""Where the requests, the weights and the images of a served model go."""

from collections.abc import Iterator
from typing import Final

from aifactory.catalog import images
from aifactory.catalog.telemetry_switch import telemetry_switches
from aifactory.model import GatewaySpec, ModelSpec
from aifactory.sovereignty.flow import HERE, NODE_DISKS, Flow, FlowKind, image_flows, registry_host

VLLM_STATISTICS: Final = "stats.vllm.ai"
"""Where vLLM's usage statistics go when nobody switches them off (docs.vllm.ai, Usage Stats Collection)."""


def model_flows(name: str, spec: ModelSpec, gateway: GatewaySpec) -> tuple[Flow, ...]:
    """Return every flow of a served model: its weights, its requests, what is measured, and its images.

    Args:
        name: name of the model.
        spec: what it is.
        gateway: how it is reached.
    """
    block = f"model {name}"
    return (
        *_weights(block, spec),
        *_requests(block, name, spec, gateway),
        *_measurements(block),
        _telemetry(block),
        *image_flows(block, [images()[role].reference for role in ("vllm", "endpoint-picker")]),
    )


def _weights(block: str, spec: ModelSpec) -> Iterator[Flow]:
    """Yield where the weights lie, or where they are pulled from, and the scratch data beside them."""
    if spec.claim:
        note = f"weights in the claim {spec.claim}"
        yield Flow(block, FlowKind.STORAGE, HERE, spec.data_class, note=note, storage_class="", part="weights")
    else:
        # Weights are no requests: the class that the model declares is not theirs, and nobody has said which is.
        host = registry_host(spec.source.removeprefix("oci://"))
        note = "weights as an image, pinned by digest"
        yield Flow(block, FlowKind.MODEL_PULL, host, encrypted=True, note=note, images=(spec.source.removeprefix("oci://"),))
    # Whether a node's disk is encrypted is not known before somebody has looked.
    note = "scratch data of the replicas on their nodes' disks"
    yield Flow(block, FlowKind.STORAGE, HERE, spec.data_class, note=note, storage_class=NODE_DISKS, part="scratch")


def _requests(block: str, name: str, spec: ModelSpec, gateway: GatewaySpec) -> Iterator[Flow]:
    address = f"https://{name}.{spec.namespace}.{gateway.domain}"
    yield Flow(
        block, FlowKind.REQUEST, HERE, spec.data_class, encrypted=True, note=f"clients through {address}", part="clients"
    )
    # The gateway ends TLS; the replicas' own port speaks plain HTTP, inside the namespace and to named clients alone.
    others = f", and from clients in {', '.join(spec.clients)}" if spec.clients else ""
    note = f"from the gateway to the replicas{others}, inside the cluster"
    yield Flow(block, FlowKind.REQUEST, HERE, spec.data_class, encrypted=False, note=note, part="replicas")


def _telemetry(block: str) -> Flow:
    """Return what the server would tell its makers: nothing, since its pods carry what switches that off."""
    maker = telemetry_switches()["vllm"].maker
    note = "usage statistics, switched off in the replicas' environment"
    return Flow(block, FlowKind.TELEMETRY, VLLM_STATISTICS, note=note, encrypted=True, operator=maker, silenced=True)


def _measurements(block: str) -> Iterator[Flow]:
    note = "queue lengths and cache use of the replicas, read by the endpoint picker"
    yield Flow(block, FlowKind.METRICS, HERE, encrypted=False, note=note)
