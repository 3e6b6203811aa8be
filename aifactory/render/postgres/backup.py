"""Backups: the store they go to, who archives the log, and when a base backup is taken (Barman Cloud plugin 0.14)."""

from typing import Final

from aifactory.model import BackupSpec, DatabaseSpec, ObjectStoreSpec, StoreIdentity
from aifactory.model.cron import with_seconds
from aifactory.model.object_store import StoreKind
from aifactory.render.manifest import Manifest, Scope

PLUGIN: Final = "barman-cloud.cloudnative-pg.io"

_COMPRESSION: Final = "lz4"
"""Fast enough for archiving to keep up with writes on part of a CPU, where gzip takes ten times as long (the plugin's
documentation, "Compression"), and every lz4 tool reads it: the way out needs no Barman."""

_SIDECAR: Final = {"cpu": "500m", "memory": "1Gi"}
"""What the plugin's container in each instance's pod gets; without limits the pod would lose its Guaranteed QoS."""

_KEYS: Final = {
    StoreKind.S3: {"accessKeyId": "ACCESS_KEY_ID", "secretAccessKey": "ACCESS_SECRET_KEY"},
    StoreKind.AZURE: {"connectionString": "AZURE_CONNECTION_STRING"},
    StoreKind.GOOGLE: {"applicationCredentials": "GOOGLE_CREDENTIALS"},
}
"""Which key of the Secret each credential is read from."""

_WORKLOAD: Final = {
    StoreKind.S3: {"inheritFromIAMRole": True},
    # `inheritFromAzureAD` would only ask the node's managed identity; this one knows workload identity too.
    StoreKind.AZURE: {"useDefaultAzureCredentials": True},
    StoreKind.GOOGLE: {"gkeEnvironment": True},
}

_CREDENTIALS: Final = {
    StoreKind.S3: "s3Credentials",
    StoreKind.AZURE: "azureCredentials",
    StoreKind.GOOGLE: "googleCredentials",
}


def store_name(name: str) -> str:
    """Return the name of a database's ObjectStore and ScheduledBackup.

    It does not name the store: a database that moves to another store keeps its object, which is protected.
    """
    return f"{name}-backup"


def server_name(scope: Scope, name: str, backup: BackupSpec) -> str:
    """Return the folder of this life of the database below the store's destination.

    The region is part of it, since two regions may share a store and name their databases alike.
    """
    return f"{scope.region}-{name}-{backup.generation}"


def archiver(scope: Scope, name: str, backup: BackupSpec) -> Manifest:
    """Return the Cluster's plugin that archives its log; both names explicit, so that nothing follows from another."""
    return {
        "name": PLUGIN,
        "isWALArchiver": True,
        "parameters": {"barmanObjectName": store_name(name), "serverName": server_name(scope, name, backup)},
    }


def object_store(scope: Scope, name: str, spec: DatabaseSpec, backup: BackupSpec, store: ObjectStoreSpec) -> Manifest:
    """Return the ObjectStore.

    It waits for nothing: the plugin writes to its status only once a backup is there. `encryption` is left out on
    purpose: naming an algorithm would overrule the bucket's own key.
    """
    configuration: Manifest = {"destinationPath": store.destination}
    if store.endpoint:
        configuration["endpointURL"] = store.endpoint
    if store.ca_secret:
        configuration["endpointCA"] = {"name": store.ca_secret, "key": "ca.crt"}
    configuration |= {
        _CREDENTIALS[store.kind]: _credentials(store),
        "wal": {"compression": _COMPRESSION},
        "data": {"compression": _COMPRESSION},
    }
    return {
        "apiVersion": "barmancloud.cnpg.io/v1",
        "kind": "ObjectStore",
        "metadata": scope.metadata(store_name(name), namespace=spec.namespace),
        "spec": {
            "retentionPolicy": backup.retention,
            "configuration": configuration,
            "instanceSidecarConfiguration": {"resources": {"requests": dict(_SIDECAR), "limits": dict(_SIDECAR)}},
        },
    }


def _credentials(store: ObjectStoreSpec) -> Manifest:
    if store.identity is StoreIdentity.WORKLOAD:
        return dict(_WORKLOAD[store.kind])
    return {field: {"name": store.secret, "key": key} for field, key in _KEYS[store.kind].items()}


def scheduled_backup(scope: Scope, name: str, spec: DatabaseSpec, backup: BackupSpec) -> Manifest:
    """Return the ScheduledBackup, which has been taken in once the operator has looked at its schedule."""
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "ScheduledBackup",
        "metadata": scope.metadata(
            store_name(name), namespace=spec.namespace, wait_for=["jsonpath={.status.lastCheckTime}"]
        ),
        "spec": {
            "cluster": {"name": name},
            "schedule": with_seconds(backup.schedule),
            # Without one, a log that is archived from the start has nothing to be replayed onto until the first night.
            "immediate": True,
            # The default is the in-tree Barman, which goes away in CloudNativePG 1.31.
            "method": "plugin",
            "pluginConfiguration": {"name": PLUGIN},
            # Records of backups outlive this object and the cluster; the plugin takes away those that the retention ended.
            "backupOwnerReference": "none",
        },
    }
