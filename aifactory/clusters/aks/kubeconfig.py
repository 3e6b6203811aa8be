"""The kubeconfig of an AKS cluster: its address and authority, and kubelogin for whoever asks; no credential is in it."""

import base64
import json
from typing import Any, Final, cast

import pulumi
import yaml
from pulumi_azure_native import containerservice

from aifactory.catalog.aks import aks
from aifactory.clusters.aks.cloud import Cloud

EXEC_API: Final = "client.authentication.k8s.io/v1beta1"
"""What kubelogin speaks (kubelogin, get-token)."""


def kubeconfig_of(cloud: Cloud, cluster: containerservice.ManagedCluster) -> pulumi.Output[str]:
    """Return the kubeconfig; unknown before the cluster is there, and secret.

    Azure tells the cluster's authority in the user's kubeconfig alone. What else is in that one is not taken.
    """
    # By the identifier, which nobody knows before the cluster is there: until then Azure is not asked.
    asked = containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=cloud.group,
        resource_name=cluster.id.apply(lambda identifier: identifier.rpartition("/")[2]),
        format="exec",
        opts=pulumi.InvokeOutputOptions(parent=cloud.parent, provider=cloud.provider),
    )
    host = cluster.private_fqdn if cloud.spec.private else cluster.fqdn
    authority = asked.kubeconfigs.apply(lambda found: authority_of(found[0].value))
    written = pulumi.Output.all(host, authority).apply(
        lambda found: write_kubeconfig(cloud.name, found[0], found[1], cloud.spec.login)
    )
    return pulumi.Output.secret(written)


def authority_of(encoded: str) -> str:
    """Return the certificate authority in a kubeconfig that Azure gives, base64 in base64 as it comes."""
    given = cast("dict[str, Any]", yaml.safe_load(base64.b64decode(encoded)))
    return str(given["clusters"][0]["cluster"]["certificate-authority-data"])


def write_kubeconfig(name: str, host: str, authority: str, login: str) -> str:
    """Return a kubeconfig that asks kubelogin for a token each time.

    Args:
        name: name of the cluster.
        host: host of its API.
        authority: certificate authority in base64.
        login: how kubelogin proves who runs it.
    """
    command = {
        "apiVersion": EXEC_API,
        "command": "kubelogin",
        "args": [
            "get-token",
            "--environment",
            "AzurePublicCloud",
            "--server-id",
            aks().server_application.id,
            "--login",
            login,
        ],
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    cluster = {"server": f"https://{host}:443", "certificate-authority-data": authority}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": cluster}],
            "users": [{"name": name, "user": {"exec": command}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
