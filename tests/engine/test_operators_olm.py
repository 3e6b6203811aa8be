"""Operators that OLM installs, that are adopted, and that are none of ours: on a real API server, by the real engine."""

from collections.abc import Iterator
from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import controlplane, crds, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.simulate import WITHHOLD_ANNOTATION
from aifactory.local.tools import Toolset
from aifactory.status.preflight import preflight
from tests.engine.cluster import wait_for
from tests.engine.support.kubernetes_stack import KubernetesStack
from tests.engine.support.plugin_process import PluginProcess, RefusedError
from tests.unit.factories import factory

pytestmark = pytest.mark.engine

DISCOVERY = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}
OF_ITS_OWN = {"events", "leases", "endpointslices", "endpoints"}
"""Collections that the control plane itself writes to all the time."""
PATCH = "kubernetes:operators.coreos.com/v1alpha1:ClusterServiceVersionPatch"
CSV = "/apis/operators.coreos.com/v1alpha1/namespaces/{}/clusterserviceversions"


PROGRAM = """
from aifactory import Operators

SITE = {"provider": "local", "location": "here", "country": "DE", "operator": "self"}
owner = {"factory": "test", "region": "region", "site": SITE, "profiles": ["none"]}
made = Operators("it", owner | {"operators": OPERATORS}, after(namespace, providers={"kubernetes": provider}))
pulumi.export("versions", made.versions)
"""


def program(operators: str) -> str:
    return PROGRAM.replace("OPERATORS", operators)


def subscribed(namespace: str, **more: Any) -> str:
    """Return an operator by OLM, in a namespace of the test's own: the control plane is shared."""
    return str({"node-feature-discovery": {"install": "olm", "namespace": namespace, "protect": False} | more})


def everything(api: Api) -> set[str]:
    """Return every object of every API group that can be listed, by group, kind, namespace and name."""
    found: set[str] = set()
    for root in ("/api", "/apis"):
        for group in api.request("GET", root, headers=DISCOVERY)["items"]:
            name = group["metadata"].get("name", "")
            for version in group["versions"]:
                group_version = f"{name}/{version['version']}" if name else version["version"]
                for resource in version["resources"]:
                    plural = resource["resource"]
                    if "list" in resource["verbs"] and plural not in OF_ITS_OWN:
                        items = listed(api, f"{root}/{group_version}/{plural}")
                        found |= {f"{group_version} {plural} {item.get('namespace', '')}/{item['name']}" for item in items}
    return found


def listed(api: Api, path: str) -> list[dict[str, Any]]:
    """Return the metadata of a collection; one whose definition is new is refused (429) until the server has read it."""

    def check() -> list[dict[str, Any]] | None:
        try:
            return api.metadata(path)
        except ApiRefusalError as refusal:
            if refusal.status != 429:
                raise
            return None

    return wait_for(check, lambda: f"{path} is still refused", 30)


@pytest.fixture(scope="module")
def api(
    control_plane: ControlPlane, instance: Instance, toolset: Toolset, paths: Paths, reporter: Reporter
) -> Iterator[Api]:
    crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    controlplane.start_simulation(instance, toolset, reporter)
    simulate.apply_nodes(control_plane.kubeconfig, [], reporter)
    with connect(control_plane.kubeconfig) as found:
        yield found


@pytest.fixture
def stack(tmp_path: Any, toolset: Toolset, control_plane: ControlPlane, api: Api) -> Iterator[KubernetesStack]:
    found = KubernetesStack(tmp_path, toolset, control_plane)
    yield found
    found.destroy()


class TestOlm:
    """Prevents an operator that is called ready before it runs, and one of which parts stay when it goes."""

    def test_install_again_and_destroy(self, stack: KubernetesStack, api: Api) -> None:
        before, home = everything(api), f"{stack.namespace}-nfd"
        done = stack.up(program(subscribed(home)))
        assert not done.failed, done.words
        order = [name for op, name in done.steps if op == "create" and name.startswith("it-")]
        assert order == [
            f"it-namespace-{home}",
            f"it-operatorgroup-{home}-{home}",
            f"it-subscription-{home}-nfd",
            f"it-installed-{home}-nfd",
        ]
        assert done.outputs["versions"] == {"node-feature-discovery": "channel stable"}
        (version,) = api.request("GET", CSV.format(home))["items"]
        assert version["metadata"]["name"] == "nfd-simulated"
        assert version["status"]["phase"] == "Succeeded"

        again = stack.up()
        assert (again.failed, again.ops) == (False, {}), again.words

        gone = stack.destroy()
        assert not gone.failed, gone.words
        assert everything(api) - before == set()

    def test_a_version_that_does_not_come_up_is_said_and_the_next_run_goes_on(
        self, stack: KubernetesStack, api: Api, control_plane: ControlPlane
    ) -> None:
        home = stack.namespace
        api.apply(f"/api/v1/namespaces/{home}", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": home}})
        stuck: dict[str, Any] = {
            "apiVersion": "operators.coreos.com/v1alpha1",
            "kind": "ClusterServiceVersion",
            "metadata": {"name": "nfd.v4", "namespace": home, "annotations": {WITHHOLD_ANNOTATION: "true"}},
            "spec": {"displayName": "stuck", "install": {"strategy": "deployment"}},
        }
        path = f"{CSV.format(home)}/nfd.v4"
        api.apply(path, stuck)
        wait = {"pulumi.com/waitFor": "jsonpath={.status.phase}=Succeeded", "pulumi.com/timeoutSeconds": "3"}
        patch = stuck | {"metadata": {"name": "nfd.v4", "namespace": home, "annotations": wait}}
        del patch["spec"]
        environment = {"AIFACTORY_LOCAL_INSTANCE": "engine-test", "KUBECONFIG": str(control_plane.kubeconfig)}
        with PluginProcess(environment) as plugin:
            with pytest.raises(RefusedError) as caught:
                plugin.create(PATCH, patch)
            assert caught.value.partial is not None
            assert "phase" in " ".join(caught.value.partial.reasons)
            stuck["metadata"]["annotations"] = {}
            api.apply(path, stuck)
            made = plugin.create(PATCH, patch)
            assert made.outputs["status"]["phase"] == "Succeeded"
            # OLM's object stays when the wait is given up, and has nothing of ours.
            plugin.delete(made)
        left = api.request("GET", path)["metadata"]["annotations"]
        assert not [key for key in left if key.startswith("pulumi.com/")]
        api.request("DELETE", f"/api/v1/namespaces/{home}")


class TestAdopt:
    """Prevents custom resources of an operator that is not there."""

    def test_a_missing_definition_is_refused_by_the_preflight(self, api: Api) -> None:
        name = releases()["keda"].crds[0]
        bare = {"databases": {}, "models": {}, "gateway": None, "gpu_pools": {}, "namespaces": {"data": {}}}
        spec = factory(operators={"keda": {"install": "adopt"}}, **bare)
        assert preflight(api, spec, "here").stops == []
        definition = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
        held = api.request("GET", definition)
        api.request("DELETE", definition)
        try:
            wait_for(lambda: preflight(api, spec, "here").stops or None, lambda: "it is still served", 30)
            (found,) = preflight(api, spec, "here").stops
            assert found.operator == "keda"
            assert name in found.what
            # On a local region nothing could be installed.
            assert found.write == ""
        finally:
            held["metadata"] = {"name": name, "annotations": held["metadata"].get("annotations", {})}
            held.pop("status", None)
            api.apply(definition, held)

    def test_nothing_is_made(self, stack: KubernetesStack) -> None:
        done = stack.up(program('{"kueue": {"install": "adopt"}}'))
        assert not done.failed, done.words
        assert [name for _, name in done.steps if name.startswith("it-")] == []
        assert done.outputs["versions"] == {"kueue": releases()["kueue"].version}


class TestExternal:
    """Prevents anything of ours in what is somebody else's."""

    def test_nothing_is_made_and_no_version_is_claimed(self, stack: KubernetesStack, api: Api) -> None:
        first = stack.up("pass")
        assert not first.failed, first.words
        before = everything(api)
        done = stack.up(program('{"kueue": {"install": "external"}}'))
        assert not done.failed, done.words
        assert everything(api) - before == set()
        assert done.outputs["versions"] == {}
