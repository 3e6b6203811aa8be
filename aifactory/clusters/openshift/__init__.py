"""OpenShift on Azure, run by Microsoft and Red Hat. The cloud's SDK is imported when a cluster is made, not before."""

from aifactory.clusters.openshift.args import (
    OpenShiftClusterArgs,
    OpenShiftNetworkArgs,
    OpenShiftSubnetsArgs,
    OpenShiftWorkersArgs,
)
from aifactory.clusters.openshift.cluster import OpenShiftCluster

__all__ = [
    "OpenShiftCluster",
    "OpenShiftClusterArgs",
    "OpenShiftNetworkArgs",
    "OpenShiftSubnetsArgs",
    "OpenShiftWorkersArgs",
]
