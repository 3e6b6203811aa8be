"""Open Policy Agent, built from a pinned Go module as the tools of a local region are, and our rules in its language."""

from pathlib import Path

from aifactory.errors import ToolError
from aifactory.local.locks import hold
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter
from aifactory.local.tools import build, golang
from aifactory.local.tools.catalog import GoModule

RULES = Path(__file__).parent / "opa" / "sovereignty.rego"
VERDICTS = "data.sovereignty.verdicts"
"""The verdict on each fact: what is timed."""

REASONS = "data.sovereignty.reasons"
"""What each statement says of each fact: what is compared."""


class _Module(GoModule):
    """A Go module that lies with the benchmarks, since no user needs what is built from it."""

    @property
    def source(self) -> Path:
        return Path(__file__).parent / self.name


MODULE = _Module(
    name="opa",
    version="1.9.0",
    targets={".": ("opa",)},
    variables={},
    packages=731,
    cpu_seconds=90.0,
    link_seconds=3.0,
    cache_gib=1.0,
    memory_gib=1.5,
)


def open_policy_agent(paths: Paths, reporter: Reporter) -> Path:
    """Return the program, built into the user's cache when it is not there yet."""
    go = golang.discover(MODULE.source, MODULE.least_go)
    if isinstance(go, str):
        raise ToolError(go)
    program = build.directory(MODULE, go, paths) / "opa"
    if not program.exists():
        with hold(paths.tools / ".build.lock", "building Open Policy Agent for the benchmarks", reporter):
            build.clear_leftovers(paths)
            if not program.exists():
                build.build(build.plan(MODULE, ["."], go, paths, reporter), go, paths, reporter)
    return program
