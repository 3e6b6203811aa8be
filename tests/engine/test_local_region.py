"""`aifactory local up` as a user runs it: the real engine, the real API server, the factory of this project."""

import contextlib
import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from aifactory.conventions import OWNER_ANNOTATION
from aifactory.kube.api import connect
from aifactory.local import engine
from aifactory.local.controlplane import ControlPlane
from aifactory.local.engine import Engine
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.region import Project, interrupt

pytestmark = pytest.mark.engine

STACK = "local"

BLOCKS = {
    "cluster", "gpu-pool", "operator", "namespace", "gpu-operator", "tenant", "database", "virtualization",
    "virtual-machine", "model",
}  # fmt: skip
"""What a whole region is made of, as `aifactory status` names it."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, instance: Instance, control_plane: ControlPlane) -> Project:
    return Project(tmp_path_factory.mktemp("project"), instance.name)


@pytest.fixture(scope="module")
def pulumi(instance: Instance, toolset: Toolset, reporter: Reporter, project: Project) -> Iterator[Engine]:
    made = engine.prepare(instance, toolset, reporter)
    yield made
    project.region()
    engine.destroy(made, project.directory, stack=STACK)


@pytest.fixture
def region(project: Project, pulumi: Engine) -> Project:
    """A region that is up, as factory.yaml of this project describes it."""
    project.region()
    done = project.up()
    assert done.code == 0, done.stderr
    return project


def owned_objects(kubeconfig: Path) -> list[str]:
    """Return every object of every kind in the cluster that says one of our components owns it."""
    with connect(kubeconfig) as api:
        return [
            f"{path}: {metadata.get('namespace', '')}/{metadata['name']}"
            for path in _collections(api)
            for metadata in api.metadata(path)
            if OWNER_ANNOTATION in (metadata.get("annotations") or {})
        ]


def _collections(api: object) -> Iterator[str]:
    groups = [
        "/api/v1",
        *(f"/apis/{v['groupVersion']}" for g in api.request("GET", "/apis")["groups"] for v in g["versions"]),
    ]
    for group in groups:
        for resource in api.request("GET", group)["resources"]:
            if "list" in resource["verbs"] and "/" not in resource["name"]:
                yield f"{group}/{resource['name']}"


def processes_of(instance: Instance) -> set[int]:
    """Return the processes that work for this instance's engine: CLI, hosts, programs, plugins."""
    marker, found = f"AIFACTORY_LOCAL_INSTANCE={instance.name}", set()
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except psutil.Error:
            continue
        if f"AIFACTORY_LOCAL_INSTANCE={variables.get('AIFACTORY_LOCAL_INSTANCE')}" == marker:
            found.add(process.pid)
    return found - {os.getpid()}


def wait_gone(instance: Instance, seconds: float = 20) -> set[int]:
    deadline = time.monotonic() + seconds
    while (left := processes_of(instance)) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


class TestMainJob:
    """Prevents the first thing a newcomer does from failing."""

    def test_up_places_the_model_and_makes_the_database(self, region: Project) -> None:
        answer = region.up().json
        (model,) = answer["facts"]["models"]
        assert (model["ready"], model["replicas"], len(model["placed"])) == (2, 2, 2)
        (database,) = answer["facts"]["databases"]
        assert (database["ready"], database["phase"]) == (3, "Cluster in healthy state")
        assert sum(node["gpus"] for node in answer["facts"]["nodes"]) == 16
        assert answer["facts"]["quotas"][0] == {"namespace": "ai", "gpus": 4, "gpus_used": 2}
        assert {block["state"] for block in answer["blocks"]} == {"ready"}
        assert {block["block"] for block in answer["blocks"]} == BLOCKS
        assert answer["outputs"]["endpoints"] == {"assistant": "https://assistant.ai.local.factory.internal/v1"}

    def test_up_again_changes_nothing(self, region: Project) -> None:
        assert set(region.up().json["changes"]) == {"same"}

    def test_what_is_simulated_is_said(self, region: Project) -> None:
        answer = region.up().json
        assert any("nodes" in words for words in answer["SIMULATED"])
        assert any("statuses" in words for words in answer["SIMULATED"])
        assert all(node["simulated"] for node in answer["facts"]["nodes"])

    def test_the_summary_is_for_people(self, region: Project) -> None:
        done = region.run("up")
        assert done.code == 0
        assert "Region local of factory demo is up" in done.stdout
        assert "nothing" in done.stdout or "same" in done.stdout
        assert "\x1b[" not in done.stdout


class TestChanges:
    """Prevents a change of YAML that the engine does not see, or that it makes by replacing what it need not."""

    def test_more_replicas_are_an_update_in_place(self, region: Project) -> None:
        region.region(models__assistant__replicas=3)
        answer = region.up().json
        assert answer["changes"].get("update") == 1
        assert not {"replace", "create", "delete"} & set(answer["changes"])
        assert answer["facts"]["models"][0]["ready"] == 3

    def test_a_database_more_is_made_and_taken_away_again(self, region: Project) -> None:
        billing = {"namespace": "data", "protect": False}
        region.region(databases={"billing": billing, "ledger": {"namespace": "data", "instances": 1, "protect": False}})
        assert region.up().json["outputs"]["databases"].keys() == {"billing", "ledger"}
        region.region()
        answer = region.up().json
        assert answer["changes"]["delete"] >= 2
        assert answer["outputs"]["databases"].keys() == {"billing"}

    def test_a_protected_database_is_not_taken_away(self, region: Project) -> None:
        ledger = {"namespace": "data", "instances": 1}
        billing = {"namespace": "data", "protect": False}
        region.region(databases={"billing": billing, "ledger": ledger})
        assert region.up().code == 0
        region.region(databases={"billing": billing})
        done = region.up()
        assert done.code == 4
        assert "protect" in done.stderr
        region.region(databases={"billing": billing, "ledger": ledger | {"protect": False}})
        assert region.up().code == 0

    def test_a_wrong_file_is_refused_before_the_engine_starts(self, region: Project) -> None:
        region.region(namespaces__ai__gpu_quota=1)
        done = region.up()
        assert done.code == 2
        assert "so some would stay pending" in done.stderr
        assert "Traceback" not in done.stderr

    def test_refresh_finds_a_change_made_behind_its_back_and_up_mends_it(
        self, region: Project, pulumi: Engine, control_plane: ControlPlane
    ) -> None:
        path = "/apis/apps/v1/namespaces/ai/deployments/assistant"
        with connect(control_plane.kubeconfig) as api:
            api.request(
                "PATCH", path, json={"spec": {"replicas": 1}}, headers={"Content-Type": "application/merge-patch+json"}
            )
            found = engine.refresh(pulumi, region.directory, stack=STACK)
            assert found.changes.get("update") == 1
            assert region.up().json["changes"].get("update") == 1
            assert api.request("GET", path)["spec"]["replicas"] == 2

    def test_preview_tells_what_up_would_do_and_does_nothing(self, region: Project, pulumi: Engine) -> None:
        region.region(models__assistant__replicas=3)
        assert engine.preview(pulumi, region.directory, stack=STACK).changes.get("update") == 1
        region.region()
        assert engine.preview(pulumi, region.directory, stack=STACK).unchanged


class TestDestroy:
    """Prevents leftovers: objects nobody owns any more, namespaces that hang, claims that block the next region."""

    def test_nothing_of_ours_is_left(self, region: Project, pulumi: Engine, control_plane: ControlPlane) -> None:
        assert owned_objects(control_plane.kubeconfig)
        engine.destroy(pulumi, region.directory, stack=STACK)
        assert owned_objects(control_plane.kubeconfig) == []
        assert region.up().json["changes"].get("create", 0) > 20


class TestGivenCluster:
    """Prevents waiting for operators and GPUs that a user's own cluster does not have, and touching another cluster."""

    @pytest.fixture
    def given(self, region: Project, pulumi: Engine, control_plane: ControlPlane, paths: Paths) -> Iterator[list[str]]:
        """Arguments that take the control plane for a cluster which was there already; nothing of ours is on it."""
        engine.destroy(pulumi, region.directory, stack=STACK)
        yield ["up", "--kube-context", control_plane.context, "--format", "json"]
        at = paths.instance(f"at-{control_plane.context}"[:40].rstrip("-"))
        shutil.rmtree(at.root, ignore_errors=True)

    def test_a_cluster_with_everything_carries_the_region(
        self,
        region: Project,
        given: list[str],
        control_plane: ControlPlane,
        paths: Paths,
        toolset: Toolset,
        reporter: Reporter,
    ) -> None:
        done = region.run(*given, KUBECONFIG=str(control_plane.kubeconfig))
        assert done.json["facts"]["models"][0]["ready"] == 2
        at = paths.instance(f"at-{control_plane.context}"[:40].rstrip("-"))
        made = engine.prepare(at, toolset, reporter, kube_context=control_plane.context)
        engine.destroy(made, region.directory, stack=STACK)
        assert owned_objects(control_plane.kubeconfig) == []

    def test_a_cluster_with_too_few_gpus_is_refused_before_anything_is_made(
        self, region: Project, given: list[str], control_plane: ControlPlane
    ) -> None:
        region.region(gpu_pools__h100__nodes=3)
        done = region.run(*given, KUBECONFIG=str(control_plane.kubeconfig))
        assert done.code == 5
        assert "16 of 24 GPUs" in done.stderr
        assert owned_objects(control_plane.kubeconfig) == []

    def test_a_context_that_is_not_there_is_refused(self, region: Project, control_plane: ControlPlane) -> None:
        done = region.run("up", "--kube-context", "prod", KUBECONFIG=str(control_plane.kubeconfig))
        assert done.code == 5
        assert "no context prod" in done.stderr


class TestInterruption:
    """Prevents orphaned processes, objects made twice, and a state that needs an expert."""

    def test_ctrl_c_ends_in_order_and_the_next_run_converges(
        self, region: Project, pulumi: Engine, instance: Instance
    ) -> None:
        engine.destroy(pulumi, region.directory, stack=STACK)
        process = region.start_up()
        time.sleep(8)
        interrupt(process)
        _, stderr = process.communicate(timeout=120)
        assert "Traceback" not in stderr
        assert process.returncode in {130, 0}
        assert wait_gone(instance) == set()
        assert region.up().code == 0
        assert set(region.up().json["changes"]) == {"same"}

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_kill_9_of_any_part_at_any_moment(
        self, region: Project, pulumi: Engine, instance: Instance, control_plane: ControlPlane, seed: int
    ) -> None:
        kill_and_converge(region, pulumi, instance, control_plane, seed)

    @pytest.mark.slow
    @pytest.mark.parametrize("seed", range(100, 120))
    def test_kill_9_many_times(
        self, region: Project, pulumi: Engine, instance: Instance, control_plane: ControlPlane, seed: int
    ) -> None:
        kill_and_converge(region, pulumi, instance, control_plane, seed)


def kill_and_converge(region: Project, pulumi: Engine, instance: Instance, plane: ControlPlane, seed: int) -> None:
    """Kill one process that works for the engine at a moment that the seed chooses, then bring the region up again."""
    chance = random.Random(seed)
    engine.destroy(pulumi, region.directory, stack=STACK)
    process = region.start_up()
    moment = chance.uniform(3, 14)
    print(f"seed {seed}: kill after {moment:.1f} s")
    time.sleep(moment)
    victims = sorted(processes_of(instance))
    if victims:
        victim = chance.choice(victims)
        name = " ".join(psutil.Process(victim).cmdline()[:4]) if psutil.pid_exists(victim) else "gone already"
        print(f"seed {seed}: killed {name}")
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    process.communicate(timeout=300)
    assert wait_gone(instance) == set()
    assert region.up().code == 0
    assert set(region.up().json["changes"]) == {"same"}
    names = owned_objects(plane.kubeconfig)
    assert len(names) == len(set(names))
