"""Charts: what Helm is told to install one, ours under the user's values."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aifactory.catalog import Chart
from aifactory.model import RegistrySpec
from aifactory.render.chart_values import chart_values
from aifactory.render.registry import through_chart

TIMEOUT_SECONDS: Final = 600
"""How long an operator may take to come up; its images are large, and a mirror may be cold."""


@dataclass(frozen=True, slots=True)
class HelmRelease:
    """One installation of a chart.

    Attributes:
        name: of the release; fixed, as objects that the chart makes are named after it.
        namespace: that it goes into.
        chart: as Helm takes it: its name in a repository, or in full from a registry.
        repo: repository with an index; empty for a registry.
        version: of the chart; empty for one that lies in a bundle.
        values: ours, with the user's over them.
        timeout_seconds: how long Helm waits for what the chart makes.
        skip_crds: whether Helm leaves the definitions in the chart's ``crds/`` alone, because they are objects of ours.
    """

    name: str
    namespace: str
    chart: str
    repo: str
    version: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    timeout_seconds: int = TIMEOUT_SECONDS
    skip_crds: bool = False


def helm_release(
    operator: str, namespace: str, chart: Chart, values: Mapping[str, Any], registry: RegistrySpec | None = None
) -> HelmRelease:
    """Return the installation of a chart.

    Args:
        operator: its name in the catalog.
        namespace: that it goes into.
        chart: the chart, with the values that are ours.
        values: the user's for this chart, which go over ours map by map.
        registry: where its images, and the chart if it lies in a registry, come from; None: from where they are.
    """
    return HelmRelease(
        name=chart.release_name,
        namespace=namespace,
        chart=through_chart(chart, registry),
        repo="" if chart.is_oci else chart.repo,
        version=chart.version,
        values=chart_values(operator, registry, values, chart),
    )


def bundled_release(release: HelmRelease, chart: str, *, has_crds: bool) -> HelmRelease:
    """Return the installation of a chart that lies in a bundle, or whose definitions do.

    Args:
        release: the installation of the chart from its repository.
        chart: path of the chart in the bundle; empty when the bundle has none.
        has_crds: whether the bundle has the definitions.
    """
    if not chart:
        return replace(release, skip_crds=has_crds)
    # No version: a chart on disk has the one that it has, and its digest says more.
    return replace(release, chart=chart, repo="", version="", skip_crds=has_crds)
