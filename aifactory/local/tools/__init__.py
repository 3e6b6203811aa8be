"""Find the programs that a local region needs, or build them once from pinned Go modules.

A program at a fit version on PATH (or, for the control plane, in the directory that KUBEBUILDER_ASSETS names) is
used as it is. Everything else is built from the modules in ``aifactory/local/go`` into the user's cache.
"""

from collections.abc import Sequence

from aifactory.local.locks import hold
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import build, golang
from aifactory.local.tools.catalog import MODULES, PROGRAMS, GoModule, ToolName
from aifactory.local.tools.find import Unfit, find_built, find_installed
from aifactory.local.tools.golang import Go
from aifactory.local.tools.toolset import Origin, Tool, Toolset

__all__ = ["CONTROL_PLANE", "Origin", "Tool", "ToolName", "Toolset", "ensure"]

CONTROL_PLANE: tuple[ToolName, ...] = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
)
"""The programs that run as long as a local region does."""


def ensure(names: Sequence[ToolName], paths: Paths, reporter: Reporter) -> Toolset:
    """Return the named programs, having built what is not there.

    A second process that needs a build waits for the first and then finds its result.

    Args:
        names: which programs.
        paths: the cache to build into.
        reporter: is told what is built, and how long that takes.

    Raises:
        ToolError: something is missing and cannot be built; one error lists all of it.
    """
    entries, unfit = _look(names, paths)
    missing: list[ToolName] = [name for name in names if name not in entries]
    if missing:
        lock = paths.tools / ".build.lock"
        with hold(lock, f"building {', '.join(missing)}", reporter):
            build.clear_leftovers(paths)
            built = {name: tool for name in missing if (tool := find_built(name, paths)) is not None}
            _build([name for name in missing if name not in built], unfit, paths, reporter)
            entries |= built | {name: tool for name in missing if (tool := find_built(name, paths)) is not None}
    return Toolset({name: entries[name] for name in names})


def _look(names: Sequence[ToolName], paths: Paths) -> tuple[dict[ToolName, Tool], list[Unfit]]:
    entries: dict[ToolName, Tool] = {}
    refused: list[Unfit] = []
    for name in names:
        installed, unfit = find_installed(name)
        refused += unfit
        if tool := installed or find_built(name, paths):
            entries[name] = tool
    return entries, refused


def _build(names: Sequence[ToolName], unfit: Sequence[Unfit], paths: Paths, reporter: Reporter) -> None:
    """Build all of `names`, having looked first whether that can work: a failure after ten minutes is a bad answer."""
    wanted: dict[GoModule, list[str]] = {}
    for name in names:
        targets = wanted.setdefault(MODULES[PROGRAMS[name].module], [])
        if PROGRAMS[name].target not in targets:
            targets.append(PROGRAMS[name].target)
    compilers = {module: golang.discover(module.source, module.least_go) for module in wanted}
    problems = [found for found in dict.fromkeys(compilers.values()) if isinstance(found, str)]
    if problems:
        raise _cannot(names, problems, unfit)
    usable = {module: found for module, found in compilers.items() if isinstance(found, Go)}
    plans = [build.plan(module, wanted[module], go, paths, reporter) for module, go in usable.items()]
    for go in list(usable.values())[:1]:
        problems = golang.shortages([(planned.module, planned.share) for planned in plans], go, paths.tools)
        if problems:
            raise _cannot(names, problems, unfit)
    for planned in plans:
        build.build(planned, usable[planned.module], paths, reporter)


def _cannot(names: Sequence[ToolName], problems: Sequence[str], unfit: Sequence[Unfit]) -> Exception:
    relevant = [str(seen) for seen in unfit if seen.name in names]
    return golang.missing_tools(
        [*problems, *relevant],
        [f"{name}: {PROGRAMS[name].why}" for name in names],
        [f"{name} {PROGRAMS[name].fits}" for name in names if PROGRAMS[name].fits is not None],
    )
