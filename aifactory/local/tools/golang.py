"""What a build needs of the machine: Go, disk and memory. Everything that is missing is told at once."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from aifactory.errors import ToolError
from aifactory.local.tools.catalog import GoModule, Version, parse_go_version

GIB: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Go:
    """A Go that can build a module.

    Attributes:
        program: path of the `go` command.
        version: version of the toolchain that it chose for the module, as in ``go1.26.8``.
        build_cache: where compiled packages are kept.
        module_cache: where downloaded modules are kept.
    """

    program: Path
    version: str
    build_cache: Path
    module_cache: Path


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for `go`: the user's own (proxy, caches, certificates) without a workspace.

    A go.work file somewhere above the temporary directory would change what is built.
    """
    return {**(os.environ if variables is None else variables), "GOWORK": "off"}


def discover(source: Path, least: Version, variables: Mapping[str, str] | None = None) -> Go | str:
    """Return the Go that builds the module in `source`; when there is none, the problem in one sentence.

    It is asked inside of the module, because Go may choose (and fetch) another toolchain for it.
    """
    wanted = ".".join(str(part) for part in least)
    where = (os.environ if variables is None else variables).get("PATH", os.defpath)
    program = shutil.which("go", path=where)
    if program is None:
        return f"Go is not installed (Go {wanted} or newer is needed: https://go.dev/dl)"
    result = subprocess.run(
        [program, "env", "-json", "GOVERSION", "GOCACHE", "GOMODCACHE"],
        cwd=source,
        env=environment(variables),
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        said = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        return f"Go at {program} cannot build this module: {said} (Go {wanted} or newer is needed: https://go.dev/dl)"
    known = json.loads(result.stdout)
    go = Go(Path(program), known["GOVERSION"], Path(known["GOCACHE"]), Path(known["GOMODCACHE"]))
    version = parse_go_version(go.version)
    if version is not None and version < least:
        return f"Go at {program} is {go.version} and too old (Go {wanted} or newer is needed: https://go.dev/dl)"
    return go


def shortages(modules: Sequence[tuple[GoModule, float]], go: Go, tools: Path) -> list[str]:
    """Return what the machine lacks for building these modules one after the other, a sentence each.

    Args:
        modules: each with the share of its packages that the build cache does not hold, 0 to 1.
        go: the Go that will build them.
        tools: where the programs will be kept.
    """
    found: list[str] = []
    # Programs, and the linker's temporary files of about the same size, come on top of what the cache takes.
    needed = sum(module.cache_gib * share + 1.0 for module, share in modules)
    for purpose, path in {"Go's build cache": go.build_cache, "built tools": tools}.items():
        free = shutil.disk_usage(_existing(path)).free / GIB
        if free < needed:
            found.append(f"{path} ({purpose}) has {free:.1f} GiB free; the build takes up to {needed:.0f} GiB")
    memory = max((module.memory_gib for module, _ in modules), default=0.0)
    available = available_memory_gib()
    if available < memory:
        found.append(f"{available:.1f} GiB of memory are available; the compiler and linker take {memory:.1f} GiB")
    return found


def available_memory_gib() -> float:
    """Return the memory that a new process can have: what the machine has left, or its control group allows."""
    available = float(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        used = int((group / "memory.current").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return available / GIB  # no such limit on this system
    if limit != "max":
        available = min(available, float(int(limit) - used))
    return available / GIB


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def missing_tools(problems: Sequence[str], wanted: Sequence[str], alternatives: Sequence[str]) -> ToolError:
    """Return the one error that lists everything that stands in the way, and what would mend it.

    Args:
        problems: what is missing, a sentence each.
        wanted: the programs that are needed, each with what for.
        alternatives: programs that could be installed instead of being built.
    """
    lines = "\n".join(f"  - {problem}" for problem in problems)
    needs = "\n".join(f"  - {program}" for program in wanted)
    return ToolError(
        f"these programs are needed and cannot be built:\n{needs}\nbecause:\n{lines}",
        why="a local region runs the real Pulumi engine and a real Kubernetes control plane",
        fix="mend the points above (the programs are then built once, into the cache), or put fit versions on PATH:\n"
        + "\n".join(f"       {line}" for line in alternatives),
    )


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
