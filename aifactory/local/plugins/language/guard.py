"""The stand-in is for local regions only; anything else it refuses before it serves a single call."""

from collections.abc import Mapping
from typing import Final

from aifactory.errors import EngineError

INSTANCE_VARIABLE: Final = "AIFACTORY_LOCAL_INSTANCE"
"""Set by `aifactory.local.engine` to the name of the local region whose engine is run."""

BACKEND_VARIABLE: Final = "PULUMI_BACKEND_URL"


def refuse_unless_local(environment: Mapping[str, str]) -> None:
    """Raise unless the engine was started for a local region and keeps its state in a local file.

    The second check is for a shell that took the exports of ``aifactory local env`` and then logged in
    elsewhere: the stack at hand is then no local one, whatever the first variable says.

    Raises:
        EngineError: with what is missing and how to go on.
    """
    refusal = "aifactory's stand-in of the Python language host is refused for this stack"
    fix = "install the official Pulumi CLI for other stacks, or run `aifactory local up` for a local region"
    if not environment.get(INSTANCE_VARIABLE):
        raise EngineError(
            f"{refusal}: {INSTANCE_VARIABLE} is not set",
            why="only a local region may be run by a stand-in; the official host is proven, this one is small",
            fix=fix,
        )
    backend = environment.get(BACKEND_VARIABLE, "")
    if not backend.startswith("file://"):
        raise EngineError(
            f"{refusal}: {BACKEND_VARIABLE} is {_shown(backend)}, not a local file",
            why="state that lies elsewhere belongs to a stack that is not local",
            fix=fix,
        )


def _shown(backend: str) -> str:
    # A URL may carry credentials; its scheme says enough.
    return f"of scheme {backend.split(':', 1)[0]!r}" if backend else "not set"
