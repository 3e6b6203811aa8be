"""Flows through the registry of a region: images come from its mirror, and not from where they once were."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Final

from aifactory.catalog import releases
from aifactory.model.registry import RegistrySpec
from aifactory.sovereignty.flow import Flow, FlowKind

_DECIDED_BY_A_CATALOG: Final = "the catalog decides"
"""How the note of a pull begins whose place OLM's catalog decides: mirrors of it are the cluster's own setting."""


def flows_through_registry(flows: Iterable[Flow], registry: RegistrySpec | None) -> tuple[Flow, ...]:
    """Return flows with each pull of an image coming from the registry that it is taken from, once each.

    Charts of repositories with an index come from there all the same, and so does what OLM installs: its mirrors are the
    cluster's own setting (ImageDigestMirrorSet).

    The host that an image has without a mirror is kept in the note: a pull-through cache still asks there.

    Args:
        flows: flows of blocks, as they are without a mirror.
        registry: where the region's images come from; None: the flows as they are.
    """
    if registry is None:
        return tuple(flows)
    return tuple(dict.fromkeys(_through(flow, registry) for flow in flows))


def _through(flow: Flow, registry: RegistrySpec) -> Flow:
    if flow.kind is not FlowKind.IMAGE_PULL or flow.destination in registry.hosts | _index_hosts():
        return flow
    if flow.note.startswith(_DECIDED_BY_A_CATALOG):
        return flow
    host = (registry.prefix(flow.destination) or flow.destination).partition("/")[0]
    if host == flow.destination:
        return flow
    note = f"mirror of {flow.destination}"
    return replace(flow, destination=host, note=f"{flow.note}; {note}" if flow.note else note)


@cache
def _index_hosts() -> frozenset[str]:
    """Return the hosts that charts are fetched from and that are no registries of images."""
    charts = [chart for release in releases().values() for chart in release.charts if not chart.is_oci]
    return frozenset(host for chart in charts for host in chart.hosts)
