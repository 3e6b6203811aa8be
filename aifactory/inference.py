"""A served model: vLLM replicas behind the llm-d router, reached by TLS through a gateway."""

from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.model import GatewaySpec, GpuPoolSpec, ModelSpec, validate
from aifactory.owner import OwnerArgs
from aifactory.render import render_model
from aifactory.sovereignty import Flow
from aifactory.sovereignty.inference import model_flows


class GatewayArgs(TypedDict):
    """How the endpoint is served."""

    class_name: str
    """GatewayClass of the cluster, such as istio."""
    issuer: str
    """cert-manager ClusterIssuer that signs the endpoint's certificate."""
    domain: str
    """Domain of the endpoints; a model answers at https://<model>.<namespace>.<domain>."""


class GpuPoolArgs(TypedDict):
    """Nodes of one kind with GPUs of one kind."""

    name: str
    """Name of the pool: the value of the node label aifactory.dev/pool."""
    accelerator: str
    """Key of the accelerator in the catalog, such as h100-sxm-80gb."""
    nodes: int
    """How many nodes the pool has."""
    gpus_per_node: int
    """GPUs on each node."""


class InferenceServiceArgs(OwnerArgs):
    """A served model. Needs the Gateway API with its inference extension, the llm-d CRDs and cert-manager."""

    namespace: str
    """Namespace that it is served from."""
    source: str
    """Where the weights are: pvc://CLAIM/PATH, or oci://IMAGE@sha256:DIGEST. A model hub is no source."""
    pool: GpuPoolArgs
    """GPU pool that serves it."""
    gateway: GatewayArgs
    """How it is reached."""
    claim_gib: NotRequired[int]
    """Size in GiB of the volume claim that pvc:// names, made and retained. Default: it is there already."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the claim with the weights is refused. Default true."""
    gpus_per_replica: NotRequired[int]
    """GPUs of each replica; the model is split over them. Default 1."""
    replicas: NotRequired[int]
    """Copies of the model that serve at the same time. Default 1."""
    queue: NotRequired[str]
    """Queue of its namespace that counts its replicas, as Tenancy gives it out. Default: nobody counts them."""
    max_model_len: NotRequired[int]
    """Longest context in tokens. Default: what the model's configuration says."""
    startup_timeout_seconds: NotRequired[int]
    """How long a replica may take to load its weights. Default 1800."""
    priority: NotRequired[int]
    """Who waits when GPUs are busy: requests of a lower number do. Default 0."""
    clients: NotRequired[list[str]]
    """Namespaces whose pods may reach the replicas directly. Default none."""
    cpu: NotRequired[float]
    """CPUs that each replica requests. Default 8."""
    memory_gib: NotRequired[int]
    """Main memory of each replica in GiB. Default 64."""
    data_class: NotRequired[str]
    """Class of the data in its requests and answers. Default: unknown, which rules that need it deny."""
    licence: NotRequired[str]
    """SPDX identifier or expression of the weights' licence. Default: unknown, which rules on portability deny."""


class InferenceService(Component):
    """Serves a large language model over OpenAI's API, from weights that are in the region."""

    url: pulumi.Output[str]
    """Where the model answers, once its replicas are ready and the route is accepted."""
    model_name: pulumi.Output[str]
    """What clients put in the field `model` of a request."""
    gpus: pulumi.Output[int]
    """GPUs that its replicas use together."""

    def __init__(self, name: str, args: InferenceServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = dict(cast("dict[str, Any]", args))
        super().__init__(name, values, opts)
        self._name = name
        source = f"InferenceService {name}"
        pool = dict(values.pop("pool", {}))
        pool_name = str(pool.pop("name", ""))
        gateway = self._gateway = validate(GatewaySpec, dict(values.pop("gateway", {})), f"{source}: gateway")
        pool_spec = validate(GpuPoolSpec, pool, f"{source}: pool")
        spec = self._spec = validate(ModelSpec, spec_values(values) | {"pool": pool_name}, source)
        objects = render_model(self._scope, name, spec, pool_name, pool_spec, gateway)

        weights = self.make(objects.weights, protect=spec.protect, retain=spec.protect)
        serving = self.make(objects.serving, depends_on=weights)
        route = self.make(objects.route, depends_on=serving)
        self.url = once_made(route, objects.url)
        self.model_name = once_made(route, name)
        self.gpus = once_made(route, spec.gpus)
        self.register_outputs({"url": self.url, "model_name": self.model_name, "gpus": self.gpus})

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where its weights, requests, measurements and images go."""
        return model_flows(self._name, self._spec, self._gateway)
