"""Where operators come from: code from outside that runs with wide rights in the cluster."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aifactory.catalog import releases
from aifactory.model import InstallMode, OperatorSpec
from aifactory.sovereignty.flow import Flow, FlowKind, image_flows


@dataclass(frozen=True, slots=True)
class Fetched:
    """What of an operator was fetched into a bundle and is not fetched again.

    Attributes:
        chart: whether the chart lies in it.
        images: images of the pods in its manifests.
    """

    chart: bool = False
    images: tuple[str, ...] = ()


def operator_flows(
    name: str, operators: Mapping[str, OperatorSpec], fetched: Mapping[str, Fetched] | None = None
) -> tuple[Flow, ...]:
    """Return the pulls of charts and images of the operators that we install; what is adopted is its owner's to declare.

    Args:
        name: name of the component.
        operators: the operators by their name in the catalog.
        fetched: what lies in bundles, by operator.
    """
    there = fetched or {}
    return tuple(flow for key, spec in operators.items() for flow in _flows(name, key, spec, there.get(key, Fetched())))


def _flows(name: str, key: str, spec: OperatorSpec, fetched: Fetched) -> Iterator[Flow]:
    release, block = releases()[key], f"operator {name}/{key}"
    if spec.install is InstallMode.MANIFESTS:
        yield from image_flows(block, list(dict.fromkeys([*release.images, *fetched.images])))
    elif spec.install is InstallMode.HELM and release.charts:
        for chart in () if fetched.chart else release.charts:
            note = f"chart {chart.name} {chart.version}, fetched by whoever runs Pulumi"
            for host in chart.hosts:
                yield Flow(block, FlowKind.IMAGE_PULL, host, encrypted=True, note=note)
        yield from image_flows(block, [*release.images, *_images_in(spec.values)])
    elif spec.install is InstallMode.OLM and release.olm:
        source, where = (spec.olm.source, spec.olm.source_namespace) if spec.olm else (None, None)
        catalog = f"OLM catalog {where or release.olm.source_namespace}/{source or release.olm.source}"
        note = "the catalog decides where images come from; a disconnected cluster has a mirror of it"
        # A mirror's CatalogSource decides for itself; what the vendor's says does not hold there.
        registries = () if source or where else release.olm.registries
        for host in registries or (catalog,):
            known = True if registries else None
            yield Flow(block, FlowKind.IMAGE_PULL, host, encrypted=known, note=note)


def _images_in(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the user's values say of where images come from, at any depth, as names that begin with the registry."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _images_in(cast("Mapping[str, Any]", value))
        elif isinstance(value, str) and key in {"registry", "imageRegistry"}:
            yield f"{value}/image"
        elif isinstance(value, str) and key in {"repository", "image"} and _names_a_host(value):
            yield value


def _names_a_host(value: str) -> bool:
    first = value.split("/", 1)[0]
    return "/" in value and ("." in first or ":" in first)
