"""A Postgres database for CloudNativePG 1.30: the cluster, its backups, its pooler, and the traffic that it may have."""

import re
from typing import Final

from aifactory.errors import Problem, SpecError
from aifactory.model import DatabaseSpec, ObjectStoreSpec
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.postgres.backup import object_store, scheduled_backup, server_name
from aifactory.render.postgres.cluster import ca_secret_name, cluster, database_name
from aifactory.render.postgres.pooler import pooler, pooler_name
from aifactory.render.postgres.traffic import pooler_policy, postgres_policy

__all__ = ["ca_secret_name", "database_name", "pooler_name", "render_database", "server_name"]

_NAME: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_LONGEST_NAME: Final = 40
"""CloudNativePG takes 50 characters for a cluster; what is made beside it (``<name>-pooler``) needs some."""


def render_database(scope: Scope, name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None = None) -> list[Manifest]:
    """Return a database's objects in order of creation: policies, ObjectStore, Cluster, Pooler, ScheduledBackup.

    Args:
        scope: whose they are.
        name: name of the database, and what all its objects' names start with.
        spec: what it is.
        store: where its backups go; with ``backup``, and only then.

    Raises:
        SpecError: the name is none for a database, a store is missing or to spare, or an override conflicts.
    """
    problems = [*_name_problems(name), *_store_problems(spec, store)]
    if problems:
        raise SpecError(f"Postgres {name}", problems)
    objects = [postgres_policy(scope, name, spec, store)]
    if spec.pooler:
        objects.append(pooler_policy(scope, name, spec))
    if spec.backup and store:
        objects.append(object_store(scope, name, spec, spec.backup, store))
    objects.append(cluster(scope, name, spec, store))
    if spec.pooler:
        objects.append(pooler(scope, name, spec, spec.pooler))
    if spec.backup:
        objects.append(scheduled_backup(scope, name, spec, spec.backup))
    return objects


def _name_problems(name: str) -> list[Problem]:
    if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return []
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST_NAME].rstrip("-")
    nearest = plain if plain[:1].isalpha() else f"db-{plain}".rstrip("-")[:_LONGEST_NAME].rstrip("-")
    rule = f"must start with a letter, hold a-z, 0-9 and -, {_LONGEST_NAME} at most: services and a database have this name"
    return [Problem("name", name, rule, nearest)]


def _store_problems(spec: DatabaseSpec, store: ObjectStoreSpec | None) -> list[Problem]:
    if spec.backup and store is None:
        rule = "is required with backup: without a store there is nowhere for backups to go"
        return [Problem("store", "", rule, '{"destination": "s3://BUCKET/PATH", "country": "DE", "operator": "self"}')]
    if store and spec.backup is None:
        rule = "goes with backup: without one nothing would ever be written to the store"
        return [Problem("store", "", rule, "backup: {}")]
    return []
