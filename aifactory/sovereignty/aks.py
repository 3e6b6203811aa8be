"""Where the data of an AKS cluster go: its control plane, logs, keys, stores, and what its nodes pull."""

from collections.abc import Iterator
from typing import Final

from aifactory.model import ObjectStoreSpec, SiteSpec
from aifactory.model.aks import AksSpec, AksStoreSpec
from aifactory.model.aks_network import OutboundKind
from aifactory.sovereignty.copies import copies_of
from aifactory.sovereignty.flow import HERE, Flow, FlowKind

SYSTEM_REGISTRY: Final = "mcr.microsoft.com"
"""Where the images of AKS's own pods come from (AKS documentation, outbound network and FQDN rules)."""

REDUNDANCIES: Final = {"local": "local", "zone": "zone", "geo": "geo", "geo-zone": "geo"}
"""What a store of factory.yaml calls our redundancies: whether the copies leave the place."""


def aks_flows(name: str, spec: AksSpec, site: SiteSpec) -> tuple[Flow, ...]:
    """Return every flow of an AKS cluster.

    Args:
        name: name of the cluster.
        spec: what it is.
        site: where it stands.
    """
    block = f"cluster {name}"
    return (
        *_control_plane(block, spec, site),
        *_logs(block, spec, site),
        *(flow for key, store in spec.stores.items() for flow in _store(block, key, store, spec, site)),
        *_pulls(block, spec),
    )


def _place(site: SiteSpec) -> str:
    return f"azure/{site.location}"


def _control_plane(block: str, spec: AksSpec, site: SiteSpec) -> Iterator[Flow]:
    note = "objects and secrets in etcd, encrypted with the key etcd of the vault"
    yield Flow(block, FlowKind.STORAGE, HERE, encrypted=True, note=note, part="etcd", key=spec.vault.key)
    note = "hardware modules" if spec.vault.hsm else "keys protected by software"
    yield Flow(
        block,
        FlowKind.KEY,
        spec.vault.uri,
        encrypted=True,
        note=f"keys of etcd, disks and stores: {note}",
        country=site.country,
        operator=site.operator,
        location=_place(site),
        key=spec.vault.key,
    )
    where = HERE if spec.private else ", ".join(spec.authorized_ranges)
    note = "the API answers inside the network only" if spec.private else "the API answers these addresses"
    yield Flow(block, FlowKind.ADMIN, where, encrypted=True, note=f"{note}; Entra tells who somebody is")


def _logs(block: str, spec: AksSpec, site: SiteSpec) -> Iterator[Flow]:
    logs = spec.logs
    own = logs.workspace is None
    yield Flow(
        block,
        FlowKind.LOGS,
        logs.workspace or "Log Analytics",
        logs.data_class,
        encrypted=True,
        note="logs of control plane, vault and stores",
        # Where a given workspace lies its identifier does not tell.
        country=site.country if own else None,
        operator=site.operator if own else None,
        location=_place(site) if own else "",
        key=logs.key,
        retention_days=logs.retention_days if own else None,
    )


def _store(block: str, name: str, store: AksStoreSpec, spec: AksSpec, site: SiteSpec) -> Iterator[Flow]:
    kept = Flow(
        block,
        FlowKind.STORAGE,
        store.destination,
        store.data_class,
        encrypted=True,
        note=f"object store {name}, redundancy {store.redundancy}",
        part=f"store {name}",
        country=site.country,
        operator=site.operator,
        location=_place(site),
        key=spec.vault.key,
    )
    yield kept
    yield from copies_of(kept, store_of(store, spec, site))


def store_of(store: AksStoreSpec, spec: AksSpec, site: SiteSpec, role: str | None = None) -> ObjectStoreSpec:
    """Return a store as factory.yaml describes it, for rules and for the blocks that write to it.

    Args:
        store: the store of the cluster.
        spec: the cluster.
        site: where it stands.
        role: client id that pods act as; None: not known yet.
    """
    return ObjectStoreSpec.model_validate(
        {
            "destination": store.destination,
            "country": site.country,
            "operator": site.operator,
            "role": role,
            "key": spec.vault.key,
            "location": _place(site),
            "redundancy": REDUNDANCIES[store.redundancy],
        }
    )


def _pulls(block: str, spec: AksSpec) -> Iterator[Flow]:
    if spec.outbound.kind is OutboundKind.NONE and spec.outbound.registry is not None:
        cache = f"{spec.outbound.registry.rpartition('/')[2].lower()}.azurecr.io"
        yield Flow(block, FlowKind.IMAGE_PULL, cache, encrypted=True, note="AKS's own pods, by a private endpoint")
        return
    yield Flow(block, FlowKind.IMAGE_PULL, SYSTEM_REGISTRY, encrypted=True, note="AKS's own pods and node images")
