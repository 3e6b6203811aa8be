"""InstallDependencies of the stand-in: check what is there, install only into an environment of the project's own.

The interpreter that runs aifactory is nobody's to change: without a virtual environment in Pulumi.yaml what is
missing is named, and nothing is installed.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from aifactory.errors import EngineError
from aifactory.local.plugins.language import declared
from aifactory.local.plugins.language.declared import Declared
from aifactory.local.plugins.language.environment import Environment
from aifactory.local.plugins.language.interpreter import Interpreter, resolve

SDK: Final = "pulumi"
"""Every program needs it; it is installed even where nothing asks for it."""


def install(options: Mapping[str, object], root: Path, program: Path) -> Iterator[str]:
    """Bring a project's dependencies into its environment; yields what was done, line by line.

    Args:
        options: ``runtime.options`` of the project.
        root: the project's root.
        program: the program's directory; its declarations go before the root's.

    Raises:
        EngineError: something is missing and the stand-in may not or cannot install it.
    """
    wanted = declared.read([program, root])
    interpreter = resolve(options, root, must_exist=False)
    if interpreter.virtualenv is None:
        yield from _check(wanted, interpreter)
        return
    toolchain = str(options.get("toolchain") or "pip").lower()
    if toolchain != "pip":
        raise EngineError(
            f"the stand-in does not run {toolchain}; nothing was installed",
            why=f"{toolchain} decides versions by its lock file, which pip would not read",
            fix=f"run `{toolchain} {'sync' if toolchain == 'uv' else 'install'}` in {root}",
        )
    if not interpreter.executable.exists():
        yield f"Creating the virtual environment {interpreter.virtualenv}"
        yield from _run([sys.executable, "-m", "venv", str(interpreter.virtualenv)], root)
    yield from _install(wanted, interpreter, root)


def _check(wanted: Declared, interpreter: Interpreter) -> Iterator[str]:
    environment = Environment.of(interpreter.executable)
    missing = [str(requirement) for requirement in environment.unmet(wanted.requirements)]
    if environment.get(SDK) is None:
        missing.insert(0, SDK)
    if missing:
        raise EngineError(
            f"{interpreter.executable} lacks {', '.join(missing)}; nothing was installed",
            why="Pulumi.yaml names no virtual environment, and that of aifactory is not the stand-in's to change",
            fix="set runtime.options.virtualenv in Pulumi.yaml and run `pulumi install`, "
            "or install them beside aifactory with pip",
        )
    checked = f"{len(wanted.requirements)} of {wanted.source}" if wanted.source else "none declared"
    yield f"Dependencies are there ({checked}); nothing was installed by the stand-in"
    for line in wanted.opaque:
        yield f"Not checked: {line}"


def _install(wanted: Declared, interpreter: Interpreter, root: Path) -> Iterator[str]:
    environment = Environment.of(interpreter.executable)
    unmet = environment.unmet(wanted.requirements)
    sdk = [] if environment.get(SDK) else [SDK]
    if not (unmet or sdk or wanted.opaque or wanted.installable):
        yield f"Dependencies are there in {interpreter.virtualenv}; nothing was installed"
        return
    if wanted.source is None:
        arguments = [SDK]
    elif wanted.source.name == "requirements.txt":
        arguments = ["-r", str(wanted.source), *sdk]
    elif wanted.installable:
        arguments = [str(wanted.source.parent), *sdk]
    else:
        arguments = [*(str(requirement) for requirement in wanted.requirements), *sdk]
    yield f"Installing dependencies into {interpreter.virtualenv}"
    pip = [str(interpreter.executable), "-m", "pip", "--disable-pip-version-check", "install", *arguments]
    yield from _run(pip, root)


def _run(command: list[str], directory: Path) -> Iterator[str]:
    """Run a command and yield its output as it comes.

    Raises:
        EngineError: it failed.
    """
    with subprocess.Popen(
        command,
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            yield from (line.rstrip("\n") for line in process.stdout or ())
        finally:
            # Also when the engine dropped the call: an install that nobody waits for must not go on.
            if process.poll() is None:
                process.terminate()
    if process.returncode != 0:
        shown = " ".join(command[1:4])
        raise EngineError(
            f"`{command[0]} {shown}` failed with exit code {process.returncode}",
            why="the program's environment is incomplete",
            fix="the lines above it say what is wrong; `pulumi install` tries again",
        )
