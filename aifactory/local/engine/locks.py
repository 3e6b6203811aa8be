"""Locks that a killed engine left in the file backend.

The backend keeps one file per lock, ``.pulumi/locks/organization/<project>/<stack>/<uuid>.json`` with pid, user
name, host name and time of the engine that holds it (pulumi pkg/v3/backend/diy/lock.go). The engine removes its own
at the end; after `kill -9` it stays, and every later run is refused until ``pulumi cancel`` removes it.
"""

import json
import socket
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psutil

from aifactory.errors import EngineError
from aifactory.local.engine.checkpoints import restore
from aifactory.local.engine.process import capture
from aifactory.local.engine.stacks import Stack
from aifactory.local.engine.types import Engine

CLOCK_SLACK_SECONDS: Final = 2.0
"""A process that started this much later than the lock was written is another one with the same number."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock of a stack.

    Attributes:
        path: its file.
        pid: process that took it, on `host`.
        host: name of the machine.
        taken: when, in seconds since the epoch.
    """

    path: Path
    pid: int
    host: str
    taken: float

    @property
    def is_held(self) -> bool:
        """Whether its holder still runs. One on another machine is taken to run: nobody here can tell."""
        if self.host != socket.gethostname():
            return True
        try:
            process = psutil.Process(self.pid)
            # The number may have been given to another process since.
            return process.create_time() <= self.taken + CLOCK_SLACK_SECONDS and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}"


def locks(engine: Engine, stack: Stack) -> list[Lock]:
    """Return the locks of a stack."""
    directory = engine.backend / ".pulumi" / "locks" / "organization" / stack.project / stack.name
    return [lock for path in sorted(directory.glob("*.json")) if (lock := _read(path)) is not None]


def unlock(engine: Engine, stack: Stack) -> list[Lock]:
    """Remove the locks of engines that are gone; return them.

    Raises:
        EngineError: an engine that still runs holds one; none is removed then.
    """
    found = locks(engine, stack)
    held = [lock for lock in found if lock.is_held]
    if held:
        raise EngineError(
            f"stack {stack.name} is being worked on by {', '.join(map(str, held))}",
            why="two engines at once would overwrite each other's state",
            fix="wait for it to end, or interrupt it with Ctrl-C, and repeat the command",
        )
    if found:
        restore(engine, stack)
        capture(engine, ["cancel", "--yes", "--stack", stack.name, "--non-interactive"], cwd=stack.directory)
    return found


def _read(path: Path) -> Lock | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Lock(
            path=path,
            pid=int(content["pid"]),
            host=str(content["hostname"]),
            taken=datetime.fromisoformat(str(content["timestamp"])).timestamp(),
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        # Cut off while it was written: the writer was killed, and nothing says who it was.
        return Lock(path=path, pid=0, host=socket.gethostname(), taken=0.0)
