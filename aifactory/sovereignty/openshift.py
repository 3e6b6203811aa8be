"""Flows of OpenShift on Azure: disks, keys, the service's own monitoring and access, images, reports."""

from collections.abc import Iterator
from typing import Final

from aifactory.model.openshift import OpenShiftSpec
from aifactory.model.site import SiteSpec
from aifactory.sovereignty.flow import HERE, Flow, FlowKind

SERVICE_REGISTRY: Final = "arosvc.azurecr.io"
"""Where the images of the release and of the service come from, a registry that is replicated to the location ("Control
egress traffic for your Azure Red Hat OpenShift cluster", learn.microsoft.com/azure/openshift/howto-restrict-egress)."""

SERVICE_MONITORING: Final = "monitor.core.windows.net"
"""Where the service's own monitoring sends to, so that Microsoft's team sees the cluster (the same document)."""

RED_HAT_TELEMETRY: Final = "infogw.api.openshift.com"
"""Where OpenShift's Telemetry goes while the pull secret has an entry cloud.openshift.com (OpenShift documentation)."""

STORAGE_CLASS: Final = "managed-csi-encrypted-cmk"
"""The default StorageClass of clusters with a disk encryption set (ARO-RP, pkg/cluster/defaultstorageclass.go)."""


def openshift_flows(name: str, spec: OpenShiftSpec, site: SiteSpec) -> tuple[Flow, ...]:
    """Return the flows of a cluster on Azure.

    Args:
        name: name of the cluster.
        spec: what it is.
        site: where it stands.
    """
    block = f"openshift cluster {name}"
    return (
        *_kept(block, spec, site),
        *_run_by_others(block, spec),
        Flow(
            block, FlowKind.IMAGE_PULL, SERVICE_REGISTRY, encrypted=True, note="the release, through the service's own proxy"
        ),
    )


def _kept(block: str, spec: OpenShiftSpec, site: SiteSpec) -> Iterator[Flow]:
    note = f"disks of all machines, etcd's among them, encrypted by {spec.disk_encryption_set.rpartition('/')[2]}"
    yield Flow(block, FlowKind.STORAGE, HERE, spec.data_class, encrypted=True, note=note, part="disks", key=spec.key)
    note = "the key of the disk encryption set, in a key vault; without it every machine stops"
    yield Flow(
        block,
        FlowKind.KEY,
        "disk encryption set",
        note=note,
        encrypted=True,
        operator=site.operator,
        country=site.country,
        key=spec.key,
    )
    note = "logs of the control plane, among them the audit log, on the cluster's own disks"
    yield Flow(block, FlowKind.LOGS, HERE, spec.data_class, encrypted=True, note=note, part="cluster", key=spec.key)


def _run_by_others(block: str, spec: OpenShiftSpec) -> Iterator[Flow]:
    note = "the service's own monitoring, which nobody can switch off; where Microsoft keeps it is not said"
    yield Flow(block, FlowKind.LOGS, SERVICE_MONITORING, note=note, encrypted=True, part="service", operator="microsoft")
    note = "who reaches the API, which has a private address alone"
    yield Flow(block, FlowKind.ADMIN, HERE, note=note, encrypted=True, part="api")
    for vendor in ("microsoft", "red-hat"):
        note = "its engineers reach the control plane by a private link, to keep the service up"
        yield Flow(block, FlowKind.SUPPORT, vendor, note=note, encrypted=True, operator=vendor, part=vendor)
    note = "what OpenShift reports of itself, unless the pull secret has no entry cloud.openshift.com"
    silenced = None if spec.reports is None else not spec.reports
    yield Flow(
        block, FlowKind.TELEMETRY, RED_HAT_TELEMETRY, note=note, encrypted=True, operator="red-hat", silenced=silenced
    )
