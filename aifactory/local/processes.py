"""Processes that outlive the command which started them, told apart from strangers that got their pid later.

A pid alone names whatever process has it now. Together with the start time the kernel keeps, it names one
process for ever; nothing is ever sent a signal on its pid alone.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import psutil

_SAME_START_SECONDS: Final = 0.05
"""psutil derives start times from clock ticks (10 ms); no pid comes round again this soon."""


@dataclass(frozen=True, slots=True)
class ProcessId:
    """One process, for ever.

    Attributes:
        pid: its number.
        started: when it started, seconds since the epoch, as `psutil.Process.create_time` says.
    """

    pid: int
    started: float


def identify(pid: int) -> ProcessId | None:
    """Return the identity of the process that has `pid` now; None when there is none."""
    try:
        return ProcessId(pid, psutil.Process(pid).create_time())
    except psutil.Error:
        return None


def process(identity: ProcessId) -> psutil.Process | None:
    """Return the process if it still runs; None when it ended, is a zombie, or its pid was reused."""
    try:
        found = psutil.Process(identity.pid)
        if abs(found.create_time() - identity.started) > _SAME_START_SECONDS:
            return None
        return None if found.status() == psutil.STATUS_ZOMBIE else found
    except psutil.Error:
        return None


def is_alive(identity: ProcessId) -> bool:
    """Return whether this very process still runs."""
    return process(identity) is not None


def stop(identities: Sequence[ProcessId], *, grace_seconds: float) -> list[ProcessId]:
    """Ask the processes to end, all at once, and kill those that did not within `grace_seconds`.

    Returns:
        those that had to be killed.
    """
    asked = [identity for identity in identities if _signal(identity, signal.SIGTERM)]
    _wait_gone(asked, grace_seconds)
    killed = [identity for identity in asked if _signal(identity, signal.SIGKILL)]
    _wait_gone(killed, grace_seconds)
    return killed


def stop_group(leader: ProcessId, *, grace_seconds: float) -> None:
    """End a process that leads its own group, together with whatever it has started in that group."""
    members = [leader, *_descendants(leader)]
    if is_alive(leader) and os.getpgid(leader.pid) == leader.pid:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(leader.pid, signal.SIGTERM)
    stop(members, grace_seconds=grace_seconds)


def resident_bytes(identity: ProcessId) -> int:
    """Return how much memory a process has resident; 0 when it has ended."""
    found = process(identity)
    try:
        return 0 if found is None else int(found.memory_info().rss)
    except psutil.Error:
        return 0


def with_environment(name: str) -> Iterator[tuple[ProcessId, str]]:
    """Yield this user's processes that have a variable `name` in their environment, and its value.

    It finds what no record speaks of: a process whose parent was killed before it could write one.
    """
    mine = os.getuid()
    for candidate in psutil.process_iter():
        try:
            value = candidate.environ().get(name) if candidate.uids().real == mine else None
            if value is not None and candidate.status() != psutil.STATUS_ZOMBIE:
                yield ProcessId(candidate.pid, candidate.create_time()), value
        except psutil.Error:
            continue  # it ended meanwhile, or is not ours to read


def _descendants(identity: ProcessId) -> list[ProcessId]:
    found = process(identity)
    if found is None:
        return []
    try:
        children: Iterable[psutil.Process] = found.children(recursive=True)
    except psutil.Error:
        return []
    return [known for child in children if (known := identify(child.pid)) is not None]


def _signal(identity: ProcessId, number: signal.Signals) -> bool:
    found = process(identity)
    if found is None:
        return False
    try:
        found.send_signal(number)
    except psutil.NoSuchProcess:
        return False
    return True


def _wait_gone(identities: Sequence[ProcessId], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_reap(identity) for identity in identities) and time.monotonic() < deadline:
        time.sleep(0.02)


def _reap(identity: ProcessId) -> bool:
    """Return whether the process still runs, having taken leave of it if it was a child of ours."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(identity.pid, os.WNOHANG)
    return is_alive(identity)
