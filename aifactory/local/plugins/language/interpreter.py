"""Which Python runs a program: the ``runtime.options`` of its Pulumi.yaml, else the one that runs aifactory."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aifactory.errors import EngineError


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python and the virtual environment that it belongs to.

    Attributes:
        executable: absolute path, not resolved: a virtual environment is known by the link's own place.
        virtualenv: directory of the virtual environment that the project asked for; None when it asked for none.
    """

    executable: Path
    virtualenv: Path | None = None

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` as it is inside the virtual environment: its programs come first on PATH."""
        environment = dict(base)
        if self.virtualenv is not None:
            environment["VIRTUAL_ENV"] = str(self.virtualenv)
            environment["PATH"] = os.pathsep.join([str(self.executable.parent), *filter(None, [base.get("PATH")])])
            environment.pop("PYTHONHOME", None)
        return environment


def resolve(options: Mapping[str, object], root: Path, *, must_exist: bool = True) -> Interpreter:
    """Return the interpreter that a project asks for.

    Args:
        options: ``runtime.options`` of Pulumi.yaml (or PulumiPlugin.yaml, PulumiPolicy.yaml). Read are
            ``virtualenv`` (a directory, relative to the project's root) and ``toolchain`` (``pip`` by default;
            ``uv`` and ``poetry`` keep their environment in ``.venv``).
        root: the project's root, where the Pulumi.yaml lies.
        must_exist: False returns where the interpreter will be, for those who make it.

    Raises:
        EngineError: the toolchain is unknown, or the environment asked for is not there.
    """
    directory = virtualenv_directory(options, root)
    if directory is None:
        return Interpreter(Path(sys.executable))
    executable = directory / "bin" / "python"
    if must_exist and not executable.exists():
        raise EngineError(
            f"the virtual environment {directory} has no bin/python",
            why="Pulumi.yaml names it in runtime.options, so the program runs in it and in no other",
            fix="`pulumi install` makes it, or remove the option to run in the environment of aifactory",
        )
    return Interpreter(executable, directory)


def virtualenv_directory(options: Mapping[str, object], root: Path) -> Path | None:
    """Return the directory of the virtual environment asked for, absolute; None when none is asked for."""
    toolchain = str(options.get("toolchain") or "pip").lower()
    named = options.get("virtualenv")
    if toolchain not in ("pip", "uv", "poetry"):
        raise EngineError(
            f"runtime.options.toolchain is {toolchain!r}",
            why="it decides which Python runs the program",
            fix="pip, uv or poetry",
        )
    if named:
        return Path(os.path.abspath(root / str(named)))  # noqa: PTH100 - resolve() would follow links
    if toolchain == "pip":
        return None
    # Both keep one environment for a whole workspace, beside the outermost pyproject.toml's lock file.
    for directory in (root, *root.parents):
        if not (directory / "pyproject.toml").exists():
            break
        if (directory / ".venv" / "bin" / "python").exists():
            return directory / ".venv"
    return root / ".venv"
