"""Every example comes up on the local control plane, changes nothing when run again, and goes without a trace."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aifactory.kube.api import connect
from aifactory.local import controlplane, crds, engine
from aifactory.local.controlplane import ControlPlane
from aifactory.local.engine import Engine
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.test_local_region import owned_objects

pytestmark = pytest.mark.engine

EXAMPLES = Path(__file__).parents[2] / "examples"
PROJECTS = sorted(path.parent for path in EXAMPLES.glob("*/Pulumi.yaml"))


@pytest.fixture(scope="module")
def pulumi(instance: Instance, control_plane: ControlPlane, toolset: Toolset, paths: Paths, reporter: Reporter) -> Engine:
    crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())
    controlplane.start_simulation(instance, toolset, reporter)
    return engine.prepare(instance, toolset, reporter)


@pytest.fixture(params=PROJECTS, ids=lambda path: path.name)
def example(request: pytest.FixtureRequest, tmp_path: Path, pulumi: Engine) -> Iterator[Path]:
    """A copy of the example outside of this project, as its user has it."""
    copy = tmp_path / request.param.name
    shutil.copytree(request.param, copy, ignore=shutil.ignore_patterns("__pycache__"))
    yield copy
    engine.destroy(pulumi, copy, stack="dev")


class TestExamples:
    """Prevents an example that a reader cannot run, or that leaves something in his cluster."""

    def test_there_are_some(self) -> None:
        assert PROJECTS

    def test_it_comes_up_stays_and_goes(self, example: Path, pulumi: Engine, control_plane: ControlPlane) -> None:
        made = engine.up(pulumi, example, stack="dev")
        assert made.changes.get("create", 0) >= 3
        assert all(made.outputs.values()), made.outputs
        assert engine.up(pulumi, example, stack="dev").unchanged
        with connect(control_plane.kubeconfig) as api:
            assert api.request("GET", "/api/v1/namespaces/shop")["status"]["phase"] == "Active"
        assert any("/clusters: shop/orders" in name for name in owned_objects(control_plane.kubeconfig))

        engine.destroy(pulumi, example, stack="dev")
        assert owned_objects(control_plane.kubeconfig) == []
