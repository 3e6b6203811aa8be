"""A cluster on which a whole region is up, as its API server answers; tests take one thing away or change it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import httpx2

from aifactory.catalog import releases
from aifactory.kube.api import Api
from aifactory.model import RegionSpec
from aifactory.status import kinds
from aifactory.status.kinds import Kind
from aifactory.status.observe import observe_region
from aifactory.status.report import RegionStatus
from aifactory.status.rows import BlockStatus
from tests.unit.factories import REGION, factory

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
OPERATORS = ("cloudnative-pg", "barman-cloud", "llm-d", "cert-manager", "gpu-operator", "kueue", "kubevirt", "cdi")

WHOLE: dict[str, Any] = {
    "operators": {name: {"install": "adopt"} for name in OPERATORS},
    "namespaces": {"ai": {"gpu_quota": 4}, "data": {}, "legacy": {}, "research": {"gpu_quota": 8}},
    "gpu_operator": {"platform": "simulated"},
    "tenants": {"science": {"namespaces": ["research"], "guaranteed": {"h100": 8}}},
    "object_stores": {
        "backups": {
            "destination": "s3://demo/postgres",
            "endpoint": "https://objects.internal",
            "country": "DE",
            "operator": "self",
            "identity": "keys",
            "secret": "backup-keys",
        }
    },
    "databases": {"billing": {"namespace": "data", "backup": {"store": "backups"}, "pooler": {}}},
    "virtualization": {},
    "virtual_machines": {
        "old": {
            "namespace": "legacy",
            "cpu": 4,
            "memory_gib": 16,
            "root": {"size_gib": 40},
            "data_disks": {"data": {"size_gib": 100}},
            "ports": {"http": 8080},
        }
    },
}

REAL: dict[str, Any] = {
    "site": REGION["site"] | {"provider": "on-prem"},
    "cluster": {"kind": "existing", "context": "lab"},
    "state": {"backend": "s3://state", "secrets_provider": "passphrase"},
    "access": {"kind": "runner"},
    "gpu_operator": {"platform": "bare-metal"},
}
"""What makes it a region on a cluster that is there already; on this machine it could install nothing."""


def region(**changed: Any) -> RegionSpec:
    """Return the spec of the whole region on a real cluster, with some sections changed."""
    return factory(**(WHOLE | REAL | changed)).region("here")


def true(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": "True"} | more


def false(kind: str, message: str = "", **more: Any) -> dict[str, Any]:
    return {"type": kind, "status": "False", "message": message} | more


def obj(name: str, namespace: str = "", owner: str = "demo/here/block", **more: Any) -> dict[str, Any]:
    """Return an object of this region; `annotations`, `labels` and `metadata` add to its metadata."""
    metadata: dict[str, Any] = {"name": name} | ({"namespace": namespace} if namespace else {})
    metadata["annotations"] = ({"aifactory.dev/owner": owner} if owner else {}) | more.pop("annotations", {})
    metadata["labels"] = more.pop("labels", {})
    return {"metadata": metadata | more.pop("metadata", {})} | more


def node(name: str, *, gpus: int = 8, pool: str = "h100", product: str = "NVIDIA-H100-80GB-HBM3") -> dict[str, Any]:
    labels = {"aifactory.dev/pool": pool, "nvidia.com/gpu.product": product} if gpus else {}
    offered = {"nvidia.com/gpu": str(gpus)} if gpus else {}
    return obj(name, labels=labels, spec={}, status={"allocatable": offered, "conditions": [true("Ready")]})


def replica(name: str, on: str | None, message: str = "") -> dict[str, Any]:
    """Return a replica of the model, placed on a node or waiting for one."""
    waits = {"phase": "Pending", "conditions": [false("PodScheduled", message)]}
    container = {"resources": {"requests": {"nvidia.com/gpu": "1"}}}
    spec = {"containers": [container]} | ({"nodeName": on} if on else {})
    status = {"phase": "Running"} if on else waits
    return obj(name, "ai", labels={"aifactory.dev/model": "assistant"}, spec=spec, status=status)


def quota(namespace: str, hard: int, used: int) -> dict[str, Any]:
    key = "requests.nvidia.com/gpu"
    amounts = {"hard": {key: str(hard)}, "used": {key: str(used)}}
    return obj("gpus", namespace, spec={"hard": {key: str(hard)}}, status=amounts)


def namespace(name: str, level: str = "restricted") -> dict[str, Any]:
    return obj(name, labels={"pod-security.kubernetes.io/enforce": level}, status={"phase": "Active"})


def controller(name: str, home: str, version: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/version": version}
    return obj(name, home, owner="", labels=labels, spec={"replicas": 1}, status={"readyReplicas": 1})


def _objects() -> dict[Kind, list[dict[str, Any]]]:
    accepted = [true("Accepted"), true("ResolvedRefs")]
    volumes = [{"name": disk, "dataVolume": {"name": f"old-{disk}"}} for disk in ("root", "data")]
    plugin = {
        "name": "barman-cloud.cloudnative-pg.io",
        "parameters": {"barmanObjectName": "billing-backup", "serverName": "here-billing-1"},
    }
    window = {"here-billing-1": {"lastSuccessfulBackupTime": "2026-03-01T02:00:09Z"}}
    deployed = {"phase": "Deployed", "conditions": [true("Available"), false("Degraded")]}
    homes = {name: release.namespace for name, release in releases().items() if name in OPERATORS and release.namespace}
    return {
        kinds.NODES: [node("h100-0"), node("h100-1"), node("system-0", gpus=0)],
        kinds.PODS: [replica("assistant-a", "h100-0"), replica("assistant-b", "h100-1")],
        kinds.NAMESPACES: [namespace(name) for name in WHOLE["namespaces"]],
        kinds.QUOTAS: [quota("ai", 4, 2), quota("data", 0, 0), quota("legacy", 0, 0), quota("research", 8, 0)],
        kinds.DEPLOYMENTS: [
            *(controller(f"{name}-controller", home, releases()[name].version) for name, home in homes.items()),
            obj("assistant", "ai", spec={"replicas": 2}, status={"readyReplicas": 2}),
        ],
        kinds.CLUSTER_POLICIES: [
            obj("cluster-policy", status={"state": "ready", "conditions": [true("Ready", reason="Reconciled")]})
        ],
        kinds.CLUSTER_QUEUES: [
            obj("science", status={"conditions": [true("Active")], "admittedWorkloads": 2, "pendingWorkloads": 1})
        ],
        kinds.POSTGRES: [
            obj(
                "billing",
                "data",
                spec={"plugins": [plugin]},
                status={
                    "phase": "Cluster in healthy state",
                    "readyInstances": 3,
                    "conditions": [true("Ready"), true("ContinuousArchiving"), true("LastBackupSucceeded")],
                },
            )
        ],
        kinds.POOLERS: [obj("billing-pooler", "data", status={"instances": 2, "phase": "active"})],
        kinds.SCHEDULED_BACKUPS: [obj("billing-backup", "data", spec={"cluster": {"name": "billing"}})],
        kinds.OBJECT_STORES: [obj("billing-backup", "data", status={"serverRecoveryWindow": window})],
        kinds.KUBEVIRTS: [obj("kubevirt", "kubevirt", status=deployed | {"observedKubeVirtVersion": "v1.9.0"})],
        kinds.CDIS: [obj("cdi", status=deployed | {"observedVersion": "v1.66.0"})],
        kinds.HYPERCONVERGED: [],
        kinds.MACHINES: [
            obj(
                "old",
                "legacy",
                spec={"template": {"spec": {"volumes": volumes}}},
                status={"printableStatus": "Running", "ready": True, "conditions": [true("Ready")]},
            )
        ],
        kinds.INSTANCES: [obj("old", "legacy", status={"phase": "Running", "nodeName": "system-0"})],
        kinds.DATA_VOLUMES: [obj(f"old-{disk}", "legacy", status={"phase": "Succeeded"}) for disk in ("root", "data")],
        kinds.GATEWAYS: [obj("assistant", "ai", status={"conditions": [true("Accepted"), true("Programmed")]})],
        kinds.ROUTES: [obj("assistant", "ai", status={"parents": [{"conditions": accepted}]})],
        kinds.CERTIFICATES: [obj("assistant", "ai", status={"conditions": [true("Ready")]})],
    }


class Cluster:
    """An API server that answers from tables.

    Attributes:
        objects: the objects of each kind.
        absent: definitions that it does not serve.
        definitions: those that are there and not established, by name.
        refused: paths that it refuses, with status and words.
        asked: paths that were asked for, in order.
    """

    def __init__(self) -> None:
        self.objects = _objects()
        self.absent: set[str] = set()
        self.definitions: dict[str, dict[str, Any]] = {}
        self.refused: dict[str, tuple[int, str]] = {}
        self.asked: list[str] = []

    def api(self) -> Api:
        return Api(httpx2.Client(base_url="https://127.0.0.1:1", transport=httpx2.MockTransport(self.answer)))

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.path
        self.asked.append(path)
        if path in self.refused:
            status, message = self.refused[path]
            return httpx2.Response(status, json={"message": message})
        if path == "/version":
            return httpx2.Response(200, json={"gitVersion": "v1.36.3"})
        if path == "/apis":
            return httpx2.Response(200, json={"items": self._groups()})
        if path.startswith(f"{DEFINITIONS}/") and (name := path.rpartition("/")[2]) in self.definitions:
            return httpx2.Response(200, json=self.definitions[name])
        found = next((self.objects[kind] for kind in self.objects if kind.path == path), None)
        if found is None:
            return httpx2.Response(404, json={"message": "the server could not find the requested resource"})
        # An empty collection comes as null from some servers.
        return httpx2.Response(200, json={"items": found or None})

    def _groups(self) -> list[dict[str, Any]]:
        served = {(kind.api_version, kind.plural) for kind in KINDS if kind.operator}
        versions = {kind.definition.partition(".")[2]: kind.api_version.partition("/")[2] for kind in KINDS if kind.operator}
        for name in (name for release in releases().values() for name in release.crds):
            plural, _, group = name.partition(".")
            served.add((f"{group}/{versions.get(group, 'v1')}", plural))
        return [
            {
                "metadata": {"name": group},
                "versions": [{"version": version, "resources": [{"resource": plural, "responseKind": {"kind": "-"}}]}],
            }
            for (group, _, version), plural in sorted((api.partition("/"), plural) for api, plural in served)
            if f"{plural}.{group}" not in self.absent
        ]

    def without(self, kind: Kind) -> "Cluster":
        """Take away all objects of a kind."""
        self.objects[kind] = []
        return self

    def change(self, kind: Kind, change: Callable[[dict[str, Any]], None], name: str = "") -> "Cluster":
        """Change the objects of a kind, or the one of a name."""
        for item in self.objects[kind]:
            if not name or item["metadata"]["name"] == name:
                change(item)
        return self

    def status(self, kind: Kind, name: str = "", **status: Any) -> "Cluster":
        """Set parts of the status of a kind's objects."""
        return self.change(kind, lambda item: item.setdefault("status", {}).update(deepcopy(status)), name)

    def observe(self, **changed: Any) -> RegionStatus:
        """Return the status of the whole region, or of one with some sections changed."""
        return observe_region(self.api(), "here", region(**changed), "demo")

    def row(self, block: str, name: str | None = None, **changed: Any) -> BlockStatus:
        """Return one row of it."""
        rows = [row for row in self.observe(**changed).blocks if row.block == block and name in {None, row.name}]
        assert len(rows) == 1, rows
        return rows[0]


def simulated(cluster: Cluster) -> Cluster:
    """Say of every node and of every object with a status that it is simulated, and take the controllers away."""
    for kind, items in cluster.objects.items():
        if kind not in {kinds.PODS, kinds.NAMESPACES, kinds.QUOTAS, kinds.DEPLOYMENTS}:
            for item in items:
                item["metadata"]["annotations"]["aifactory.dev/simulated"] = "true"
    cluster.objects[kinds.DEPLOYMENTS] = cluster.objects[kinds.DEPLOYMENTS][-1:]
    return cluster


__all__ = ["DEFINITIONS", "REAL", "WHOLE", "Cluster", "false", "obj", "region", "replica", "simulated", "true"]
