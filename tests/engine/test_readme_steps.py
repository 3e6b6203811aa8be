"""What README says about adding a region and an operator, done by following it literally."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from aifactory.local import controlplane
from aifactory.local.paths import CACHE_VARIABLE, Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset

pytestmark = pytest.mark.engine

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## )", README, re.DOTALL | re.MULTILINE)
    assert found, f"README has no section {title}"
    return found[1]


def commands(text: str) -> list[str]:
    """Return the commands of a section: indented lines that are no YAML."""
    blocks = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    lines = [line[4:] for block in blocks if not block.strip().startswith("operators:") for line in block.splitlines()]
    assert lines
    return lines


class Clone:
    """A fresh checkout as a reader has it, with a cache of its own in which the tools are built already."""

    def __init__(self, directory: Path, paths: Paths) -> None:
        self.directory = directory / "aifactory"
        self.directory.mkdir()
        for name in ("Makefile", "Pulumi.yaml", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, self.directory)
        shutil.copytree(ROOT / "stacks", self.directory / "stacks", ignore=shutil.ignore_patterns("__pycache__", "facts"))
        environment = self.directory / ".venv"
        environment.mkdir()
        (environment / "bin").symlink_to(Path(sys.executable).parent)
        (environment / ".ready").touch()
        self.cache = directory / "cache"
        self.cache.mkdir()
        for name in ("tools", "crds"):
            (self.cache / name).symlink_to(getattr(paths, name))

    def follow(self, lines: list[str]) -> str:
        """Run the commands as one shell does, and stop at the first that fails."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
            cwd=self.directory,
            env=os.environ | {CACHE_VARIABLE: str(self.cache)},
            capture_output=True,
            text=True,
            timeout=800,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def clone(tmp_path: Path, paths: Paths, toolset: Toolset, reporter: Reporter) -> Iterator[Clone]:
    made = Clone(tmp_path, paths)
    yield made
    own = Paths.at(made.cache)
    for instance in (path.name for path in own.instances.glob("[a-z]*")):
        controlplane.stop(own.instance(instance), purge=True, reporter=reporter)


class TestAddARegion:
    """Prevents a README that a newcomer follows and then is stuck with."""

    def test_a_second_region_comes_up(self, clone: Clone) -> None:
        printed = clone.follow(commands(section("Add a region")))
        assert "Region second of factory demo is up" in printed
        blocks, ready = re.findall(r"(\d+) of (\d+) ready", printed)[-1]
        assert blocks == ready
        regions = yaml.safe_load((clone.directory / "stacks" / "factory.yaml").read_text())["regions"]
        assert set(regions) == {"local", "second"}
        assert (clone.directory / "stacks" / "facts" / "second.json").is_file()


class TestAddAnOperator:
    """Prevents an operator that is written down and that nobody then looks for."""

    def test_a_further_operator_is_adopted_and_shown(self, clone: Clone) -> None:
        text = section("Add an operator")
        block = re.search(r"^    operators:\n((?:^      .*\n)+)", text, re.MULTILINE)
        assert block
        line = block[1].splitlines()[0].strip()
        file = clone.directory / "stacks" / "factory.yaml"
        before = file.read_text()
        after = re.sub(r"(    operators:.*\n)", rf"\1      {line}\n", before, count=1)
        assert after != before
        file.write_text(after)

        printed = clone.follow(commands(text))
        name = next(iter(yaml.safe_load(line)))
        assert re.search(rf"{name} +ready", printed), printed
