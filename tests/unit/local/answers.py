"""An API server that answers from a table, behind the real client."""

from collections.abc import Mapping
from typing import Any

import httpx2

from aifactory.kube.api import Api


def api_of(answers: Mapping[str, Any]) -> Api:
    """Return a client whose server knows these paths and answers 404 to all others."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        found = answers.get(request.url.path)
        if found is None:
            return httpx2.Response(404, json={"message": f"the server could not find {request.url.path}"})
        return httpx2.Response(200, json=found)

    return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(answer)))


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"items": list(found)}


def node(
    name: str, *, gpus: int = 8, pool: str = "h100", product: str = "NVIDIA-H100-80GB-HBM3", ready: bool = True
) -> dict[str, Any]:
    labels = {"aifactory.dev/pool": pool, "nvidia.com/gpu.product": product} if gpus else {}
    return {
        "metadata": {"name": name, "labels": labels, "annotations": {"aifactory.dev/simulated": "true"}},
        "status": {
            "allocatable": {"nvidia.com/gpu": str(gpus)} if gpus else {},
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        },
    }


def pod(name: str, *, model: str = "assistant", on: str | None = "n1", gpus: int = 1, message: str = "") -> dict[str, Any]:
    return {
        "metadata": {"name": name, "namespace": "ai", "labels": {"aifactory.dev/model": model}},
        "spec": {
            "containers": [{"resources": {"requests": {"nvidia.com/gpu": str(gpus)} if gpus else {}}}],
            **({"nodeName": on} if on else {}),
        },
        "status": {
            "phase": "Running" if on else "Pending",
            "conditions": [] if on else [{"type": "PodScheduled", "status": "False", "message": message}],
        },
    }


QUOTA = {
    "metadata": {"name": "gpus", "namespace": "ai"},
    "spec": {"hard": {"requests.nvidia.com/gpu": "4"}},
    "status": {"hard": {"requests.nvidia.com/gpu": "4"}, "used": {"requests.nvidia.com/gpu": "2"}},
}
DATABASE = {
    "metadata": {"name": "billing", "namespace": "data", "annotations": {"aifactory.dev/simulated": "true"}},
    "status": {"phase": "Cluster in healthy state", "readyInstances": 3},
}
DEPLOYMENT = {"metadata": {"name": "assistant", "namespace": "ai"}, "status": {"readyReplicas": 2}}


def cluster(**changed: Any) -> dict[str, Any]:
    """Return the answers of a cluster on which the region of `tests.unit.factories` is up."""
    answers = {
        "/version": {"gitVersion": "v1.36.3"},
        "/api/v1/nodes": items(node("n1"), node("n2"), node("system", gpus=0)),
        "/api/v1/pods": items(pod("a", on="n1"), pod("b", on="n2")),
        "/api/v1/resourcequotas": items(QUOTA),
        "/apis/postgresql.cnpg.io/v1/clusters": items(DATABASE),
        "/apis/apps/v1/deployments": items(DEPLOYMENT),
    }
    return answers | {path.replace("_", "/"): value for path, value in changed.items()}
