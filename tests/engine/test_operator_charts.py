"""The operators' own charts with our values, rendered by Helm itself: images, definitions, and the rights of their pods.

Charts that lie in a Go module can be had wherever a Go proxy can be reached. What comes from registries and indexes only
(GPU Operator, CloudNativePG, KEDA, ...) is not rendered here.
"""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.catalog import releases
from aifactory.local.crds.fetch import module_directories
from aifactory.local.crds.sources import table
from aifactory.model import OperatorsSpec, validate
from aifactory.render import Scope
from aifactory.render.operators import HelmRelease, plan_operators

pytestmark = pytest.mark.engine

CHARTS = {
    "cert-manager": "deploy/charts/cert-manager",
    "kueue": "charts/kueue",
    "leaderworkerset": "charts/lws",
    "node-feature-discovery": "deployment/helm/node-feature-discovery",
}
"""Where each lies in the module that its release names."""

EVERY = pytest.mark.parametrize("name", sorted(CHARTS))

WORKLOADS = ("DaemonSet", "Deployment", "Job", "StatefulSet")


@pytest.fixture(scope="module")
def rendered(toolset, tmp_path_factory):
    """Return the objects of an operator's chart, as `Operators` installs it."""
    modules = {source.spec: source for source in table().modules}
    wanted = [modules[releases()[name].crd_sources[0]] for name in CHARTS]
    directories = module_directories(wanted)
    values = tmp_path_factory.mktemp("values")

    def render(name: str) -> list[dict[str, Any]]:
        found = release(name)
        file = values / f"{name}.json"
        file.write_text(json.dumps(found.values))
        chart = directories[releases()[name].crd_sources[0]] / CHARTS[name]
        return helm_template(toolset.path("helm"), found, chart, file)

    return render


def release(name: str) -> HelmRelease:
    spec = validate(OperatorsSpec, {"operators": {name: {"install": "helm"}}}, "test")
    (install,) = plan_operators(Scope("demo", "here", "operators"), "operators", spec)
    (made,) = install.releases
    return made


def helm_template(helm: Path, found: HelmRelease, chart: Path, values: Path) -> list[dict[str, Any]]:
    command = [helm, "template", found.name, chart, "--namespace", found.namespace, "--values", values, "--include-crds"]
    done = subprocess.run([*command, "--kube-version", "1.36.0"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, Loader=yaml.CSafeLoader) if document]


def pods(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        f"{found['kind']} {found['metadata']['name']}": found["spec"]["template"]["spec"]
        for found in objects
        if found["kind"] in WORKLOADS
    }


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def violations(pod: dict[str, Any]) -> list[str]:
    """Return what the standard `restricted` refuses in a pod (Pod Security Standards, kubernetes.io)."""
    outer = pod.get("securityContext") or {}
    found = [field for field in ("hostNetwork", "hostPID", "hostIPC") if pod.get(field)]
    found += ["hostPath" for volume in pod.get("volumes", []) if "hostPath" in volume]
    for container in containers(pod):
        own = container.get("securityContext") or {}
        if own.get("privileged"):
            found.append("privileged")
        if own.get("allowPrivilegeEscalation") is not False:
            found.append("allowPrivilegeEscalation")
        if "ALL" not in (own.get("capabilities") or {}).get("drop", []):
            found.append("capabilities")
        if not own.get("runAsNonRoot", outer.get("runAsNonRoot")):
            found.append("runAsNonRoot")
        if not own.get("seccompProfile", outer.get("seccompProfile")):
            found.append("seccompProfile")
    return found


@pytest.fixture(scope="module")
def kserve(toolset, tmp_path_factory) -> dict[str, list[dict[str, Any]]]:
    """Return the objects of each of KServe's charts, as `Operators` installs them."""
    (module,) = [source for source in table().modules if source.spec == releases()["kserve"].crd_sources[0]]
    charts = module_directories([module])[module.spec] / "charts"
    operators = {need: {"install": "adopt"} for need in releases()["kserve"].requires} | {"kserve": {"install": "helm"}}
    spec = validate(OperatorsSpec, {"operators": operators}, "test")
    (install,) = plan_operators(Scope("demo", "here", "operators"), "operators", spec)
    file = tmp_path_factory.mktemp("values") / "kserve.json"
    found: dict[str, list[dict[str, Any]]] = {}
    for made in install.releases:
        file.write_text(json.dumps(made.values))
        found[made.name] = helm_template(toolset.path("helm"), made, charts / made.name, file)
    return found


class TestKServe:
    """Prevents one of several charts that brings what another owns, or runs what no flow tells of."""

    def test_definitions_come_from_the_first_alone(self, kserve):
        brought = {
            name: {found["metadata"]["name"] for found in objects if found["kind"] == "CustomResourceDefinition"}
            for name, objects in kserve.items()
        }
        assert set(releases()["kserve"].crds) <= brought.pop("kserve-llmisvc-crd")
        assert brought == {"kserve-llmisvc-resources": set(), "kserve-runtime-configs": set()}

    def test_what_takes_its_certificate_looks_where_it_is(self, kserve):
        (certificate,) = [found for found in kserve["kserve-llmisvc-resources"] if found["kind"] == "Certificate"]
        place = f"{certificate['metadata']['namespace']}/{certificate['metadata']['name']}"
        injected = {
            (found["metadata"].get("annotations") or {}).get("cert-manager.io/inject-ca-from")
            for objects in kserve.values()
            for found in objects
        }
        assert injected == {None, place}

    def test_images_are_those_of_the_catalog(self, kserve):
        named = releases()["kserve"].images
        controller = [c for pod in pods(kserve["kserve-llmisvc-resources"]).values() for c in containers(pod)]
        assert [c["image"] for c in controller] == [named[0]]
        assert {c["imagePullPolicy"] for c in controller} == {"IfNotPresent"}
        presets = json.dumps(kserve["kserve-runtime-configs"])
        found = set(re.findall(r'"image": "([^"]+)"', presets))
        assert found
        assert found <= set(named)

    def test_its_namespace_lets_its_pods_in(self, kserve):
        found = {name: violations(pod) for objects in kserve.values() for name, pod in pods(objects).items()}
        assert found == {"Deployment llmisvc-controller-manager": []}


class TestCharts:
    """Prevents an operator that never starts, or whose images are others than the catalog and the flows say."""

    @EVERY
    def test_images_are_those_of_the_catalog(self, rendered, name):
        images = {container["image"] for pod in pods(rendered(name)).values() for container in containers(pod)}
        assert images
        if name == "cert-manager":
            # The module's chart has no version yet; its build writes it into the tags.
            images = {image.replace(":v0.0.0", f":v{releases()[name].version}") for image in images}
        assert images <= set(releases()[name].images)

    @EVERY
    def test_nothing_is_pulled_anew_at_every_start(self, rendered, name):
        policies = {c.get("imagePullPolicy") for pod in pods(rendered(name)).values() for c in containers(pod)}
        assert "Always" not in policies

    @EVERY
    def test_its_namespace_lets_its_pods_in(self, rendered, name):
        found = {workload: violations(pod) for workload, pod in pods(rendered(name)).items()}
        if releases()[name].pod_security == "restricted":
            assert not any(found.values()), found
        else:
            assert "hostPath" in {violation for every in found.values() for violation in every}

    @EVERY
    def test_it_brings_the_definitions_by_which_a_preflight_knows_it(self, rendered, name):
        brought = {found["metadata"]["name"] for found in rendered(name) if found["kind"] == "CustomResourceDefinition"}
        assert set(releases()[name].crds) <= brought

    @EVERY
    def test_all_of_it_is_in_its_namespace(self, rendered, name):
        namespaces = {found["metadata"].get("namespace") for found in rendered(name)}
        assert namespaces <= {None, releases()[name].namespace, "kube-system"}

    def test_certificates_outlive_an_uninstall(self, rendered):
        definitions = [found for found in rendered("cert-manager") if found["kind"] == "CustomResourceDefinition"]
        assert {found["metadata"]["annotations"]["helm.sh/resource-policy"] for found in definitions} == {"keep"}
