"""What a person wants to know when a region is up: what is there, what is not real, what to do next."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from aifactory.catalog import images, releases
from aifactory.conventions import SIMULATED
from aifactory.local.progress import duration
from aifactory.model import RegionSpec
from aifactory.status.observe import ModelFacts, RegionFacts


@dataclass(frozen=True, slots=True)
class Part:
    """A program that stood in the way from YAML to cluster, and what it is.

    Attributes:
        name: such as ``kubernetes plugin``.
        version: its version.
        origin: where it comes from: ``official``, ``stand-in``, ``built``, ``PATH``.
    """

    name: str
    version: str
    origin: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of `aifactory local up`.

    Attributes:
        factory: name of the factory.
        region: name of the region.
        instance: name of the local instance.
        server: address of the API server.
        kubeconfig: path of a kubeconfig that reaches it.
        changes: what the engine did: number of resources by operation, such as ``{"create": 31}``.
        seconds: how long the whole command took.
        outputs: outputs of the stack.
        facts: what the cluster shows.
        parts: programs that were used.
    """

    factory: str
    region: str
    instance: str
    server: str
    kubeconfig: str
    changes: Mapping[str, int]
    seconds: float
    outputs: Mapping[str, Any]
    facts: RegionFacts
    parts: tuple[Part, ...]

    @property
    def simulated(self) -> list[str]:
        """What is not real here, in words; empty when everything is."""
        nodes = [node for node in self.facts.nodes if node.simulated]
        found = [f"{len(nodes)} nodes and the containers on them"] if nodes else []
        if any(database.simulated for database in self.facts.databases):
            found.append("the operators' statuses (no Postgres, gateway or certificate is behind them)")
        return found

    def as_json(self, region: RegionSpec) -> dict[str, Any]:
        """Return everything as plain values, with what is simulated under the key ``SIMULATED``."""
        catalog = images()
        return asdict(self) | {
            SIMULATED: self.simulated,
            "operators": {name: spec.install.value for name, spec in region.operators.items()},
            "unpinned_images": sorted(image.reference for image in catalog.values() if not image.pinned),
        }


def render(summary: Summary, region: RegionSpec) -> RenderableType:
    """Return the summary for a terminal."""
    return Group(*_blocks(summary, region))


def _blocks(summary: Summary, region: RegionSpec) -> Iterator[RenderableType]:
    changes = ", ".join(f"{count} {operation}" for operation, count in sorted(summary.changes.items())) or "nothing to do"
    yield Text("")
    yield Text.assemble(
        ("Region ", "bold"), (summary.region, "bold cyan"), f" of factory {summary.factory} is up", style="bold"
    )
    yield _indent(Text(f"{changes} · {duration(summary.seconds)} · Kubernetes {summary.facts.kubernetes}"))
    if summary.simulated:
        yield _indent(Text.assemble((SIMULATED, "bold yellow"), ": " + "; ".join(summary.simulated)))
    yield from _models(summary)
    yield from _databases(summary)
    yield from _nodes(summary)
    yield from _quotas(summary)
    yield from _operators(region, simulated=bool(summary.simulated))
    yield from _parts(summary)
    yield from _next_steps(summary)


def _indent(renderable: RenderableType) -> Padding:
    return Padding(renderable, (0, 0, 0, 2))


def _table(*columns: str) -> Table:
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim", pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _section(title: str, table: Table) -> Iterator[RenderableType]:
    if table.row_count:
        yield Text(f"\n{title}", style="bold")
        yield _indent(table)


def _ready(ready: int, wanted: int) -> Text:
    return Text(f"{ready}/{wanted}", style="green" if ready >= wanted else "bold red")


def _models(summary: Summary) -> Iterator[RenderableType]:
    table = _table("model", "ready", "answers at", "placed on")
    endpoints: Mapping[str, str] = summary.outputs.get("endpoints", {})
    for model in summary.facts.models:
        table.add_row(model.name, _ready(model.ready, model.replicas), endpoints.get(model.name, ""), _placement(model))
    yield from _section("Models", table)


def _placement(model: ModelFacts) -> str:
    placed = ", ".join(f"{node} x{model.placed.count(node)}" for node in sorted(set(model.placed)))
    return "; ".join(filter(None, (placed, f"waiting: {model.waiting}" if model.waiting else "")))


def _databases(summary: Summary) -> Iterator[RenderableType]:
    table = _table("database", "ready", "primary", "operator says")
    hosts: Mapping[str, str] = summary.outputs.get("databases", {})
    for database in summary.facts.databases:
        says = f"{database.phase} ({SIMULATED})" if database.simulated else database.phase
        table.add_row(database.name, _ready(database.ready, database.instances), hosts.get(database.name, ""), says)
    yield from _section("Databases", table)


def _nodes(summary: Summary) -> Iterator[RenderableType]:
    table = _table("node", "pool", "GPUs used", "GPU", "state")
    for node in summary.facts.nodes:
        state = "ready" if node.ready else "not ready"
        used = f"{node.gpus_used}/{node.gpus}" if node.gpus else "-"
        shown = f"{state} {SIMULATED}" if node.simulated else state
        table.add_row(node.name, node.pool or "-", used, node.product or "-", shown)
    yield from _section("Nodes", table)


def _quotas(summary: Summary) -> Iterator[RenderableType]:
    table = _table("namespace", "GPUs used of quota")
    for quota in summary.facts.quotas:
        table.add_row(quota.namespace, f"{quota.gpus_used}/{quota.gpus}")
    yield from _section("Namespaces", table)


def _operators(region: RegionSpec, *, simulated: bool) -> Iterator[RenderableType]:
    table = _table("operator", "version", "install", "")
    for name, spec in region.operators.items():
        facts = releases()[name]
        real = f"CRDs are its own, controller {SIMULATED}" if simulated else ""
        table.add_row(facts.title, facts.version, spec.install.value, real)
    yield from _section("Operators", table)


def _parts(summary: Summary) -> Iterator[RenderableType]:
    table = _table("program", "version", "origin")
    for part in summary.parts:
        table.add_row(part.name, part.version, part.origin)
    yield from _section("Programs", table)


def _next_steps(summary: Summary) -> Iterator[RenderableType]:
    name = "" if summary.instance == "local" else f" --name {summary.instance}"
    steps = {
        f'eval "$(aifactory local env{name})"': "then `kubectl get pods -A`, `pulumi preview`, `pulumi up` as usual",
        "edit stacks/factory.yaml, then make up": "change the region",
        f"aifactory local down{name}": "stop it; its state is kept (--purge forgets it)",
    }
    yield Text("\nNext", style="bold")
    for command, meaning in steps.items():
        yield _indent(Text.assemble((command, "cyan"), f"\n    {meaning}"))
    yield Text("")


def show(summary: Summary, region: RegionSpec, console: Console) -> None:
    """Print the summary."""
    console.print(render(summary, region))
