"""Where the data of a Postgres database goes."""

from collections.abc import Iterator
from typing import Final

from aifactory.catalog import images
from aifactory.model import DatabaseSpec, ObjectStoreSpec
from aifactory.sovereignty.copies import copies_of
from aifactory.sovereignty.flow import HERE, Flow, FlowKind, image_flows

_SIDECAR_REPOSITORY: Final = "ghcr.io/cloudnative-pg/plugin-barman-cloud-sidecar"
"""Where the plugin's container in each pod comes from (values of the chart plugin-barman-cloud); its version is that of the
plugin that is installed, which is not ours to say."""


def postgres_flows(name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None = None) -> tuple[Flow, ...]:
    """Return every flow of a database: its volumes, copies, backups, images and clients.

    Args:
        name: name of the database.
        spec: what it is.
        store: where its backups go; None when there are none.
    """
    block = f"database {name}"
    return (
        *_copies(block, spec),
        *_backups(block, spec, store),
        *_requests(block, spec),
        *image_flows(block, _pulled(spec)),
    )


def _copies(block: str, spec: DatabaseSpec) -> Iterator[Flow]:
    # Whether a StorageClass encrypts its volumes is not known before somebody has looked.
    yield Flow(
        block,
        FlowKind.STORAGE,
        HERE,
        spec.data_class,
        note=f"storage class {spec.storage_class or 'default'}",
        storage_class=spec.storage_class or "",
    )
    if standbys := spec.instances - 1:
        note = f"{standbys} standby" if standbys == 1 else f"{standbys} standbys"
        yield Flow(block, FlowKind.REPLICA, HERE, spec.data_class, encrypted=True, note=note)


def _backups(block: str, spec: DatabaseSpec, store: ObjectStoreSpec | None) -> Iterator[Flow]:
    if spec.backup and store:
        at = f" at {store.endpoint}" if store.endpoint else ""
        note = f"in {store.country}, run by {store.operator}{at}, kept {spec.backup.retention}"
        backup = Flow(
            block,
            FlowKind.BACKUP,
            store.destination,
            spec.data_class,
            encrypted=True,
            note=note,
            country=store.country,
            operator=store.operator,
            location=store.location or "",
            key=store.key,
            retention_days=spec.backup.retention_days,
        )
        yield backup
        yield from copies_of(backup, store)


def _requests(block: str, spec: DatabaseSpec) -> Iterator[Flow]:
    if spec.pooler:
        note = f"{spec.pooler.instances} poolers between clients and the primary, encrypted on both sides"
        yield Flow(block, FlowKind.REQUEST, HERE, spec.data_class, encrypted=True, note=note, part="pooler")
    if spec.clients:
        note = f"clients in {', '.join(spec.clients)}"
        yield Flow(block, FlowKind.REQUEST, HERE, spec.data_class, encrypted=True, note=note)


def _pulled(spec: DatabaseSpec) -> Iterator[str]:
    """Yield the images in a database's pods: the operator copies its own manager into each of them."""
    yield images()["postgresql"].reference
    yield images()["cloudnative-pg"].reference
    if spec.pooler:
        yield images()["pgbouncer"].reference
    if spec.backup:
        yield _SIDECAR_REPOSITORY
