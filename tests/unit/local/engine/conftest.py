"""An engine whose CLI is a script that the test writes."""

import sys
import textwrap
from pathlib import Path

import pytest

from aifactory.local.engine import Engine


@pytest.fixture
def engine(tmp_path):
    """An engine with a private home; `pulumi` is to be written by `fake`."""
    for name in ("home", "state", "logs"):
        (tmp_path / name).mkdir()
    return Engine(
        pulumi=tmp_path / "pulumi",
        home=tmp_path / "home",
        backend=tmp_path / "state",
        kubeconfig=tmp_path / "kubeconfig",
        logs=tmp_path / "logs",
        environment={"PULUMI_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin"},
        plugins=(),
    )


@pytest.fixture
def fake(engine):
    """Write the CLI as a Python script; it is started by its own path, as the real one."""

    def write(text: str) -> Path:
        engine.pulumi.write_text(f"#!{sys.executable} -IS\n{textwrap.dedent(text)}")
        engine.pulumi.chmod(0o755)
        return engine.pulumi

    return write
