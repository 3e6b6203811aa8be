"""What the engine tests share: the built tools, and one running control plane per test session."""

import contextlib
import os
from collections.abc import Iterator

import psutil
import pytest

from aifactory.local import controlplane, tools
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance, Paths
from aifactory.local.progress import PlainReporter, Reporter
from aifactory.local.tools import Toolset

_PREFIX = "test-"


@pytest.fixture(scope="session")
def paths() -> Paths:
    """The user's cache: tools are built once for all sessions."""
    return Paths.default()


@pytest.fixture(scope="session")
def reporter() -> Reporter:
    return PlainReporter()


@pytest.fixture(scope="session")
def toolset(paths: Paths, reporter: Reporter) -> Toolset:
    """Every program that a local region runs; built on the first use of a machine."""
    return tools.ensure([*tools.CONTROL_PLANE, "kubectl", "helm", "pulumi"], paths, reporter)


@pytest.fixture(scope="session")
def instance(paths: Paths, reporter: Reporter) -> Iterator[Instance]:
    """An instance of this session's own; what killed sessions left behind is stopped and removed first."""
    for left in paths.instances.glob(f"{_PREFIX}*"):
        with contextlib.suppress(ValueError):
            if not psutil.pid_exists(int(left.name.removeprefix(_PREFIX))):
                controlplane.stop(paths.instance(left.name), purge=True, reporter=reporter)
    mine = paths.instance(f"{_PREFIX}{os.getpid()}")
    yield mine
    controlplane.stop(mine, purge=True, reporter=reporter)
    mine.lock.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def control_plane(instance: Instance, toolset: Toolset, reporter: Reporter) -> ControlPlane:
    """A running control plane: etcd, API server, controller manager, scheduler, KWOK. Shared, so clean up after you."""
    return controlplane.start(instance, toolset, reporter)
