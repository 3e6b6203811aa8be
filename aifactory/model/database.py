"""Postgres databases."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec


class BackupSpec(Spec):
    """Base backups and the write-ahead log, kept in an object store (CloudNativePG's Barman Cloud plugin)."""

    store: ShortDnsLabel
    """Object store of the region that they go to."""

    schedule: Annotated[str, Field(min_length=9, max_length=100)] = "0 2 * * *"
    """When a base backup is taken: cron with five fields (minute, hour, day, month, weekday), UTC. Default: at two each
    night. The log is archived all the time."""

    retention: Annotated[str, Field(pattern=r"^[1-9][0-9]*[dwm]$")] = "30d"
    """How long one can go back: days, weeks or months. Default 30 days."""


class PoolMode(StrEnum):
    """When a pooled connection is free again (pgbouncer.org/features)."""

    SESSION = "session"
    TRANSACTION = "transaction"


class PoolerSpec(Spec):
    """PgBouncer between clients and the primary, for clients that open many connections."""

    instances: Annotated[int, Field(ge=1, le=20)] = 2
    """PgBouncer instances. Default 2: one may fail."""

    mode: PoolMode = PoolMode.SESSION
    """``session`` (default; whatever works on Postgres works) or ``transaction`` (more clients; no session state)."""

    max_client_connections: Annotated[int, Field(ge=1, le=100_000)] = 1000
    """Connections that clients may open to each instance."""

    connections: Annotated[int, Field(ge=1, le=10_000)] = 20
    """Connections that each instance opens to Postgres, for each user and database."""


class DatabaseSpec(Spec):
    """A Postgres cluster run by CloudNativePG: portable, since nothing in it belongs to one cloud."""

    namespace: ShortDnsLabel
    """Namespace of the region that it lives in. Fixed: a database that moves is a new database."""

    instances: Annotated[int, Field(ge=1, le=9)] = 3
    """Postgres instances, one primary and the rest standbys. Default 3: one may fail while another is updated."""

    storage_gib: Annotated[int, Field(ge=1, le=65536)] = 20
    """Volume of each instance in GiB. It can grow, never shrink."""

    wal_storage_gib: Annotated[int, Field(ge=1, le=16384)] | None = None
    """Own volume for the write-ahead log in GiB. None: the log lies on the data volume. Cannot be removed later."""

    storage_class: DnsLabel | None = None
    """StorageClass of the volumes. None: the cluster's default class."""

    cpu: Annotated[float, Field(gt=0, le=256)] = 2
    """CPUs of each instance; request and limit are equal (Guaranteed QoS), so that a neighbour cannot starve it."""

    memory_gib: Annotated[int, Field(ge=1, le=4096)] = 4
    """Memory of each instance in GiB; request and limit are equal. A quarter of it becomes ``shared_buffers``."""

    synchronous_standbys: Annotated[int, Field(ge=0, le=8)] | None = None
    """Standbys that must have a commit before it is acknowledged. None: 1 when there are three instances or more,
    else 0. With n standbys and n required, one failed instance stops all writes, so that is refused."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces of the region whose pods may connect. Default none: nobody reaches a database by accident."""

    backup: BackupSpec | None = None
    """Backups. None: there are none, and the summary says so."""

    pooler: PoolerSpec | None = None
    """A connection pooler. None: clients connect to Postgres itself."""

    parameters: dict[Annotated[str, Field(pattern=r"^[a-z_.]+$")], str] = Field(default_factory=dict)
    """Postgres parameters (postgresql.conf) by name, besides those that are decided here."""

    overrides: dict[str, Any] = Field(default_factory=dict)
    """More fields of the Cluster's spec, for what has no field here. They add, and never change what is decided here;
    each is checked against the CRD."""

    data_class: ShortDnsLabel | None = None
    """Class of the data in it. None: unknown, which rules that need it deny."""

    protect: bool = True
    """Whether a plan that deletes or replaces the database is refused. Default true: data outlives programs."""

    @property
    def required_standbys(self) -> int:
        """Standbys that must acknowledge a commit, with the default worked out."""
        if self.synchronous_standbys is not None:
            return self.synchronous_standbys
        return 1 if self.instances >= 3 else 0

    @model_validator(mode="after")
    def _writes_survive_one_failure(self) -> Self:
        standbys = self.instances - 1
        if self.required_standbys and self.required_standbys >= standbys:
            raise ValueError(
                f"synchronous_standbys {self.required_standbys} of {standbys} standbys: one failed instance would stop "
                f"all writes; use {max(standbys - 1, 0)} or more instances"
            )
        return self
