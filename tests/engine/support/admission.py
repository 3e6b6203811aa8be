"""A control plane with admission policies in force, asked what it would refuse, and the objects that it is asked about."""

import time
from typing import Any

from aifactory.kube.api import Api, ApiRefusalError
from aifactory.local import controlplane, crds
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from aifactory.render.manifest import Manifest
from tests.engine.cluster import Cluster, reference
from tests.unit.render.admission.cases import DIGEST, container, template, thing

GOOD = f"ghcr.io/org/app{DIGEST}"
VLLM = f"ghcr.io/llm-d/llm-d-cuda:v0.8.0{DIGEST}"
QUIET = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
PRESENT = ("fast", "cheap", "abroad", "surprise")
"""Storage classes of the cluster besides its default, which is called ``standard``; nobody declared the last one."""


def started(instance: Instance, toolset: Toolset, reporter: Reporter, paths: Paths) -> ControlPlane:
    """Start a control plane that knows the operators' kinds."""
    plane = controlplane.start(instance, toolset, reporter)
    crds.install(plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    return plane


BEFORE: tuple[Manifest, ...] = (
    thing("v1", "Node", "old", {}, None, labels={"aifactory.dev/country": "US", "a": "1"}),
    thing("v1", "Service", "old", {"type": "NodePort", "ports": [{"port": 80}]}),
    thing(
        "apps/v1",
        "Deployment",
        "old",
        {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "it"}},
            "template": template({"containers": [container("nginx")]}),
        },
    ),
)


class Server:
    """The API server with policies, asked whether it would take an object."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.cluster = Cluster(api)

    def says(self, obj: Manifest) -> str | None:
        """Return why an object would be refused by a policy at its creation; None when it would be taken."""
        path = self.cluster.path(obj).rpartition("/")[0]
        return self._asked("POST", path, json=obj)

    def says_of_change(self, obj: Manifest) -> str | None:
        """Return why an object would be refused as a change of the one that is there."""
        return self._asked(
            "PATCH", self.cluster.path(obj), json=obj, headers={"Content-Type": "application/merge-patch+json"}
        )

    def says_of_deletion(self, obj: Manifest) -> str | None:
        return self._asked("DELETE", self.cluster.path(obj))

    def _asked(self, method: str, path: str, **options: Any) -> str | None:
        try:
            self.api.request(method, path, params={"dryRun": "All"}, **options)
        except ApiRefusalError as refusal:
            if refusal.status != 403 or "ValidatingAdmissionPolicy" not in refusal.reason:
                raise
            return refusal.reason
        return None

    def until(self, obj: Manifest, *, refused: bool) -> None:
        """Wait until a policy has taken effect, or has ceased to: the API server reads them some moments later."""
        deadline = time.monotonic() + 30
        while (self.says(obj) is not None) is not refused:
            assert time.monotonic() < deadline, f"{obj['kind']} is {'not ' if refused else ''}refused after 30 s"
            time.sleep(0.2)

    def enforce(self, manifests: list[Manifest], *signs: Manifest) -> None:
        """Apply policies, and wait until each of these objects is refused."""
        for manifest in manifests:
            self.cluster.apply(manifest)
        for obj in signs:
            self.until(obj, refused=True)

    def release(self, manifests: list[Manifest], *signs: Manifest) -> None:
        """Take policies away, and wait until none of these objects is refused any more."""
        for manifest in reversed(manifests):
            self.cluster.delete(manifest)
        for obj in signs:
            self.until(obj, refused=False)


def prepare(api: Api) -> Server:
    """Return the API server with a namespace, storage classes, and objects that were there before any policy."""
    server = Server(api)
    server.cluster.apply(reference("v1", "Namespace", "team"))
    for name in ("standard", *PRESENT):
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if name == "standard" else {}
        made = thing("storage.k8s.io/v1", "StorageClass", name, None, None, annotations=annotations)
        server.cluster.apply(made | {"provisioner": "example.org/none", "volumeBindingMode": "WaitForFirstConsumer"})
    for obj in BEFORE:
        server.cluster.apply(obj)
    return server


def pod_with(*containers: Any, **spec: Any) -> Manifest:
    return thing("v1", "Pod", "it", {"containers": list(containers)} | spec)


def affinity(country: str, operator: str = "In", *, required: bool = True) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": "aifactory.dev/country", "operator": operator, "values": [country]}]}
    if required:
        return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}
    wish = {"weight": 1, "preference": term}
    return {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [wish]}}


def deployment(pod_spec: Any) -> Manifest:
    labels = {"matchLabels": {"app": "it"}}
    return thing("apps/v1", "Deployment", "it", {"selector": labels, "template": template(pod_spec)})


def cron_job(pod_spec: Any) -> Manifest:
    job = {"template": template(pod_spec | {"restartPolicy": "Never"})}
    return thing("batch/v1", "CronJob", "it", {"schedule": "0 0 * * *", "jobTemplate": {"spec": job}})


def database(**spec: Any) -> Manifest:
    image = {"imageName": GOOD}
    return thing("postgresql.cnpg.io/v1", "Cluster", "it", {"instances": 1, "storage": {"size": "1Gi"}} | image | spec)


def machine(image: str) -> Manifest:
    volumes = [{"name": "root", "containerDisk": {"image": image}}]
    inner = {"domain": {"devices": {}}, "volumes": volumes}
    return thing("kubevirt.io/v1", "VirtualMachine", "it", {"runStrategy": "Halted", "template": {"spec": inner}})


def disk(**spec: Any) -> Manifest:
    return thing("cdi.kubevirt.io/v1beta1", "DataVolume", "it", spec)


def image_volume(image: str) -> dict[str, Any]:
    return {"volumes": [{"name": "weights", "image": {"reference": image}}]}
