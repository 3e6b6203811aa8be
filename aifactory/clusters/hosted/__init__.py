"""OpenShift on one's own machines, with a control plane that a management cluster hosts."""

from aifactory.clusters.hosted.args import (
    HostedAutoscalingArgs,
    HostedClusterArgs,
    HostedPoolArgs,
    HostedStorageClassArgs,
    HostedTaintArgs,
)
from aifactory.clusters.hosted.cluster import HostedCluster

__all__ = [
    "HostedAutoscalingArgs",
    "HostedCluster",
    "HostedClusterArgs",
    "HostedPoolArgs",
    "HostedStorageClassArgs",
    "HostedTaintArgs",
]
