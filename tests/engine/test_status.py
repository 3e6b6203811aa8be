"""`aifactory status` of a whole region on a real API server: what it is, whether it is ready, and why not."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aifactory.kube.api import connect
from aifactory.local import controlplane, engine
from aifactory.local.controlplane import ControlPlane
from aifactory.local.engine import Engine
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.region import Done, Project

pytestmark = pytest.mark.engine

MERGE = {"Content-Type": "application/merge-patch+json"}


@pytest.fixture(scope="module")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """One of this file's own: what other tests leave in a cluster is what status would speak of."""
    return new_instance("status")


@pytest.fixture(scope="module")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter) -> ControlPlane:
    return controlplane.start(instance, toolset, reporter)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, instance: Instance, control_plane: ControlPlane) -> Project:
    return Project(tmp_path_factory.mktemp("status"), instance.name)


@pytest.fixture(scope="module")
def pulumi(instance: Instance, toolset: Toolset, reporter: Reporter, project: Project) -> Iterator[Engine]:
    made = engine.prepare(instance, toolset, reporter)
    yield made
    project.region()
    engine.destroy(made, project.directory, stack="local")


@pytest.fixture(scope="module")
def region(project: Project, pulumi: Engine) -> Project:
    done = project.up()
    assert done.code == 0, done.stderr
    return project


def status(project: Project, *args: str, **environment: str) -> Done:
    command = [sys.executable, "-m", "aifactory.cli", "status", "--name", project.instance, *args]
    done = subprocess.run(
        command,
        cwd=project.directory,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def blocks(project: Project) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
    done = status(project, "--format", "json")
    answer = json.loads(done.stdout)
    return done.code, {(block["block"], block["name"]): block for block in answer["blocks"]}


class TestAReadyRegion:
    """Prevents a command that finds fault with what is fine, or that says nothing about a block."""

    def test_every_block_is_ready_and_marked_as_simulated(self, region: Project) -> None:
        code, found = blocks(region)
        assert code == 0, [block for block in found.values() if block["state"] != "ready"]
        assert {
            ("database", "billing"), ("virtual-machine", "billing-legacy"), ("model", "assistant"), ("tenant", "science"),
            ("gpu-operator", "cluster-policy"), ("gpu-pool", "h100"), ("operator", "kueue"), ("namespace", "legacy"),
        } <= set(found)  # fmt: skip
        assert found["database", "billing"]["simulated"] is True

    def test_it_is_for_people(self, region: Project) -> None:
        done = status(region, COLUMNS="80")
        assert done.code == 0
        assert "ready" in done.stdout
        assert "\x1b[" not in done.stdout
        assert max(len(line) for line in done.stdout.splitlines()) <= 80


class TestWhyNot:
    """Prevents a region that is broken and looks fine, or is called broken without a reason."""

    def test_a_machine_that_was_deleted_is_missing_and_says_what_makes_it(
        self, region: Project, pulumi: Engine, control_plane: ControlPlane
    ) -> None:
        path = "/apis/kubevirt.io/v1/namespaces/legacy/virtualmachines/billing-legacy"
        with connect(control_plane.kubeconfig) as api:
            api.request("DELETE", path)
        code, found = blocks(region)
        assert code == 1
        machine = found["virtual-machine", "billing-legacy"]
        assert machine["state"] == "missing"
        assert "pulumi up" in machine["reason"]
        engine.refresh(pulumi, region.directory, stack="local")
        assert region.up().json["changes"].get("create") == 1
        assert blocks(region)[0] == 0

    def test_a_model_that_does_not_fit_is_waiting_in_the_schedulers_words(
        self, region: Project, control_plane: ControlPlane
    ) -> None:
        """Every GPU node is cordoned, and the replicas have to go somewhere."""
        with connect(control_plane.kubeconfig) as api:
            nodes = [f"/api/v1/nodes/h100-{number}" for number in range(2)]
            for node in nodes:
                api.request("PATCH", node, json={"spec": {"unschedulable": True}}, headers=MERGE)
            replicas = "labelSelector=aifactory.dev/model%3Dassistant,aifactory.dev/role%3Dreplica"
            api.request("DELETE", f"/api/v1/namespaces/ai/pods?{replicas}")
            try:
                model = wait_for_reason(region)
            finally:
                for node in nodes:
                    api.request("PATCH", node, json={"spec": {"unschedulable": False}}, headers=MERGE)
        assert model["state"] != "ready"
        assert "nodes are available" in model["reason"]

    def test_a_cluster_that_is_not_there_is_said_with_what_to_do(self, region: Project, tmp_path: Path) -> None:
        done = status(region, "--name", "never-was")
        assert done.code == 3
        assert "aifactory local up" in done.stderr
        assert "Traceback" not in done.stderr


def wait_for_reason(region: Project) -> dict[str, Any]:
    model: dict[str, Any] = {}
    for _ in range(20):
        model = blocks(region)[1]["model", "assistant"]
        if "nodes are available" in model["reason"]:
            break
    return model
