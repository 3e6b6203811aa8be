"""Portable Postgres: a CloudNativePG cluster and the traffic that it may have."""

from typing import Any, NotRequired, cast

import pulumi

from aifactory.component import Component, OwnerArgs, once_made, spec_values
from aifactory.model import DatabaseSpec, validate
from aifactory.render import render_database


class PostgresArgs(OwnerArgs):
    """A Postgres cluster. Needs the operator CloudNativePG 1.30 in the cluster."""

    namespace: str
    """Namespace that it lives in. Fixed: a database that moves is a new database."""
    instances: NotRequired[int]
    """Postgres instances, one primary and the rest standbys. Default 3."""
    storage_gib: NotRequired[int]
    """Volume of each instance in GiB; it can grow, never shrink. Default 20."""
    wal_storage_gib: NotRequired[int]
    """Own volume for the write-ahead log in GiB. Default: the log lies on the data volume."""
    storage_class: NotRequired[str]
    """StorageClass of the volumes. Default: the cluster's default class."""
    cpu: NotRequired[float]
    """CPUs of each instance, request and limit alike. Default 2."""
    memory_gib: NotRequired[int]
    """Memory of each instance in GiB, request and limit alike. Default 4."""
    synchronous_standbys: NotRequired[int]
    """Standbys that must have a commit before it is acknowledged. Default 1 with three instances or more, else 0."""
    clients: NotRequired[list[str]]
    """Namespaces whose pods may connect. Default none."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the database is refused. Default true."""


class Postgres(Component):
    """A Postgres cluster of one primary and synchronous standbys, protected against deletion by default."""

    host: pulumi.Output[str]
    """Host name of the primary, inside the cluster."""
    read_only_host: pulumi.Output[str]
    """Host name of the standbys, for reads that may lag."""
    port: pulumi.Output[int]
    """Port of both."""
    database: pulumi.Output[str]
    """Name of the application's database; its owner has the same name."""
    secret_name: pulumi.Output[str]
    """Secret in the database's namespace that holds user, password and connection URI."""

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec = validate(DatabaseSpec, spec_values(values), f"Postgres {name}")
        *policies, cluster = render_database(self._scope, name, spec)
        before = self.make(policies)
        made = self.make([cluster], depends_on=before, protect=spec.protect, retain=spec.protect)
        self.host = once_made(made, f"{name}-rw.{spec.namespace}.svc")
        self.read_only_host = once_made(made, f"{name}-ro.{spec.namespace}.svc")
        self.port = once_made(made, 5432)
        self.database = once_made(made, name.replace("-", "_"))
        self.secret_name = once_made(made, f"{name}-app")
        self.register_outputs(
            {
                "host": self.host,
                "read_only_host": self.read_only_host,
                "port": self.port,
                "database": self.database,
                "secret_name": self.secret_name,
            }
        )
