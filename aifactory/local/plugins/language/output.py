"""Pass on what a plugin process prints, as it prints it, until it has ended."""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from typing import IO, Literal

from aifactory.local.plugins.language.children import Child

Stream = Literal["stdout", "stderr"]
Piece = tuple[Stream, bytes]

CHUNK_BYTES = 64 * 1024
DRAIN_SECONDS = 1.0
"""How long output is awaited after the end. Only a process that left the plugin's group can still hold the
pipe then."""


def stream(child: Child, wait: Callable[[Child], int]) -> Iterator[Piece | int]:
    """Yield each piece of output with the stream it came from; at the end the exit code.

    Args:
        child: a process started with pipes.
        wait: waits for it and returns its exit code.
    """
    pieces: queue.SimpleQueue[Piece | None] = queue.SimpleQueue()
    pumps = [
        _pump("stdout", child.stdout, pieces),
        _pump("stderr", child.stderr, pieces),
    ]
    codes: list[int] = []

    def end() -> None:
        codes.append(wait(child))
        for pump in pumps:
            pump.join(DRAIN_SECONDS)
        pieces.put(None)

    threading.Thread(target=end, name=f"wait-{child.pid}", daemon=True).start()
    while (piece := pieces.get()) is not None:
        yield piece
    yield codes[0]


def _pump(name: Stream, pipe: IO[bytes] | None, pieces: "queue.SimpleQueue[Piece | None]") -> threading.Thread:
    def read() -> None:
        if pipe is None:
            return
        with pipe:
            # Returns what is there: the port must reach the engine before the pipe is full.
            while data := os.read(pipe.fileno(), CHUNK_BYTES):
                pieces.put((name, data))

    thread = threading.Thread(target=read, name=f"pump-{name}", daemon=True)
    thread.start()
    return thread
