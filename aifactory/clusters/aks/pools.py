"""Pools of nodes."""

from typing import Final

from pulumi_azure_native import containerservice

from aifactory.clusters.aks.cloud import Cloud
from aifactory.clusters.aks.network import Network
from aifactory.conventions import GROUP, POOL_LABEL, REGION_LABEL
from aifactory.model.aks import AksGpuPoolSpec, AksPoolSpec, GpuDriver

COUNTRY_LABEL: Final = f"{GROUP}/country"
"""Label of a node that says in which country it stands."""

GPU_TAINT: Final = "nvidia.com/gpu=present:NoSchedule"
"""Keeps what needs no GPU off GPU nodes; our blocks tolerate its key."""

DRIVERS: Final = {
    GpuDriver.OPERATOR: containerservice.GPUDriver.NONE,
    GpuDriver.IMAGE: containerservice.GPUDriver.INSTALL,
}
"""What AKS does about the driver (azure-native 3.29, GPUDriver); unsaid, it installs one."""

SYSTEM: Final = "system"
"""Name of the pool that the cluster is made with."""


def labels_of(cloud: Cloud, name: str, spec: AksPoolSpec, region: str) -> dict[str, str]:
    """Return the labels of a pool's nodes."""
    return {**spec.labels, POOL_LABEL: name, REGION_LABEL: region, COUNTRY_LABEL: cloud.site.country}


def system_pool(cloud: Cloud, net: Network, region: str) -> containerservice.ManagedClusterAgentPoolProfileArgs:
    """Return the pool that the cluster is made with; the others are resources of their own."""
    spec = cloud.spec.system
    return containerservice.ManagedClusterAgentPoolProfileArgs(
        name=SYSTEM,
        mode="System",
        type="VirtualMachineScaleSets",
        vm_size=spec.size,
        count=spec.nodes,
        enable_auto_scaling=False,
        availability_zones=list(spec.zones) or None,
        os_type="Linux",
        os_sku="Ubuntu",
        os_disk_size_gb=spec.disk_gib,
        os_disk_type="Managed",
        vnet_subnet_id=net.nodes,
        enable_node_public_ip=False,
        enable_encryption_at_host=True,
        orchestrator_version=cloud.spec.kubernetes,
        node_labels=labels_of(cloud, SYSTEM, spec, region),
        node_taints=list(spec.taints) or None,
        security_profile=containerservice.AgentPoolSecurityProfileArgs(ssh_access="Disabled"),
    )


def make_pools(
    cloud: Cloud, net: Network, region: str, cluster: containerservice.ManagedCluster
) -> list[containerservice.AgentPool]:
    """Make the pools besides the system's."""
    pools: dict[str, AksPoolSpec] = {**cloud.spec.pools, **cloud.spec.gpu_pools}
    return [_pool(cloud, net, region, cluster, name, spec) for name, spec in pools.items()]


def _pool(
    cloud: Cloud,
    net: Network,
    region: str,
    cluster: containerservice.ManagedCluster,
    name: str,
    spec: AksPoolSpec,
) -> containerservice.AgentPool:
    gpu = spec if isinstance(spec, AksGpuPoolSpec) else None
    grows = spec.max_nodes is not None
    taints = [*spec.taints, *((GPU_TAINT,) if gpu else ())]
    return containerservice.AgentPool(
        f"{cloud.name}-pool-{name}",
        agent_pool_name=name,
        resource_name_=cluster.name,
        resource_group_name=cloud.group,
        mode="User",
        type="VirtualMachineScaleSets",
        vm_size=spec.size,
        count=spec.nodes,
        enable_auto_scaling=grows,
        min_count=spec.nodes if grows else None,
        max_count=spec.max_nodes,
        availability_zones=list(spec.zones) or None,
        capacity_reservation_group_id=gpu.reservation if gpu else None,
        gpu_profile=containerservice.GPUProfileArgs(driver=DRIVERS[gpu.driver]) if gpu else None,
        os_type="Linux",
        os_sku="Ubuntu",
        os_disk_size_gb=spec.disk_gib,
        os_disk_type="Managed",
        vnet_subnet_id=net.nodes,
        enable_node_public_ip=False,
        enable_encryption_at_host=True,
        orchestrator_version=cloud.spec.kubernetes,
        node_labels=labels_of(cloud, name, spec, region),
        node_taints=taints or None,
        security_profile=containerservice.AgentPoolSecurityProfileArgs(ssh_access="Disabled"),
        tags=cloud.tags,
        # The autoscaler's number is its own.
        opts=cloud.opts((cluster,), ignore=("count",) if grows else ()),
    )
