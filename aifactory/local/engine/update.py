"""Preview, up, refresh and destroy of a local stack, so that each converges after whatever came before."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from aifactory.errors import EngineError, RunInterruptedError
from aifactory.local.engine.events import Change, Report
from aifactory.local.engine.locks import unlock
from aifactory.local.engine.process import Ended, run_told
from aifactory.local.engine.stacks import Stack, outputs, repair, stack_init
from aifactory.local.engine.types import Engine

SHOWN_ERRORS: Final = 20
"""How many of the engine's errors stand in the message; the log has all of them."""

STREAMING: Final = {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
"""Makes ``preview --json`` tell events as they come, as ``up --json`` does."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a run of the engine ended well.

    Attributes:
        changes: number of resources by operation, such as ``{"create": 31, "same": 2}``.
        steps: the operations, without those that change nothing, in the order they were begun.
        outputs: of the stack after the run; secrets are ``[secret]``. Empty for a preview.
        warnings: the engine's warnings, and those of advisory policies.
        seconds: how long the engine took.
    """

    changes: dict[str, int]
    steps: tuple[Change, ...]
    outputs: dict[str, Any]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def unchanged(self) -> bool:
        """Whether nothing was, or would be, changed."""
        return not self.steps


def up(
    engine: Engine, project: Path, *, stack: str, news: Callable[[str], None] | None = None, args: Sequence[str] = ()
) -> Result:
    """Bring a stack to what its program says.

    Args:
        engine: what `prepare` returned.
        project: directory of Pulumi.yaml.
        stack: name of the stack; made if it is not there.
        news: is told what is being done.
        args: more arguments for the CLI, such as ``["--policy-pack", DIR]``.

    Raises:
        RunInterruptedError: it was interrupted.
        EngineError: the engine failed, in its own words; or another one works on the stack.
    """
    return _operate(engine, "up", project, stack, ["--yes", "--skip-preview", *args], news)


def preview(
    engine: Engine, project: Path, *, stack: str, news: Callable[[str], None] | None = None, args: Sequence[str] = ()
) -> Result:
    """Say what `up` would change; see there."""
    return _operate(engine, "preview", project, stack, args, news)


def refresh(
    engine: Engine, project: Path, *, stack: str, news: Callable[[str], None] | None = None, args: Sequence[str] = ()
) -> Result:
    """Bring the state to what is there; see `up`."""
    return _operate(engine, "refresh", project, stack, ["--yes", "--skip-preview", *args], news)


def destroy(
    engine: Engine, project: Path, *, stack: str, news: Callable[[str], None] | None = None, args: Sequence[str] = ()
) -> Result:
    """Remove all resources of a stack; the stack itself stays. See `up`."""
    return _operate(engine, "destroy", project, stack, ["--yes", "--skip-preview", *args], news)


def _operate(
    engine: Engine,
    verb: str,
    project: Path,
    name: str,
    args: Sequence[str],
    news: Callable[[str], None] | None,
) -> Result:
    tell = news or _nothing
    stack = stack_init(engine, project, name)
    for lock in unlock(engine, stack):
        tell(f"removed the lock of {lock}, which is gone")
    if verb != "preview":
        for urn in repair(engine, stack):
            tell(f"will do again what was cut off: {urn.rpartition('::')[2]}")
    arguments = [verb, "--stack", name, "--config-file", str(stack.config_file), "--json", "--non-interactive", *args]
    # The program looks at the settings as well, and learns from the environment where they are.
    environment = STREAMING | {"PULUMI_OPTION_CONFIG_FILE": str(stack.config_file)}
    report, begun = Report(), time.monotonic()
    log = engine.logs / f"pulumi-{verb}.log"
    with log.open("w", encoding="utf-8") as file:
        log.chmod(0o600)

        def take(line: str) -> None:
            if logged := report.feed(line, tell):
                file.write(f"{logged}\n")
                file.flush()

        ended = run_told(engine, arguments, cwd=project, on_line=take, environment=environment)
    _require_success(ended, report, verb, stack, log)
    return Result(
        changes=report.counts,
        steps=tuple(report.changes),
        outputs={} if verb == "preview" else outputs(engine, stack),
        warnings=tuple(report.warnings),
        seconds=time.monotonic() - begun,
    )


def _require_success(ended: Ended, report: Report, verb: str, stack: Stack, log: Path) -> None:
    if ended.code == 0 and not ended.interrupted:
        return
    if ended.interrupted:
        raise RunInterruptedError(
            f"`pulumi {verb}` of stack {stack.name} was interrupted",
            why="what had begun was finished and recorded; the rest was not begun",
            fix="the same command goes on from there",
        )
    said = report.errors or report.words[-SHOWN_ERRORS:] or [f"exit code {ended.code}"]
    shown = "\n".join(f"  {line}" for message in said[:SHOWN_ERRORS] for line in message.splitlines())
    more = f"\n  ... and {len(said) - SHOWN_ERRORS} more" if len(said) > SHOWN_ERRORS else ""
    raise EngineError(
        f"`pulumi {verb}` of stack {stack.name} failed:\n{shown}{more}",
        fix=f"the engine's log is {log}; once mended, the same command goes on from there",
    )


def _nothing(_text: str) -> None:
    """Take news that nobody wants."""
