"""Every status that a component waits for, withheld: the wait runs out and says in words what was missing."""

import copy
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aifactory.kube.api import connect
from aifactory.local import controlplane, crds, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.simulate import WITHHOLD_ANNOTATION
from aifactory.local.tools import Toolset
from aifactory.model import load_factory
from aifactory.render import Manifest
from aifactory.render.region import render_region
from tests.engine.support.plugin_process import PluginProcess, RefusedError

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
SECONDS = "4"
"""How long a withheld status is waited for; a simulated one takes a tenth of a second."""


def waited_for() -> list[Manifest]:
    """Return the objects of the shipped region that Pulumi waits for: those with a condition, and the workloads."""
    factory = load_factory(ROOT / "stacks" / "factory.yaml")
    made = [manifest for block in render_region(factory, "local") for manifest in block.manifests]
    kinds = {"Deployment", "PersistentVolumeClaim"}
    return [o for o in made if o["kind"] in kinds or "pulumi.com/waitFor" in o["metadata"]["annotations"]]


OBJECTS = {f"{manifest['kind']}-{manifest['metadata']['name']}": manifest for manifest in waited_for()}

SAYS = {
    "Cluster": "Ready",
    "Certificate": "Ready",
    "Gateway": "Programmed",
    "HTTPRoute": "Accepted",
    "Deployment": "0 of",
    "PersistentVolumeClaim": "Pending",
    "ClusterPolicy": "state",
    "ClusterQueue": "Active",
    "LocalQueue": "Active",
    "KubeVirt": "Available",
    "CDI": "Available",
    "VirtualMachine": "Ready",
    "Pooler": "phase",
    "ScheduledBackup": "lastCheckTime",
}
"""What the reason must name, by kind."""


CLUSTER_WIDE = {
    "ClusterPolicy": "/apis/nvidia.com/v1/clusterpolicies",
    "ClusterQueue": "/apis/kueue.x-k8s.io/v1beta2/clusterqueues",
    "CDI": "/apis/cdi.kubevirt.io/v1beta1/cdis",
}
"""Where the kinds are that go with no namespace, and so have to be removed by name."""


@pytest.fixture(scope="module")
def namespace(
    control_plane: ControlPlane, instance: Instance, toolset: Toolset, paths: Paths, reporter: Reporter
) -> Iterator[str]:
    crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    controlplane.start_simulation(instance, toolset, reporter)
    simulate.apply_nodes(control_plane.kubeconfig, [], reporter)
    name = f"withheld-{int(time.time())}"
    path = f"/api/v1/namespaces/{name}"
    with connect(control_plane.kubeconfig) as api:
        api.apply(path, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield name
        api.request("DELETE", path)
        for collection in CLUSTER_WIDE.values():
            for item in api.request("GET", collection)["items"]:
                if str(item["metadata"]["name"]).endswith(f"-{name}"):
                    api.request("DELETE", f"{collection}/{item['metadata']['name']}")


@pytest.fixture(scope="module")
def plugin(control_plane: ControlPlane) -> Iterator[PluginProcess]:
    environment = {"AIFACTORY_LOCAL_INSTANCE": "engine-test", "KUBECONFIG": str(control_plane.kubeconfig)}
    with PluginProcess(environment) as process:
        yield process


def withheld(manifest: Manifest, namespace: str) -> dict[str, Any]:
    """Return an object as the component makes it, but nobody will set its status."""
    changed = copy.deepcopy(manifest)
    metadata = changed["metadata"]
    if "namespace" in metadata:
        metadata["namespace"] = namespace
    else:
        # Another test's region may be up on the same control plane.
        metadata["name"] = f"{metadata['name']}-{namespace}"
    metadata["annotations"] |= {WITHHOLD_ANNOTATION: "true", "pulumi.com/timeoutSeconds": SECONDS}
    if changed["kind"] == "Deployment":
        changed["spec"]["template"]["metadata"].setdefault("annotations", {})[WITHHOLD_ANNOTATION] = "true"
    return changed


class TestWithheldStatuses:
    """Prevents a wait that is no wait: a component that reports ready while its operator never said so."""

    def test_every_kind_that_is_waited_for_is_looked_at(self) -> None:
        assert {manifest["kind"] for manifest in OBJECTS.values()} == set(SAYS)
        wide = {manifest["kind"] for manifest in OBJECTS.values() if "namespace" not in manifest["metadata"]}
        assert wide == set(CLUSTER_WIDE)

    @pytest.mark.parametrize("name", OBJECTS)
    def test_the_wait_runs_out_and_says_what_was_missing(self, name: str, plugin: PluginProcess, namespace: str) -> None:
        manifest = withheld(OBJECTS[name], namespace)
        group_version = manifest["apiVersion"] if "/" in manifest["apiVersion"] else f"core/{manifest['apiVersion']}"
        with pytest.raises(RefusedError) as caught:
            plugin.create(f"kubernetes:{group_version}:{manifest['kind']}", manifest)
        assert caught.value.partial is not None, "the object is there, so the state must know it"
        said = " ".join(caught.value.partial.reasons)
        assert SAYS[manifest["kind"]] in said, said
        assert f"{SECONDS} s" in said
