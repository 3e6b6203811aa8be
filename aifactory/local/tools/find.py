"""Look for programs that are on the machine already, and ask them for their version."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aifactory.local.paths import Paths
from aifactory.local.tools.catalog import MODULES, PROGRAMS, GoModule, Program, ToolName, parse_go_version, parse_version
from aifactory.local.tools.toolset import Origin, Tool

ASSETS_VARIABLE: Final = "KUBEBUILDER_ASSETS"
"""Directory of etcd, kube-apiserver and kubectl, as controller-runtime's envtest and `setup-envtest` know it."""

LINKS_MARKER: Final = ".aifactory-links"
"""File that marks a directory of links to tools, made for an instance; what it holds was found elsewhere."""

_PROBE_SECONDS: Final = 30.0
"""A program that does not tell its version in this time is broken (a wrapper that waits for a network, say)."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """A program that is there and cannot be used.

    Attributes:
        name: what it is called.
        path: where it is.
        reason: why it is not used, in words that end the sentence "it is not used: ...".
    """

    name: ToolName
    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.name} at {self.path} is not used: {self.reason}"


def find_installed(name: ToolName, environment: Mapping[str, str] | None = None) -> tuple[Tool | None, list[Unfit]]:
    """Return a fit program that is installed, and those that were looked at and are unfit.

    Args:
        name: the program.
        environment: variables to read ``KUBEBUILDER_ASSETS`` and ``PATH`` from, instead of the process's own.
    """
    variables = os.environ if environment is None else environment
    program = PROGRAMS[name]
    unfit: list[Unfit] = []
    if program.fits is None:
        return None, unfit
    for path, origin in _candidates(name, variables):
        seen = _judge(program, path, origin, variables)
        if isinstance(seen, Tool):
            return seen, unfit
        unfit.append(seen)
    return None, unfit


def find_built(name: ToolName, paths: Paths) -> Tool | None:
    """Return a program that was built from the module as it is pinned today, by whichever Go; None when there is none.

    A newer Go does not make a build unfit: nobody waits twenty minutes because a compiler was updated.
    """
    module = MODULES[PROGRAMS[name].module]
    for directory in builds(module, paths):
        path = directory / name
        if path.is_file() and os.access(path, os.X_OK):
            return Tool(name, module_version(module, name), path, "built")
    return None


def builds(module: GoModule, paths: Paths) -> list[Path]:
    """Return the directories of this module's builds, that of the newest Go first."""

    def go_version(path: Path) -> tuple[int, int, int]:
        return parse_go_version(path.name.removeprefix(module.key)) or (0, 0, 0)

    return sorted(paths.tools.glob(f"{module.key}-go*"), key=go_version, reverse=True)


def module_version(module: GoModule, name: ToolName) -> str:
    """Return the version of one program of a module, as its go.mod pins it."""
    pins = {
        "etcd": "go.etcd.io/etcd/server/v3",
        "helm": "helm.sh/helm/v3",
        "kwok": "sigs.k8s.io/kwok",
    }
    if name not in pins:
        return module.version
    for line in (module.source / "go.mod").read_text(encoding="utf-8").splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == pins[name]:
            return words[1].removeprefix("v")
    raise ValueError(f"{module.source / 'go.mod'} does not pin {pins[name]}")


def _candidates(name: ToolName, variables: Mapping[str, str]) -> list[tuple[Path, Origin]]:
    found: list[tuple[Path, Origin]] = []
    assets = variables.get(ASSETS_VARIABLE, "")
    if assets and (named := shutil.which(name, path=assets)):
        found.append((Path(named).absolute(), "KUBEBUILDER_ASSETS"))
    if on_path := shutil.which(name, path=_users_path(variables)):
        found.append((Path(on_path).absolute(), "PATH"))
    return found


def _users_path(variables: Mapping[str, str]) -> str:
    """Return PATH without the directories of links that `aifactory local env` puts there.

    A link found there and linked again would point at itself.
    """
    directories = variables.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(each for each in directories if not (Path(each) / LINKS_MARKER).exists())


def _judge(program: Program, path: Path, origin: Origin, variables: Mapping[str, str]) -> Tool | Unfit:
    fits = program.fits
    try:
        said = _ask(path, program.version_arguments, variables)
    except (OSError, subprocess.SubprocessError) as error:
        return Unfit(program.name, path, f"it does not tell its version ({error})")
    version = parse_version(said)
    if version is None:
        return Unfit(program.name, path, "it does not tell its version")
    shown = ".".join(str(part) for part in version)
    if fits is None or version not in fits:
        return Unfit(program.name, path, f"version {shown}, and {fits} is needed")
    return Tool(program.name, shown, path, origin)


def _ask(path: Path, arguments: tuple[str, ...], variables: Mapping[str, str]) -> str:
    """Run a program for its version, where it can neither find nor leave configuration of its own."""
    with tempfile.TemporaryDirectory(prefix="aifactory-probe-") as home:
        environment = {
            **variables,
            "HOME": home,
            "PULUMI_HOME": home,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "HELM_DATA_HOME": home,
        }
        result = subprocess.run(
            [str(path), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
            env=environment,
            check=True,
        )
    return result.stdout + result.stderr
