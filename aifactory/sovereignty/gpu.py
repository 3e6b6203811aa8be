"""Where the GPU Operator's operands come from, and who reads what they measure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from aifactory.catalog.gpu_operands import gpu_operands
from aifactory.model import GpuOperatorSpec, GpuPlatform
from aifactory.sovereignty.flow import HERE, Flow, FlowKind, image_flows

PACKAGE_REPOSITORIES: Final = "package repositories of the nodes' operating system"
"""Where a driver that is built on the node gets compiler and kernel headers from: whatever the node's own sources name."""

OPENSHIFT_RELEASES: Final = "quay.io"
"""Registry of OpenShift's release images; the image that drivers are built in is one of them."""

_ALWAYS = ("validator", "device-plugin", "feature-discovery", "mig-manager")
_WITH_DRIVER = ("driver", "driver-manager", "toolkit")


def gpu_operator_flows(name: str, spec: GpuOperatorSpec) -> tuple[Flow, ...]:
    """Return the flows of the operator's operands on the GPU nodes.

    Args:
        name: name of the component.
        spec: what the operator is to do.
    """
    block = f"gpu operator {name}"
    images = [*(gpu_operands()[role].reference for role in _roles(spec)), *_images_in(spec.overrides)]
    return (*image_flows(block, images), *_build_flows(block, spec), *_metrics_flows(block, spec))


def _roles(spec: GpuOperatorSpec) -> tuple[str, ...]:
    """Name the operands that run. On OpenShift OLM's bundle names their images by digest, in the same registry."""
    driver = _WITH_DRIVER if spec.platform.operator_brings_driver else ()
    exporter = ("dcgm-exporter",) if spec.monitoring else ()
    return (*_ALWAYS, *driver, *exporter)


def _images_in(values: Mapping[str, Any]) -> Iterator[str]:
    """Yield the images that overrides name, at any depth, such as those of GPUDirect Storage."""
    repository, image = values.get("repository"), values.get("image")
    if isinstance(repository, str):
        yield f"{repository}/{image}"
    elif isinstance(image, str):
        yield image
    for value in values.values():
        if isinstance(value, Mapping):
            yield from _images_in(cast("Mapping[str, Any]", value))


def _build_flows(block: str, spec: GpuOperatorSpec) -> Iterator[Flow]:
    """Yield what a driver that is built on the node fetches while it starts; a precompiled one fetches nothing."""
    if not spec.platform.operator_brings_driver or spec.driver.precompiled:
        return
    if spec.platform is GpuPlatform.OPENSHIFT:
        note = "the driver is built in an image of OpenShift's own release; a disconnected cluster has a mirror of it"
        yield Flow(block, FlowKind.IMAGE_PULL, OPENSHIFT_RELEASES, encrypted=True, note=note)
        return
    note = "the driver is built on the node from packages; driver.precompiled, or driver.repoConfig in overrides, avoids it"
    yield Flow(block, FlowKind.IMAGE_PULL, PACKAGE_REPOSITORIES, note=note)


def _metrics_flows(block: str, spec: GpuOperatorSpec) -> Iterator[Flow]:
    if spec.monitoring:
        note = "GPU measurements of each node, in plain HTTP inside the cluster"
        yield Flow(block, FlowKind.METRICS, HERE, encrypted=False, note=note)
