"""Admission policies against the real API server: what it refuses, what it lets pass, and that the judge says the same."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import controlplane, crds
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from aifactory.render.manifest import Manifest
from tests.engine.cluster import Cluster, reference
from tests.unit.render.admission.cases import (
    DIGEST,
    STORAGE,
    claim,
    container,
    egress,
    gateway,
    ingress,
    node,
    pod,
    rendered,
    service,
    template,
    thing,
    to_cidr,
)

pytestmark = pytest.mark.engine

GOOD = f"ghcr.io/org/app{DIGEST}"
VLLM = f"ghcr.io/llm-d/llm-d-cuda:v0.8.0{DIGEST}"
QUIET = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
PRESENT = ("fast", "cheap", "abroad", "surprise")
"""Storage classes of the cluster besides its default, which is called ``standard``; nobody declared the last one."""


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: policies hold for the whole cluster, and so for the objects of other tests."""
    return new_instance("admission")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter, paths: Paths) -> ControlPlane:
    plane = controlplane.start(instance, toolset, reporter)
    crds.install(plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    return plane


@pytest.fixture(scope="module")
def api(control_plane: ControlPlane) -> Iterator[Api]:
    with connect(control_plane.kubeconfig) as api:
        yield api


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


@pytest.fixture(scope="module")
def prepared(api: Api) -> Server:
    """The API server with a namespace, with storage classes, and with objects that were there before any policy."""
    server = Server(api)
    for name in ("team", "platform"):
        server.cluster.apply(reference("v1", "Namespace", name))
    for name in ("standard", *PRESENT):
        annotations = {"storageclass.kubernetes.io/is-default-class": "true"} if name == "standard" else {}
        made = thing("storage.k8s.io/v1", "StorageClass", name, None, None, annotations=annotations)
        server.cluster.apply(made | {"provisioner": "example.org/none", "volumeBindingMode": "WaitForFirstConsumer"})
    for obj in BEFORE:
        server.cluster.apply(obj)
    return server


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


@pytest.fixture(scope="module")
def server(prepared: Server) -> Iterator[Server]:
    """With every policy in force."""
    manifests = rendered(**STORAGE)
    for manifest in manifests:
        prepared.cluster.apply(manifest)
    for obj in (
        node("US"),
        pod("nginx"),
        service("NodePort"),
        ingress("a.example"),
        gateway("HTTP"),
        egress({}),
        claim("cheap"),
    ):
        prepared.until(obj, refused=True)
    prepared.until(pod(nodeSelector={"aifactory.dev/country": "US"}), refused=True)
    prepared.until(pod_with(container(VLLM)), refused=True)
    yield prepared
    for manifest in reversed(manifests):
        prepared.cluster.delete(manifest)


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


ALLOWED: dict[str, Manifest] = {
    "a pinned image": pod(GOOD),
    "a pinned image of a registry with a port": pod(f"registry.internal:5000/x{DIGEST}"),
    "an image volume": pod(**image_volume(GOOD)),
    "a deployment": deployment({"containers": [container()]}),
    "a cron job": cron_job({"containers": [container()]}),
    "a database": database(),
    "a virtual machine": machine(GOOD),
    "a disk of a registry": disk(source={"registry": {"url": f"docker://{GOOD}"}}, storage={}),
    "a node at home": node("DE"),
    "a node next door": node("FR"),
    "a pod that asks for a country": pod(nodeSelector={"aifactory.dev/country": "DE"}, affinity=affinity("FR")),
    "a pod that shuns a country": pod(affinity=affinity("US", "NotIn")),
    "a claim of a declared storage class": claim("fast"),
    "a claim of the default storage class": claim(None),
    "a claim that names the default": claim("standard"),
    "a claim that wants no storage class": claim(""),
    "a disk of a declared storage class": disk(storage={"storageClassName": "fast"}),
    "a service within": service("ClusterIP"),
    "an ingress with TLS": ingress("a.example", ["a.example"]),
    "an ingress with TLS for all names": ingress("a.example", ["*.example"]),
    "an ingress with TLS for whatever comes": ingress(None, []),
    "a gateway with TLS": gateway("HTTPS"),
    "a program that was told to be quiet": pod_with(container(VLLM, **QUIET)),
    "a program of a like name": pod_with(container(f"ghcr.io/llm-d/llm-d-cuda-tools{DIGEST}")),
    "egress to private addresses": egress(to_cidr("10.1.0.0/16"), to_cidr("fd00::/64")),
    "egress to a namespace": egress({"to": [{"namespaceSelector": {}}]}),
    "a node's own control plane": pod("nginx", namespace="kube-system"),
}

REFUSED: dict[str, tuple[Manifest, str, str, str]] = {
    # what: (object, statement, what the message names, what would pass)
    "a short name": (pod("nginx"), "registry (corporate/images)", "nginx", "images of ghcr.io, registry.internal:5000"),
    "a registry that begins alike": (
        pod(f"ghcr.io.evil.com/x{DIGEST}"),
        "registry (",
        "ghcr.io.evil.com/x",
        "images of ghcr.io",
    ),
    "a registry that ends alike": (pod(f"evil-ghcr.io/x{DIGEST}"), "registry (", "evil-ghcr.io/x", "images of ghcr.io"),
    "another port": (pod(f"ghcr.io:5000/x{DIGEST}"), "registry (", "ghcr.io:5000/x", "images of ghcr.io"),
    "a path that is called like a registry": (pod(f"org/ghcr.io/x{DIGEST}"), "registry (", "org/ghcr.io/x", "images of"),
    "a host in capitals": (pod(f"EVIL/x{DIGEST}"), "registry (", "EVIL/x", "images of ghcr.io"),
    "a tag": (pod("ghcr.io/org/app:1"), "registry (", "ghcr.io/org/app:1 is not pinned", "@sha256:"),
    "half a digest": (pod("ghcr.io/org/app:1"[:-2] + DIGEST[:40]), "registry (", "", "@sha256:"),
    "an init container": (pod(GOOD, initContainers=[container("quay.io/x")]), "registry (", "quay.io/x", "images of"),
    "an image as a volume": (pod(**image_volume("quay.io/x:1")), "registry (", "quay.io/x:1", "images of"),
    "a template's image": (deployment({"containers": [container("quay.io/x:1")]}), "registry (", "quay.io/x:1", "images"),
    "a cron job's image": (cron_job({"containers": [container("quay.io/x:1")]}), "registry (", "quay.io/x:1", "images"),
    "a database's image": (database(imageName="quay.io/pg:18"), "registry (", "quay.io/pg:18", "images of"),
    "a virtual machine's image": (machine("quay.io/vm:1"), "registry (", "quay.io/vm:1", "images of"),
    "a disk's image": (
        disk(source={"registry": {"url": "docker://quay.io/d:1"}}, storage={}),
        "registry (",
        "quay.io/d:1",
        "",
    ),
    "a node abroad": (node("US"), "residency (corporate/machines)", "US is no country", "one of DE, FR"),
    "a node of nowhere": (node(None), "residency (", "no label aifactory.dev/country", "one of DE, FR"),
    "a node in small letters": (node("de"), "residency (", "de is no country", "one of DE, FR"),
    "a selector": (pod(nodeSelector={"aifactory.dev/country": "US"}), "residency (", "US is asked for", "DE, FR"),
    "an affinity": (pod(affinity=affinity("US")), "residency (", "US is asked for", "DE, FR"),
    "a wish": (pod(affinity=affinity("US", required=False)), "residency (", "US is asked for", "DE, FR"),
    "a template's selector": (
        deployment({"containers": [container()], "nodeSelector": {"aifactory.dev/country": "US"}}),
        "residency (",
        "US is asked for",
        "DE, FR",
    ),
    "a storage class nobody declared": (claim("surprise"), "(corporate/", "surprise is a storage class", "default"),
    "volumes without encryption": (claim("cheap"), "key-custody (corporate/keys)", "cheap is a", "or fast"),
    "keys of somebody else": (claim("abroad"), "key-custody (", "abroad is a storage class", "or fast"),
    "a database's volumes": (database(storage={"size": "1Gi", "storageClass": "cheap"}), "key-custody (", "cheap", "fast"),
    "a disk's volume": (disk(storage={"storageClassName": "cheap"}), "key-custody (", "cheap is a", "or fast"),
    "a storage class that comes later": (
        thing("storage.k8s.io/v1", "StorageClass", "later", None, None) | {"provisioner": "example.org/none"},
        "(corporate/",
        "later is a storage class",
        "default",
    ),
    "a load balancer": (service("LoadBalancer"), "in-transit (corporate/encrypted)", "type LoadBalancer", "ClusterIP"),
    "a port of every node": (service("NodePort"), "in-transit (", "type NodePort", "ClusterIP"),
    "a name outside": (service("ExternalName"), "in-transit (", "type ExternalName", "ClusterIP"),
    "an address outside": (service("ClusterIP", externalIPs=["192.0.2.7"]), "in-transit (", "192.0.2.7", "ClusterIP"),
    "an ingress in clear": (ingress("a.example"), "in-transit (", "a.example", "spec.tls"),
    "an ingress for another host": (ingress("a.example", ["b.example"]), "in-transit (", "a.example", "spec.tls"),
    "an ingress for names below": (ingress("x.a.example", ["*.example"]), "in-transit (", "x.a.example", "spec.tls"),
    "a gateway in clear": (gateway("HTTP"), "in-transit (", "listener front with HTTP", "HTTPS or TLS"),
    "a program that reports": (
        pod_with(container(VLLM)),
        "telemetry (corporate/quiet)",
        "container main",
        "VLLM_NO_USAGE_STATS=1",
    ),
    "a switch that is off": (
        pod_with(container(VLLM, **QUIET | {"HF_HUB_OFFLINE": "0"})),
        "telemetry (",
        "main",
        "HF_HUB_OFFLINE=1",
    ),
    "a program of a mirror": (
        pod_with(container(f"registry.internal:5000/docker.io/vllm/vllm-openai{DIGEST}")),
        "telemetry (",
        "runs vllm",
        "DO_NOT_TRACK=1",
    ),
    "the internet": (egress(to_cidr("0.0.0.0/0")), "telemetry (", "0.0.0.0/0 is open", "private addresses"),
    "half of the internet": (egress(to_cidr("0.0.0.0/1"), to_cidr("128.0.0.0/1")), "telemetry (", "128.0.0.0/1", "private"),
    "the internet of today": (egress(to_cidr("::/0")), "telemetry (", "::/0 is open", "private addresses"),
    "a range that is larger than private": (egress(to_cidr("10.0.0.0/7")), "telemetry (", "10.0.0.0/7", "private"),
    "everywhere": (egress({"ports": [{"port": 443}]}), "telemetry (", "egress to everywhere", "peers by selector"),
}


class TestObjects:
    """Prevents an object that a region's rules deny and that kubectl brings in behind Pulumi's back."""

    @pytest.mark.parametrize("what", ALLOWED)
    def test_it_may_pass(self, server: Server, what: str) -> None:
        assert server.says(ALLOWED[what]) is None

    @pytest.mark.parametrize("what", REFUSED)
    def test_it_is_refused_in_words(self, server: Server, what: str) -> None:
        obj, statement, named, passing = REFUSED[what]
        said = server.says(obj)
        assert said is not None
        assert statement in said
        assert named in said
        _, _, offered = said.partition("what passes: ")
        assert passing in offered
