"""The NVIDIA GPU Operator's ClusterPolicy, and the configuration of its device plugin when GPUs are shared.

There is one ClusterPolicy in a cluster; the operator marks any other as ignored. Facts are those of release 26.7.0.
"""

from dataclasses import dataclass

import yaml

from aifactory.catalog.gpu_operands import gpu_operands
from aifactory.model import GpuOperatorSpec, GpuPlatform, MigStrategy, SharingMode, SharingSpec
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.overrides import with_overrides

GPU_RESOURCE = "nvidia.com/gpu"
"""What pods ask for to get a GPU, a share of one, or (strategy single) a partition of one."""

DRIVER_READY_SECONDS = 2400
"""How long until ready where a driver is brought. The driver's own startup probe lets it fetch and build for 21 minutes
(60 s and 120 attempts of 10 s); toolkit, plugin and validation come after."""

READY_SECONDS = 900
"""How long until ready where the nodes have their driver: pulls of images and validation."""

READY_WITH_GPU_NODES = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Reconciled'
"""State and condition are `ready` also in a cluster in which no GPU node was found (reasons NoGPUNodes, NFDLabelsMissing):
only the reason Reconciled says that there are some and that everything runs on them."""


@dataclass(frozen=True, slots=True)
class _Host:
    """Where the nodes of a platform have what the operands need.

    Attributes:
        driver: root of the driver's files: the operator's own driver container, or the node's.
        runtime_class: RuntimeClass that the operands run with; its handler must be known to the nodes' runtime.
        privileged_namespace: whether the operator must lift Pod Security for its own namespace: operands load drivers.
    """

    driver: str = "/run/nvidia/driver"
    runtime_class: str = "nvidia"
    privileged_namespace: bool = False


_HOSTS = {
    # Azure's image registers this handler, and none that is called nvidia (NVIDIA's guide for AKS).
    GpuPlatform.AKS_STOCK: _Host(runtime_class="nvidia-container-runtime"),
    # Talos enforces the baseline everywhere, and its extensions lie under /usr/local (Talos 1.13, upgrade notes).
    GpuPlatform.TALOS: _Host(driver="/usr/local", privileged_namespace=True),
}


def render_gpu_operator(scope: Scope, name: str, spec: GpuOperatorSpec, namespace: str) -> list[Manifest]:
    """Return the device plugin's configuration, when there is any, and the ClusterPolicy.

    Args:
        scope: whose they are.
        name: name of the component.
        spec: what the operator is to do.
        namespace: where the operator runs; it looks for the configuration there.
    """
    config = [_sharing_config(scope, name, spec.sharing, namespace)] if spec.sharing else []
    return [*config, _cluster_policy(scope, name, spec)]


def runtime_class(platform: GpuPlatform) -> str:
    """Return the RuntimeClass that the operator makes for pods with GPUs."""
    return _HOSTS.get(platform, _Host()).runtime_class


def driver_version(spec: GpuOperatorSpec) -> str:
    """Return the version of the driver that the ClusterPolicy names; empty where the node image or OLM's bundle decides."""
    return str(_driver(spec).get("version", ""))


def _cluster_policy(scope: Scope, name: str, spec: GpuOperatorSpec) -> Manifest:
    openshift = spec.platform is GpuPlatform.OPENSHIFT
    seconds = DRIVER_READY_SECONDS if spec.platform.operator_brings_driver else READY_SECONDS
    waits = ["jsonpath={.status.state}=ready", "condition=Ready", READY_WITH_GPU_NODES]
    return {
        "apiVersion": "nvidia.com/v1",
        "kind": "ClusterPolicy",
        "metadata": scope.metadata(
            "gpu-cluster-policy" if openshift else "cluster-policy", wait_for=waits, timeout_seconds=seconds
        ),
        "spec": with_overrides(f"GpuOperator {name}", _policy_spec(name, spec), spec.overrides),
    }


def _policy_spec(name: str, spec: GpuOperatorSpec) -> Manifest:
    host = _HOSTS.get(spec.platform, _Host())
    operator: Manifest = {"runtimeClass": host.runtime_class}
    if spec.platform is GpuPlatform.OPENSHIFT:
        # The driver is built in an image of OpenShift's own, which has the headers of the very kernel that runs.
        operator["use_ocp_driver_toolkit"] = True
    return {
        "operator": operator,
        "hostPaths": {"rootFS": "/", "driverInstallDir": host.driver},
        "daemonsets": _daemonsets(),
        "psa": {"enabled": host.privileged_namespace},
        "cdi": {"enabled": True},
        # Nodes for virtual machines are another way of using GPUs, and a node has one; this block is for containers.
        "sandboxWorkloads": {"enabled": False},
        "validator": _image("validator", spec),
        "driver": _driver(spec),
        "toolkit": _toolkit(spec),
        "devicePlugin": {"enabled": True} | _image("device-plugin", spec) | _plugin_config(name, spec),
        "gfd": {"enabled": True} | _image("feature-discovery", spec),
        "mig": {"strategy": spec.mig.value},
        "migManager": _mig_manager(spec),
        # The exporter has an engine of its own in it; one that runs by itself is for other readers.
        "dcgm": {"enabled": False},
        "dcgmExporter": _exporter(spec),
        "nodeStatusExporter": {"enabled": False},
    }


def _image(role: str, spec: GpuOperatorSpec) -> Manifest:
    """Return an operand's image; nothing on OpenShift, where OLM hands the operator its images by digest."""
    if spec.platform is GpuPlatform.OPENSHIFT:
        return {}
    operand = gpu_operands()[role]
    return {"repository": operand.repository, "image": operand.image, "version": operand.pull}


def _daemonsets() -> Manifest:
    return {
        "priorityClassName": "system-node-critical",
        "tolerations": [{"key": GPU_RESOURCE, "operator": "Exists", "effect": "NoSchedule"}],
        "updateStrategy": "RollingUpdate",
        # One node after the other: what is wrong with a new version shows before all nodes have it.
        "rollingUpdate": {"maxUnavailable": "1"},
    }


def _driver(spec: GpuOperatorSpec) -> Manifest:
    if not spec.platform.operator_brings_driver:
        return {"enabled": False}
    image = _image("driver", spec)
    if spec.driver.version:
        # The operator takes image and version only together: on OpenShift a version alone would name no image.
        operand = gpu_operands()["driver"]
        image = {"repository": operand.repository, "image": operand.image, "version": spec.driver.version}
    manager = _image("driver-manager", spec)
    return {
        "enabled": True,
        "useNvidiaDriverCRD": False,
        "usePrecompiled": spec.driver.precompiled,
        "kernelModuleType": "auto",
        "upgradePolicy": _driver_upgrades(),
        **image,
        **({"manager": manager} if manager else {}),
    }


def _driver_upgrades() -> Manifest:
    return {
        "autoUpgrade": True,
        "maxParallelUpgrades": 1,
        "maxUnavailable": "25%",
        # Models keep scratch data in emptyDir. Without leave to delete it no pod of theirs is evicted, and the upgrade
        # stops at the first node.
        "podDeletion": {"force": False, "timeoutSeconds": 300, "deleteEmptyDir": True},
        "drain": {"enable": False},
    }


def _toolkit(spec: GpuOperatorSpec) -> Manifest:
    if not spec.platform.operator_brings_driver:
        return {"enabled": False}
    return {"enabled": True, "installDir": "/usr/local/nvidia"} | _image("toolkit", spec)


def _mig_manager(spec: GpuOperatorSpec) -> Manifest:
    # On also for whole GPUs: a GPU that somebody partitioned, and whose node no label asks for it, is made whole again.
    manager = {"enabled": True, "config": {"default": "all-disabled"}} | _image("mig-manager", spec)
    if spec.platform is GpuPlatform.EKS_AL2023 and spec.mig is not MigStrategy.NONE:
        # The driver in Amazon's image cannot be reloaded under a running node, so partitioning takes a restart of it.
        manager["env"] = [{"name": "WITH_REBOOT", "value": "true"}]
    return manager


def _exporter(spec: GpuOperatorSpec) -> Manifest:
    if not spec.monitoring:
        return {"enabled": False}
    # The operator leaves the ServiceMonitor out by itself where its kind is unknown.
    return {"enabled": True, "serviceMonitor": {"enabled": True}} | _image("dcgm-exporter", spec)


def _config_name(name: str) -> str:
    return f"{name}-device-plugin"


def _config_key(sharing: SharingSpec) -> str:
    """Name the configuration by what is in it.

    The operator does not watch its content: only another name in the ClusterPolicy makes the plugin start anew with it.
    """
    return f"{sharing.mode.value}-{sharing.replicas}"


def _plugin_config(name: str, spec: GpuOperatorSpec) -> Manifest:
    return {"config": {"name": _config_name(name), "default": _config_key(spec.sharing)}} if spec.sharing else {}


def _sharing_config(scope: Scope, name: str, sharing: SharingSpec, namespace: str) -> Manifest:
    shared = {
        # Two shares may lie on one GPU: a pod that asks for two would not get twice as much, so it is told no.
        "failRequestsGreaterThanOne": True,
        "renameByDefault": False,
        "resources": [{"name": GPU_RESOURCE, "replicas": sharing.replicas}],
    }
    kind = "mps" if sharing.mode is SharingMode.MPS else "timeSlicing"
    config = {"version": "v1", "sharing": {kind: shared}}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": scope.metadata(_config_name(name), namespace=namespace),
        "data": {_config_key(sharing): yaml.safe_dump(config, sort_keys=False)},
    }
