"""The processes that the language host starts: programs, component plugins, policy packs.

Each is the leader of its own process group and is watched from both ends. The host holds the open end of a pipe
whose other end the child reads: when the host dies, by `kill -9` too, the child sees the pipe close and kills
its whole group (`runner.watch_host`). When the host is asked to stop, it asks the children first.
"""

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from aifactory.local.plugins.language import runner

STOP_GRACE_SECONDS: Final = 2.5
"""How long a child may take to end after SIGINT, before its group is killed. The engine allows its plugins 5
seconds in all (`ExecPlugin`), and the host needs some of them for itself."""

RUNNER: Final = Path(runner.__file__).resolve()


class Child:
    """One running process. Made by `Children.start`.

    Attributes:
        kind: ``program`` or ``plugin``; `Children.interrupt_programs` asks only the former.
        interrupted: it was asked to stop, so whatever its exit code says is no failure.
    """

    def __init__(self, kind: str, process: subprocess.Popen[bytes], lifeline: int) -> None:
        self.kind = kind
        self.interrupted = False
        self._process = process
        self._lifeline = lifeline
        # Held while a signal is sent and while the process is reaped, so that no signal goes to a process that
        # got the same number later.
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @property
    def pid(self) -> int:
        """Process id, which is the id of its process group as well."""
        return self._process.pid

    @property
    def stdout(self) -> IO[bytes] | None:
        """Its standard output, when it was started with pipes."""
        return self._process.stdout

    @property
    def stderr(self) -> IO[bytes] | None:
        """Its standard error, when it was started with pipes."""
        return self._process.stderr

    def send(self, data: bytes) -> None:
        """Write all of `data` into the child's pipe.

        Raises:
            BrokenPipeError: it has ended already.
        """
        view = memoryview(data)
        while view:
            view = view[os.write(self._lifeline, view) :]

    def wait(self) -> int:
        """Wait for the end; return the exit code, negative for a signal.

        What it left running in its process group is ended with it: such a process would hold the engine's pipe
        open, and the engine would wait for it for ever. A process that is to outlive the program takes a
        session of its own (``setsid``).
        """
        if not self._ended.is_set():
            with contextlib.suppress(ChildProcessError):  # another thread has waited already
                os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
            with self._lock:
                if not self._ended.is_set():
                    self._kill_group(signal.SIGKILL if self.interrupted else signal.SIGTERM)
                    self._process.wait()
                    os.close(self._lifeline)
                    self._ended.set()
        return self._process.returncode

    def interrupt(self) -> None:
        """Ask it to end, as Ctrl-C would; does not wait."""
        with self._lock:
            if self._ended.is_set():
                return
            self.interrupted = True
            self._kill_group(signal.SIGINT)

    def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """Ask it to end and see to it: after the grace its group is killed. Waits no longer than that."""
        self.interrupt()
        if not self._ended.wait(grace_seconds):
            with self._lock:
                if not self._ended.is_set():
                    self._kill_group(signal.SIGKILL)

    def stop_soon(self) -> None:
        """Begin `stop` and return at once."""
        if not self._ended.is_set():
            threading.Thread(target=self.stop, name=f"stop-{self.pid}", daemon=True).start()

    def _kill_group(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Children:
    """All processes of one host. Once `stop` was called, none is started any more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._live: set[Child] = set()
        self._stopping = False

    def start(
        self,
        kind: str,
        settings: Mapping[str, Any],
        *,
        interpreter: Path,
        directory: Path,
        environment: Mapping[str, str],
        pipes: bool = False,
    ) -> Child:
        """Start `runner` in `interpreter` and hand it `settings`.

        Args:
            kind: ``program`` or ``plugin``.
            settings: what `runner` is to do; travels through a pipe, never as an argument.
            interpreter: the Python to run.
            directory: working directory of the process.
            environment: its whole environment.
            pipes: capture its output instead of passing it on to the engine as it comes.

        Raises:
            RuntimeError: the host is stopping.
            OSError: the interpreter cannot be run.
        """
        with self._lock:
            if self._stopping:
                raise RuntimeError("the language host is stopping")
            child = _spawn(kind, interpreter, directory, environment, pipes=pipes)
            self._live.add(child)
        _hand_over(child, settings)
        return child

    def wait(self, child: Child) -> int:
        """Wait for one child and forget it; its exit code."""
        code = child.wait()
        with self._lock:
            self._live.discard(child)
        return code

    def interrupt_programs(self) -> None:
        """Ask running programs to end.

        Plugins are left alone: one may be in the midst of an operation whose result the engine still has to
        write down. The engine ends each of them when it is done with it.
        """
        for child in self._snapshot():
            if child.kind == "program":
                child.interrupt()

    def stop(self, grace_seconds: float = STOP_GRACE_SECONDS) -> None:
        """End every child; all share one grace."""
        with self._lock:
            self._stopping = True
        deadline = time.monotonic() + grace_seconds
        children = self._snapshot()
        for child in children:
            child.interrupt()
        for child in children:
            child.stop(max(0.0, deadline - time.monotonic()))

    def _snapshot(self) -> list[Child]:
        with self._lock:
            return list(self._live)


def _spawn(kind: str, interpreter: Path, directory: Path, environment: Mapping[str, str], *, pipes: bool) -> Child:
    reading, writing = os.pipe()
    output = subprocess.PIPE if pipes else None
    try:
        process = subprocess.Popen(
            [str(interpreter), "-u", str(RUNNER), str(reading)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=directory,
            env=dict(environment),
            pass_fds=(reading,),
            process_group=0,
        )
    except OSError:
        os.close(writing)
        raise
    finally:
        os.close(reading)
    return Child(kind, process, writing)


def _hand_over(child: Child, settings: Mapping[str, Any]) -> None:
    line = json.dumps(settings).encode() + b"\n"
    # A child that died already has an exit code to tell of it.
    with contextlib.suppress(BrokenPipeError):
        child.send(line)
