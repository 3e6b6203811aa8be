"""The Cluster: instances, volumes, parameters, and who may connect how."""

from typing import Any

from aifactory.catalog import images
from aifactory.model import DatabaseSpec, ObjectStoreSpec, StoreIdentity
from aifactory.model.object_store import StoreKind
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.overrides import with_overrides
from aifactory.render.postgres.backup import archiver
from aifactory.render.postgres.pooler import pooler_name

_ARCHIVING_TIMEOUT_SECONDS = 1200
"""A cluster with backups is up when its first log has arrived in the store: image, start and the first upload take longer
than Pulumi's ten minutes on a slow line."""

_ROLE_ANNOTATIONS = {
    StoreKind.S3: "eks.amazonaws.com/role-arn",
    StoreKind.AZURE: "azure.workload.identity/client-id",
    StoreKind.GOOGLE: "iam.gke.io/gcp-service-account",
}
"""Annotation of a service account that says which identity its pods have (IRSA, Azure workload identity, GKE)."""


def database_name(name: str) -> str:
    """Return the name of the application's database and of its owner: one that SQL takes without quotes."""
    return name.replace("-", "_")


def ca_secret_name(name: str) -> str:
    """Return the Secret with the authority that signed the server's certificate, for clients that check it."""
    return f"{name}-ca"


def cluster(scope: Scope, name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None) -> Manifest:
    """Return the Cluster, with what the user adds to it."""
    waits, timeout = ["condition=Ready"], None
    if spec.backup:
        # A database whose backups do not arrive is not what was asked for; Ready alone would not tell.
        waits, timeout = [*waits, "condition=ContinuousArchiving"], _ARCHIVING_TIMEOUT_SECONDS
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": scope.metadata(name, namespace=spec.namespace, wait_for=waits, timeout_seconds=timeout),
        "spec": with_overrides(f"Postgres {name}", _decided(scope, name, spec, store), spec.overrides),
    }


def _decided(scope: Scope, name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None) -> Manifest:
    decided: Manifest = {
        "instances": spec.instances,
        # From the start: set later, the operator has written the field itself and the apply conflicts.
        "imageName": images()["postgresql"].pull,
        "enablePDB": spec.instances > 1,
        "enableSuperuserAccess": False,
        "bootstrap": {"initdb": {"database": database_name(name), "owner": database_name(name)}},
        "postgresql": _postgresql(spec),
        "resources": _resources(spec),
        "affinity": {
            "enablePodAntiAffinity": True,
            # The operator's default is `preferred`: two instances on one node die with it.
            "podAntiAffinityType": "required" if spec.instances > 1 else "preferred",
            "topologyKey": "kubernetes.io/hostname",
        },
        "inheritedMetadata": {"labels": scope.labels() | _identity_labels(store)},
    }
    decided |= _storage(spec)
    if spec.backup:
        decided["plugins"] = [archiver(scope, name, spec.backup)]
    if store and store.role:
        decided["serviceAccountTemplate"] = {"metadata": {"annotations": {_ROLE_ANNOTATIONS[store.kind]: store.role}}}
    if spec.pooler:
        decided["certificates"] = {"serverAltDNSNames": _pooler_hosts(name, spec.namespace)}
    return decided


def _postgresql(spec: DatabaseSpec) -> Manifest:
    # A quarter of the memory for shared buffers: PostgreSQL documentation, "Resource Consumption".
    parameters = {"shared_buffers": f"{spec.memory_gib * 256}MB"} | spec.parameters
    postgresql: Manifest = {
        "parameters": dict(sorted(parameters.items())),
        # The operator's last rule takes passwords over connections in clear too; this one stands before it.
        "pg_hba": ["hostnossl all all all reject"],
    }
    if spec.required_standbys:
        # `required`: a commit that no standby has is not acknowledged, so a failover loses nothing.
        postgresql["synchronous"] = {
            "method": "any",
            "number": spec.required_standbys,
            "dataDurability": "required",
        }
    return postgresql


def _storage(spec: DatabaseSpec) -> Manifest:
    def volume(size_gib: int) -> Manifest:
        chosen = {"storageClass": spec.storage_class} if spec.storage_class else {}
        return {"size": f"{size_gib}Gi"} | chosen

    storage: Manifest = {"storage": volume(spec.storage_gib)}
    return storage | {"walStorage": volume(spec.wal_storage_gib)} if spec.wal_storage_gib else storage


def _resources(spec: DatabaseSpec) -> dict[str, Any]:
    amount = {"cpu": f"{round(spec.cpu * 1000)}m", "memory": f"{spec.memory_gib}Gi"}
    return {"requests": dict(amount), "limits": dict(amount)}


def _identity_labels(store: ObjectStoreSpec | None) -> dict[str, str]:
    """Return the label without which Azure's webhook leaves a pod alone."""
    azure = store and store.kind is StoreKind.AZURE and store.identity is StoreIdentity.WORKLOAD
    return {"azure.workload.identity/use": "true"} if azure else {}


def _pooler_hosts(name: str, namespace: str) -> list[str]:
    """Return the pooler's names: it shows the cluster's certificate, which would not name it by itself."""
    service = pooler_name(name)
    return [service, f"{service}.{namespace}", f"{service}.{namespace}.svc"]
