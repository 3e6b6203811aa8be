"""Build programs from a pinned Go module into the cache: once, all or nothing, with progress."""

import json
import os
import shutil
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aifactory.errors import ToolError
from aifactory.local import processes
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import golang
from aifactory.local.tools.catalog import GoModule
from aifactory.local.tools.golang import Go

_WORKSPACE_PREFIX: Final = ".build-"
_COMPILER_FILE: Final = "compiler.json"
_GRACE_SECONDS: Final = 5.0
_TAIL_LINES: Final = 20


@dataclass(frozen=True, slots=True)
class Plan:
    """What one build will do.

    Attributes:
        module: what is built from.
        targets: the Go packages of it that are wanted.
        stale: how many Go packages have to be compiled, since the build cache does not hold them.
    """

    module: GoModule
    targets: tuple[str, ...]
    stale: int

    @property
    def share(self) -> float:
        """The part of the module's packages that has to be compiled, 0 to 1."""
        return min(1.0, self.stale / self.module.packages)

    def estimate_seconds(self, cores: int) -> float:
        """Return how long the build should take on `cores` cores that do nothing else."""
        return self.module.cpu_seconds * self.share / cores + self.module.link_seconds


def directory(module: GoModule, go: Go, paths: Paths) -> Path:
    """Return where the programs of `module` built by `go` are kept."""
    return paths.tools / f"{module.key}-{go.version}"


def plan(module: GoModule, targets: Sequence[str], go: Go, paths: Paths, reporter: Reporter) -> Plan:
    """Find out how much there is to compile; what it needs for that, the modules' sources, is downloaded.

    Raises:
        ToolError: a module cannot be downloaded or does not have the pinned checksum.
    """
    title = f"Fetch the Go modules of {module.name} {module.version}"
    with workspace(paths) as work, reporter.step(title) as news:
        source = _copy(module, work)
        compiled = "{{if .Stale}}{{.ImportPath}}{{end}}"
        arguments = ["list", "-deps", *_flags(module), "-f", compiled, *targets]
        result = _go(go, arguments, source, work, watch=news)
        if result.code != 0:
            raise _failure("the Go modules cannot be fetched", module, result)
    return Plan(module, tuple(targets), len(result.output))


def build(planned: Plan, go: Go, paths: Paths, reporter: Reporter) -> Path:
    """Build what was planned and return the directory that holds it.

    Every program appears in its place complete or not at all. Interrupted, the compiler and everything it started
    is ended, and nothing is left behind.

    Raises:
        ToolError: the build failed; the message ends with what the compiler said.
    """
    module = planned.module
    place = directory(module, go, paths)
    title = f"Build {_names(planned)} from Go module {module.name} {module.version}"
    estimate = planned.estimate_seconds(golang.cores())
    with workspace(paths) as work, reporter.step(title, estimate_seconds=estimate) as news:
        source, output = _copy(module, work), work / "out"
        output.mkdir()
        arguments = ["build", "-v", *_flags(module), "-o", f"{output}{os.sep}", *planned.targets]
        result = _go(go, arguments, source, work, watch=_counter(planned.stale, news))
        if result.code != 0:
            raise _failure("the build failed", module, result)
        _install(planned, output, place)
    return place


def clear_leftovers(paths: Paths) -> None:
    """End compilers that a killed build left running, and remove its workspace. The build lock must be held."""
    for left in paths.tools.glob(f"{_WORKSPACE_PREFIX}*"):
        try:
            known = json.loads((left / _COMPILER_FILE).read_text(encoding="utf-8"))
            compiler = processes.ProcessId(int(known["pid"]), float(known["started"]))
        except (OSError, ValueError, KeyError):
            compiler = None  # killed before it started one
        if compiler is not None:
            processes.stop_group(compiler, grace_seconds=_GRACE_SECONDS)
        shutil.rmtree(left, ignore_errors=True)


@contextmanager
def workspace(paths: Paths) -> Generator[Path]:
    """Make a directory for one build beside its destination, so that a rename moves the result; remove it after."""
    paths.tools.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=_WORKSPACE_PREFIX, dir=paths.tools))
    try:
        yield work
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Result:
    code: int
    output: list[str]
    said: list[str]


def _flags(module: GoModule) -> list[str]:
    # -mod=readonly: what go.mod and go.sum pin is built, or nothing. -trimpath: the same programs on every machine,
    # and one build cache for all workspaces.
    return ["-mod=readonly", "-trimpath", "-buildvcs=false", f"-ldflags={module.link_flags}"]


def _copy(module: GoModule, work: Path) -> Path:
    source = work / "src"
    source.mkdir()
    for path in module.files:
        shutil.copyfile(path, source / path.name)
    return source


def _go(go: Go, arguments: Sequence[str], source: Path, work: Path, *, watch: Callable[[str], None]) -> _Result:
    """Run `go` in a process group of its own, which is ended if this call is; its processes do not outlive it."""
    temporary = work / "tmp"
    temporary.mkdir(exist_ok=True)
    output = (work / "stdout").open("w+", encoding="utf-8", errors="replace")
    said: deque[str] = deque(maxlen=_TAIL_LINES)
    with (
        output,
        subprocess.Popen(
            [str(go.program), *arguments],
            cwd=source,
            env={**golang.environment(), "GOTMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as compiler,
    ):
        identity = processes.identify(compiler.pid)
        try:
            if identity is not None:
                record = json.dumps({"pid": identity.pid, "started": identity.started})
                (work / _COMPILER_FILE).write_text(record, encoding="utf-8")
            for line in compiler.stderr or ():
                said.append(line.rstrip())
                watch(line.strip())
            code = compiler.wait()
        except BaseException:
            if identity is not None:
                processes.stop_group(identity, grace_seconds=_GRACE_SECONDS)
            raise
        output.seek(0)
        return _Result(code, output.read().split(), list(said))


def _counter(total: int, news: Callable[[str], None]) -> Callable[[str], None]:
    done = 0

    def count(line: str) -> None:
        nonlocal done
        if " " in line:
            return  # not the name of a package that is being compiled
        done += 1
        news(f"{min(done, total)} of {total} packages, now {line}")

    return count


def _install(planned: Plan, output: Path, place: Path) -> None:
    """Move what was built into place; a program of several names gets links, so that `ps` shows the part it plays."""
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    for target in planned.targets:
        names = planned.module.targets[target]
        built = planned.module.name if target == "." else target.rpartition("/")[2]
        (output / built).replace(place / built)
        for name in names:
            if name != built:
                draft = output / name
                draft.symlink_to(built)
                draft.replace(place / name)


def _names(planned: Plan) -> str:
    names = [name for target in planned.targets for name in planned.module.targets[target]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _failure(what: str, module: GoModule, result: _Result) -> ToolError:
    said = "\n".join(f"    {line}" for line in result.said) or "    (it said nothing)"
    return ToolError(
        f"{module.name} {module.version}: {what}; go exited with {result.code} and said:\n{said}",
        fix="if this is about the network, set GOPROXY to a Go module proxy that can be reached; "
        "if it is about a C compiler, set CGO_ENABLED=0",
    )
