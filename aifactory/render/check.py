"""What only shows when all objects of a region lie side by side: two of one name, no namespace, no node large enough."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

from aifactory.conventions import POOL_LABEL
from aifactory.errors import Problem
from aifactory.model import GpuPoolSpec, nearest
from aifactory.render.manifest import Manifest
from aifactory.render.words import Place, name_of, written

GPU_RESOURCE: Final = "nvidia.com/gpu"
"""Whole GPUs, as NVIDIA's device plugin offers them. Partitions (``nvidia.com/mig-...``) are not counted: how many of them a
node has is decided on the node."""

_GPU_GROUP: Final = "nvidia.com/"


def check_placement(
    source: str, manifests: Iterable[Manifest], namespaces: Collection[str], pools: Mapping[str, GpuPoolSpec]
) -> list[Problem]:
    """Return what is wrong between the objects of a region.

    Args:
        source: whose objects these are, such as ``region local``; it begins each place, so that lists can be joined.
        manifests: all objects of the region.
        namespaces: namespaces that are there without being rendered, such as those of operators.
        pools: the region's GPU pools by name.
    """
    objects = list(manifests)
    rendered = {name_of(manifest) for manifest in objects if _identity(manifest)[:2] == ("", "Namespace")}
    known = rendered | set(namespaces)
    return [
        *_duplicates(source, objects),
        *(problem for manifest in objects for problem in _nowhere(source, manifest, known)),
        *(problem for manifest in objects for problem in _too_large(source, manifest, pools)),
    ]


def _identity(manifest: Manifest) -> tuple[str, str, str, str]:
    """Return (group, kind, namespace, name), by which a cluster tells objects apart; the version is not part of it."""
    group = str(manifest.get("apiVersion")).rpartition("/")[0]
    return group, str(manifest.get("kind")), _namespace(manifest), name_of(manifest)


def _namespace(manifest: Manifest) -> str:
    return str(_map(manifest.get("metadata")).get("namespace", ""))


def _where(source: str, manifest: Manifest, place: Place) -> str:
    namespace = _namespace(manifest)
    name = f"{namespace}/{name_of(manifest)}" if namespace else name_of(manifest)
    return f"{source}: {manifest.get('kind')} {name}: {written(place)}"


def _duplicates(source: str, objects: Sequence[Manifest]) -> Iterator[Problem]:
    seen: set[tuple[str, str, str, str]] = set()
    told: set[tuple[str, str, str, str]] = set()
    for manifest in objects:
        identity = _identity(manifest)
        if identity in seen and identity not in told:
            told.add(identity)
            count = sum(_identity(other) == identity for other in objects)
            rule = f"is rendered {count} times; the last one would overwrite the others. Give each a name of its own"
            yield Problem(_where(source, manifest, ("metadata", "name")), name_of(manifest), rule)
        seen.add(identity)


def _nowhere(source: str, manifest: Manifest, known: Collection[str]) -> Iterator[Problem]:
    namespace = _namespace(manifest)
    if namespace and namespace not in known:
        rule = f"no such namespace in this region, so the object could not be created; there are {_listed(known)}"
        yield Problem(_where(source, manifest, ("metadata", "namespace")), namespace, rule, nearest(namespace, known))


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _too_large(source: str, manifest: Manifest, pools: Mapping[str, GpuPoolSpec]) -> Iterator[Problem]:
    for place, spec in _node_users(manifest, ()):
        pool = _selected(spec)
        if pool is not None and pool not in pools:
            where = _where(source, manifest, (*place, "nodeSelector", POOL_LABEL))
            yield Problem(
                where, pool, f"no such GPU pool, so no node is taken; there are {_listed(pools)}", nearest(pool, pools)
            )
            continue
        wanted, unread = _machine_gpus(spec) if "domain" in spec else _pod_gpus(spec)
        for amount in unread:
            yield Problem(_where(source, manifest, place), amount, f"must be a whole number of {GPU_RESOURCE}")
        yield from _does_not_fit(_where(source, manifest, place), wanted, pool, pools)


def _does_not_fit(where: str, wanted: int, pool: str | None, pools: Mapping[str, GpuPoolSpec]) -> Iterator[Problem]:
    if wanted == 0:
        return
    if not pools:
        yield Problem(
            where, str(wanted), f"asks for {_gpus(wanted)}, and the region has no GPU pool; it would wait for ever"
        )
        return
    largest = pool or max(pools, key=lambda name: pools[name].gpus_per_node)
    there = pools[largest].gpus_per_node
    if wanted > there:
        whose = f"a node of pool {largest}" if pool else f"the largest node (pool {largest})"
        rule = f"asks for {_gpus(wanted)} on one node, and {whose} has {there}; it would wait for ever"
        yield Problem(where, str(wanted), rule, _alternative(wanted, there, pools))


def _gpus(count: int) -> str:
    return f"{count} GPU" if count == 1 else f"{count} GPUs"


def _alternative(wanted: int, there: int, pools: Mapping[str, GpuPoolSpec]) -> str:
    """Return the pools whose nodes are large enough; else what the node has."""
    larger = sorted(name for name, pool in pools.items() if pool.gpus_per_node >= wanted)
    return f"pool {' or '.join(larger)}" if larger else str(there)


def _node_users(value: object, place: Place) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Give every pod spec and machine spec of an object, wherever its kind keeps them (templates, workers, roles)."""
    if isinstance(value, list | tuple):
        for position, item in enumerate(cast("Sequence[object]", value)):
            yield from _node_users(item, (*place, position))
    elif isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        if isinstance(fields.get("containers"), list) or isinstance(fields.get("domain"), dict):
            yield place, fields
        for name, below in fields.items():
            yield from _node_users(below, (*place, name))


def _selected(spec: Mapping[str, Any]) -> str | None:
    found = _map(spec.get("nodeSelector")).get(POOL_LABEL)
    return None if found is None else str(found)


def _machine_gpus(spec: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many GPUs a virtual machine takes whole: each entry of `gpus` and each NVIDIA host device is one."""
    devices = _map(_map(spec["domain"]).get("devices"))
    named = [*_maps(devices.get("gpus")), *_maps(devices.get("hostDevices"))]
    return sum(str(device.get("deviceName", "")).startswith(_GPU_GROUP) for device in named), []


def _pod_gpus(spec: Mapping[str, Any]) -> tuple[int, list[str]]:
    """Return how many GPUs a pod needs at one time, and the amounts that are no whole numbers.

    Init containers run one after the other and before the rest, except those that restart: they stay beside the others.
    """
    unread: list[str] = []

    def gpus(container: Mapping[str, Any]) -> int:
        parts = [_map(part) for part in _map(container.get("resources")).values()]
        amounts = [str(part[GPU_RESOURCE]) for part in parts if GPU_RESOURCE in part]
        unread.extend(amount for amount in amounts if not amount.isdecimal())
        return max((int(amount) for amount in amounts if amount.isdecimal()), default=0)

    first = _maps(spec.get("initContainers"))
    staying = [container for container in first if container.get("restartPolicy") == "Always"]
    together = sum(map(gpus, [*_maps(spec.get("containers")), *staying]))
    alone = max((gpus(container) for container in first if container not in staying), default=0)
    return max(together, alone), unread


def _map(value: object) -> Mapping[str, Any]:
    """Return a map, empty when it is none: the schema check says what is wrong with it."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [_map(item) for item in cast("Sequence[object]", value)] if isinstance(value, list | tuple) else []
