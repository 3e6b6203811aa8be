"""Which plugins are official and which are stand-ins: what is looked for, where, and why the choice fell so."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Final, Literal

from aifactory.errors import EngineError

Official = Literal["auto", "never", "require"]
"""Whether official plugins are used: where they can be had, never, or nothing else."""

LANGUAGE_HOST: Final = "pulumi-language-python"
LANGUAGE_EXECUTOR: Final = "pulumi-language-python-exec"
"""The official host runs programs by this script, which comes with it; without it the host is of no use."""

KUBERNETES_PLUGIN: Final = "pulumi-resource-kubernetes"

STAND_IN_MARK: Final = b"# aifactory stand-in"
"""Second line of every start script of ours: a stand-in that is found on PATH is no official plugin."""

INSTALL_TIMEOUT_SECONDS: Final = 20.0
"""How long the official kubernetes plugin may take to be fetched (70 MB) before the stand-in is used."""


@dataclass(frozen=True, slots=True)
class Found:
    """An official plugin on this machine.

    Attributes:
        path: the executable.
        where: ``ambient``: the engine finds it by itself (on PATH or beside the CLI) and prefers it to any other;
            ``cache``: in the plugin directory of some Pulumi home.
        reason: how it was found, for a person.
    """

    path: Path
    where: Literal["ambient", "cache"]
    reason: str


def find_language_host(pulumi: Path, home: Path, base: Mapping[str, str]) -> Found | str:
    """Return the official Python language host, or why there is none.

    Args:
        pulumi: the CLI; what lies beside it belongs to it.
        home: the private home, in which nothing is looked for.
        base: the user's environment.
    """
    beside = pulumi.resolve().parent / LANGUAGE_HOST
    candidates = [
        *((path, f"on PATH: {path}") for path in on_path(LANGUAGE_HOST, home, base)),
        (beside, f"beside the CLI: {beside}"),
    ]
    for path, reason in candidates:
        if is_official(path):
            return _with_executor(Found(path, "ambient", reason), home, base)
    for directory in user_homes(home, base):
        versions = sorted((directory / "plugins").glob("language-python-v*"), key=_version_key, reverse=True)
        for path in (version / LANGUAGE_HOST for version in versions):
            if is_official(path):
                return _with_executor(Found(path, "cache", f"in {path.parent}"), home, base)
    return f"{LANGUAGE_HOST} is neither on PATH, nor beside {pulumi}, nor among the installed plugins"


def _with_executor(found: Found, home: Path, base: Mapping[str, str]) -> Found | str:
    if is_official(found.path.parent / LANGUAGE_EXECUTOR) or any(on_path(LANGUAGE_EXECUTOR, home, base)):
        return found
    return f"{found.path} lacks its {LANGUAGE_EXECUTOR}"


def find_kubernetes(version: str, home: Path, base: Mapping[str, str]) -> Found | str:
    """Return the official kubernetes plugin, or why there is none.

    The version must be that of the installed SDK; one on PATH is taken as it is, since the engine takes it too.
    """
    for path in on_path(KUBERNETES_PLUGIN, home, base):
        if is_official(path):
            return Found(path, "ambient", f"on PATH: {path}")
    for directory in (home, *user_homes(home, base)):
        path = directory / "plugins" / kubernetes_directory(version) / KUBERNETES_PLUGIN
        # A marker file says that a download was cut off.
        if is_official(path) and not Path(f"{path.parent}.partial").exists():
            return Found(path, "cache", f"in {path.parent}")
    return f"version {version} is neither on PATH nor among the installed plugins"


def kubernetes_directory(version: str) -> str:
    """Return the name under which a plugin directory holds the kubernetes plugin of a version."""
    return f"resource-kubernetes-v{version}"


def kubernetes_version() -> str:
    """Return the plugin version that the installed `pulumi_kubernetes` asks for; without importing it.

    Raises:
        EngineError: the SDK is not installed, or incomplete.
    """
    spec = find_spec("pulumi_kubernetes")
    for directory in (spec.submodule_search_locations or ()) if spec else ():
        try:
            content = json.loads((Path(directory) / "pulumi-plugin.json").read_text(encoding="utf-8"))
            return str(content["version"])
        except (OSError, ValueError, KeyError):
            continue
    raise EngineError(
        "pulumi_kubernetes is not installed beside aifactory, or lacks its pulumi-plugin.json",
        why="the plugin must have exactly the version of the SDK",
        fix="python -m pip install --force-reinstall pulumi-kubernetes",
    )


def on_path(name: str, home: Path, base: Mapping[str, str]) -> Iterator[Path]:
    """Yield where a program is found on PATH, without the private home's own directory."""
    own = (home / "bin").resolve()
    for directory in filter(None, base.get("PATH", os.defpath).split(os.pathsep)):
        if Path(directory).resolve() != own and (found := shutil.which(name, path=directory)):
            yield Path(found)


def user_homes(home: Path, base: Mapping[str, str]) -> list[Path]:
    """Return the Pulumi homes of the user, where plugins may be installed; never the private one."""
    named = [base.get("PULUMI_HOME", ""), os.path.join(base.get("HOME", ""), ".pulumi")]  # noqa: PTH118
    found = [Path(name) for name in named if Path(name).is_absolute()]
    return [directory for directory in found if directory.resolve() != home.resolve()]


def is_official(path: Path) -> bool:
    """Whether `path` is an executable that is no start script of ours."""
    if not (path.is_file() and os.access(path, os.X_OK)):
        return False
    with path.open("rb") as file:
        return STAND_IN_MARK not in file.read(256)


def _version_key(directory: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", directory.name.rpartition("-v")[2]))


class Refusals:
    """Remembers that the official plugin could not be fetched, so that later runs do not wait for it again."""

    def __init__(self, home: Path) -> None:
        self._directory = home / "refusals"

    def reason(self, plugin: str) -> str | None:
        """Return why the last attempt failed; None when there was none."""
        try:
            content = json.loads(self._file(plugin).read_text(encoding="utf-8"))
            return f"{content['reason']} (tried {content['when']}; --retry tries again)"
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def remember(self, plugin: str, reason: str) -> None:
        """Write down why an attempt failed, and when."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        self._file(plugin).write_text(json.dumps({"reason": reason, "when": when}), encoding="utf-8")

    def forget(self, plugin: str) -> None:
        """Have the next run try again."""
        self._file(plugin).unlink(missing_ok=True)

    def _file(self, plugin: str) -> Path:
        return self._directory / f"{plugin}.json"
