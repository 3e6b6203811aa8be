"""Simulated nodes: the Node objects of a region's pools, which KWOK keeps Ready and the real scheduler places pods on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aifactory.conventions import FIELD_MANAGER, MANAGED_BY_LABEL, POOL_LABEL, SIMULATED_ANNOTATION
from aifactory.errors import ControlPlaneError, Problem, SpecError
from aifactory.kube.api import Api, connect, each, wait_until
from aifactory.local.crds.documents import Document
from aifactory.local.progress import Reporter

GPU_RESOURCE: Final = "nvidia.com/gpu"
"""Extended resource that the NVIDIA device plugin offers."""

PROVISIONER: Final = "aifactory.dev/simulated"
"""Provisioner of the storage class below; a stage makes the volumes."""

STORAGE_CLASS: Final = "local-simulated"
"""Storage class of simulated volumes, the cluster's default, so that claims bind as on a cluster with a cloud's disks."""

DRIVER_VERSION: Final = "595.91.07"
"""Driver that the simulated nodes say they run: the default of GPU operator v26.7.0."""

_MAX_PODS: Final = 110
"""Pods per node: the kubelet's default."""

_READY_SECONDS: Final = 60.0

_NODES: Final = "/api/v1/nodes"


@dataclass(frozen=True, slots=True)
class AcceleratorFacts:
    """A GPU model, as GPU feature discovery describes it in node labels.

    Attributes:
        product: value of ``nvidia.com/gpu.product``, such as ``NVIDIA-H100-80GB-HBM3``.
        memory_mib: memory of one GPU in MiB.
        family: architecture, such as ``hopper``.
        compute_capability: CUDA compute capability, such as ``9.0``.
        mig_capable: whether it can be partitioned.
    """

    product: str
    memory_mib: int
    family: str
    compute_capability: str
    mig_capable: bool = False


@dataclass(frozen=True, slots=True)
class Taint:
    """A taint of a pool's nodes."""

    key: str
    value: str = ""
    effect: str = "NoSchedule"


GPU_TAINT: Final = Taint(GPU_RESOURCE, "present")
"""The taint that keeps pods without GPUs from GPU nodes; managed clusters often set it."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Nodes of one kind.

    Attributes:
        name: a DNS label; nodes are called ``<name>-<number>``.
        nodes: how many.
        gpus_per_node: GPUs of each; 0 for nodes without.
        accelerator: the GPU model; None for nodes without GPUs.
        cpu: logical CPUs of each node.
        memory_gib: main memory of each node.
        disk_gib: disk for images, logs and emptyDir volumes of each node.
        zones: zones over which the nodes are spread in turn.
        region: value of ``topology.kubernetes.io/region``.
        labels: further labels; they win over the simulated ones.
        taints: taints; none by default, so that everything finds a place on a small region.
    """

    name: str
    nodes: int
    gpus_per_node: int = 0
    accelerator: AcceleratorFacts | None = None
    cpu: int = 16
    memory_gib: int = 64
    disk_gib: int = 1024
    zones: tuple[str, ...] = ("local-a", "local-b", "local-c")
    region: str = "local"
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    taints: tuple[Taint, ...] = ()

    def node_names(self) -> list[str]:
        """Return the names of the pool's nodes."""
        return [f"{self.name}-{number}" for number in range(self.nodes)]


SYSTEM_POOL: Final = Pool(name="system", nodes=3)
"""Nodes without GPUs, one per zone: for operators, gateways, and the three instances of a database."""


def apply_nodes(
    kubeconfig: Path, pools: Sequence[Pool], reporter: Reporter, *, system: Pool | None = SYSTEM_POOL
) -> list[str]:
    """Make the cluster's simulated nodes those of the pools, and wait until all are Ready.

    Idempotent. Simulated nodes of this project that no pool describes any more are deleted; other nodes are left
    alone. The default storage class for simulated volumes is made too.

    Args:
        kubeconfig: of the cluster.
        pools: GPU pools, and further ones.
        reporter: told what happens.
        system: nodes without GPUs for everything else; None for a cluster that has such nodes.

    Returns:
        the names of all simulated nodes.

    Raises:
        SpecError: two pools have the same name, or a pool has GPUs and no accelerator.
        ControlPlaneError: the API server refuses a node, or a node does not become Ready (KWOK does not run).
    """
    wanted = [*([system] if system is not None else []), *pools]
    _check(wanted)
    manifests = [node_manifest(pool, number) for pool in wanted for number in range(pool.nodes)]
    names = [str(manifest["metadata"]["name"]) for manifest in manifests]
    with connect(kubeconfig) as api, reporter.step(f"Simulating {len(names)} nodes") as news:
        api.apply(f"/apis/storage.k8s.io/v1/storageclasses/{STORAGE_CLASS}", _storage_class())
        each(lambda manifest: _apply_node(api, manifest), manifests)
        for stale in sorted(_ours(api) - set(names)):
            news(f"removing {stale}")
            api.request("DELETE", f"{_NODES}/{stale}")
        news("waiting until they are Ready")
        _wait_ready(api, names)
    return names


def _check(pools: Sequence[Pool]) -> None:
    problems: list[Problem] = []
    seen: set[str] = set()
    for pool in pools:
        if pool.name in seen:
            problems.append(Problem(f"pools.{pool.name}", pool.name, "two pools of this name would share their nodes"))
        seen.add(pool.name)
        if pool.gpus_per_node and pool.accelerator is None:
            problems.append(Problem(f"pools.{pool.name}.accelerator", "", "nodes with GPUs need to say which"))
    if problems:
        raise SpecError("simulated nodes", problems)


def _apply_node(api: Api, manifest: Document) -> None:
    # The main resource drops changes of status, the status resource all others: two applies, each with its part.
    base = {key: manifest[key] for key in ("apiVersion", "kind")}
    name = str(manifest["metadata"]["name"])
    api.apply(f"{_NODES}/{name}", base | {"metadata": manifest["metadata"], "spec": manifest["spec"]})
    api.apply(f"{_NODES}/{name}/status", base | {"metadata": {"name": name}, "status": manifest["status"]})


def _ours(api: Api) -> set[str]:
    found = api.metadata(_NODES, label_selector=f"{MANAGED_BY_LABEL}={FIELD_MANAGER}")
    return {item["name"] for item in found if item.get("annotations", {}).get(SIMULATED_ANNOTATION) == "true"}


def _wait_ready(api: Api, names: Iterable[str]) -> None:
    waiting = set(names)

    def check() -> bool | None:
        for node in api.request("GET", _NODES)["items"]:
            # A new node is tainted until the node controller has seen it Ready; no pod goes there before.
            if _is_ready(node) and not any(taint["key"] == _NOT_READY for taint in node["spec"].get("taints", ())):
                waiting.discard(node["metadata"]["name"])
        return None if waiting else True

    if wait_until(check, timeout_seconds=_READY_SECONDS) is None:
        raise ControlPlaneError(
            f"not Ready after {_READY_SECONDS:.0f} s: {', '.join(sorted(waiting))}",
            why="KWOK makes simulated nodes Ready, so it does not run or has not been given its stages",
            fix="look at `aifactory local status` and at the log of kwok",
        )


_NOT_READY: Final = "node.kubernetes.io/not-ready"


def _is_ready(node: Document) -> bool:
    conditions: list[Document] = node["status"].get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)


def node_manifest(pool: Pool, number: int) -> Document:
    """Return the Node object of a pool's node, its status included."""
    name = f"{pool.name}-{number}"
    resources = _resources(pool)
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": _labels(pool, name, pool.zones[number % len(pool.zones)]),
            "annotations": {SIMULATED_ANNOTATION: "true", "kwok.x-k8s.io/node": "fake"},
        },
        "spec": {
            "taints": [
                {"key": taint.key, "effect": taint.effect} | ({"value": taint.value} if taint.value else {})
                for taint in pool.taints
            ]
        }
        if pool.taints
        else {},
        "status": {
            "capacity": resources,
            # Nothing is held back for a kubelet or an operating system: there is none.
            "allocatable": resources,
            "addresses": [{"type": "Hostname", "address": name}],
            "nodeInfo": _node_info(name),
        },
    }


def _resources(pool: Pool) -> dict[str, str]:
    resources = {
        "cpu": str(pool.cpu),
        "memory": f"{pool.memory_gib}Gi",
        "ephemeral-storage": f"{pool.disk_gib}Gi",
        "pods": str(_MAX_PODS),
    }
    return resources | {GPU_RESOURCE: str(pool.gpus_per_node)} if pool.gpus_per_node else resources


def _node_info(name: str) -> dict[str, str]:
    """Return what a kubelet would say of its machine; every field is required by the API."""
    return {
        "machineID": name,
        "systemUUID": name,
        "bootID": name,
        "architecture": "amd64",
        "operatingSystem": "linux",
        "osImage": "SIMULATED",
        "kernelVersion": "SIMULATED",
        "containerRuntimeVersion": "simulated://kwok",
        "kubeletVersion": "SIMULATED",
        "kubeProxyVersion": "",
    }


def _labels(pool: Pool, name: str, zone: str) -> dict[str, str]:
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "topology.kubernetes.io/region": pool.region,
        "topology.kubernetes.io/zone": zone,
        MANAGED_BY_LABEL: FIELD_MANAGER,
        POOL_LABEL: pool.name,
    }
    if pool.accelerator is not None and pool.gpus_per_node:
        labels |= gpu_labels(pool.accelerator, pool.gpus_per_node)
    return labels | dict(pool.labels)


def gpu_labels(accelerator: AcceleratorFacts, count: int) -> dict[str, str]:
    """Return the labels that feature discovery sets on a node with `count` whole GPUs.

    Source: NVIDIA/k8s-device-plugin docs/gpu-feature-discovery/README.md ("Generated Labels"); the label of Node
    Feature Discovery is the one by which the GPU operator finds nodes (PCI vendor 10de). CUDA's runtime version and
    the clique are left out, as nothing here has one.
    """
    major, minor = accelerator.compute_capability.split(".")
    driver_major, driver_minor, driver_revision = DRIVER_VERSION.split(".")
    return {
        "feature.node.kubernetes.io/pci-10de.present": "true",
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.count": str(count),
        "nvidia.com/gpu.replicas": "1",
        "nvidia.com/gpu.sharing-strategy": "none",
        "nvidia.com/gpu.product": accelerator.product,
        "nvidia.com/gpu.memory": str(accelerator.memory_mib),
        "nvidia.com/gpu.family": accelerator.family,
        "nvidia.com/gpu.compute.major": major,
        "nvidia.com/gpu.compute.minor": minor,
        "nvidia.com/gpu.machine": "SIMULATED",
        "nvidia.com/gpu.mode": "compute",
        "nvidia.com/mig.capable": str(accelerator.mig_capable).lower(),
        "nvidia.com/mig.strategy": "none",
        "nvidia.com/cuda.driver.major": driver_major,
        "nvidia.com/cuda.driver.minor": driver_minor,
        "nvidia.com/cuda.driver.rev": driver_revision,
    }


def _storage_class() -> Document:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {
            "name": STORAGE_CLASS,
            "labels": {MANAGED_BY_LABEL: FIELD_MANAGER},
            "annotations": {SIMULATED_ANNOTATION: "true", "storageclass.kubernetes.io/is-default-class": "true"},
        },
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Delete",
        "volumeBindingMode": "Immediate",
    }
