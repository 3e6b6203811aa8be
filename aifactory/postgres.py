"""Portable Postgres: a CloudNativePG cluster with its backups, its pooler, and the traffic that it may have."""

from dataclasses import replace
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from aifactory.component import Component, once_made, spec_values
from aifactory.errors import Problem, SpecError
from aifactory.model import DatabaseSpec, ObjectStoreSpec, validate
from aifactory.owner import OwnerArgs
from aifactory.render.postgres import ca_secret_name, database_name, pooler_name, render_database, server_name
from aifactory.sovereignty import Flow
from aifactory.sovereignty.postgres import postgres_flows

_STEPS = (("NetworkPolicy",), ("ObjectStore",), ("Cluster",), ("Pooler", "ScheduledBackup"))
"""Kinds in the order in which they are made, each step after all before it."""

_PROTECTED = frozenset({"ObjectStore", "Cluster"})
"""Kinds that hold data or say where it is; a schedule, a pooler and a policy can be made again."""

_ALONE = "backup"
"""What a store is called where there is no factory.yaml that names it."""


class BackupArgs(TypedDict):
    """Base backups and the write-ahead log, kept in an object store. Needs the Barman Cloud plugin in the cluster."""

    store: NotRequired[str]
    """Name of the store in factory.yaml. Left out where there is none: the arg store describes it."""
    schedule: NotRequired[str]
    """When a base backup is taken, cron with five fields. Default 0 2 * * *, at two each night."""
    retention: NotRequired[str]
    """How long one can go back, in days, weeks or months. Default 30d."""
    generation: NotRequired[int]
    """Which life of the database this is; one more whenever it is made anew. Default 1."""


class ObjectStoreArgs(TypedDict):
    """An object store that holds backups."""

    destination: str
    """s3://BUCKET/PATH, gs://BUCKET/PATH, or https://ACCOUNT/CONTAINER/PATH on Azure."""
    endpoint: NotRequired[str]
    """Endpoint of an S3-compatible store of one's own, by TLS. Default: the cloud's."""
    country: str
    """Country in which it keeps its data."""
    operator: str
    """Who runs it; self when it is the owner of the factory."""
    identity: NotRequired[str]
    """How pods prove who they are, workload (default) or keys."""
    role: NotRequired[str]
    """With identity workload, the IAM role, client id or service account that the pods act as."""
    secret: NotRequired[str]
    """With identity keys, the Secret in the database's namespace that holds them."""
    ca_secret: NotRequired[str]
    """Secret whose ca.crt signed the endpoint's certificate. Default: a public authority did."""
    egress_cidrs: NotRequired[list[str]]
    """Addresses at which it answers. Default: private ranges only; a public store needs its own."""
    key: NotRequired[str]
    """Key that the bucket encrypts with by default, one of those declared. Default: nobody said."""
    location: NotRequired[str]
    """The provider's place that it is in, such as azure/swedencentral. Default: none of a provider's, or nobody said."""
    redundancy: NotRequired[str]
    """Where the provider keeps copies: local, zone or geo. Default: nobody said."""


class PoolerArgs(TypedDict):
    """PgBouncer between clients and the primary."""

    instances: NotRequired[int]
    """PgBouncer instances. Default 2."""
    mode: NotRequired[str]
    """When a connection is free again, session (default) or transaction."""
    max_client_connections: NotRequired[int]
    """Connections that clients may open to each instance. Default 1000."""
    connections: NotRequired[int]
    """Connections that each instance opens to Postgres, for each user and database. Default 20."""


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
    backup: NotRequired[BackupArgs]
    """Backups. Default none. Goes with store."""
    store: NotRequired[ObjectStoreArgs]
    """The object store that backups go to. Goes with backup."""
    pooler: NotRequired[PoolerArgs]
    """A connection pooler in front of the primary. Default none."""
    parameters: NotRequired[dict[str, str]]
    """Postgres parameters by name, as text; what the operator keeps for itself is refused."""
    overrides: NotRequired[dict[str, Any]]
    """More fields of the Cluster's spec. They add, and never change what is decided here."""
    data_class: NotRequired[str]
    """Class of the data in it. Default unknown, which rules that need it deny."""
    protect: NotRequired[bool]
    """Whether a plan that deletes or replaces the database is refused. Default true."""


class Postgres(Component):
    """A Postgres cluster of one primary and synchronous standbys, protected against deletion by default."""

    host: pulumi.Output[str]
    """Host name of the primary, inside the cluster."""
    read_only_host: pulumi.Output[str]
    """Host name of the standbys, for reads that may lag."""
    pooler_host: pulumi.Output[str]
    """Host name of the pooler; empty without one."""
    port: pulumi.Output[int]
    """Port of all three."""
    database: pulumi.Output[str]
    """Name of the application's database; its owner has the same name."""
    secret_name: pulumi.Output[str]
    """Secret in the database's namespace that holds user, password and connection URI."""
    ca_secret_name: pulumi.Output[str]
    """Secret there whose ca.crt signed the server's certificate, for clients that check it."""
    backup_server_name: pulumi.Output[str]
    """Folder of this database in the object store, which a restore names; empty without backups."""

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        values = cast("dict[str, Any]", args)
        super().__init__(name, values, opts)
        spec, store = _specs(name, spec_values(values))
        self._flows = postgres_flows(name, spec, store)
        made = self._make_all(name, spec, store)
        service = f"{spec.namespace}.svc"
        self.host = once_made(made, f"{name}-rw.{service}")
        self.read_only_host = once_made(made, f"{name}-ro.{service}")
        self.pooler_host = once_made(made, f"{pooler_name(name)}.{service}" if spec.pooler else "")
        self.port = once_made(made, 5432)
        self.database = once_made(made, database_name(name))
        self.secret_name = once_made(made, f"{name}-app")
        self.ca_secret_name = once_made(made, ca_secret_name(name))
        self.backup_server_name = once_made(made, server_name(self._scope, name, spec.backup) if spec.backup else "")
        self.register_outputs(
            {
                "host": self.host,
                "read_only_host": self.read_only_host,
                "pooler_host": self.pooler_host,
                "port": self.port,
                "database": self.database,
                "secret_name": self.secret_name,
                "ca_secret_name": self.ca_secret_name,
                "backup_server_name": self.backup_server_name,
            }
        )

    @property
    def flows(self) -> tuple[Flow, ...]:
        """Where its data goes."""
        return self._flows

    def _make_all(self, name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None) -> list[pulumi.Resource]:
        """Make the objects step by step, and return them."""
        objects = render_database(self._scope, name, spec, store)
        made: list[pulumi.Resource] = []
        for kinds in _STEPS:
            keep = spec.protect and _PROTECTED.issuperset(kinds)
            step = [manifest for manifest in objects if manifest["kind"] in kinds]
            made += self.make(step, depends_on=list(made), protect=keep, retain=keep)
        return made


def _specs(name: str, values: dict[str, Any]) -> tuple[DatabaseSpec, ObjectStoreSpec | None]:
    """Turn the args into specs; what is wrong with either is said at once."""
    store_values = values.pop("store", None)
    if isinstance(values.get("backup"), dict):
        values["backup"] = {"store": _ALONE} | values["backup"]
    source, problems = f"Postgres {name}", list[Problem]()
    spec, store = None, None
    try:
        spec = validate(DatabaseSpec, values, source)
    except SpecError as error:
        problems += error.problems
    try:
        store = validate(ObjectStoreSpec, store_values, source) if store_values is not None else None
    except SpecError as error:
        problems += [replace(problem, where=_below_store(problem.where)) for problem in error.problems]
    if spec is None or problems:
        raise SpecError(source, problems)
    return spec, store


def _below_store(where: str) -> str:
    """Return the place of a problem of the store; what concerns the whole of it is called a file by the model."""
    return "store" if where == "file" else f"store.{where}"
