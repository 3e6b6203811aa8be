"""What is said of one block of a region: a row, and how the findings about its objects become one."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How a block is."""

    READY = "ready"
    PROGRESSING = "progressing"
    """On its way, or waiting for something that may still come."""
    UNKNOWN = "unknown"
    """It could not be looked at."""
    MISSING = "missing"
    """It is not in the cluster."""
    FAILED = "failed"
    """It will not become ready by itself."""
    EXTERNAL = "external"
    """None of ours: somebody else installs and watches it."""


_WORST = (State.FAILED, State.MISSING, State.UNKNOWN, State.PROGRESSING, State.EXTERNAL, State.READY)
"""Which state counts when several are found, first the one that counts most."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look found.

    Attributes:
        state: how it is.
        reason: why, in words; empty when it is ready.
    """

    state: State
    reason: str = ""


READY = Verdict(State.READY)


def progressing(reason: str) -> Verdict:
    """Return that something is on its way, and what it waits for."""
    return Verdict(State.PROGRESSING, reason)


def failed(reason: str) -> Verdict:
    """Return that something will not become ready by itself, and why."""
    return Verdict(State.FAILED, reason)


def missing(reason: str) -> Verdict:
    """Return that something is not in the cluster."""
    return Verdict(State.MISSING, reason)


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst state of all, with every reason once, those of the worst first."""
    ordered = sorted(verdicts, key=lambda verdict: _WORST.index(verdict.state))
    if not ordered:
        return READY
    reasons = dict.fromkeys(verdict.reason for verdict in ordered if verdict.reason)
    return Verdict(ordered[0].state, "; ".join(reasons))


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 node``, ``2 nodes``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True)
class BlockStatus:
    """One block of a region as its cluster shows it.

    Attributes:
        block: what it is: ``database``, ``model``, ``operator``, ...
        name: its name in factory.yaml.
        what: what it is in one line, such as ``Postgres 18.4, 3 instances, 20 GiB``.
        state: how it is.
        reason: why it is not ready, in words; empty when it is.
        simulated: whether nothing real is behind it.
        address: where it answers; empty when there is nothing to call.
    """

    block: str
    name: str
    what: str
    state: State
    reason: str = ""
    simulated: bool = False
    address: str = ""

    @property
    def fine(self) -> bool:
        """Whether there is nothing to do about it: it is ready, or none of ours."""
        return self.state in {State.READY, State.EXTERNAL}
