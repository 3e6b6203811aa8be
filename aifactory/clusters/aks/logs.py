"""Where the logs of an AKS cluster, its vault and its stores go."""

from collections.abc import Sequence
from typing import Final

import pulumi
from pulumi_azure_native import monitor, operationalinsights

from aifactory.clusters.aks.cloud import Cloud

CONTROL_PLANE: Final = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "cluster-autoscaler",
    "cloud-controller-manager",
    "guard",
    "csi-azuredisk-controller",
    "csi-snapshot-controller",
)
"""Logs of the control plane besides the audit (AKS monitoring data reference, supported resource logs)."""

CHANGES: Final = "kube-audit-admin"
EVERYTHING: Final = "kube-audit"
"""The audit without and with reads (the same reference)."""


def make_workspace(cloud: Cloud) -> tuple[pulumi.Input[str], tuple[pulumi.Resource, ...]]:
    """Return the workspace that logs go to, and what was made of it."""
    given = cloud.spec.logs.workspace
    if given is not None:
        return given, ()
    made = operationalinsights.Workspace(
        f"{cloud.name}-logs",
        workspace_name=f"{cloud.name}-logs",
        resource_group_name=cloud.group,
        location=cloud.site.location,
        sku={"name": "PerGB2018"},
        retention_in_days=cloud.spec.logs.retention_days,
        features={"disable_local_auth": True, "enable_log_access_using_only_resource_permissions": True},
        # Diagnostic settings come on a way of Azure's own, which this does not close; whoever reads needs a private link.
        public_network_access_for_ingestion="Disabled",
        public_network_access_for_query="Disabled",
        tags=cloud.tags,
        opts=cloud.opts(keeps=True),
    )
    return made.id, (made,)


def audit_categories(cloud: Cloud) -> list[monitor.DiagnosticsLogSettingsArgs]:
    """Return the control plane's logs that are kept."""
    audit = EVERYTHING if cloud.spec.logs.every_read else CHANGES
    return [monitor.DiagnosticsLogSettingsArgs(category=name, enabled=True) for name in (*CONTROL_PLANE, audit)]


def audit_group() -> list[monitor.DiagnosticsLogSettingsArgs]:
    """Return the logs of a vault or store that say who did what."""
    return [monitor.DiagnosticsLogSettingsArgs(category_group="audit", enabled=True)]


def keep_logs(
    cloud: Cloud,
    purpose: str,
    resource: pulumi.Input[str],
    workspace: pulumi.Input[str],
    logs: list[monitor.DiagnosticsLogSettingsArgs],
    depends_on: Sequence[pulumi.Resource] = (),
) -> None:
    """Send the logs of a resource to the workspace.

    Args:
        cloud: where.
        purpose: part of the name.
        resource: whose logs.
        workspace: where to.
        logs: which.
        depends_on: resources that must be there before.
    """
    monitor.DiagnosticSetting(
        f"{cloud.name}-{purpose}-logs",
        name=f"{cloud.name}-logs",
        resource_uri=resource,
        workspace_id=workspace,
        log_analytics_destination_type="Dedicated",
        logs=logs,
        opts=cloud.opts(depends_on),
    )
