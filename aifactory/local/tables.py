"""Tables of the local commands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text


class PartLike(Protocol):
    """What is shown of a part of the control plane."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def pid(self) -> int | None:
        """Its process, None when it does not run."""
        ...

    @property
    def port(self) -> int | None:
        """Port it listens on."""
        ...

    @property
    def healthy(self) -> bool:
        """Whether it answers as it should."""
        ...

    @property
    def since(self) -> datetime | None:
        """When it was started."""
        ...

    @property
    def memory_bytes(self) -> int | None:
        """Memory that it holds."""
        ...

    @property
    def reason(self) -> str:
        """Why it does not run, in words."""
        ...


def parts_table(name: str, parts: Sequence[PartLike]) -> RenderableType:
    """Return a table of the control plane's parts."""
    if not parts:
        return Text(f"local instance {name} was never started; `aifactory local up` starts it")
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    for column in ("part", "state", "pid", "port", "memory", "since", "why"):
        table.add_column(column, overflow="fold")
    for part in parts:
        state = Text("healthy", style="green") if part.healthy else Text("down", style="bold red")
        memory = "-" if part.memory_bytes is None else f"{part.memory_bytes / 2**20:.0f} MiB"
        since = "-" if part.since is None else f"{part.since:%Y-%m-%d %H:%M:%S}"
        table.add_row(part.name, state, _shown(part.pid), _shown(part.port), memory, since, part.reason)
    total = sum(part.memory_bytes or 0 for part in parts)
    return Group(Text(f"Local instance {name}", style="bold"), table, Text(f"{total / 2**20:.0f} MiB in all", style="dim"))


def _shown(value: int | None) -> str:
    return "-" if value is None else str(value)
