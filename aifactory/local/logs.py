"""The logs of the control plane's parts."""

from collections import deque
from pathlib import Path

from aifactory.errors import AifactoryError
from aifactory.local.paths import Instance
from aifactory.model import nearest


def log_files(instance: Instance, part: str | None) -> list[Path]:
    """Return the log files of an instance, or the one of a part.

    Raises:
        AifactoryError: there is none of that name, or none at all.
    """
    files = {file.stem: file for file in sorted(instance.logs.glob("*.log"))} if instance.logs.is_dir() else {}
    if not files:
        raise AifactoryError(f"local instance {instance.name} has no logs", fix="aifactory local up")
    if part is None:
        return list(files.values())
    if part not in files:
        raise AifactoryError(
            f"no log of {part}; there are {', '.join(files)}", fix=nearest(part, files) or f"one of {', '.join(files)}"
        )
    return [files[part]]


def tail(file: Path, lines: int) -> str:
    """Return the last lines of a log; the file is read as a stream, since logs grow."""
    with file.open(encoding="utf-8", errors="replace") as stream:
        return "".join(deque(stream, maxlen=lines)).rstrip()
