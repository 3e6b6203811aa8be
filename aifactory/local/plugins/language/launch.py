"""What `runner` is told: the settings of a program, a component plugin or a policy pack."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from pulumi.runtime.proto import language_pb2

from aifactory.errors import EngineError
from aifactory.local.plugins.language import declared
from aifactory.local.plugins.server import PARENT_PID_VARIABLE

ANALYZER: Final = "analyzer"
"""Kind of plugin that the engine names for a policy pack (apitype.AnalyzerPlugin)."""


def program_settings(request: language_pb2.RunRequest, entry: Path, engine: str) -> dict[str, Any]:
    """Return the settings of a program run.

    Raises:
        EngineError: there is no program at `entry`.
    """
    if not _runnable(entry):
        raise EngineError(
            f"there is no Python program at {entry}",
            why="a directory is run by its __main__.py",
            fix="add __main__.py, or name the program's file or directory as `main:` in Pulumi.yaml",
        )
    return {
        "mode": "program",
        "program": os.path.normpath(entry),
        "args": list(request.args),
        "project": request.project,
        "stack": request.stack,
        "organization": request.organization or "organization",
        "monitor": request.monitor_address,
        "engine": engine,
        "parallel": request.parallel,
        "dry_run": request.dryRun,
        "root_directory": request.info.root_directory,
        "config": dict(request.config),
        "config_secret_keys": list(request.configSecretKeys),
    }


def plugin_settings(kind: str, directory: Path, arguments: list[str]) -> dict[str, Any]:
    """Return the settings of a plugin run.

    Raises:
        EngineError: the directory holds nothing that can be run.
    """
    program = os.path.normpath(directory)
    if _runnable(directory):
        mode = ANALYZER if kind == ANALYZER else "plugin"
        return {"mode": mode, "program": program, "args": arguments}
    package = declared.project_name(directory)
    if package is None or kind == ANALYZER:
        raise EngineError(
            f"there is no Python plugin in {directory}",
            why="a plugin is run by its __main__.py, or by the components of the package in its pyproject.toml",
            fix="add __main__.py",
        )
    return {"mode": "package", "program": program, "package": package, "args": arguments}


def program_environment(base: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment of a child: that of the engine, without what only the host's own start concerns."""
    environment = dict(os.environ if base is None else base)
    environment.pop(PARENT_PID_VARIABLE, None)
    # The runner writes unbuffered; what the program starts in turn should do so as well.
    environment["PYTHONUNBUFFERED"] = "1"
    return environment


def _runnable(entry: Path) -> bool:
    return entry.is_file() or (entry / "__main__.py").is_file()
