"""Two processes that stay, are warm, and take turns at the same work: each tells what its turn took, without starting up.

A process that takes turns writes a line of JSON when it is ready, and one for each line that it is sent: ``wall`` and
``cpu`` in seconds, and for the line ``show`` also the ``value`` that it came to.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.bench.measure import Comparison, Ratio, peak_mib


@dataclass(frozen=True)
class Turn:
    """What one turn took, in seconds, and what came out of it where that was asked for."""

    wall: float
    cpu: float
    value: Any = None


@dataclass
class Player:
    """One of the two processes.

    Attributes:
        memory_mib: its largest resident memory, loading included; known when it has ended.
    """

    process: subprocess.Popen[str]
    memory_mib: float = field(default=0.0, init=False)

    def take(self, *, show: bool = False) -> Turn:
        """Let it take a turn."""
        assert self.process.stdin is not None
        self.process.stdin.write("show\n" if show else "time\n")
        self.process.stdin.flush()
        return self.told()

    def told(self) -> Turn:
        """Return what it says next.

        Raises:
            SystemExit: it ended instead; what it said of that stands on standard error.
        """
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args} ended; nothing was measured")
        return Turn(**json.loads(line))

    def end(self) -> None:
        """Let it end, and keep what memory it took."""
        assert self.process.stdin is not None
        self.memory_mib = peak_mib(self.process.pid)
        self.process.stdin.close()
        self.process.wait()


@contextmanager
def playing(command: Sequence[str]) -> Iterator[Player]:
    """Run a process that takes turns, from when it is ready until the end of the block."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    player = Player(process)
    try:
        player.told()
        yield player
    finally:
        if process.returncode is None and process.poll() is None:
            player.end()
        assert process.stdout is not None
        process.stdout.close()


def compare_turns(
    name: str, ours: Sequence[str], theirs: Sequence[str], *, runs: int, goal: float | None = None, warm: int = 3
) -> Comparison:
    """Let two processes take turns, after some that do not count, and compare them pair by pair."""
    with playing(ours) as mine, playing(theirs) as other:
        for _ in range(warm):
            mine.take()
            other.take()
        pairs = [(mine.take(), other.take()) for _ in range(runs)]
        mine.end()
        other.end()
    return Comparison(
        name,
        Ratio.of([a.wall for a, _ in pairs], [b.wall for _, b in pairs]),
        Ratio.of([a.cpu for a, _ in pairs], [b.cpu for _, b in pairs]),
        Ratio.of([mine.memory_mib], [other.memory_mib]),
        goal,
        (mine.memory_mib, other.memory_mib),
    )


def take_turns(work: Callable[[], object], shown: Callable[[], object]) -> None:
    """Be a process that takes turns: do the work once for each line of standard input.

    Args:
        work: what is timed.
        shown: returns what came out of it, as JSON has it.
    """
    print(json.dumps({"wall": 0, "cpu": 0}), flush=True)
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), _processor_time()
        work()
        taken: dict[str, object] = {"wall": time.perf_counter() - wall, "cpu": _processor_time() - cpu}
        if line.strip() == "show":
            taken["value"] = shown()
        print(json.dumps(taken), flush=True)


def _processor_time() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
