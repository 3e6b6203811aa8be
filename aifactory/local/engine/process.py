"""Run the Pulumi CLI: its output as it comes, one interrupt per Ctrl-C, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from aifactory.errors import EngineError
from aifactory.local.engine import trampoline
from aifactory.local.engine.environment import process_environment
from aifactory.local.engine.types import Engine

POLITE_SIGNALS: Final = 2
"""Interrupts that are passed on: the CLI ends in order at the first and at once at the second. At a third its
process group is killed."""

QUERY_TIMEOUT_SECONDS: Final = 120.0
"""Longest that a command which only reads or writes local state may take."""

_TRAMPOLINE: Final = Path(trampoline.__file__).resolve()


def run(
    engine: Engine,
    args: Sequence[str],
    *,
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> int:
    """Run ``pulumi ARGS`` and return its exit code.

    Ctrl-C (SIGINT, and SIGTERM) of this process reaches the CLI once for each time it is given, and this
    function returns when the CLI has ended: by then operations are finished, state is written, plugins are
    gone. If this process is killed, the CLI is interrupted by the kernel.

    Args:
        engine: what `prepare` returned.
        args: arguments of the CLI; never a secret, since everyone on the machine can read them.
        cwd: working directory, where Pulumi.yaml lies.
        on_line: takes each line of output; None lets the CLI write to this process's own output.
        environment: variables on top of the engine's.

    Raises:
        EngineError: the CLI cannot be started.
    """
    return run_told(engine, args, cwd=cwd, on_line=on_line, environment=environment).code


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the CLI ended.

    Attributes:
        code: its exit code, negative for a signal.
        interrupted: this process was asked to stop while the CLI ran, and passed that on.
    """

    code: int
    interrupted: bool


def run_told(
    engine: Engine,
    args: Sequence[str],
    *,
    cwd: Path,
    on_line: Callable[[str], None] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Ended:
    """Do what `run` does, and tell an interrupted run from a failed one."""
    output = None if on_line is None else subprocess.PIPE
    process = _start(engine, args, cwd, environment, output, None if output is None else subprocess.STDOUT)
    with process, _interrupts_to(process) as given:
        if on_line is not None:
            for line in process.stdout or ():
                on_line(line.decode("utf-8", "replace").rstrip("\n"))
        return Ended(process.wait(), interrupted=bool(given))


def capture(
    engine: Engine,
    args: Sequence[str],
    *,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a short command and return what it printed to standard output.

    Raises:
        EngineError: it failed; the message holds its own words.
    """
    process = _start(engine, args, cwd, environment, subprocess.PIPE, subprocess.PIPE)
    with process, _interrupts_to(process):
        try:
            out, err = process.communicate(timeout=QUERY_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            _kill(process)
            raise EngineError(
                f"`pulumi {' '.join(args[:2])}` did not end within {QUERY_TIMEOUT_SECONDS:.0f} s",
                fix="look for what holds the state: another pulumi, a full disk, a network file system",
            ) from error
    if process.returncode != 0:
        raise EngineError(
            f"`pulumi {' '.join(args[:2])}` failed with exit code {process.returncode}:\n"
            f"{_tail(err.decode('utf-8', 'replace') or out.decode('utf-8', 'replace'))}"
        )
    return out.decode("utf-8", "replace")


def _start(
    engine: Engine,
    args: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None,
    stdout: int | None,
    stderr: int | None,
) -> subprocess.Popen[bytes]:
    command = [str(engine.pulumi), *args]
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(_TRAMPOLINE), str(os.getpid()), *command],
            cwd=cwd,
            env=process_environment(engine) | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            # A group of its own: a terminal's Ctrl-C would otherwise reach the CLI twice, which means "at once".
            process_group=0,
        )
    except OSError as error:
        raise EngineError(f"{engine.pulumi} cannot be run in {cwd}: {error.strerror}") from error


@contextmanager
def _interrupts_to(process: subprocess.Popen[bytes]) -> Generator[list[int]]:
    """Pass SIGINT and SIGTERM on while the block runs; kill the process group if the block fails otherwise.

    Yields the list of signals that came, which grows as they do.
    """
    given: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        given.append(number)
        if process.poll() is None:
            if len(given) <= POLITE_SIGNALS:
                process.send_signal(signal.SIGINT)
            else:
                _kill(process)

    # Only the main thread may handle signals; a caller in another one has taken care of them itself.
    mine = threading.current_thread() is threading.main_thread()
    before = {number: signal.signal(number, forward) for number in (signal.SIGINT, signal.SIGTERM)} if mine else {}
    try:
        yield given
    except BaseException:
        if process.poll() is None:
            _kill(process)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _kill(process: subprocess.Popen[bytes]) -> None:
    # Plugins have groups of their own; they see that their parent is gone.
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)


def _tail(text: str, lines: int = 20) -> str:
    return "\n".join(f"  {line}" for line in text.strip().splitlines()[-lines:])
