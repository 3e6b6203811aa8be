"""Checkpoints that a killed engine left half written in the file backend.

The backend writes a stack's state to ``.pulumi/stacks/<project>/<stack>.json`` in place, after it has kept the one before
it beside it as ``.json.bak`` (pulumi pkg/v3/backend/diy/state.go). A `kill -9` in between leaves what no command can read.
"""

import json
from pathlib import Path

from aifactory.local.engine.stacks import Stack
from aifactory.local.engine.types import Engine


def restore(engine: Engine, stack: Stack) -> bool:
    """Put the checkpoint before the last one in the place of one that cannot be read; return whether that was done.

    What the last step made is then unknown to the state: the next run makes it again, and finds its own object by its owner.

    Args:
        engine: whose backend.
        stack: the stack; no engine may be working on it.
    """
    file = engine.backend / ".pulumi" / "stacks" / stack.project / f"{stack.name}.json"
    backup = file.with_name(f"{file.name}.bak")
    if not file.exists() or _is_whole(file) or not _is_whole(backup):
        return False
    content = backup.read_bytes()
    # Beside it and then over it, so that a kill now does not leave the same again.
    fresh = file.with_name(f"{file.name}.restored")
    fresh.write_bytes(content)
    fresh.replace(file)
    return True


def _is_whole(path: Path) -> bool:
    try:
        return isinstance(json.loads(path.read_bytes()), dict)
    except (OSError, ValueError):
        return False
