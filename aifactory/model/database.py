"""Postgres databases."""

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.cron import checked_schedule
from aifactory.model.postgres_parameters import (
    RESERVED_CONNECTIONS,
    max_connections,
    problems_of_values,
    users_parameter,
)

Parameter = Annotated[
    str, Field(pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$", max_length=63), AfterValidator(users_parameter)
]
"""Name of a Postgres parameter, an extension's with its prefix: ``work_mem``, ``pg_stat_statements.max``."""


class BackupSpec(Spec):
    """Base backups and the write-ahead log, kept in an object store (CloudNativePG's Barman Cloud plugin)."""

    store: ShortDnsLabel
    """Object store of the region that they go to."""

    schedule: Annotated[str, Field(max_length=100), AfterValidator(checked_schedule)] = "0 2 * * *"
    """When a base backup is taken: cron with five fields (minute, hour, day, month, weekday), in the time zone of the
    operator's pod, which is UTC unless somebody changed it. Default: at two each night. The first one is taken at once,
    and the log is archived all the time."""

    retention: Annotated[str, Field(pattern=r"^[1-9][0-9]*[dwm]$")] = "30d"
    """How long one can go back: days, weeks or months. Default 30 days."""

    @property
    def retention_days(self) -> int:
        """How long one can go back, in days at least: a month has 31."""
        return int(self.retention[:-1]) * {"d": 1, "w": 7, "m": 31}[self.retention[-1]]

    generation: Annotated[int, Field(ge=1, le=9999)] = 1
    """Which life of the database this is: 1 (default), 2 when it was made anew. It is part of the folder in the store:
    a new database must not write into the archive of the one before it, which would make both useless, and
    CloudNativePG refuses to. A new major version of Postgres needs a new generation too."""


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
    """Memory of each instance in GiB; request and limit are equal. A quarter of it becomes ``shared_buffers``, unless
    ``parameters`` says otherwise."""

    synchronous_standbys: Annotated[int, Field(ge=0, le=8)] | None = None
    """Standbys that must have a commit before it is acknowledged. None: 1 when there are three instances or more,
    else 0. With n standbys and n required, one failed instance stops all writes, so that is refused."""

    clients: tuple[ShortDnsLabel, ...] = ()
    """Namespaces of the region whose pods may connect. Default none: nobody reaches a database by accident."""

    backup: BackupSpec | None = None
    """Backups. None: there are none, and the summary says so."""

    pooler: PoolerSpec | None = None
    """A connection pooler in front of the primary. None: there is none. Either way clients may connect to Postgres
    itself: migrations and reads from standbys do not go through a pooler."""

    parameters: dict[Parameter, Annotated[str, Field(max_length=1000)]] = Field(default_factory=dict)
    """Postgres parameters (postgresql.conf) by name, as text. ``shared_buffers`` given here wins over the quarter of the
    memory; what the operator keeps for itself (``ssl``, ``archive_command``, ...) is refused by name."""

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

    @field_validator("parameters")
    @classmethod
    def _the_operator_takes_them(cls, parameters: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        memory_gib, instances = info.data.get("memory_gib"), info.data.get("instances")
        if memory_gib and instances and (problems := list(problems_of_values(parameters, memory_gib, instances))):
            raise ValueError("; ".join(problems))
        return parameters

    @field_validator("overrides")
    @classmethod
    def _parameters_have_their_field(cls, overrides: dict[str, Any]) -> dict[str, Any]:
        postgresql = overrides.get("postgresql")
        if isinstance(postgresql, dict) and "parameters" in postgresql:
            raise ValueError(
                "postgresql.parameters: parameters have a field of their own, which checks them; use parameters"
            )
        return overrides

    @model_validator(mode="after")
    def _pooled_connections_fit(self) -> Self:
        if self.pooler is None:
            return self
        pooled, there_are = self.pooler.instances * self.pooler.connections, max_connections(self.parameters)
        if pooled > there_are - RESERVED_CONNECTIONS:
            raise ValueError(
                f"pooler: {self.pooler.instances} instances of {self.pooler.connections} connections are {pooled}, and "
                f"Postgres takes {there_are} with {RESERVED_CONNECTIONS} kept back, so clients would be turned away; "
                f'use fewer connections, or parameters: {{max_connections: "{pooled + RESERVED_CONNECTIONS}"}}'
            )
        return self

    @model_validator(mode="after")
    def _writes_survive_one_failure(self) -> Self:
        standbys = self.instances - 1
        if self.required_standbys and self.required_standbys >= standbys:
            raise ValueError(
                f"synchronous_standbys {self.required_standbys} of {standbys} standbys: one failed instance would stop "
                f"all writes; use {max(standbys - 1, 0)} or more instances"
            )
        return self
