"""Clusters for tests, and the engine's mocks with what AWS would answer."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pulumi
import pytest

from aifactory.clusters.eks import EksCluster
from tests.unit import pulumi_program
from tests.unit.pulumi_program import Ran, Registered

ACCOUNT = "123456789012"
SITE = {"provider": "aws", "location": "eu-central-1", "country": "DE", "operator": "aws"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "frankfurt", "site": SITE, "profiles": ["none"]}

ADDONS = {
    "vpc-cni": "v1.20.1-eksbuild.3",
    "kube-proxy": "v1.35.0-eksbuild.2",
    "eks-pod-identity-agent": "v1.3.8-eksbuild.2",
    "coredns": "v1.12.3-eksbuild.1",
    "aws-ebs-csi-driver": "v1.48.0-eksbuild.2",
}
SYSTEM: dict[str, Any] = {
    "instance_types": ["m7i.xlarge"],
    "image": "al2023",
    "release": "1.35.0-20260401",
    "capacity": [{"kind": "on-demand", "nodes": 3, "max_nodes": 6}],
}
GPU: dict[str, Any] = {
    "instance_types": ["p5.48xlarge"],
    "image": "al2023-nvidia",
    "release": "1.35.0-20260401",
    "accelerator": "h100-sxm-80gb",
    "disk_gib": 500,
    "local_disks": "raid0",
    "efa": True,
    "capacity": [
        {"kind": "reservation", "reservation": "cr-0123456789abcdef0", "zone": "eu-central-1a", "nodes": 2, "max_nodes": 4},
        {"kind": "capacity-block", "reservation": "cr-0123456789abcdef1", "zone": "eu-central-1b", "max_nodes": 4},
        {"kind": "on-demand", "zone": "eu-central-1a", "max_nodes": 2},
        {"kind": "spot", "zone": "eu-central-1a", "max_nodes": 2},
    ],
}
SMALL: dict[str, Any] = {
    "account": ACCOUNT,
    "cluster_name": "demo-fra",
    "kubernetes": "1.35",
    "zones": ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
    "network": {"cidr": "10.20.0.0/16"},
    "access": {"pipeline": {"principal": f"arn:aws:iam::{ACCOUNT}:role/pulumi", "policy": "cluster-admin"}},
    "addons": ADDONS,
    "system": SYSTEM,
}
FULL: dict[str, Any] = SMALL | {
    "pools": {"h100": GPU},
    "identities": {
        "billing": {"namespace": "data", "service_account": "billing", "stores": {"backups": "write"}},
        "llm": {"namespace": "ai", "service_account": "llm", "stores": {"models": "read"}},
    },
    "access": SMALL["access"]
    | {"science": {"principal": f"arn:aws:iam::{ACCOUNT}:role/science", "policy": "edit", "namespaces": ["ai"]}},
    "stores": {"backups": {"lock_days": 30, "data_class": "personal"}, "models": {}},
    "client_cidrs": ["10.99.0.0/24"],
    "key": "fra-kms",
}
ENDPOINT = "https://ABC.gr7.eu-central-1.eks.amazonaws.com"
ISSUER = "https://oidc.eks.eu-central-1.amazonaws.com/id/ABC"


def _answered(kind: str, name: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what AWS would give out besides what it was given."""
    if kind == "aws:eks/cluster:Cluster":
        return inputs | {
            "endpoint": ENDPOINT,
            "certificateAuthority": {"data": "Q0E="},
            "identities": [{"oidcs": [{"issuer": ISSUER}]}],
            "vpcConfig": inputs["vpcConfig"] | {"clusterSecurityGroupId": "sg-cluster"},
        }
    if kind == "aws:kms/key:Key":
        return inputs | {"arn": f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/{name}", "keyId": name}
    if kind == "aws:ec2/launchTemplate:LaunchTemplate":
        return inputs | {"latestVersion": 3}
    return inputs


class _Aws(pulumi_program._Echo):
    def new_resource(self, args: Any) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", _answered(args.typ, args.name, dict(args.inputs))


@contextmanager
def aws_answers() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pulumi_program, "_Echo", _Aws)
        yield


def made(args: dict[str, Any] | None = None, *, preview: bool = False, **owner: Any) -> Ran:
    """Make a cluster under mocks."""
    with aws_answers():
        return pulumi_program.run(program(OWNER | (SMALL if args is None else args) | owner), preview=preview)


def program(args: Any) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        cluster = EksCluster("it", args)
        names = ("identifier", "kubeconfig", "issuer", "storage_classes", "object_stores")
        return {name: getattr(cluster, name) for name in names}

    return make


def named(ran: Ran, name: str) -> Registered:
    (found,) = [resource for resource in ran.registered if resource.name == name]
    return found


def kind(resource: Registered) -> str:
    return resource.type.rpartition(":")[2]
