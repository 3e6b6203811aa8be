"""Free ports on loopback, remembered so that a kubeconfig stays valid over stop and start."""

import json
import random
import socket
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from aifactory.errors import ControlPlaneError
from aifactory.local.controlplane.pki import write_private

LOOPBACK: Final = "127.0.0.1"

PORTS: Final = (
    "etcd",
    "etcd-peer",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
)
"""What listens."""

_RANGE: Final = range(20000, 32000)
"""Below the range that Linux takes the ports of outgoing connections from (32768 on): a port that is free at stop is
not taken by some client's connection until the next start."""


CLOSING_SECONDS: Final = 3.0
"""How long a remembered port that is taken is waited for. Tearing down a killed API server with a gigabyte of memory
takes up to a second on a busy machine."""


def is_free(port: int) -> bool:
    """Return whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As Go's servers do: connections of a server that ended a moment ago are no hindrance, a listener is.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def choose(file: Path, keep: Collection[str]) -> dict[str, int]:
    """Return a port for each of `PORTS`: the remembered one, unless it is taken by a stranger.

    Args:
        file: where the ports are remembered.
        keep: those whose port is in use by a part of ours, and right to be.

    Raises:
        ControlPlaneError: no port of the range is free.
    """
    remembered = read(file)
    chosen: dict[str, int] = {}
    for name in PORTS:
        port = remembered.get(name)
        usable = port is not None and port not in chosen.values() and (name in keep or _becomes_free(port))
        chosen[name] = port if usable and port is not None else _find({*remembered.values(), *chosen.values()})
    if chosen != remembered:
        write_private(file, json.dumps(chosen).encode())
    return chosen


def _becomes_free(port: int) -> bool:
    """Return whether a port is free, or becomes so: the kernel closes what a killed process held after it counts as gone.

    Taking another port instead would make every kubeconfig that was given out wrong.
    """
    deadline = time.monotonic() + CLOSING_SECONDS
    while not is_free(port):
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)
    return True


def read(file: Path) -> Mapping[str, int]:
    """Return the remembered ports; none when nothing was remembered or the file is damaged."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {name: int(found[name]) for name in PORTS if name in found}
    except (OSError, ValueError, TypeError):
        return {}


def _find(taken: Collection[int]) -> int:
    # At random: two instances that start at the same moment must not both find the same first free one.
    for port in random.sample(_RANGE, len(_RANGE)):
        if port not in taken and is_free(port):
            return port
    raise ControlPlaneError(
        f"no port from {_RANGE.start} to {_RANGE.stop - 1} is free on {LOOPBACK}",
        fix="end what listens there (`ss -ltnp` shows it)",
    )
