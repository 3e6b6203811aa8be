"""Locks between processes whose message says who holds them.

The lock is the kernel's (`flock`): it goes with the process that holds it, however that ended, so there is
never a stale lock to remove by hand. A small file beside it says who that is; it is read for messages only.
"""

import json
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from aifactory.errors import AifactoryError
from aifactory.local import processes
from aifactory.local.progress import Reporter, duration

_QUIET_SECONDS: Final = 0.5
"""A wait shorter than this is not worth a word."""


class LockHeldError(AifactoryError):
    """Another process holds a lock, and held it for longer than the caller would wait."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock.

    Attributes:
        process: the process.
        purpose: what it does while it holds it, as in "building kube 1.36.3".
        since: when it took it, seconds since the epoch.
    """

    process: processes.ProcessId
    purpose: str
    since: float

    def __str__(self) -> str:
        held = duration(max(0.0, time.time() - self.since))
        return f"process {self.process.pid} ({self.purpose}, for {held})"


@contextmanager
def hold(path: Path, purpose: str, reporter: Reporter, *, timeout_seconds: float | None = None) -> Generator[None]:
    """Hold the lock at `path`; while another process has it, wait and say for whom.

    Args:
        path: the lock's file; its directory is made.
        purpose: what the caller does, in the words that a waiting process will show.
        reporter: is told who is waited for.
        timeout_seconds: longest wait; None waits as long as the holder lives.

    Raises:
        LockHeldError: the wait was longer than `timeout_seconds`; its message names the holder.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = filelock.FileLock(path, mode=0o600)
    _acquire(lock, path, reporter, timeout_seconds)
    try:
        _write_holder(path, purpose)
        yield
    finally:
        _holder_file(path).unlink(missing_ok=True)
        lock.release()


def holder(path: Path) -> Holder | None:
    """Return who holds the lock at `path`, as far as can be told; None when nobody does."""
    try:
        found = json.loads(_holder_file(path).read_text(encoding="utf-8"))
        known = Holder(
            processes.ProcessId(int(found["pid"]), float(found["started"])),
            str(found["purpose"]),
            float(found["since"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # absent, or being written this moment
    return known if processes.is_alive(known.process) else None


def _acquire(lock: filelock.BaseFileLock, path: Path, reporter: Reporter, timeout_seconds: float | None) -> None:
    limit = float("inf") if timeout_seconds is None else timeout_seconds
    begun = time.monotonic()
    try:
        lock.acquire(timeout=min(_QUIET_SECONDS, limit))
    except filelock.Timeout:
        remaining = limit - (time.monotonic() - begun)
        if remaining > 0:
            reporter.note(f"Waiting for {holder(path) or 'another process'}")
            try:
                lock.acquire(timeout=-1 if timeout_seconds is None else remaining, poll_interval=0.1)
            except filelock.Timeout:
                pass
            else:
                return
        who = holder(path) or "another process"
        raise LockHeldError(
            f"waited too long for {who}, which holds {path}",
            why="two at once would undo each other's work",
            fix="wait for it to end, or end it, and repeat the command; the lock goes with it",
        ) from None


def _holder_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.holder")


def _write_holder(path: Path, purpose: str) -> None:
    me = processes.identify(os.getpid())
    started = me.started if me else 0.0
    text = json.dumps({"pid": os.getpid(), "started": started, "purpose": purpose, "since": time.time()})
    draft = path.with_name(f"{path.name}.holder.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(_holder_file(path))


if sys.platform == "win32":
    raise ImportError("local regions need POSIX process groups and file locks; use WSL on Windows")
