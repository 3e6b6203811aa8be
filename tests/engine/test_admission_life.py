"""Admission policies in a cluster's life: what was there before, deletions, exceptions, other statements, Pulumi."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import pytest

from aifactory.kube.api import ApiRefusalError, connect
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from aifactory.render.admission import ALLOW_DELETE_ANNOTATION, PROTECT_ANNOTATION
from aifactory.render.admission.policy import API_VERSION as POLICY_VERSION
from aifactory.render.manifest import Manifest, Scope
from tests.engine.cluster import reference, wait_for
from tests.engine.support.admission import GOOD, VLLM, Server, database, machine, pod_with, prepare, started
from tests.engine.support.kubernetes_stack import KubernetesStack
from tests.unit.render.admission.cases import (
    ALL,
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
    thing,
)

pytestmark = pytest.mark.engine

OTHER = Scope("demo", "here", "more")
PROTECTED = {PROTECT_ANNOTATION: "true"}


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: policies hold for the whole cluster, and so for the objects of other tests."""
    return new_instance("admission-life")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter, paths: Paths) -> ControlPlane:
    return started(instance, toolset, reporter, paths)


@pytest.fixture(scope="module")
def prepared(control_plane: ControlPlane) -> Iterator[Server]:
    with connect(control_plane.kubeconfig) as api:
        yield prepare(api)


@contextmanager
def enforced(server: Server, manifests: list[Manifest], *signs: Manifest) -> Iterator[Server]:
    """Hold these policies for a while; `signs` are objects that they refuse, by which one sees that they hold."""
    server.enforce(manifests, *signs)
    try:
        yield server
    finally:
        server.release(manifests, *signs)


@pytest.fixture(scope="class")
def server(prepared: Server) -> Iterator[Server]:
    """With every policy in force, for a class."""
    signs = (node("US"), pod("nginx"), service("NodePort"), ingress("a.example"), gateway("HTTP"), egress({}))
    with enforced(prepared, rendered(**STORAGE), *signs, pod_with(container(VLLM))) as found:
        yield found


class TestCluster:
    """Prevents policies that the API server only half understands, and those that stop what must go on."""

    def test_the_api_server_finds_no_mistake_in_the_types(self, server: Server) -> None:
        for manifest in rendered(**STORAGE):
            if manifest["kind"] == "ValidatingAdmissionPolicy":
                live = server.cluster.wait(
                    manifest,
                    lambda found: found.get("status", {}).get("observedGeneration") == found["metadata"]["generation"],
                )
                assert live["status"].get("typeChecking", {}).get("expressionWarnings") is None

    def test_the_api_server_adds_nothing_to_what_was_applied(self, server: Server) -> None:
        for manifest in rendered(**STORAGE):
            assert server.cluster.get(manifest)["spec"] == manifest["spec"]

    def test_a_node_that_was_there_is_still_looked_after(self, server: Server) -> None:
        assert server.says_of_change(node("US", a="2") | {"metadata": {"name": "old", "labels": {"a": "2"}}}) is None
        tainted = reference("v1", "Node", "old") | {"spec": {"taints": [{"key": "gone", "effect": "NoExecute"}]}}
        assert server.says_of_change(tainted) is None

    @pytest.mark.parametrize("country", ["GB", None])
    def test_but_it_does_not_move_elsewhere(self, server: Server, country: str | None) -> None:
        moved = {"metadata": {"name": "old", "labels": {"aifactory.dev/country": country}}}
        assert "residency" in str(server.says_of_change(reference("v1", "Node", "old") | moved))
        home = {"metadata": {"name": "old", "labels": {"aifactory.dev/country": "DE"}}}
        assert server.says_of_change(reference("v1", "Node", "old") | home) is None

    def test_a_workload_that_was_there_can_be_scaled_and_not_changed_for_the_worse(self, server: Server) -> None:
        old = reference("apps/v1", "Deployment", "old", "team")
        assert server.says_of_change(old | {"spec": {"replicas": 3}}) is None
        worse = {"template": {"spec": {"containers": [{"name": "main", "image": "nginx:2"}]}}}
        assert "nginx:2" in str(server.says_of_change(old | {"spec": worse}))
        better = {"template": {"spec": {"containers": [{"name": "main", "image": GOOD}]}}}
        assert server.says_of_change(old | {"spec": better}) is None

    def test_a_service_that_was_there_keeps_its_type_and_gets_no_other(self, server: Server) -> None:
        old = reference("v1", "Service", "old", "team")
        assert server.says_of_change(old | {"spec": {"sessionAffinity": "ClientIP"}}) is None
        assert "type LoadBalancer" in str(server.says_of_change(old | {"spec": {"type": "LoadBalancer"}}))

    def test_a_debug_container_is_looked_at(self, server: Server) -> None:
        running = pod(GOOD)
        running["metadata"]["name"] = "debugged"
        server.cluster.apply(running)
        path = f"{server.cluster.path(running)}/ephemeralcontainers"
        spec = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "quay.io/busybox"}]}}
        headers = {"Content-Type": "application/strategic-merge-patch+json"}
        with pytest.raises(ApiRefusalError) as caught:
            server.api.request("PATCH", path, json=spec, headers=headers)
        assert "quay.io/busybox comes from a registry" in caught.value.reason
        server.cluster.delete(running)

    def test_the_service_of_a_gateway_goes_with_its_gateway(self, server: Server) -> None:
        server.cluster.apply(gateway("HTTPS"))
        uid = server.cluster.get(gateway("HTTPS"))["metadata"]["uid"]
        made = service("LoadBalancer")
        made["metadata"]["labels"] = {"gateway.networking.k8s.io/gateway-name": "it"}
        assert server.says(made) is not None, "a label is nobody's word"
        owner = {
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "name": "it",
            "uid": uid,
            "controller": True,
        }
        made["metadata"]["ownerReferences"] = [owner]
        assert server.says(made) is None
        server.cluster.delete(gateway("HTTPS"))


@pytest.fixture(scope="class")
def guarded(prepared: Server) -> Iterator[Server]:
    """Only the guard, as with `profiles: [none]`."""
    manifests = rendered("none")
    assert len(manifests) == 2
    for manifest in manifests:
        prepared.cluster.apply(manifest)
    watched = kept(claim("fast", "watched"))
    prepared.cluster.apply(watched)
    wait_for(lambda: prepared.says_of_deletion(watched), lambda: "the guard does not take effect", 30)
    yield prepared
    for manifest in reversed(manifests):
        prepared.cluster.delete(manifest)


class TestDeletion:
    """Prevents `kubectl delete` from taking data that Pulumi protects, and a guard that nothing and nobody can pass."""

    OBJECTS = (
        claim("fast", "ledger"),
        database(),
        thing("v1", "Namespace", "kept", None, None),
        thing("cdi.kubevirt.io/v1beta1", "DataVolume", "disk", {"storage": {}}),
        machine(GOOD),
    )

    @pytest.mark.parametrize("obj", OBJECTS, ids=[obj["kind"] for obj in OBJECTS])
    def test_it_is_kept_until_somebody_says_its_name(self, guarded: Server, obj: Manifest) -> None:
        server, name = guarded, obj["metadata"]["name"]
        server.cluster.apply(kept(obj))
        said = str(server.says_of_deletion(obj))
        assert f"deletion: {name} is protected; what passes: protect: false" in said
        assert f"{ALLOW_DELETE_ANNOTATION} with the object's own name" in said
        server.cluster.apply(kept(obj, **{ALLOW_DELETE_ANNOTATION: "another"}))
        assert server.says_of_deletion(obj) is not None
        server.cluster.apply(kept(obj, **{ALLOW_DELETE_ANNOTATION: name}))
        assert server.says_of_deletion(obj) is None
        server.cluster.apply(obj)
        assert server.says_of_deletion(obj) is None, "an up without protection takes the annotation away"
        server.cluster.delete(obj)

    def test_a_deletion_of_all_takes_none_that_is_protected(self, guarded: Server) -> None:
        server = guarded
        server.cluster.apply(kept(claim("fast", "ledger")))
        path = server.cluster.path(claim("fast", "x")).rpartition("/")[0]
        with pytest.raises(ApiRefusalError) as caught:
            server.api.request("DELETE", path)
        assert "is protected" in caught.value.reason
        assert server.cluster.exists(claim("fast", "ledger"))
        server.cluster.apply(claim("fast", "ledger"))
        server.cluster.delete(claim("fast", "ledger"))

    def test_what_belongs_to_something_goes_with_it(self, guarded: Server) -> None:
        server = guarded
        owner = thing("v1", "ConfigMap", "owner")
        server.cluster.apply(owner)
        uid = server.cluster.get(owner)["metadata"]["uid"]
        owned = kept(claim("fast", "owned"))
        owned["metadata"]["ownerReferences"] = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}]
        server.cluster.apply(owned)
        assert server.says_of_deletion(owned) is not None
        server.cluster.delete(owner)
        server.cluster.wait_gone(owned)

    def test_a_namespace_that_may_go_takes_what_is_in_it(self, guarded: Server) -> None:
        server = guarded
        namespace = thing("v1", "Namespace", "going", None, None)
        server.cluster.apply(namespace)
        inside = kept(claim("fast", "inside"))
        inside["metadata"]["namespace"] = "going"
        server.cluster.apply(inside)
        server.cluster.delete(namespace)
        server.cluster.wait_gone(namespace)


def kept(obj: Manifest, **annotations: str) -> Manifest:
    metadata = obj["metadata"] | {"annotations": PROTECTED | annotations}
    return obj | {"metadata": metadata}


class TestSettings:
    """Prevents an exception that excepts more than it names, and a cluster in which a warning would stop work."""

    def test_an_exception_is_for_its_object_its_namespace_and_its_rule(self, prepared: Server) -> None:
        reason = "The provider's load balancer encrypts, see the contract."
        given = {
            "lb": {"rule": "in-transit", "namespace": "team", "name": "it", "reason": reason},
            "platform": {"rule": "registry", "namespace": "default", "reason": reason},
            "machine": {"rule": "residency", "name": "machine", "reason": reason},
        }
        other = service("LoadBalancer")
        other["metadata"]["name"] = "other"
        signs = (other, pod("nginx"), pod(nodeSelector={"aifactory.dev/country": "US"}))
        with enforced(prepared, rendered(exceptions=given), *signs) as server:
            assert server.says(service("LoadBalancer")) is None
            assert server.says(pod("nginx", namespace="default")) is None
            assert server.says(node("US")) is None
            unlike = node("US")
            unlike["metadata"]["name"] = "machine-2"
            assert "residency" in str(server.says(unlike))

    def test_what_cannot_be_waived_cannot_be_excepted(self, prepared: Server) -> None:
        given = {"a": {"rule": "registry", "namespace": "team", "reason": "Because we would like to."}}
        manifests = rendered("images", changes={"waivable": False}, exceptions=given)
        with enforced(prepared, manifests, pod("nginx")) as server:
            assert "corporate/images" in str(server.says(pod("nginx")))

    @pytest.mark.parametrize("how", ["enforcement", "statement"])
    def test_a_warning_is_said_and_stops_nothing(self, prepared: Server, how: str) -> None:
        advice = {"changes": {"mandatory": False}} if how == "statement" else {"enforcement": "warn"}
        for manifest in (manifests := rendered("images", **advice)):
            prepared.cluster.apply(manifest)
        answer = wait_for(lambda: warned(prepared, pod("nginx")), lambda: "nobody is warned", 30)
        assert "registry (corporate/images): nginx comes from a registry that is not allowed" in answer
        for manifest in reversed(manifests):
            prepared.cluster.delete(manifest)


def warned(server: Server, obj: Manifest) -> str | None:
    """Return the warnings with which an object is taken; None when there are none."""
    heard: list[str] = []

    def listen(response: httpx.Response) -> None:
        heard.extend(response.headers.get_list("warning"))

    client = server.api._client
    client.event_hooks = {"request": [], "response": [listen]}
    try:
        assert server.says(obj) is None
    finally:
        client.event_hooks = {"request": [], "response": []}
    return " ".join(heard) or None


class TestOtherStatements:
    """Prevents bounds of a statement that the judge reads and the policy does not."""

    def test_any_registry_and_pinned(self, prepared: Server) -> None:
        manifests = rendered("images", changes={"hosts": []})
        with enforced(prepared, manifests, pod("nginx")) as server:
            assert server.says(pod(f"quay.io/x{DIGEST}")) is None

    def test_some_registries_and_tags(self, prepared: Server) -> None:
        with enforced(prepared, rendered("images", changes={"digests": False}), pod("nginx")) as server:
            assert server.says(pod("ghcr.io/org/app:1")) is None

    def test_only_volumes(self, prepared: Server) -> None:
        manifests = rendered("machines", changes={"kinds": ["storage"]}, **STORAGE)
        with enforced(prepared, manifests, claim("surprise")) as server:
            assert server.says(node("US")) is None
            assert server.says(claim("cheap")) is None, "where it lies was declared; encryption is another rule's"

    def test_a_realm_without_the_site_leaves_no_volume(self, prepared: Server) -> None:
        manifests = rendered("machines", changes={"within": {"countries": ["FR"]}}, **STORAGE)
        with enforced(prepared, manifests, claim("fast")) as server:
            assert "what passes: storage classes nothing" in str(server.says(claim("fast")))

    def test_a_maker_that_may_be_told(self, prepared: Server) -> None:
        told = {"vendors": True, "within": {"countries": ["DE", "US"]}}
        manifests = rendered("quiet", changes=told, reporting=["qdrant"])
        quiet = pod_with(container(f"ghcr.io/qdrant/qdrant{DIGEST}"))
        with enforced(prepared, manifests, pod_with(container(VLLM)), egress({})) as server:
            # Declared, and still refused: the catalog knows no seat of it, and an unknown is a denial.
            assert "may report to qdrant" in str(server.says(quiet))

    def test_two_profiles_intersect(self, prepared: Server) -> None:
        words = {"says": "As another board decided.", "source": "decision 13"}
        assert ALL["images"]["hosts"][0] == "ghcr.io"
        both = rendered("images", "machines") + rendered("images", changes={"hosts": ["quay.io"], **words}, scope=OTHER)
        with enforced(prepared, both, pod(GOOD), node("US")) as server:
            assert "quay.io" in str(server.says(pod(GOOD)))
            assert "ghcr.io" in str(server.says(pod(f"quay.io/x{DIGEST}")))


PROGRAM = """
from aifactory.guardrails import Guardrails

site = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
declared = {"storage_classes": {"default": {"encrypted": True}}, "organizations": {
    "self": {"title": "The owner", "kind": "foundation", "seat": "DE",
             "dated": "2026-01-01", "source": "commercial register"}}}
rails = Guardrails(
    "rails",
    {"factory": "demo", "region": "here", "site": site, "profiles": ["de-c5"], "declared": declared,
     "namespaces": {"rails-team": {}}, "admission": {"enforcement": "ENFORCEMENT"}},
    ResourceOptions(provider=provider),
)
pulumi.export("policies", rails.policies)
"""


class TestPulumi:
    """Prevents policies that differ at every up, because the API server fills something in."""

    def test_from_up_to_destroy(
        self, tmp_path: Any, toolset: Toolset, control_plane: ControlPlane, prepared: Server
    ) -> None:
        stack = KubernetesStack(tmp_path, toolset, control_plane)
        program = PROGRAM.replace("ENFORCEMENT", "deny")
        first = stack.up(program)
        assert not first.failed, first.words
        names = first.outputs["policies"]
        assert {"services.rails.aifactory.dev", "registry-advice.rails.aifactory.dev"} <= set(names)
        order = [name for op, name in first.steps if op == "create"]
        last_policy = max(number for number, name in enumerate(order) if "policybinding" in name)
        assert last_policy < order.index("rails-namespace-rails-team"), "policies come before what they judge"

        prepared.until(service("NodePort"), refused=True)
        assert stack.up().ops == {}
        assert not stack.refresh().failed
        assert stack.up().ops == {}

        softer = stack.up(PROGRAM.replace("ENFORCEMENT", "warn"))
        assert not softer.failed, softer.words
        assert {op for op, _ in softer.steps} == {"update"}
        assert all("binding" in name for _, name in softer.steps), "only how they act is changed"

        gone = stack.destroy()
        assert not gone.failed, gone.words
        assert not prepared.cluster.exists(reference(POLICY_VERSION, "ValidatingAdmissionPolicy", names[0]))
