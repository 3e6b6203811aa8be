"""The status of a region on a terminal: a table for each kind of block, and why something is not ready."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aifactory.conventions import SIMULATED
from aifactory.status.report import RegionStatus
from aifactory.status.rows import BlockStatus, State

_TITLES = {
    "cluster": "Cluster",
    "gpu-pool": "GPU pools",
    "operator": "Operators",
    "namespace": "Namespaces",
    "gpu-operator": "GPU Operator",
    "tenant": "Tenants",
    "database": "Databases",
    "virtualization": "Virtualization",
    "virtual-machine": "Virtual machines",
    "model": "Models",
}

_STYLES = {
    State.READY: "green",
    State.PROGRESSING: "yellow",
    State.UNKNOWN: "yellow",
    State.MISSING: "bold red",
    State.FAILED: "bold red",
    State.EXTERNAL: "dim",
}


def render(status: RegionStatus) -> RenderableType:
    """Return the status for a terminal: tables, and below them how many are ready and what is SIMULATED."""
    return Group(*_heading(status), *tables(status.blocks), *footer(status))


def show(status: RegionStatus, console: Console) -> None:
    """Print the status."""
    console.print(render(status))


def _heading(status: RegionStatus) -> Iterator[RenderableType]:
    yield Text.assemble(("Region ", "bold"), (status.region, "bold cyan"), (f" of factory {status.factory}", "bold"))


def tables(rows: Iterable[BlockStatus]) -> Iterator[RenderableType]:
    """Yield a titled table for each kind of block; kinds without blocks have none."""
    for block, group in groupby(rows, key=lambda row: row.block):
        own = list(group)
        unreal = all(row.simulated for row in own)
        title = Text(f"\n{_TITLES.get(block, block)}", style="bold")
        yield title.append(f" {SIMULATED}", style="yellow") if unreal else title
        yield Padding(_table(own, unreal=unreal), (0, 0, 0, 2))


def _table(rows: list[BlockStatus], *, unreal: bool) -> Table:
    """Return name, state, and what it is; below that where it answers, and why it is not ready.

    Reasons have no column of their own: beside the rest a scheduler's sentence would be twelve columns wide on a
    terminal of eighty, and an address broken in two could not be copied.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False, pad_edge=False)
    for _ in range(3):
        table.add_column(overflow="fold")
    for row in rows:
        shown = Text(row.state.value, style=_STYLES[row.state])
        if row.simulated and not unreal:
            shown.append(f"\n{SIMULATED}", style="yellow")
        what = Text(row.what)
        if row.address:
            what.append(f"\n{row.address}", style="cyan")
        if row.reason:
            what.append(f"\nwhy: {row.reason}", style=_STYLES[row.state])
        table.add_row(Text(row.name), shown, what)
    return table


def footer(status: RegionStatus, *, simulated: bool = True) -> Iterator[RenderableType]:
    """Yield how many blocks are ready, and what is not real unless that was said before."""
    yield Text(f"\n{status.score}", style="bold green" if status.ready else "bold yellow")
    if simulated and status.simulated:
        yield Text.assemble((SIMULATED, "bold yellow"), ": " + "; ".join(status.simulated))
