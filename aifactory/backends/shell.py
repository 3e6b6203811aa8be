"""Steps, and the shell script that they make: POSIX, the same again changes nothing, no secret in it."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do.

    Attributes:
        title: what it does, for people; one line.
        lines: its commands, for a POSIX shell with ``set -eu``.
    """

    title: str
    lines: tuple[str, ...]


def quoted(word: str) -> str:
    """Return a word as a shell takes it for one, whatever is in it."""
    return shlex.quote(word)


def unless(there: str, *make: str) -> tuple[str, ...]:
    """Return lines that make something where a command does not find it.

    Args:
        there: command that ends well when it is there.
        make: commands that make it.
    """
    return (f"if ! {there} >/dev/null 2>&1; then", *(f"  {line}" for line in make), "fi")


def refuse_unless(condition: str, words: str) -> tuple[str, ...]:
    """Return lines that stop the script where a condition does not hold.

    Args:
        condition: command of the shell that ends well when it holds.
        words: what is said otherwise.
    """
    return refuse_if(f"! {condition}", words)


def refuse_if(condition: str, words: str) -> tuple[str, ...]:
    """Return lines that stop the script where a condition holds.

    Args:
        condition: command of the shell that ends well when it holds.
        words: what is said then.
    """
    return (f"if {condition}; then", f"  echo {quoted(words)} >&2", "  exit 1", "fi")


def script(region: str, steps: Iterable[Step]) -> str:
    """Return the steps as a script.

    Args:
        region: whose backend it makes.
        steps: what is to be done, in order.
    """
    lines = [
        "#!/bin/sh",
        f"# Makes the Pulumi backend and the key of the region {region}; made of factory.yaml by `aifactory backend`.",
        "# Run it where Pulumi.yaml is, logged in to the cloud; run again, it changes nothing.",
        "set -eu",
    ]
    for step in steps:
        lines += ["", f"# {' '.join(step.title.split())}", *step.lines]
    return "\n".join(lines) + "\n"
