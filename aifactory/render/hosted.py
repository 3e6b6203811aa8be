"""A hosted OpenShift cluster and its pools of nodes, as HyperShift's objects."""

from typing import Final

from aifactory.conventions import POOL_LABEL
from aifactory.model.hosted import HostedPlatform, HostedPoolSpec, HostedSpec, Publishing
from aifactory.model.site import SiteSpec
from aifactory.render.admission.words import COUNTRY_LABEL
from aifactory.render.manifest import Manifest, Scope

API_VERSION: Final = "hypershift.openshift.io/v1beta1"

_ROUTED: Final = ("Ignition", "Konnectivity", "OAuthServer")
"""What is published besides the API: what new nodes boot from, the tunnel to them, and the login."""

_WAIT_SECONDS: Final = 3600
"""A control plane takes minutes, hosts that boot from an image take most of an hour."""


def kubeconfig_secret_name(name: str) -> str:
    """Return the name of the Secret that the operator writes the administrator's kubeconfig into."""
    return f"{name}-admin-kubeconfig"


def pool_name(name: str, pool: str) -> str:
    """Return the name of a pool's object: pools of all clusters of a namespace share their names."""
    return f"{name}-{pool}"


def render_hosted(scope: Scope, name: str, spec: HostedSpec, site: SiteSpec) -> list[Manifest]:
    """Return the cluster and its pools, in order of creation.

    Args:
        scope: whose they are.
        name: name of the cluster.
        spec: what it is.
        site: where it stands, which its nodes are told.
    """
    pools = (_pool(scope, name, pool, spec, site) for pool in spec.pools)
    return [_cluster(scope, name, spec), *pools]


def _cluster(scope: Scope, name: str, spec: HostedSpec) -> Manifest:
    availability = "HighlyAvailable" if spec.highly_available else "SingleReplica"
    body: Manifest = {
        "release": {"image": spec.release},
        "pullSecret": {"name": spec.pull_secret},
        "dns": {"baseDomain": spec.base_domain},
        "controllerAvailabilityPolicy": availability,
        "infrastructureAvailabilityPolicy": availability,
        "fips": spec.fips,
        "issuerURL": spec.issuer,
        "etcd": _etcd(spec),
        "secretEncryption": {"type": "aescbc", "aescbc": {"activeKey": {"name": spec.encryption_key}}},
        "networking": _networking(spec),
        "services": _services(spec),
        "platform": _platform(spec),
    }
    if spec.ssh_key:
        body["sshKey"] = {"name": spec.ssh_key}
    if spec.image_mirrors:
        body["imageContentSources"] = [
            {"source": source, "mirrors": list(mirrors)} for source, mirrors in spec.image_mirrors.items()
        ]
    return {
        "apiVersion": API_VERSION,
        "kind": "HostedCluster",
        "metadata": scope.metadata(
            name, namespace=spec.namespace, wait_for=["condition=Available"], timeout_seconds=_WAIT_SECONDS
        ),
        "spec": body,
    }


def _etcd(spec: HostedSpec) -> Manifest:
    volume: Manifest = {"size": f"{spec.etcd_gib}Gi"}
    if spec.etcd_storage_class:
        volume["storageClassName"] = spec.etcd_storage_class
    storage = {"type": "PersistentVolume", "persistentVolume": volume}
    return {"managementType": "Managed", "managed": {"storage": storage}}


def _networking(spec: HostedSpec) -> Manifest:
    networking: Manifest = {
        "networkType": "OVNKubernetes",
        "clusterNetwork": [{"cidr": spec.pod_cidr}],
        "serviceNetwork": [{"cidr": spec.service_cidr}],
    }
    if spec.machine_cidr:
        networking["machineNetwork"] = [{"cidr": spec.machine_cidr}]
    if spec.allowed_cidrs:
        networking["apiServer"] = {"allowedCIDRBlocks": list(spec.allowed_cidrs)}
    return networking


def _services(spec: HostedSpec) -> list[Manifest]:
    """Return how each service is published. The list is immutable, so its order is fixed."""
    if spec.publishing is Publishing.ROUTE:
        api: Manifest = {"type": "Route", "route": {"hostname": spec.address}}
    else:
        api = {"type": "NodePort", "nodePort": {"address": spec.address}}
    routed = ({"service": service, "servicePublishingStrategy": {"type": "Route"}} for service in _ROUTED)
    return [{"service": "APIServer", "servicePublishingStrategy": api}, *routed]


def _platform(spec: HostedSpec) -> Manifest:
    if spec.platform is HostedPlatform.AGENT:
        return {"type": "Agent", "agent": {"agentNamespace": spec.agent_namespace}}
    # Without a word about it the management cluster's default class would be handed on, whatever that is.
    driver: Manifest = {"type": "None"}
    if spec.storage_classes:
        classes = [
            {"guestStorageClassName": name, "infraStorageClassName": found.infra}
            for name, found in spec.storage_classes.items()
        ]
        driver = {"type": "Manual", "manual": {"storageClassMapping": classes}}
    return {"type": "KubeVirt", "kubevirt": {"storageDriver": driver}}


def _pool(scope: Scope, name: str, key: str, spec: HostedSpec, site: SiteSpec) -> Manifest:
    pool = spec.pools[key]
    body: Manifest = {
        "clusterName": name,
        "release": {"image": spec.release_of(key)},
        "management": {"upgradeType": _upgrade(pool, spec.platform), "autoRepair": pool.auto_repair},
        "nodeLabels": {**pool.labels, COUNTRY_LABEL: site.country, POOL_LABEL: key},
        "platform": _machines(pool) if spec.platform is HostedPlatform.KUBEVIRT else _hosts(pool),
    }
    if pool.autoscaling:
        body["autoScaling"] = {"min": pool.autoscaling.min, "max": pool.autoscaling.max}
    else:
        body["replicas"] = pool.replicas
    if pool.taints:
        body["taints"] = [taint.model_dump(exclude_defaults=True) | {"effect": taint.effect} for taint in pool.taints]
    return {
        "apiVersion": API_VERSION,
        "kind": "NodePool",
        "metadata": scope.metadata(
            pool_name(name, key), namespace=spec.namespace, wait_for=["condition=Ready"], timeout_seconds=_WAIT_SECONDS
        ),
        "spec": body,
    }


def _upgrade(pool: HostedPoolSpec, platform: HostedPlatform) -> str:
    usual = "replace" if platform is HostedPlatform.KUBEVIRT else "in-place"
    return {"replace": "Replace", "in-place": "InPlace"}[pool.upgrade or usual]


def _machines(pool: HostedPoolSpec) -> Manifest:
    volume: Manifest = {"size": f"{pool.disk_gib or 120}Gi"}
    if pool.storage_class:
        volume["storageClass"] = pool.storage_class
    kubevirt: Manifest = {
        # The whole of what is asked for is set aside: machines of other owners cannot starve a node.
        "compute": {"cores": pool.cpu or 8, "memory": f"{pool.memory_gib or 32}Gi", "qosClass": "Guaranteed"},
        "rootVolume": {"type": "Persistent", "persistent": volume},
    }
    if pool.node_selector:
        kubevirt["nodeSelector"] = dict(pool.node_selector)
    if pool.gpus:
        kubevirt["hostDevices"] = [{"deviceName": device, "count": count} for device, count in pool.gpus.items()]
    return {"type": "KubeVirt", "kubevirt": kubevirt}


def _hosts(pool: HostedPoolSpec) -> Manifest:
    agent: Manifest = {"agentLabelSelector": {"matchLabels": dict(pool.agent_labels)}} if pool.agent_labels else {}
    return {"type": "Agent", "agent": agent}
