"""Evidence of a whole region: declared, in the state of the real engine, and on a real API server, side by side."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aifactory.evidence_command import evidence_app
from aifactory.kube.api import Api, connect
from aifactory.local import controlplane, engine
from aifactory.local.commands import instance_kubeconfig
from aifactory.local.controlplane import ControlPlane
from aifactory.local.engine import Engine
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.region import Project

pytestmark = pytest.mark.engine

FIXED = ("--as-of", "2026-11-22", "--time", "2026-11-22T10:00:00Z")
CANARY = "canary-value-of-a-secret"
MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: what other tests leave in a cluster is what evidence would speak of."""
    return new_instance("evidence")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter) -> ControlPlane:
    return controlplane.start(instance, toolset, reporter)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, instance: Instance, control_plane: ControlPlane) -> Project:
    return Project(tmp_path_factory.mktemp("evidence"), instance.name)


@pytest.fixture(scope="module")
def region(project: Project, instance: Instance, toolset: Toolset, reporter: Reporter) -> Iterator[Project]:
    made: Engine = engine.prepare(instance, toolset, reporter)
    done = project.up()
    assert done.code == 0, done.stderr
    yield project
    engine.destroy(made, project.directory, stack="local")


@pytest.fixture
def api(control_plane: ControlPlane) -> Iterator[Api]:
    with connect(control_plane.kubeconfig) as found:
        yield found


def evidence(region: Project, instance: Instance, out: Path, *more: str) -> Result:
    app = evidence_app(instance_kubeconfig)
    state = instance.backend / ".pulumi" / "stacks" / "aifactory" / "local.json"
    options = ["--region", "local", "--name", instance.name, "--observe", "--state", state, "--factory", region.file]
    return CliRunner().invoke(app, [str(part) for part in (*options, "--out", out, *FIXED, *more)])


def register(out: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((out / "registers" / f"{name}.json").read_text())["rows"]


class TestARegionAsDeclared:
    """Prevents evidence that finds differences where there are none, or says nothing of what it was shown."""

    def test_three_sources_agree_on_every_block(self, region: Project, instance: Instance, tmp_path: Path) -> None:
        done = evidence(region, instance, tmp_path / "out")
        assert done.exit_code == 0, done.output
        rows = register(tmp_path / "out", "data-map")
        billing = next(row for row in rows if row["subject"] == "local/database billing/storage")
        assert billing["state"].endswith("objects in the state")
        assert billing["observed"] == "ready (SIMULATED)"
        assert [row["differs"] for row in rows if row["differs"]] == []
        assert not [row for row in rows if "no cluster was asked" in row["observed"] or "no state" in row["state"]]

    def test_it_says_that_it_is_simulated(self, region: Project, instance: Instance, tmp_path: Path) -> None:
        evidence(region, instance, tmp_path / "out")
        manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
        assert manifest["simulated"] is True
        assert f"local instance {instance.name}, Kubernetes v1." in manifest["sources"]["observed"]
        assert "SIMULATED" in manifest["sources"]["observed"]

    def test_the_same_state_and_cluster_give_the_same_bytes(
        self, region: Project, instance: Instance, tmp_path: Path
    ) -> None:
        found: list[dict[str, bytes]] = []
        for name in ("a", "b"):
            evidence(region, instance, tmp_path / name)
            files = (path for path in (tmp_path / name).rglob("*") if path.is_file())
            found.append({path.relative_to(tmp_path / name).as_posix(): path.read_bytes() for path in files})
        assert found[0] == found[1]


class TestBehindItsBack:
    """Prevents what somebody did to the cluster by hand from staying out of the evidence, and secrets from being in it."""

    def test_an_image_a_country_and_a_machine(self, region: Project, instance: Instance, api: Api, tmp_path: Path) -> None:
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "stray", "namespace": "default"},
            "spec": {
                "containers": [
                    {"name": "miner", "image": "evil.example/miner:1", "env": [{"name": "TOKEN", "value": CANARY}]}
                ]
            },
        }
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "canary"}, "stringData": {"password": CANARY}}
        node = "/api/v1/nodes/h100-0"
        machine = "/apis/kubevirt.io/v1/namespaces/legacy/virtualmachines/billing-legacy"
        api.request("POST", "/api/v1/namespaces/default/secrets", json=secret)
        api.request("POST", "/api/v1/namespaces/default/pods", json=pod)
        api.request("PATCH", node, json={"metadata": {"labels": {"aifactory.dev/country": "US"}}}, headers=MERGE)
        api.request("DELETE", machine)
        done = evidence(region, instance, tmp_path / "out")
        assert done.exit_code == 0, done.output
        found = {row["subject"]: row["difference"] for row in register(tmp_path / "out", "differences")}
        assert "evil.example/miner:1" in found["local/images"]
        assert found["local/site"] == "declared DE, and nodes say US"
        assert "in the cluster missing" in found["local/virtual machine billing-legacy"]
        files = [path.read_text() for path in (tmp_path / "out").rglob("*") if path.is_file()]
        assert not [text for text in (*files, done.output) if CANARY in text]
