"""A cluster of Azure Kubernetes Service, with the network, the keys, the stores and the logs around it."""

from aifactory.clusters.aks.args import (
    AksClusterArgs,
    AksGivenNetworkArgs,
    AksGpuPoolArgs,
    AksLogsArgs,
    AksNetworkArgs,
    AksOutboundArgs,
    AksPoolArgs,
    AksStoreArgs,
    AksVaultArgs,
)
from aifactory.clusters.aks.cluster import AksCluster

__all__ = [
    "AksCluster",
    "AksClusterArgs",
    "AksGivenNetworkArgs",
    "AksGpuPoolArgs",
    "AksLogsArgs",
    "AksNetworkArgs",
    "AksOutboundArgs",
    "AksPoolArgs",
    "AksStoreArgs",
    "AksVaultArgs",
]
