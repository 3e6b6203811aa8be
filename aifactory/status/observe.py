"""What a region is right now, read from its cluster: nodes, GPUs, quotas, databases, models."""

from dataclasses import dataclass
from typing import Any, cast

from aifactory import conventions
from aifactory.kube.api import Api
from aifactory.model import RegionSpec
from aifactory.render.inference.names import MODEL_LABEL

GPU = "nvidia.com/gpu"


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """One node.

    Attributes:
        name: its name.
        pool: GPU pool that it belongs to; empty for nodes without GPUs.
        product: GPU model as GPU feature discovery labels it; empty without GPUs.
        gpus: GPUs that it offers.
        gpus_used: GPUs that the pods placed on it request.
        ready: whether Kubernetes counts it as ready.
        simulated: whether there is no machine behind it.
    """

    name: str
    pool: str
    product: str
    gpus: int
    gpus_used: int
    ready: bool
    simulated: bool


@dataclass(frozen=True, slots=True)
class QuotaFacts:
    """GPU quota of one namespace: what its pods may request together, and what they do."""

    namespace: str
    gpus: int
    gpus_used: int


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """One Postgres cluster, as its operator's status tells it.

    Attributes:
        name: its name.
        namespace: its namespace.
        phase: the operator's own words; empty before it has said any.
        ready: instances that are ready.
        instances: instances that there should be.
        simulated: whether the status was set by a simulation and no Postgres runs.
    """

    name: str
    namespace: str
    phase: str
    ready: int
    instances: int
    simulated: bool


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """One served model.

    Attributes:
        name: its name.
        namespace: its namespace.
        ready: replicas that are ready.
        replicas: replicas that there should be.
        placed: node of each replica that the scheduler has placed.
        waiting: why replicas are not placed, in the scheduler's words; empty when all are.
    """

    name: str
    namespace: str
    ready: int
    replicas: int
    placed: tuple[str, ...]
    waiting: str


@dataclass(frozen=True, slots=True)
class RegionFacts:
    """A region as its cluster shows it."""

    kubernetes: str
    nodes: tuple[NodeFacts, ...]
    quotas: tuple[QuotaFacts, ...]
    databases: tuple[DatabaseFacts, ...]
    models: tuple[ModelFacts, ...]


def observe(api: Api, region: RegionSpec) -> RegionFacts:
    """Read from the cluster what became of a region's specs; what is not there yet has zero of everything ready."""
    pods = _items(api, "/api/v1/pods")
    return RegionFacts(
        kubernetes=str(api.request("GET", "/version")["gitVersion"]),
        nodes=tuple(_node(node, pods) for node in _items(api, "/api/v1/nodes")),
        quotas=tuple(_quotas(_items(api, "/api/v1/resourcequotas"), region)),
        databases=tuple(_databases(api, region)),
        models=tuple(_models(api, region, pods)),
    )


Json = dict[str, Any]


def _items(api: Api, path: str) -> list[Json]:
    return cast("list[Json] | None", api.request("GET", path).get("items")) or []


def _gpus(pod: Json) -> int:
    containers = cast("list[Json]", pod["spec"]["containers"])
    return sum(int(container.get("resources", {}).get("requests", {}).get(GPU, 0)) for container in containers)


def _condition(item: Json, kind: str) -> Json:
    found = cast("list[Json]", item.get("status", {}).get("conditions") or [])
    none: Json = {}
    return next((condition for condition in found if condition.get("type") == kind), none)


def _is_simulated(item: Json) -> bool:
    return item["metadata"].get("annotations", {}).get(conventions.SIMULATED_ANNOTATION) == "true"


def _node(node: Json, pods: list[Json]) -> NodeFacts:
    name, labels = str(node["metadata"]["name"]), node["metadata"].get("labels", {})
    running = (pod for pod in pods if pod["spec"].get("nodeName") == name)
    used = sum(_gpus(pod) for pod in running if pod["status"].get("phase") not in {"Succeeded", "Failed"})
    return NodeFacts(
        name=name,
        pool=str(labels.get(conventions.POOL_LABEL, "")),
        product=str(labels.get("nvidia.com/gpu.product", "")),
        gpus=int(node["status"].get("allocatable", {}).get(GPU, 0)),
        gpus_used=used,
        ready=_condition(node, "Ready").get("status") == "True",
        simulated=_is_simulated(node),
    )


def _quotas(found: list[Json], region: RegionSpec) -> list[QuotaFacts]:
    key = f"requests.{GPU}"
    return [
        QuotaFacts(
            namespace=str(quota["metadata"]["namespace"]),
            gpus=int(quota.get("status", {}).get("hard", {}).get(key, 0)),
            gpus_used=int(quota.get("status", {}).get("used", {}).get(key, 0)),
        )
        for quota in found
        if quota["metadata"]["namespace"] in region.namespaces and key in quota["spec"].get("hard", {})
    ]


def _databases(api: Api, region: RegionSpec) -> list[DatabaseFacts]:
    if not region.databases:
        return []
    found = {
        (str(item["metadata"]["namespace"]), str(item["metadata"]["name"])): item
        for item in _items(api, "/apis/postgresql.cnpg.io/v1/clusters")
    }
    facts: list[DatabaseFacts] = []
    for name, spec in region.databases.items():
        item = found.get((spec.namespace, name), {"metadata": {}})
        status = item.get("status", {})
        phase, ready = str(status.get("phase", "")), int(status.get("readyInstances", 0))
        facts.append(DatabaseFacts(name, spec.namespace, phase, ready, spec.instances, _is_simulated(item)))
    return facts


def _models(api: Api, region: RegionSpec, pods: list[Json]) -> list[ModelFacts]:
    if not region.models:
        return []
    found = {
        (str(item["metadata"]["namespace"]), str(item["metadata"]["name"])): item
        for item in _items(api, "/apis/apps/v1/deployments")
    }
    facts: list[ModelFacts] = []
    for name, spec in region.models.items():
        deployment = found.get((spec.namespace, name), {})
        own = [pod for pod in pods if _is_replica(pod, name, spec.namespace)]
        placed = tuple(sorted(str(pod["spec"]["nodeName"]) for pod in own if pod["spec"].get("nodeName")))
        waiting = next((str(_condition(pod, "PodScheduled").get("message", "")) for pod in own if not _placed(pod)), "")
        ready = int(deployment.get("status", {}).get("readyReplicas", 0))
        facts.append(ModelFacts(name, spec.namespace, ready, spec.replicas, placed, waiting))
    return facts


def _placed(pod: Json) -> bool:
    return bool(pod["spec"].get("nodeName"))


def _is_replica(pod: Json, model: str, namespace: str) -> bool:
    metadata = pod["metadata"]
    return metadata["namespace"] == namespace and metadata.get("labels", {}).get(MODEL_LABEL) == model and bool(_gpus(pod))
