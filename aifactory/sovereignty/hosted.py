"""Flows of hosted OpenShift clusters: where etcd and the nodes' disks lie, whose images run, who is told."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from aifactory.model.hosted import HostedPlatform, HostedSpec
from aifactory.model.site import SiteSpec
from aifactory.sovereignty.flow import HERE, NODE_DISKS, Flow, FlowKind, image_flows

RED_HAT_TELEMETRY: Final = "infogw.api.openshift.com"
"""Where OpenShift's Telemetry goes while the pull secret holds an entry for cloud.openshift.com (OpenShift documentation,
"About remote health monitoring" and "Opting out of remote health reporting")."""


def hosted_flows(name: str, spec: HostedSpec, site: SiteSpec) -> tuple[Flow, ...]:
    """Return the flows of a hosted cluster: etcd, disks, keys, logs, administration, images, reports.

    Args:
        name: name of the cluster.
        spec: what it is.
        site: where its nodes stand.
    """
    block = f"hosted cluster {name}"
    return (
        *_control_plane(block, spec, site),
        *_disks(block, spec),
        *image_flows(block, (spec.release, *(spec.release_of(pool) for pool in spec.pools))),
        _reports(block, spec),
    )


def _control_plane(block: str, spec: HostedSpec, site: SiteSpec) -> Iterator[Flow]:
    """Yield what lies and ends on the management cluster, which may stand elsewhere than the nodes."""
    country, operator = spec.management_country or site.country, spec.management_operator or site.operator
    inside = country == site.country and operator == site.operator
    for flow in _on_management(block, spec):
        elsewhere = replace(flow, destination=f"management cluster {spec.management}", country=country, operator=operator)
        yield flow if inside else elsewhere
    note = "who reaches the cluster's API"
    where = ", ".join(spec.allowed_cidrs) or spec.address
    yield Flow(block, FlowKind.ADMIN, where, note=note, encrypted=True, part="api")


def _on_management(block: str, spec: HostedSpec) -> Iterator[Flow]:
    where, data_class = spec.etcd_storage_class or "", spec.data_class
    note = f"etcd, on {where or 'the default storage class'} of {spec.management}"
    yield Flow(block, FlowKind.STORAGE, HERE, data_class, note=note, part="etcd", storage_class=where)
    note = f"Secret {spec.encryption_key} of {spec.management} encrypts Secrets and ConfigMaps in etcd"
    yield Flow(block, FlowKind.KEY, HERE, note=note, encrypted=True, key=spec.key)
    note = f"logs of the control plane, among them the audit log, in pods of {spec.management}"
    yield Flow(block, FlowKind.LOGS, HERE, data_class, encrypted=True, note=note)
    note = f"who administers {spec.management} reads the kubeconfig and etcd of this cluster"
    yield Flow(block, FlowKind.ADMIN, HERE, note=note, encrypted=True, part="management")


def _disks(block: str, spec: HostedSpec) -> Iterator[Flow]:
    for name, pool in spec.pools.items():
        machines = spec.platform is HostedPlatform.KUBEVIRT
        where = (pool.storage_class or "") if machines else NODE_DISKS
        note = f"disks of its machines, on {where or 'the default storage class'} of {spec.management}"
        yield Flow(
            block,
            FlowKind.STORAGE,
            HERE,
            spec.data_class,
            note=note if machines else "disks of its hosts",
            part=f"pool {name}",
            storage_class=where,
        )


def _reports(block: str, spec: HostedSpec) -> Flow:
    silenced = None if spec.reports is None else not spec.reports
    note = "what OpenShift reports of itself, unless the pull secret has no entry cloud.openshift.com"
    return Flow(
        block, FlowKind.TELEMETRY, RED_HAT_TELEMETRY, note=note, encrypted=True, operator="red-hat", silenced=silenced
    )
