"""Two commands that take turns, and the ratio of what they cost."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass


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
    """The result of one benchmark."""

    name: str
    wall: Ratio
    cpu: Ratio
    memory: Ratio
    goal: float | None

    @property
    def met(self) -> bool | None:
        return None if self.goal is None else self.wall.median <= self.goal


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command to its end and return what it took; a command that fails has no cost to speak of."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}; nothing was measured")
    kilobytes = usage.ru_maxrss if sys.platform == "linux" else usage.ru_maxrss / 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime, kilobytes / 1024)


def compare(name: str, ours: Sequence[str], theirs: Sequence[str], *, runs: int, goal: float | None = None) -> Comparison:
    """Run two commands in turn, after one warm-up of each, and compare them pair by pair."""
    cost_of(ours)
    cost_of(theirs)
    pairs = [(cost_of(ours), cost_of(theirs)) for _ in range(runs)]
    mine, other = [a for a, _ in pairs], [b for _, b in pairs]
    return Comparison(
        name,
        Ratio.of([c.wall for c in mine], [c.wall for c in other]),
        Ratio.of([c.cpu for c in mine], [c.cpu for c in other]),
        Ratio.of([c.memory_mib for c in mine], [c.memory_mib for c in other]),
        goal,
    )
