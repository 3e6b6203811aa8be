"""What the engine tests share: the built tools, and one running control plane per test session."""

import os
import re
from collections.abc import Callable, Iterator

import psutil
import pytest

from aifactory.errors import ToolError
from aifactory.local import controlplane, tools
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import PlainReporter, Reporter
from aifactory.local.tools import ToolName, Toolset

TOOLS: tuple[ToolName, ...] = (*tools.CONTROL_PLANE, "kubectl", "helm", "pulumi")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Build the tools before the first test: on a fresh machine that takes longer than a test may."""
    wanted = any("toolset" in getattr(item, "fixturenames", ()) for item in session.items)
    if not wanted or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():
            tools.ensure(TOOLS, Paths.default(), PlainReporter())
    except ToolError as error:
        pytest.exit(str(error), returncode=error.exit_code)


@pytest.fixture(scope="session")
def paths() -> Paths:
    """The user's cache: tools are built once for all sessions."""
    return Paths.default()


@pytest.fixture(scope="session")
def reporter() -> Reporter:
    return PlainReporter()


@pytest.fixture(scope="session")
def toolset(paths: Paths, reporter: Reporter) -> Toolset:
    """Every program that a local region runs."""
    return tools.ensure(TOOLS, paths, reporter)


@pytest.fixture(scope="session")
def new_instance(paths: Paths, reporter: Reporter) -> Iterator[Callable[[str], Instance]]:
    """Make instances of this session's own, by a word for what they are for; all are stopped and removed at its end.

    Those that a killed session left behind are stopped and removed first.
    """
    for left in paths.instances.glob("test-*"):
        owner = re.match(r"test-(\d+)", left.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            controlplane.stop(paths.instance(left.name), purge=True, reporter=reporter)
    made: list[Instance] = []

    def make(purpose: str) -> Instance:
        made.append(paths.instance(f"test-{os.getpid()}-{purpose}"))
        return made[-1]

    yield make
    for instance in made:
        controlplane.stop(instance, purge=True, reporter=reporter)
        instance.lock.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def instance(new_instance: Callable[[str], Instance]) -> Instance:
    """The instance of the shared control plane."""
    return new_instance("shared")


@pytest.fixture(scope="session")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter) -> ControlPlane:
    """A running control plane: etcd, API server, controller manager, scheduler, KWOK. Shared, so clean up after you."""
    return controlplane.start(instance, toolset, reporter)
