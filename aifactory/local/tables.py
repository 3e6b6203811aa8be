"""Tables of the local commands."""

from collections.abc import Sequence
from datetime import UTC, datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from aifactory.local.controlplane import PartStatus


def parts_table(name: str, parts: Sequence[PartStatus]) -> RenderableType:
    """Return a table of the control plane's parts."""
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    for column in ("part", "state", "pid", "port", "memory", "since", "why"):
        table.add_column(column, overflow="fold")
    for part in parts:
        state = Text("healthy", style="green") if part.healthy else Text("down", style="bold red")
        memory = f"{part.memory_bytes / 2**20:.0f} MiB" if part.memory_bytes else "-"
        table.add_row(part.name, state, _shown(part.pid), _shown(part.port), memory, _since(part.since), part.reason)
    blocks: list[RenderableType] = [Text(f"Local instance {name}", style="bold"), table]
    total = sum(part.memory_bytes for part in parts)
    if total:
        blocks.append(Text(f"{total / 2**20:.0f} MiB in all", style="dim"))
    if not any(part.pid for part in parts):
        blocks.append(Text("nothing of it runs; `aifactory local up` starts it"))
    return Group(*blocks)


def _shown(value: int | None) -> str:
    return "-" if value is None else str(value)


def _since(seconds: float | None) -> str:
    return "-" if seconds is None else f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
