"""Roles: of the control plane, of nodes, of add-ons, and of service accounts that the owner names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from aifactory.clusters.eks.keys import REENCRYPT, USE, Keys
from aifactory.clusters.eks.place import Place, allow, policy, trust
from aifactory.clusters.eks.stores import Store
from aifactory.model.eks import EksIdentitySpec

_READ: Final = ("s3:GetObject", "s3:GetObjectVersion")
_WRITE: Final = ("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject")
_LIST: Final = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")


@dataclass(frozen=True)
class Role:
    """A role.

    Attributes:
        role: it.
        arn: its ARN, known before it is there.
        ready: what must be there before somebody acts as it.
    """

    role: aws.iam.Role
    arn: str
    ready: list[pulumi.Resource]


def make_role(
    place: Place, what: str, trusted: str, aws_policies: Sequence[str] = (), inline: pulumi.Input[str] | None = None
) -> Role:
    """Make a role.

    Args:
        place: where.
        what: what it is for; part of its name.
        trusted: who may take it on.
        aws_policies: names of AWS's own policies that it has.
        inline: a policy of its own.
    """
    name = f"{place.cluster}-{what}"
    role = aws.iam.Role(
        place.name(f"role-{what}"),
        name=name,
        assume_role_policy=trusted,
        tags=place.tags(f"role-{what}"),
        opts=place.opts(),
    )
    ready: list[pulumi.Resource] = [
        aws.iam.RolePolicyAttachment(
            place.name(f"role-{what}-{one.rpartition('/')[2]}"),
            role=role.name,
            policy_arn=place.aws_policy(one),
            opts=place.opts(),
        )
        for one in aws_policies
    ]
    if inline is not None:
        ready.append(
            aws.iam.RolePolicy(place.name(f"role-{what}-own"), name="own", role=role.name, policy=inline, opts=place.opts())
        )
    return Role(role, place.arn("iam", f"role/{name}"), ready)


def make_cluster_role(place: Place, keys: Keys) -> Role:
    """Make the control plane's role, which may open secrets with their key."""
    secrets = keys.secrets.arn.apply(
        lambda arn: policy(allow(["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ListGrants"], [arn]))
    )
    return make_role(place, "cluster", trust("eks.amazonaws.com"), ["AmazonEKSClusterPolicy"], secrets)


def make_node_role(place: Place) -> Role:
    """Make the nodes' role: to join and to pull images. The network plugin and the volume driver have roles of their own."""
    mine = ["AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"]
    return make_role(place, "nodes", trust("ec2.amazonaws.com"), mine)


def pod_trust(place: Place, namespace: str, service_account: str) -> str:
    """Return that one service account of this cluster may take on a role, and nobody else."""
    wanted = {
        "aws:RequestTag/eks-cluster-arn": place.cluster_arn,
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": service_account,
    }
    return trust("pods.eks.amazonaws.com", "sts:AssumeRole", "sts:TagSession", StringEquals=wanted)


def make_network_plugin_role(place: Place) -> Role:
    """Make the role of the VPC CNI plugin."""
    return make_role(place, "vpc-cni", pod_trust(place, "kube-system", "aws-node"), ["AmazonEKS_CNI_Policy"])


def make_volume_driver_role(place: Place, keys: Keys) -> Role:
    """Make the role of the EBS driver, which may encrypt volumes with their key and no other."""
    own = keys.volumes.arn.apply(
        lambda arn: policy(
            allow([*USE, *REENCRYPT], [arn]),
            allow(["kms:CreateGrant"], [arn], Condition={"Bool": {"kms:GrantIsForAWSResource": "true"}}),
        )
    )
    trusted = pod_trust(place, "kube-system", "ebs-csi-controller-sa")
    return make_role(place, "ebs-csi", trusted, ["service-role/AmazonEBSCSIDriverPolicy"], own)


def make_identity(place: Place, keys: Keys, stores: Mapping[str, Store], name: str, spec: EksIdentitySpec) -> Role:
    """Make the role of a service account, with what it may do in object stores."""
    inline = keys.stores.arn.apply(lambda key: policy(*_statements(stores, spec, key))) if spec.stores else None
    return make_role(place, f"pod-{name}", pod_trust(place, spec.namespace, spec.service_account), (), inline)


def _statements(stores: Mapping[str, Store], spec: EksIdentitySpec, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for store, mode in spec.stores.items():
        arn = stores[store].arn
        found.append(allow(_LIST, [arn]))
        found.append(allow([*_READ, *(_WRITE if mode == "write" else ())], [f"{arn}/*"]))
    writes = "write" in spec.stores.values()
    found.append(allow(["kms:Decrypt", "kms:DescribeKey", *(["kms:GenerateDataKey"] if writes else [])], [key]))
    return found
