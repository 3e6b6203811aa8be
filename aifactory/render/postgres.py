"""A Postgres cluster for CloudNativePG 1.30, and the traffic that it may have."""

from aifactory.catalog import images
from aifactory.model import DatabaseSpec
from aifactory.render.manifest import (
    Manifest,
    Scope,
    egress_to_api_server,
    namespace_peer,
    network_policy,
    tcp,
)

OPERATOR_NAMESPACE = "cnpg-system"
"""Namespace that CloudNativePG's own manifests and chart install it to."""

POSTGRES_PORT = 5432
INSTANCE_MANAGER_PORT = 8000
"""Port on which the operator asks an instance how it is (CloudNativePG, docs/src/networking.md)."""


def render_database(scope: Scope, name: str, spec: DatabaseSpec) -> list[Manifest]:
    """Return the Cluster and its network policy."""
    return [_network_policy(scope, name, spec), _cluster(scope, name, spec)]


def _cluster(scope: Scope, name: str, spec: DatabaseSpec) -> Manifest:
    return {
        "apiVersion": "postgresql.cnpg.io/v1",
        "kind": "Cluster",
        "metadata": scope.metadata(name, namespace=spec.namespace, wait_for=["condition=Ready"]),
        "spec": {
            "instances": spec.instances,
            # From the start: set later, the operator has written the field itself and the apply conflicts.
            "imageName": images()["postgresql"].pull,
            "enablePDB": spec.instances > 1,
            "enableSuperuserAccess": False,
            "bootstrap": {"initdb": {"database": name.replace("-", "_"), "owner": name.replace("-", "_")}},
            "postgresql": _postgresql(spec),
            "resources": _resources(spec),
            "affinity": {
                "enablePodAntiAffinity": True,
                # The operator's default is `preferred`: two instances on one node die with it.
                "podAntiAffinityType": "required" if spec.instances > 1 else "preferred",
                "topologyKey": "kubernetes.io/hostname",
            },
            "inheritedMetadata": {"labels": scope.labels()},
        }
        | _storage(spec),
    }


def _postgresql(spec: DatabaseSpec) -> Manifest:
    # A quarter of the memory for shared buffers: PostgreSQL documentation, "Resource Consumption".
    postgresql: Manifest = {"parameters": {"shared_buffers": f"{spec.memory_gib * 256}MB"}}
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


def _resources(spec: DatabaseSpec) -> Manifest:
    amount = {"cpu": f"{round(spec.cpu * 1000)}m", "memory": f"{spec.memory_gib}Gi"}
    return {"requests": dict(amount), "limits": dict(amount)}


def _network_policy(scope: Scope, name: str, spec: DatabaseSpec) -> Manifest:
    own = {"podSelector": {"matchLabels": {"cnpg.io/cluster": name}}}
    ingress: list[Manifest] = [
        {"from": [own], "ports": tcp(POSTGRES_PORT)},
        {"from": [namespace_peer(OPERATOR_NAMESPACE)], "ports": tcp(POSTGRES_PORT, INSTANCE_MANAGER_PORT)},
    ]
    if spec.clients:
        ingress.append({"from": [namespace_peer(client) for client in spec.clients], "ports": tcp(POSTGRES_PORT)})
    rules = {
        "podSelector": own["podSelector"],
        "policyTypes": ["Ingress", "Egress"],
        "ingress": ingress,
        "egress": [{"to": [own], "ports": tcp(POSTGRES_PORT)}, egress_to_api_server()],
    }
    return network_policy(scope, f"{name}-postgres", spec.namespace, rules)
