"""Start and stop the parts, and keep a record of each, so that any later command knows what runs."""

import contextlib
import json
import os
import re
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from aifactory.errors import ControlPlaneError
from aifactory.local import processes
from aifactory.local.controlplane import health
from aifactory.local.controlplane.parts import START_ORDER, Part, log_file
from aifactory.local.controlplane.pki import Pki, write_private
from aifactory.local.paths import Instance
from aifactory.local.processes import ProcessId

MARKER: Final = "AIFACTORY_LOCAL_PART"
"""Environment variable of every part, ``<instance root>:<part>``; it finds a part that no record speaks of."""

_ROTATE_BYTES: Final = 10 << 20
_TAIL_LINES: Final = 12
_LINE_LENGTH: Final = 400
_STACK_TRACE: Final = re.compile(r"\s*$|goroutine \d+ \[|\t\S+\.go:\d+|created by |[\w./*()\[\]-]+\(.*\)$")
_POLL_SECONDS: Final = 0.1
_READY_SECONDS: Final = 120.0
"""Seven seconds are usual for all parts together; a machine that builds something meanwhile needs many times that."""

_GRACE_SECONDS: Final = 20.0
"""The API server ends open requests first; etcd closes its file."""

_children: Final[list["subprocess.Popen[bytes]"]] = []
"""Parts that this process has started. They outlive it on purpose; the handles are kept so that nothing warns of
it, and that one which dies while this process lives is reaped."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a part that was started.

    Attributes:
        name: the part.
        pid: process id; means this process only together with `started`.
        started: when the process started, seconds since the epoch, as the kernel says.
        port: where it serves.
        signature: what it was started as, see `Part.signature`.
    """

    name: str
    pid: int
    started: float
    port: int
    signature: str

    @property
    def process(self) -> ProcessId:
        """The process, told apart from any other that gets its pid."""
        return ProcessId(self.pid, self.started)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return processes.is_alive(self.process)


def read_record(instance: Instance, name: str) -> Record | None:
    """Return the record of a part; None when it was never started, or was stopped in order."""
    try:
        return Record(**json.loads(_record_file(instance, name).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def forget(instance: Instance, name: str) -> None:
    """Remove the record of a part that was stopped."""
    _record_file(instance, name).unlink(missing_ok=True)


def spawn(instance: Instance, part: Part) -> Record:
    """Start a part in a session of its own, so that neither Ctrl-C nor the end of this command reaches it."""
    log = log_file(instance, part.name)
    _rotate(log)
    environment = {
        "PATH": os.defpath,
        "HOME": str(instance.run),  # KWOK would read ~/.kwok/kwok.yaml of the user
        MARKER: _mark(instance, part.name),
    }
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        child = subprocess.Popen(
            [str(part.program), *part.arguments],
            cwd=instance.run,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=handle,
            start_new_session=True,
        )
    except OSError as error:
        raise ControlPlaneError(f"{part.name} cannot be started: {error}") from error
    finally:
        os.close(handle)
    _children.append(child)
    identity = processes.identify(child.pid)
    record = Record(part.name, child.pid, identity.started if identity else 0.0, part.port, part.signature)
    write_private(_record_file(instance, part.name), json.dumps(asdict(record)).encode())
    return record


def wait_ready(instance: Instance, parts: Sequence[Part], pki: Pki) -> None:
    """Wait until all of these parts are well.

    Raises:
        ControlPlaneError: one of them ended, or did not get well in time; the message ends with its last words.
    """
    waiting = list(parts)
    deadline = time.monotonic() + _READY_SECONDS
    while waiting:
        for part in list(waiting):
            record = read_record(instance, part.name)
            if record is None or not record.alive:
                raise _failure(instance, part, "ended while it started")
            complaint = health.complaint(part.name, part.port, pki)
            if not complaint:
                waiting.remove(part)
            elif time.monotonic() > deadline:
                raise _failure(instance, part, f"is not ready after {_READY_SECONDS:.0f} s: {complaint}")
        if waiting:
            time.sleep(_POLL_SECONDS)


def stop_parts(instance: Instance, names: Sequence[str] | None = None) -> list[str]:
    """End parts, in the order that spares the database, including those that no record speaks of.

    Args:
        instance: the instance.
        names: the parts; None means all.

    Returns:
        names of the parts that were running.
    """
    stopped: list[str] = []
    marked = _marked(instance)
    for group in reversed(START_ORDER):
        chosen = [name for name in group if names is None or name in names]
        running = {name: _running(instance, name, marked) for name in chosen}
        processes.stop([one for found in running.values() for one in found], grace_seconds=_GRACE_SECONDS)
        for name, found in running.items():
            forget(instance, name)
            if found:
                stopped.append(name)
    return stopped


def strays(instance: Instance) -> list[str]:
    """Return the parts that run without a record: their starter was killed before it could write one."""
    found: list[str] = []
    for name, running in _marked(instance).items():
        record = read_record(instance, name)
        if record is None or any(one.pid != record.pid for one in running):
            found.append(name)
    return found


def last_words(instance: Instance, name: str) -> str:
    """Return the last lines of a part's log, shortened and without stack traces; empty when it has said nothing.

    A Go program that panics says why, and then fills the screen with where.
    """
    try:
        with log_file(instance, name).open(encoding="utf-8", errors="replace") as file:
            lines = deque((line for line in file if not _STACK_TRACE.match(line)), maxlen=_TAIL_LINES)
    except OSError:
        return ""
    return "\n".join(line.rstrip()[:_LINE_LENGTH] for line in lines)


def _failure(instance: Instance, part: Part, what: str) -> ControlPlaneError:
    said = last_words(instance, part.name) or "(it said nothing)"
    indented = "\n".join(f"    {line}" for line in said.splitlines())
    return ControlPlaneError(
        f"{part.name} {what}; its last lines:\n{indented}",
        fix=f"the whole log is {log_file(instance, part.name)}; `aifactory local down --purge` throws the state of "
        "this instance away, and the next start begins anew",
    )


def _running(instance: Instance, name: str, marked: Mapping[str, Sequence[ProcessId]]) -> list[ProcessId]:
    record = read_record(instance, name)
    found = {one.pid: one for one in marked.get(name, ())}
    if record is not None and record.alive:
        found[record.pid] = record.process
    return list(found.values())


def _marked(instance: Instance) -> dict[str, list[ProcessId]]:
    """Return this instance's processes by part, whether or not there is a record of them."""
    found: dict[str, list[ProcessId]] = {}
    for one, value in processes.with_environment(MARKER):
        root, _, name = value.rpartition(":")
        if root == str(instance.root):
            found.setdefault(name, []).append(one)
    return found


def _mark(instance: Instance, name: str) -> str:
    return f"{instance.root}:{name}"


def _record_file(instance: Instance, name: str) -> Path:
    return instance.run / f"{name}.json"


def _rotate(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > _ROTATE_BYTES:
            log.replace(log.with_name(f"{log.name}.1"))
