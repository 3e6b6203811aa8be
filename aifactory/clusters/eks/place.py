"""Where a cluster's resources are made and what they are called; everything in it is known before the engine starts."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from aifactory.conventions import GROUP

PolicyStatement = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One cluster's place and names.

    Attributes:
        component: name of the component, which begins the name of each of its resources.
        cluster: name of the cluster, which begins the names of roles and buckets.
        partition: AWS partition.
        location: AWS region.
        account: AWS account.
        country: country that the machines stand in.
        owner: whose it all is, for tags.
        protect: whether what holds data is protected.
        parent: the component.
        provider: the provider of this account and region.
    """

    component: str
    cluster: str
    partition: str
    location: str
    account: str
    country: str
    owner: str
    protect: bool
    parent: pulumi.Resource
    provider: pulumi.ProviderResource

    def name(self, what: str) -> str:
        """Return the Pulumi name of a resource."""
        return f"{self.component}-{what}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account, region and partition."""
        region = "" if service == "iam" else self.location
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def aws_policy(self, name: str) -> str:
        """Return the ARN of a policy of AWS's own, in this partition."""
        return f"arn:{self.partition}:iam::aws:policy/{name}"

    @property
    def cluster_arn(self) -> str:
        """The cluster's identity."""
        return self.arn("eks", f"cluster/{self.cluster}")

    @property
    def log_group(self) -> str:
        """Name of the log group that EKS writes the control plane's logs to; EKS chose it."""
        return f"/aws/eks/{self.cluster}/cluster"

    def tags(self, what: str) -> dict[str, str]:
        """Return the tags of a resource."""
        return {"Name": f"{self.cluster}-{what}", f"{GROUP}/owner": self.owner}

    def opts(self, depends_on: Sequence[pulumi.Resource] = (), *, keep: bool = False) -> pulumi.ResourceOptions:
        """Return the options of a resource.

        Args:
            depends_on: what must be there before.
            keep: whether it holds data, or keys to data.
        """
        held = keep and self.protect
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=list(depends_on),
            protect=held,
            retain_on_delete=held,
        )


def policy(*statements: PolicyStatement) -> str:
    """Return a policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], resources: Sequence[str], **more: object) -> PolicyStatement:
    """Return a statement that allows actions on resources; `more` may be a condition or a principal."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources), **more}


def trust(service: str, *actions: str, **condition: object) -> str:
    """Return who may take on a role: one service, for one source where the service names it."""
    found = {"Condition": condition} if condition else {}
    return policy(
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions or ("sts:AssumeRole",)), **found}
    )
