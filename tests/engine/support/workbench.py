"""A project directory, an engine of its own, and a look at the processes that a run leaves: for engine tests."""

import os
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import psutil

from aifactory.local import engine as engines
from aifactory.local.engine import Engine
from aifactory.local.engine.environment import process_environment
from aifactory.local.paths import Instance
from aifactory.local.progress import SilentReporter
from aifactory.local.tools import Toolset
from tests.engine.support import echo_plugin

STACK = "test"

PROJECT = """\
name: bench
runtime:
  name: python
  options: {options}
main: {main}
stackConfigDir: stacks
"""

ITEM = '''
import pulumi

class Item(pulumi.CustomResource):
    """Answers from the echo plugin."""

    value: pulumi.Output[str]

    def __init__(self, name, value=None, seconds=0, identity="one", opts=None):
        properties = {"value": value, "seconds": seconds, "identity": identity}
        super().__init__("echo:index:Item", name, properties, opts)

'''

DRIVER = """
import sys
from pathlib import Path
from aifactory.errors import AifactoryError
from aifactory.local import engine
from tests.engine.support.workbench import Workbench
bench = Workbench.again(Path(sys.argv[1]), Path(sys.argv[2]))
try:
    engine.up(bench.engine, bench.project, stack="test", news=lambda text: print(text, flush=True))
except AifactoryError as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


class Workbench:
    """One engine with the echo plugin, and one project that a test writes programs for.

    Attributes:
        root: everything lies under it.
        project: directory of Pulumi.yaml; the program is in ``stacks/``.
        world: the directory that the echo plugin keeps its resources in.
        engine: as `prepare` made it, stand-ins only.
    """

    def __init__(self, root: Path, toolset: Toolset) -> None:
        self.root = root
        self.project = root / "project"
        self.world = root / "world"
        self.instance = Instance(f"bench-{os.getpid()}-{time.monotonic_ns()}", root / "instance")
        self.engine = engines.prepare(self.instance, toolset, SilentReporter(), official="never")
        self._finish()

    @classmethod
    def again(cls, root: Path, pulumi: Path) -> "Workbench":
        """The workbench of another process, for drivers that a test kills."""
        from aifactory.local.tools import Tool

        bench = cls.__new__(cls)
        bench.root, bench.project, bench.world = root, root / "project", root / "world"
        bench.instance = Instance((root / "instance-name").read_text(), root / "instance")
        tools = Toolset({"pulumi": Tool("pulumi", "3.258.0", pulumi, "PATH")})
        bench.engine = engines.prepare(bench.instance, tools, SilentReporter(), official="never")
        bench._finish()
        return bench

    def _finish(self) -> None:
        (self.root / "instance-name").write_text(self.instance.name)
        script = self.root / "pulumi-resource-echo"
        module = Path(echo_plugin.__file__)
        script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -P {shlex.quote(str(module))} "$@"\n')
        script.chmod(0o755)
        engines.link_plugin(self.engine, "resource", "echo", echo_plugin.VERSION, script)
        environment = {**self.engine.environment, "ECHO_WORLD": str(self.world)}
        self.engine = Engine(
            pulumi=self.engine.pulumi,
            home=self.engine.home,
            backend=self.engine.backend,
            kubeconfig=self.engine.kubeconfig,
            logs=self.engine.logs,
            environment=environment,
            plugins=self.engine.plugins,
        )

    def write(self, program: str, *, main: str = "stacks/", options: str = "{}", file: str = "__main__.py") -> None:
        """Write the project with this program in ``stacks/``."""
        stacks = self.project / "stacks"
        stacks.mkdir(parents=True, exist_ok=True)
        (self.project / "Pulumi.yaml").write_text(PROJECT.format(main=main, options=options))
        (stacks / file).write_text(ITEM + textwrap.dedent(program))

    def up(self, **how):
        return engines.up(self.engine, self.project, stack=STACK, **how)

    def preview(self, **how):
        return engines.preview(self.engine, self.project, stack=STACK, **how)

    def destroy(self, **how):
        return engines.destroy(self.engine, self.project, stack=STACK, **how)

    def refresh(self, **how):
        return engines.refresh(self.engine, self.project, stack=STACK, **how)

    def stack(self):
        return engines.stack_init(self.engine, self.project, STACK)

    def set_secret(self, key: str, value: str) -> None:
        """Put a secret into the stack's configuration; by standard input, as a careful person does."""
        stack = self.stack()
        self.pulumi("config", "set", "--secret", key, "--stack", STACK, "--config-file", str(stack.config_file), stdin=value)

    def pulumi(self, *args: str, cwd: Path | None = None, stdin: str | None = None, check: bool = True):
        """Run the CLI as a person would, in a shell that took the exports."""
        return subprocess.run(
            [self.engine.pulumi, *args, "--non-interactive"],
            cwd=cwd or self.project,
            env=process_environment(self.engine),
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            timeout=180,
            check=check,
        )

    def drive(self) -> subprocess.Popen:
        """Start `up` in a process of its own, which a test may kill."""
        return subprocess.Popen(
            [sys.executable, "-c", DRIVER, str(self.root), str(self.engine.pulumi)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(os.environ),
            cwd=Path(__file__).parents[3],
            process_group=0,
        )

    def processes(self) -> dict[str, psutil.Process]:
        """Every process of this engine that runs now, by what it is."""
        found = {}
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                mine = process.environ().get("AIFACTORY_LOCAL_INSTANCE") == self.instance.name
                if mine and process.status() != psutil.STATUS_ZOMBIE:
                    found[kind_of(process.cmdline())] = process
        return found

    def wait_for(self, condition, what: str, seconds: float = 30.0) -> None:
        """Wait until `condition()` holds; fail with `what` and with what was running."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not after {seconds} s; running: {sorted(self.processes())}")
            time.sleep(0.05)

    def wait_for_silence(self, seconds: float = 15.0) -> None:
        """Wait until no process of the engine is left; fail if one stays."""
        self.wait_for(lambda: not self.processes(), "processes are left behind", seconds)

    def journal(self) -> list[str]:
        path = self.world / "journal"
        return path.read_text().splitlines() if path.exists() else []

    def items(self) -> list[str]:
        return sorted(path.stem for path in self.world.glob("*.item"))

    def end(self) -> None:
        """Kill what a failed test has left running."""
        for process in self.processes().values():
            with suppress(psutil.Error):
                process.send_signal(signal.SIGKILL)


def kind_of(command: list[str]) -> str:
    """What a process of the engine is, by its command line."""
    text = " ".join(command)
    for mark, kind in (
        ("aifactory.local.plugins.language", "host"),
        ("language/runner.py", "program"),
        ("echo_plugin.py", "plugin"),
        ("/pulumi ", "engine"),
    ):
        if mark in f"{text} ":
            return kind
    return text
