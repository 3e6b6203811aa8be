"""Admission policies against the real API server: what it refuses, what it lets pass, and that the judge says the same."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from aifactory.kube.api import connect
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from aifactory.model.flow_kind import FlowKind
from aifactory.model.namespace import ENFORCED_RULES
from aifactory.model.registry import parted
from aifactory.render.admission import COUNTRY_LABEL
from aifactory.render.manifest import Manifest
from aifactory.sovereignty.fact import Fact, Located, Place, Pulled, Reported, Sent
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.rules import RULES, Stage
from tests.engine.support.admission import (
    GOOD,
    QUIET,
    VLLM,
    Server,
    affinity,
    cron_job,
    database,
    deployment,
    disk,
    image_volume,
    machine,
    pod_with,
    prepare,
    started,
)
from tests.unit.render.admission.cases import (
    DIGEST,
    SITE,
    STORAGE,
    WORLD,
    claim,
    container,
    egress,
    gateway,
    ingress,
    node,
    pod,
    rendered,
    service,
    statements,
    thing,
    to_cidr,
)

pytestmark = pytest.mark.engine

SETTINGS: dict[str, Any] = STORAGE | {"egress_cidrs": ["192.0.2.0/24"]}


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: policies hold for the whole cluster, and so for the objects of other tests."""
    return new_instance("admission")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter, paths: Paths) -> ControlPlane:
    return started(instance, toolset, reporter, paths)


@pytest.fixture(scope="module")
def prepared(control_plane: ControlPlane) -> Iterator[Server]:
    with connect(control_plane.kubeconfig) as api:
        yield prepare(api)


@pytest.fixture(scope="module")
def server(prepared: Server) -> Iterator[Server]:
    """With every policy in force."""
    manifests = rendered(**SETTINGS)
    prepared.enforce(
        manifests,
        *(node("US"), pod("nginx"), service("NodePort"), ingress("a.example"), gateway("HTTP"), egress({}), claim("cheap")),
        *(pod(nodeSelector={COUNTRY_LABEL: "US"}), pod_with(container(VLLM)), later()),
    )
    yield prepared
    prepared.release(manifests)


def volume(storage_class: str) -> Manifest:
    size = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": storage_class}
    return thing("v1", "PersistentVolume", "it", size | {"nfs": {"server": "files.internal", "path": "/"}}, None)


def listener_set(protocol: str) -> Manifest:
    listener = {"name": "more", "port": 8080, "protocol": protocol}
    parent = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "it"}
    return thing("gateway.networking.k8s.io/v1", "ListenerSet", "it", {"parentRef": parent, "listeners": [listener]})


def later() -> Manifest:
    made = thing("storage.k8s.io/v1", "StorageClass", "later", None, None)
    return made | {"provisioner": "example.org/none"}


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
    "a pod that asks for a country": pod(nodeSelector={COUNTRY_LABEL: "DE"}, affinity=affinity("FR")),
    "a pod that shuns a country": pod(affinity=affinity("US", "NotIn")),
    "a claim of a declared storage class": claim("fast"),
    "a claim of the default storage class": claim(None),
    "a claim that names the default": claim("standard"),
    "a claim that wants no storage class": claim(""),
    "a disk of a declared storage class": disk(storage={"storageClassName": "fast"}),
    "a volume of a declared storage class": volume("fast"),
    "a volume of the default": volume("standard"),
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
    "a selector": (pod(nodeSelector={COUNTRY_LABEL: "US"}), "residency (", "US is asked for", "DE, FR"),
    "an affinity": (pod(affinity=affinity("US")), "residency (", "US is asked for", "DE, FR"),
    "a wish": (pod(affinity=affinity("US", required=False)), "residency (", "US is asked for", "DE, FR"),
    "a template's selector": (
        deployment({"containers": [container()], "nodeSelector": {COUNTRY_LABEL: "US"}}),
        "residency (",
        "US is asked for",
        "DE, FR",
    ),
    "a storage class nobody declared": (claim("surprise"), "(corporate/", "surprise is nothing", "default"),
    "volumes without encryption": (claim("cheap"), "key-custody (corporate/keys)", "cheap is nothing", "or fast"),
    "keys of somebody else": (claim("abroad"), "key-custody (", "abroad is nothing", "or fast"),
    "a database's volumes": (database(storage={"size": "1Gi", "storageClass": "cheap"}), "key-custody (", "cheap", "fast"),
    "a disk's volume": (disk(storage={"storageClassName": "cheap"}), "key-custody (", "cheap is nothing", "or fast"),
    "a storage class that comes later": (
        later(),
        "(corporate/",
        "later is nothing",
        "default",
    ),
    "a volume made by hand": (volume(""), "(corporate/", "a volume without storage class is nothing", "default"),
    "a volume of a storage class nobody declared": (volume("surprise"), "(corporate/", "surprise is nothing", "default"),
    "a load balancer": (service("LoadBalancer"), "in-transit (corporate/encrypted)", "type LoadBalancer", "ClusterIP"),
    "a port of every node": (service("NodePort"), "in-transit (", "type NodePort", "ClusterIP"),
    "a name outside": (service("ExternalName"), "in-transit (", "type ExternalName", "ClusterIP"),
    "an address outside": (service("ClusterIP", externalIPs=["192.0.2.7"]), "in-transit (", "192.0.2.7", "ClusterIP"),
    "an ingress in clear": (ingress("a.example"), "in-transit (", "a.example", "spec.tls"),
    "an ingress for another host": (ingress("a.example", ["b.example"]), "in-transit (", "a.example", "spec.tls"),
    "an ingress for names below": (ingress("x.a.example", ["*.example"]), "in-transit (", "x.a.example", "spec.tls"),
    "a gateway in clear": (gateway("HTTP"), "in-transit (", "listener front with HTTP", "HTTPS or TLS"),
    "a listener set in clear": (listener_set("HTTP"), "in-transit (", "listener more with HTTP", "HTTPS or TLS"),
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


# --- the judge and the API server -----------------------------------------------------------------------

IMAGES = [
    f"{name}{pin}"
    for name in (
        "nginx",
        "ghcr.io/a/b",
        "ghcr.io:443/a/b",
        "GHCR.io/a/b",
        "registry.internal:5000/a",
        "docker.io/a/b",
        "x.ghcr.io/a",
    )
    for pin in ("", ":1", DIGEST, f":1{DIGEST}")
]


def pulled(image: str) -> Pulled:
    return Pulled(subject="image", host=parted(image)[0], pinned="@sha256:" in image)


def reported(silenced: bool | None) -> Reported:
    return Reported(subject="vllm", declared=False, vendor="vllm", silenced=silenced)


def valued_elsewhere() -> Manifest:
    """A pod whose switch lies in a ConfigMap, where the API server does not look: nobody knows."""
    source = {"configMapKeyRef": {"name": "settings", "key": "quiet"}}
    quiet = [{"name": "VLLM_NO_USAGE_STATS", "valueFrom": source}, {"name": "HF_HUB_OFFLINE", "value": "1"}]
    return pod_with({"name": "main", "image": VLLM, "env": quiet})


def stands_in(country: str | None) -> Located:
    return Located(subject="node", kind="compute", place=Place(country=country))


def lies_in(country: str | None) -> Located:
    return Located(subject="volume", kind=FlowKind.STORAGE, place=Place(country=country))


PAIRS: dict[str, list[tuple[Fact, Manifest]]] = {
    "residency": [
        *((stands_in(country), node(country)) for country in ("DE", "FR", "US", "GB", "CH", "de", None)),
        *((stands_in(country), pod(nodeSelector={COUNTRY_LABEL: country})) for country in ("DE", "FR", "US", "GB")),
        *((stands_in(country), pod(affinity=affinity(country))) for country in ("DE", "US")),
        (lies_in(SITE.country), claim("fast")),
        (lies_in(SITE.country), claim(None)),
        (lies_in(None), claim("surprise")),
    ],
    "in-transit": [
        (Sent(subject="gateway", encrypted=True), gateway("HTTPS")),
        (Sent(subject="gateway", encrypted=False), gateway("HTTP")),
        (Sent(subject="gateway", encrypted=False), gateway("TCP")),
        (Sent(subject="ingress", encrypted=True), ingress("a.example", ["a.example"])),
        (Sent(subject="ingress", encrypted=False), ingress("a.example")),
        *((Sent(subject="service", encrypted=None), service(kind)) for kind in ("LoadBalancer", "NodePort", "ExternalName")),
    ],
    "telemetry": [
        (reported(silenced=True), pod_with(container(VLLM, **QUIET))),
        (reported(silenced=False), pod_with(container(VLLM))),
        (reported(silenced=None), valued_elsewhere()),
        (Reported(subject="sink", declared=True, country="DE"), egress(to_cidr("192.0.2.0/28"))),
        (Reported(subject="sink", declared=False, country="DE"), egress(to_cidr("198.51.100.0/28"))),
        (Reported(subject="sink", declared=False), egress(to_cidr("0.0.0.0/0"))),
    ],
    "registry": [(pulled(image), pod(image)) for image in IMAGES],
}
"""For each rule that the API server enforces: facts, and objects of which they are the facts."""


class TestEquivalence:
    """Prevents a cluster that refuses what a region's check lets pass, or takes what it denies."""

    @pytest.mark.parametrize(
        ("rule", "fact", "obj"),
        [
            pytest.param(rule, *pair, id=f"{rule}-{number}")
            for rule, pairs in PAIRS.items()
            for number, pair in enumerate(pairs)
        ],
    )
    def test_the_api_server_refuses_what_the_judge_does_not_allow(
        self, server: Server, rule: str, fact: Fact, obj: Manifest
    ) -> None:
        (finding,) = judge([fact], statements(), WORLD, "here")
        said = server.says(obj)
        assert (said is None) is (finding.verdict is Verdict.ALLOW), (finding, said)
        if said is not None and obj["kind"] != "PersistentVolumeClaim":
            assert f": {rule} (corporate/" in said

    def test_no_rule_is_left_out(self) -> None:
        staged = {rule.name for rule in RULES if Stage.ADMISSION in rule.stages}
        assert staged == set(PAIRS)
        assert staged <= set(ENFORCED_RULES)

    @pytest.mark.parametrize("rule", PAIRS)
    def test_each_rule_is_shown_both_ways(self, rule: str) -> None:
        verdicts = {judge([fact], statements(), WORLD, "here")[0].verdict for fact, _ in PAIRS[rule]}
        assert Verdict.ALLOW in verdicts
        assert verdicts & {Verdict.DENY, Verdict.UNKNOWN}
