"""A cluster on Amazon EKS. Importing this does not import pulumi-aws: that is for whoever makes one."""

from aifactory.clusters.eks.args import (
    EksAccessArgs,
    EksCapacityArgs,
    EksClusterArgs,
    EksIdentityArgs,
    EksKeysArgs,
    EksNetworkArgs,
    EksPoolArgs,
    EksStoreArgs,
    EksTaintArgs,
)
from aifactory.clusters.eks.cluster import EksCluster

__all__ = [
    "EksAccessArgs",
    "EksCapacityArgs",
    "EksCluster",
    "EksClusterArgs",
    "EksIdentityArgs",
    "EksKeysArgs",
    "EksNetworkArgs",
    "EksPoolArgs",
    "EksStoreArgs",
    "EksTaintArgs",
]
