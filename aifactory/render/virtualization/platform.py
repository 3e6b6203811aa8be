"""What makes virtual machines possible: KubeVirt and its data importer, or the operator that holds both.

KubeVirt 1.9, CDI 1.66, HyperConverged in the flat form of v1beta1. Their operators make the namespaces.
"""

from typing import Final

from aifactory.model import Distribution, EvictionStrategy, VirtualizationSpec
from aifactory.render.manifest import Manifest, Scope

UPSTREAM_NAMESPACE: Final = "kubevirt"
"""Namespace that KubeVirt's own manifests make and put the operator into."""

HCO_NAMESPACE: Final = "openshift-cnv"
"""Namespace of OpenShift Virtualization (Red Hat, "Installing OpenShift Virtualization")."""

CDI_NAMESPACE: Final = "cdi"
"""Namespace that the data importer's own manifests make and put the operator into."""

_READY_SECONDS: Final = 1200
"""Twenty minutes: every node of the region fetches images before a platform is ready, twice as long as usual waits."""

_KEEP_MACHINES: Final = "BlockUninstallIfWorkloadsExist"
"""Uninstall strategy: removing the platform is refused as long as there are machines or disks."""

_LINUX: Final = {"kubernetes.io/os": "linux"}


def render_virtual_machine_platform(scope: Scope, spec: VirtualizationSpec) -> list[Manifest]:
    """Return the custom resources of the platform; their names are the only ones that the operators accept."""
    if spec.distribution is Distribution.HCO:
        return [_hyperconverged(scope, spec)]
    return [_kubevirt(scope, spec), _cdi(scope)]


def _kubevirt(scope: Scope, spec: VirtualizationSpec) -> Manifest:
    waits = ["condition=Available", "jsonpath={.status.phase}=Deployed"]
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "KubeVirt",
        "metadata": scope.metadata("kubevirt", namespace=UPSTREAM_NAMESPACE, wait_for=waits, timeout_seconds=_READY_SECONDS),
        "spec": {
            "imagePullPolicy": "IfNotPresent",
            "uninstallStrategy": _KEEP_MACHINES,
            "workloadUpdateStrategy": _update_strategy(spec),
            "configuration": _configuration(spec),
        },
    }


def _configuration(spec: VirtualizationSpec) -> Manifest:
    configuration: Manifest = {
        "evictionStrategy": _eviction(spec),
        # With a profile machines run in namespaces that enforce `restricted`. The runtime's own one forbids what only
        # post-copy migration needs (KubeVirt, pull requests 8649 and 8917), so that stays off.
        "seccompConfiguration": {"virtualMachineInstanceProfile": {"customProfile": {"runtimeDefaultProfile": True}}},
        "migrations": {"allowPostCopy": False},
    }
    if spec.emulation:
        configuration["developerConfiguration"] = {"useEmulation": True}
    if spec.permitted_gpus:
        configuration["permittedHostDevices"] = _permitted_devices(spec, "pciVendorSelector")
        # What a GPU is cut into is the GPU Operator's; KubeVirt would remove the parts that it was not told of.
        configuration["mediatedDevicesConfiguration"] = {"enabled": False}
    return configuration


def _cdi(scope: Scope) -> Manifest:
    waits = ["condition=Available", "jsonpath={.status.phase}=Deployed"]
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "CDI",
        "metadata": scope.metadata("cdi", wait_for=waits, timeout_seconds=_READY_SECONDS),
        "spec": {
            "imagePullPolicy": "IfNotPresent",
            "uninstallStrategy": _KEEP_MACHINES,
            # A disk is bound where its machine can run, not where an importer happened to be placed first.
            "config": {"featureGates": ["HonorWaitForFirstConsumer"]},
            "infra": {"nodeSelector": dict(_LINUX)},
            "workload": {"nodeSelector": dict(_LINUX)},
        },
    }


def _hyperconverged(scope: Scope, spec: VirtualizationSpec) -> Manifest:
    waits = ["condition=ReconcileComplete", "condition=Available"]
    body: Manifest = {
        "uninstallStrategy": _KEEP_MACHINES,
        "workloadUpdateStrategy": _update_strategy(spec),
        "evictionStrategy": _eviction(spec),
        "liveMigrationConfig": {"allowPostCopy": False},
        # Both are on by default: images of guest systems that it fetches by itself, on a schedule, and machines that
        # move to other clusters with what is in their memory. Neither happens without somebody who asked for it.
        "enableCommonBootImageImport": False,
        "featureGates": {"decentralizedLiveMigration": False},
    }
    if spec.permitted_gpus:
        body["permittedHostDevices"] = _permitted_devices(spec, "pciDeviceSelector")
    return {
        "apiVersion": "hco.kubevirt.io/v1beta1",
        "kind": "HyperConverged",
        "metadata": scope.metadata(
            "kubevirt-hyperconverged", namespace=HCO_NAMESPACE, wait_for=waits, timeout_seconds=_READY_SECONDS
        ),
        "spec": body,
    }


def _permitted_devices(spec: VirtualizationSpec, selector: str) -> Manifest:
    """Return the devices; the GPU Operator's device plugin offers them, so KubeVirt must not offer them again."""
    return {
        "pciHostDevices": [
            {selector: device, "resourceName": resource, "externalResourceProvider": True}
            for resource, device in spec.permitted_gpus.items()
        ]
    }


def _update_strategy(spec: VirtualizationSpec) -> Manifest:
    """Return how running machines get a new version of KubeVirt: by moving, or not until they are restarted."""
    return {"workloadUpdateMethods": ["LiveMigrate"] if spec.live_migration else []}


def _eviction(spec: VirtualizationSpec) -> str:
    """Return what a drain does to machines that do not say; those of ours do."""
    strategy = EvictionStrategy.LIVE_MIGRATE_IF_POSSIBLE if spec.live_migration else EvictionStrategy.NONE
    return strategy.value
