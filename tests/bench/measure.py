"""Two commands that take turns, and the ratio of what they cost."""

import os
import re
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 0.01
"""How often memory is looked at."""


@dataclass(frozen=True)
class Cost:
    """What one run of a command took.

    Attributes:
        wall: seconds by the clock.
        cpu: seconds of processor time, its children included.
        memory_mib: largest resident memory of the process itself.
    """

    wall: float
    cpu: float
    memory_mib: float


@dataclass(frozen=True)
class Ratio:
    """Ratios of pairs of runs: median, and the least and the largest, which tell how noisy the machine was."""

    median: float
    least: float
    largest: float

    @classmethod
    def of(cls, ours: Sequence[float], theirs: Sequence[float]) -> "Ratio":
        pairs = [a / b for a, b in zip(ours, theirs, strict=True)]
        return cls(statistics.median(pairs), min(pairs), max(pairs))

    def __str__(self) -> str:
        return f"{self.median:.2f} ({self.least:.2f} to {self.largest:.2f})"


@dataclass(frozen=True)
class Comparison:
    """The result of one benchmark.

    Attributes:
        name: what was compared with what.
        wall: seconds by the clock.
        cpu: seconds of processor time.
        memory: largest resident memory.
        goal: most that `wall` may be; None: it is told, and nothing is asked.
        mib: that memory of ours and of the other, in MiB: the median of the runs.
    """

    name: str
    wall: Ratio
    cpu: Ratio
    memory: Ratio
    goal: float | None
    mib: tuple[float, float] = (0.0, 0.0)

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.wall.median <= self.goal


def peak_mib(pid: int) -> float:
    """Return the largest resident memory of a running process so far; 0 where the system does not tell.

    The usage that is told at its end is of no use here: Linux counts what the process was forked from, which is us.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    found = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


def _ended(pid: int) -> tuple[int, resource.struct_rusage, float]:
    """Wait for a process; return its status, its usage, and its largest memory, looked at every few milliseconds."""
    peaks = [0.0]
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            peaks.append(peak_mib(pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, usage = os.wait4(pid, 0)
    over.set()
    watcher.join()
    kilobytes = usage.ru_maxrss if sys.platform == "linux" else usage.ru_maxrss / 1024
    return status, usage, max(peaks) or kilobytes / 1024


def cost_of(command: Sequence[str], codes: Collection[int] = (0,)) -> Cost:
    """Run a command to its end and return what it took; a command that fails has no cost to speak of.

    Args:
        command: program and arguments.
        codes: exit codes that are no failure.
    """
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    status, usage, memory = _ended(process.pid)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; nothing was measured")
    return Cost(wall, usage.ru_utime + usage.ru_stime, memory)


def compare(
    name: str,
    ours: Sequence[str],
    theirs: Sequence[str],
    *,
    runs: int,
    goal: float | None = None,
    codes: Collection[int] = (0,),
) -> Comparison:
    """Run two commands in turn, after one warm-up of each, and compare them pair by pair."""
    cost_of(ours, codes)
    cost_of(theirs)
    pairs = [(cost_of(ours, codes), cost_of(theirs)) for _ in range(runs)]
    mine, other = [a for a, _ in pairs], [b for _, b in pairs]
    return Comparison(
        name,
        Ratio.of([c.wall for c in mine], [c.wall for c in other]),
        Ratio.of([c.cpu for c in mine], [c.cpu for c in other]),
        Ratio.of([c.memory_mib for c in mine], [c.memory_mib for c in other]),
        goal,
        (statistics.median(c.memory_mib for c in mine), statistics.median(c.memory_mib for c in other)),
    )
