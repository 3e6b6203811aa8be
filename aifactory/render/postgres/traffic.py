"""Who may reach a database and its pooler, and whom they may reach; everything else is denied by the namespace."""

from typing import Final

from aifactory.model import DatabaseSpec, ObjectStoreSpec
from aifactory.render.manifest import (
    PRIVATE_CIDRS,
    Manifest,
    Scope,
    egress_to_api_server,
    namespace_peer,
    network_policy,
    tcp,
)
from aifactory.render.postgres.pooler import POOLER_LABEL, pooler_name

OPERATOR_NAMESPACE: Final = "cnpg-system"
"""Namespace that CloudNativePG's own manifests and chart install it to."""

POSTGRES_PORT: Final = 5432
INSTANCE_MANAGER_PORT: Final = 8000
"""Port on which the operator asks an instance how it is, and a primary asks the others whether it is cut off: if neither
they nor the API server answer, it shuts itself down (CloudNativePG, docs/src/networking.md and instance_manager.md)."""


def postgres_policy(scope: Scope, name: str, spec: DatabaseSpec, store: ObjectStoreSpec | None) -> Manifest:
    """Return the policy of the instances and of the jobs that make them.

    The backup plugin's container is in these pods and is spoken to by a socket; only the store is reached from here.
    """
    own = {"podSelector": _instances(name)}
    ingress: list[Manifest] = [
        {"from": [own], "ports": tcp(POSTGRES_PORT, INSTANCE_MANAGER_PORT)},
        {"from": [namespace_peer(OPERATOR_NAMESPACE)], "ports": tcp(POSTGRES_PORT, INSTANCE_MANAGER_PORT)},
    ]
    if spec.pooler:
        ingress.append({"from": [{"podSelector": _poolers(name)}], "ports": tcp(POSTGRES_PORT)})
    if spec.clients:
        ingress.append(_from_clients(spec))
    egress = [{"to": [own], "ports": tcp(POSTGRES_PORT, INSTANCE_MANAGER_PORT)}, egress_to_api_server()]
    if store:
        egress.append(_to_store(store))
    return _policy(scope, f"{name}-postgres", spec.namespace, _instances(name), ingress, egress)


def pooler_policy(scope: Scope, name: str, spec: DatabaseSpec) -> Manifest:
    """Return the policy of the pooler: clients in, Postgres and the API server out.

    The operator never connects to it: PgBouncer's manager reads its configuration from the API server.
    """
    ingress = [_from_clients(spec)] if spec.clients else []
    egress = [{"to": [{"podSelector": _instances(name)}], "ports": tcp(POSTGRES_PORT)}, egress_to_api_server()]
    return _policy(scope, pooler_name(name), spec.namespace, _poolers(name), ingress, egress)


def _policy(
    scope: Scope, name: str, namespace: str, pods: Manifest, ingress: list[Manifest], egress: list[Manifest]
) -> Manifest:
    rules = {"podSelector": pods, "policyTypes": ["Ingress", "Egress"], "ingress": ingress, "egress": egress}
    return network_policy(scope, name, namespace, rules)


def _instances(name: str) -> Manifest:
    """Return the selector of a cluster's pods without its poolers, which bear the cluster's label too."""
    others = [{"key": "cnpg.io/podRole", "operator": "NotIn", "values": ["pooler"]}]
    return {"matchLabels": {"cnpg.io/cluster": name}, "matchExpressions": others}


def _poolers(name: str) -> Manifest:
    return {"matchLabels": {POOLER_LABEL: pooler_name(name)}}


def _from_clients(spec: DatabaseSpec) -> Manifest:
    return {"from": [namespace_peer(client) for client in spec.clients], "ports": tcp(POSTGRES_PORT)}


def _to_store(store: ObjectStoreSpec) -> Manifest:
    """Return the rule to the store: the addresses that were named, else private ones, and never the whole internet."""
    ranges = store.egress_cidrs or PRIVATE_CIDRS
    return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in ranges], "ports": tcp(store.port)}
