"""An operator of several charts under the real engine: KServe's own, one Helm release after the other, and away again."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.bundles import load_bundle
from aifactory.catalog import releases
from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import controlplane, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.operators_stack import OperatorsStack, everything, module_of

pytestmark = pytest.mark.engine

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
NEEDS = {name: {"install": "adopt"} for name in ("cert-manager", "gateway-api", "leaderworkerset", "llm-d")}
VERSION = releases()["kserve"].version

# No webhook is served here, and one judges every preset.
NO_PRESETS = {"kserve-runtime-configs": {"kserve": {"llmisvcConfigs": {"enabled": False}}}}
KSERVE: dict[str, Any] = {"install": "helm", "protect": False, "values": NO_PRESETS}


@pytest.fixture(scope="module")
def plane(new_instance: Callable[[str], Instance], toolset: Toolset, reporter: Reporter) -> ControlPlane:
    """A control plane of its own, with the definitions of cert-manager and without KServe's."""
    plane = controlplane.start(new_instance("charts"), toolset, reporter)
    simulate.apply_nodes(plane.kubeconfig, [], reporter)
    with connect(plane.kubeconfig) as api:
        for file in sorted((module_of("cert-manager") / "deploy" / "crds").glob("cert-manager.io_*.yaml")):
            api.request("POST", DEFINITIONS, json=yaml.load(file.read_text(), Loader=yaml.CSafeLoader))
        for kind in ("certificaterequests", "certificates", "clusterissuers", "issuers"):
            served(api, f"/apis/cert-manager.io/v1/{kind}")
    return plane


def served(api: Api, path: str) -> None:
    """Wait until a kind can be listed: the API server accepts a definition before it serves it."""
    for _ in range(100):
        try:
            api.request("GET", path)
        except ApiRefusalError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"{path} is not served")


@pytest.fixture
def stack(tmp_path: Path, toolset: Toolset, plane: ControlPlane) -> Iterator[OperatorsStack]:
    """A stack; when the test is over, nothing of it is in the cluster that was not there before."""
    before = everything(plane.kubeconfig)
    stack = OperatorsStack(tmp_path, toolset, plane)
    yield stack
    gone = stack.destroy()
    assert not gone.failed, gone.words
    assert everything(plane.kubeconfig) - before == set()


def get(plane: ControlPlane, path: str) -> dict[str, Any]:
    with connect(plane.kubeconfig) as api:
        return api.request("GET", path)


def made(stack: OperatorsStack) -> list[str]:
    done = stack.up()
    assert not done.failed, done.words
    return [name for op, name in done.steps if op in {"create", "update", "replace"}]


class TestKServe:
    """Prevents a controller before its definitions, and definitions of an earlier version that Helm leaves behind."""

    def test_three_charts_in_order_then_an_upgrade_of_a_definition(
        self, stack: OperatorsStack, plane: ControlPlane, tmp_path: Path
    ) -> None:
        charts = module_of("kserve") / "charts"
        stack.fetch("kserve", chart=charts)
        bundle = load_bundle(stack.bundles, "kserve", VERSION)
        assert bundle
        assert bundle.chart
        assert sorted(path.name for path in bundle.chart.iterdir()) == [
            "kserve-llmisvc-crd",
            "kserve-llmisvc-resources",
            "kserve-runtime-configs",
        ]
        # Its charts make their definitions as ordinary objects, which Helm upgrades.
        assert bundle.crds == ()

        stack.give(**NEEDS, kserve=KSERVE)
        release = "operators-release-kserve-kserve"
        assert [name for name in made(stack) if "-release-" in name] == [
            f"{release}-llmisvc-crd",
            f"{release}-llmisvc-resources",
            f"{release}-runtime-configs",
        ]
        controller = get(plane, "/apis/apps/v1/namespaces/kserve/deployments/llmisvc-controller-manager")
        (container,) = controller["spec"]["template"]["spec"]["containers"]
        assert container["image"] == f"docker.io/kserve/llmisvc-controller:v{VERSION}"
        assert controller["status"]["readyReplicas"] == 1
        assert stack.up().steps == []

        newer = tmp_path / "charts"
        for chart in releases()["kserve"].charts:
            shutil.copytree(charts / chart.name, newer / chart.name)
        file = newer / "kserve-llmisvc-crd" / "templates" / "serving.kserve.io_llminferenceserviceconfigs.yaml"
        for path in (file.parent, file):
            path.chmod(0o755)
        file.write_text(file.read_text().replace("\n  scope:", "\n    categories: [newer]\n  scope:", 1))
        assert "newer" in file.read_text()
        stack.fetch("kserve", chart=newer)
        assert "operators-release-kserve-kserve-llmisvc-crd" in made(stack)
        names = get(plane, f"{DEFINITIONS}/llminferenceserviceconfigs.serving.kserve.io")["spec"]["names"]
        assert names["categories"] == ["newer"]
