"""The Pooler: PgBouncer between clients and the primary."""

from typing import Final

from aifactory.catalog import images
from aifactory.model import DatabaseSpec, PoolerSpec
from aifactory.render.manifest import Manifest, Scope

POOLER_LABEL: Final = "cnpg.io/poolerName"
"""Label that the operator puts on a pooler's pods (pkg/utils/labels_annotations.go)."""

_BASE_MIB: Final = 128
_KIB_PER_CLIENT: Final = 40
"""What a client's connection may hold at a time: two TLS records of 16 KiB and PgBouncer's two buffers of 4 KiB
(pgbouncer.org/config, `pkt_buf`)."""


def pooler_name(name: str) -> str:
    """Return the name of a database's Pooler and Service; it must differ from the cluster's."""
    return f"{name}-pooler"


def pooler(scope: Scope, name: str, spec: DatabaseSpec, pool: PoolerSpec) -> Manifest:
    """Return the Pooler.

    `active` says that image, secrets and cluster were found, `instances` that its pods have been made. The operator makes
    the pods fit the `restricted` Pod Security Standard by itself; it makes no PodDisruptionBudget for them.
    """
    waits = ["jsonpath={.status.phase}=active", f"jsonpath={{.status.instances}}={pool.instances}"]
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Pooler",
        "metadata": scope.metadata(pooler_name(name), namespace=spec.namespace, wait_for=waits),
        "spec": {
            "cluster": {"name": name},
            "type": "rw",
            "instances": pool.instances,
            "pgbouncer": {
                "poolMode": pool.mode.value,
                "image": images()["pgbouncer"].pull,
                "parameters": {
                    # The operator's default is `prefer`, which takes passwords in clear from a client that asks for no TLS.
                    "client_tls_sslmode": "require",
                    "default_pool_size": str(pool.connections),
                    "max_client_conn": str(pool.max_client_connections),
                },
            },
            "template": _template(scope, name, pool),
        },
    }


def _template(scope: Scope, name: str, pool: PoolerSpec) -> Manifest:
    return {
        "metadata": {"labels": scope.labels()},
        "spec": {
            # These names are the operator's; it fills in the rest. The second copies its manager into the pod.
            "containers": [{"name": "pgbouncer", "resources": _resources(pool)}],
            "initContainers": [{"name": "bootstrap-controller", "resources": _resources(pool)}],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "kubernetes.io/hostname",
                    # One node for all is worse than two, and better than none: nothing is lost with a pooler.
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {POOLER_LABEL: pooler_name(name)}},
                }
            ],
        },
    }


def _resources(pool: PoolerSpec) -> Manifest:
    """Return requests and limits, equal: PgBouncer has one thread, so more than one CPU would never be used."""
    memory = _BASE_MIB + -(-pool.max_client_connections * _KIB_PER_CLIENT // 1024)
    return {"requests": _amount(memory), "limits": _amount(memory)}


def _amount(memory_mib: int) -> dict[str, str]:
    return {"cpu": "1", "memory": f"{memory_mib}Mi"}
