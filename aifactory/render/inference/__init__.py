"""A model served by vLLM behind the llm-d router: gateway, route, pool, endpoint picker, replicas, and their traffic.

The request's way: gateway -> HTTPRoute -> InferencePool; the gateway asks the endpoint picker which replica has the shortest
queue and the fittest cache, and sends the request there.
"""

from dataclasses import dataclass

from aifactory.model import GatewaySpec, GpuPoolSpec, ModelSpec
from aifactory.render.inference.names import ModelNames
from aifactory.render.inference.picker import render_picker
from aifactory.render.inference.routing import render_gateway, render_pool, render_route
from aifactory.render.inference.workload import render_workload
from aifactory.render.manifest import Manifest, Scope

__all__ = ["InferenceObjects", "render_model"]


@dataclass(frozen=True, slots=True)
class InferenceObjects:
    """The objects of one served model, in the order in which they are made.

    Attributes:
        weights: the volume claim that holds the weights, when it is ours; it outlives the model.
        serving: what serves it.
        route: what sends requests to it; last up, first down, so that nobody is sent to replicas that do not answer.
        url: where the model answers (OpenAI's API).
    """

    weights: tuple[Manifest, ...]
    serving: tuple[Manifest, ...]
    route: tuple[Manifest, ...]
    url: str


def render_model(
    scope: Scope, name: str, spec: ModelSpec, pool_name: str, pool: GpuPoolSpec, gateway: GatewaySpec
) -> InferenceObjects:
    """Return the objects that serve a model on a GPU pool."""
    names = ModelNames(name, spec.namespace, gateway.domain)
    weights, workload = render_workload(scope, names, spec, pool_name, pool)
    serving = (
        *render_gateway(scope, names, gateway),
        *render_picker(scope, names),
        *render_pool(scope, names, spec),
        *workload,
    )
    return InferenceObjects(weights, serving, tuple(render_route(scope, names)), f"https://{names.host}/v1")
