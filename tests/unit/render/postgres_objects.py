"""Databases as tests make them: one thing changed at a time."""

from typing import Any

from aifactory.model import DatabaseSpec, ObjectStoreSpec, validate
from aifactory.render import Manifest
from aifactory.render.postgres import render_database
from tests.unit.render.objects import SCOPE, pick

S3: dict[str, Any] = {
    "destination": "s3://backups/eu",
    "country": "DE",
    "operator": "self",
    "endpoint": "https://s3.lan:9000",
    "identity": "keys",
    "secret": "s3-keys",
}
AWS: dict[str, Any] = {"destination": "s3://backups/eu", "country": "DE", "operator": "aws"}
AZURE: dict[str, Any] = {"destination": "https://acct.blob.core.windows.net/backups", "country": "DE", "operator": "azure"}
GOOGLE: dict[str, Any] = {"destination": "gs://backups/eu", "country": "DE", "operator": "google"}

BACKED: dict[str, Any] = {"backup": {"store": "eu"}}


def database(store: dict[str, Any] | None = None, name: str = "billing", **values: Any) -> list[Manifest]:
    spec = validate(DatabaseSpec, {"namespace": "data"} | values, f"Postgres {name}")
    return render_database(SCOPE, name, spec, validate(ObjectStoreSpec, store, "store") if store else None)


def spec_of(kind: str, store: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return pick(database(store, **values), kind)["spec"]


def policy(name: str, store: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return pick(database(store, **values), "NetworkPolicy", name)["spec"]
