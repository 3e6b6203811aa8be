"""The command line of a local region as a user runs it: a copy of the project, a process, and what it printed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.stderr
        return json.loads(self.stdout)


class Project:
    """A copy of this project's stacks, of which a test may change factory.yaml."""

    def __init__(self, directory: Path, instance: str) -> None:
        self.directory, self.instance = directory, instance
        shutil.copy(ROOT / "Pulumi.yaml", directory)
        shutil.copytree(ROOT / "stacks", directory / "stacks", ignore=shutil.ignore_patterns("__pycache__", "facts"))
        self._original = yaml.safe_load(self.file.read_text())

    @property
    def file(self) -> Path:
        return self.directory / "stacks" / "factory.yaml"

    def region(self, **changed: Any) -> None:
        """Write factory.yaml anew, as it was but for these keys of its region."""
        values = json.loads(json.dumps(self._original))
        for path, value in changed.items():
            *way, last = path.split("__")
            place = values["regions"]["local"]
            for step in way:
                place = place[step]
            place[last] = value
        self.file.write_text(yaml.safe_dump(values, sort_keys=False))

    def command(self, *args: str) -> list[str]:
        return [sys.executable, "-m", "aifactory.cli", "local", *args, "--name", self.instance]

    def run(self, *args: str, timeout: float = 600, **environment: str) -> Done:
        done = subprocess.run(
            self.command(*args),
            cwd=self.directory,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def up(self) -> Done:
        return self.run("up", "--format", "json")

    def start_up(self) -> subprocess.Popen[str]:
        """Start `up` in a process group of its own, so that a test may interrupt it as a terminal does."""
        return subprocess.Popen(
            self.command("up", "--format", "json"),
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )


def interrupt(process: subprocess.Popen[str]) -> None:
    """Press Ctrl-C: the terminal sends SIGINT to the whole foreground group."""
    os.killpg(process.pid, signal.SIGINT)
