"""The control plane: the cluster, who may do what in it, its add-ons, and how it is reached."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import pulumi
import pulumi_aws as aws

from aifactory.clusters.eks.identities import Role
from aifactory.clusters.eks.keys import Keys
from aifactory.clusters.eks.network import Network
from aifactory.clusters.eks.place import Place
from aifactory.model.eks import EksAccessSpec, EksIdentitySpec, EksSpec

_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")

_POLICIES: Final = {
    "cluster-admin": "AmazonEKSClusterAdminPolicy",
    "admin": "AmazonEKSAdminPolicy",
    "edit": "AmazonEKSEditPolicy",
    "view": "AmazonEKSViewPolicy",
}

_VALUES: Final[Mapping[str, dict[str, Any]]] = {
    # Without it a NetworkPolicy is an object that nobody heeds.
    "vpc-cni": {"enableNetworkPolicy": "true"},
}


def make_cluster(
    place: Place, spec: EksSpec, network: Network, keys: Keys, role: Role, depends_on: Sequence[pulumi.Resource]
) -> aws.eks.Cluster:
    """Make the cluster: its API inside of the network, its secrets in envelopes, and nobody in it by default."""
    reached: aws.eks.ClusterVpcConfigArgsDict = {
        "subnet_ids": list(network.subnets.values()),
        "security_group_ids": [_make_api_group(place, spec, network).id],
        "endpoint_private_access": True,
        "endpoint_public_access": bool(spec.public_cidrs),
    }
    if spec.public_cidrs:
        reached["public_access_cidrs"] = list(spec.public_cidrs)
    return aws.eks.Cluster(
        place.name("cluster"),
        name=place.cluster,
        version=spec.kubernetes,
        role_arn=role.arn,
        vpc_config=reached,
        kubernetes_network_config={"ip_family": "ipv4", "service_ipv4_cidr": spec.service_cidr},
        encryption_config={"provider": {"key_arn": keys.secrets.arn}, "resources": ["secrets"]},
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        enabled_cluster_log_types=list(_LOGS),
        upgrade_policy={"support_type": "EXTENDED" if spec.extended_support else "STANDARD"},
        bootstrap_self_managed_addons=False,
        deletion_protection=spec.protect,
        tags=place.tags("cluster"),
        opts=place.opts([role.role, *role.ready, *depends_on], keep=True),
    )


def _make_api_group(place: Place, spec: EksSpec, network: Network) -> aws.ec2.SecurityGroup:
    """Make the group that lets clients outside of the network reach the API's private addresses."""
    group = aws.ec2.SecurityGroup(
        place.name("api"),
        name=f"{place.cluster}-api",
        description="Kubernetes API: from named private addresses, by TLS",
        vpc_id=network.vpc,
        tags=place.tags("api"),
        opts=place.opts(),
    )
    for cidr in spec.client_cidrs:
        aws.vpc.SecurityGroupIngressRule(
            place.name(f"api-from-{cidr}"),
            security_group_id=group.id,
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=443,
            to_port=443,
            description="Named in client_cidrs",
            opts=place.opts(),
        )
    return group


def make_access(place: Place, cluster: aws.eks.Cluster, access: Mapping[str, EksAccessSpec]) -> list[pulumi.Resource]:
    """Let the named in, each as far as is said."""
    made: list[pulumi.Resource] = []
    for name, spec in access.items():
        entry = aws.eks.AccessEntry(
            place.name(f"access-{name}"),
            cluster_name=cluster.name,
            principal_arn=spec.principal,
            type="STANDARD",
            tags=place.tags(f"access-{name}"),
            opts=place.opts(),
        )
        scope = {"type": "namespace", "namespaces": list(spec.namespaces)} if spec.namespaces else {"type": "cluster"}
        made.append(
            aws.eks.AccessPolicyAssociation(
                place.name(f"access-{name}-{spec.policy}"),
                cluster_name=cluster.name,
                principal_arn=spec.principal,
                policy_arn=f"arn:{place.partition}:eks::aws:cluster-access-policy/{_POLICIES[spec.policy]}",
                access_scope=cast("aws.eks.AccessPolicyAssociationAccessScopeArgsDict", scope),
                opts=place.opts([entry]),
            )
        )
    return made


def make_addon(
    place: Place,
    cluster: aws.eks.Cluster,
    name: str,
    version: str,
    depends_on: Sequence[pulumi.Resource],
    identity: tuple[str, Role] | None = None,
) -> aws.eks.Addon:
    """Make an add-on.

    Args:
        place: where.
        cluster: of which cluster.
        name: AWS's name of it.
        version: its version.
        depends_on: what must be there before.
        identity: its service account, and the role that this acts as.
    """
    values = _VALUES.get(name)
    ready = [identity[1].role, *identity[1].ready] if identity else []
    return aws.eks.Addon(
        place.name(f"addon-{name}"),
        cluster_name=cluster.name,
        addon_name=name,
        addon_version=version,
        configuration_values=json.dumps(values) if values else None,
        pod_identity_associations=[{"service_account": identity[0], "role_arn": identity[1].arn}] if identity else None,
        resolve_conflicts_on_create="NONE",
        # What is declared wins over what was changed by hand.
        resolve_conflicts_on_update="OVERWRITE",
        preserve=False,
        tags=place.tags(f"addon-{name}"),
        opts=place.opts([*ready, *depends_on]),
    )


def associate(
    place: Place,
    cluster: aws.eks.Cluster,
    name: str,
    spec: EksIdentitySpec,
    role: Role,
    depends_on: Sequence[pulumi.Resource],
) -> aws.eks.PodIdentityAssociation:
    """Let a service account act as its role."""
    return aws.eks.PodIdentityAssociation(
        place.name(f"identity-{name}"),
        cluster_name=cluster.name,
        namespace=spec.namespace,
        service_account=spec.service_account,
        role_arn=role.arn,
        tags=place.tags(f"identity-{name}"),
        opts=place.opts([role.role, *role.ready, *depends_on]),
    )


def kubeconfig(place: Place, cluster: aws.eks.Cluster) -> pulumi.Output[str]:
    """Return the way into the cluster, kept secret. It holds no credentials: whoever uses it asks AWS for a token."""
    authority = cluster.certificate_authority.apply(lambda found: found.data if found else None)
    parts = pulumi.Output.all(endpoint=cluster.endpoint, authority=authority)
    return pulumi.Output.secret(
        parts.apply(lambda found: json.dumps(_kubeconfig(place, found["endpoint"], found["authority"])))
    )


def _kubeconfig(place: Place, endpoint: str, authority: str) -> dict[str, Any]:
    token = ["--region", place.location, "eks", "get-token", "--cluster-name", place.cluster, "--output", "json"]
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": place.cluster,
        "clusters": [{"name": place.cluster, "cluster": {"server": endpoint, "certificate-authority-data": authority}}],
        "contexts": [{"name": place.cluster, "context": {"cluster": place.cluster, "user": place.cluster}}],
        "users": [
            {
                "name": place.cluster,
                "user": {
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1beta1",
                        "command": "aws",
                        "args": token,
                        "interactiveMode": "Never",
                    }
                },
            }
        ],
    }


def issuer(cluster: aws.eks.Cluster) -> pulumi.Output[str]:
    """Return the URL that signs service accounts' tokens; empty while AWS has not said it."""

    def url(identities: Sequence[Any] | None) -> str:
        issuers = [oidc.issuer for identity in identities or () for oidc in identity.oidcs or ()]
        return str(issuers[0]) if issuers else ""

    return cluster.identities.apply(url)
