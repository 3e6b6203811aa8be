"""What a person wants to know when a region is up: what is there, what is not real, what to do next."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from aifactory.catalog import images
from aifactory.conventions import SIMULATED
from aifactory.local.progress import duration
from aifactory.model import RegionSpec
from aifactory.status.report import RegionStatus, rows_as_json
from aifactory.status.show import footer, tables


@dataclass(frozen=True, slots=True)
class Part:
    """A program that stood in the way from YAML to cluster, and what it is.

    Attributes:
        name: such as ``kubernetes plugin``.
        version: its version.
        origin: where it comes from: ``official``, ``stand-in``, ``built``, ``PATH``.
        reason: why it is this one and no other, for a plugin; empty for tools.
    """

    name: str
    version: str
    origin: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """The result of `aifactory local up`.

    Attributes:
        instance: name of the local instance.
        server: address of the API server.
        kubeconfig: path of a kubeconfig that reaches it.
        changes: what the engine did: number of resources by operation, such as ``{"create": 31}``.
        seconds: how long the whole command took.
        outputs: outputs of the stack.
        status: what the cluster shows of the region.
        parts: programs that were used.
        findings: number of findings of the region's rules by verdict; empty when no rules hold there.
    """

    instance: str
    server: str
    kubeconfig: str
    changes: Mapping[str, int]
    seconds: float
    outputs: Mapping[str, Any]
    status: RegionStatus
    parts: tuple[Part, ...]
    findings: Mapping[str, int] = field(default_factory=dict[str, int])

    def as_json(self, region: RegionSpec) -> dict[str, Any]:
        """Return everything as plain values, with what is simulated under the key ``SIMULATED``."""
        catalog = images()
        return {
            "factory": self.status.factory,
            "region": self.status.region,
            "instance": self.instance,
            "server": self.server,
            "kubeconfig": self.kubeconfig,
            "changes": dict(self.changes),
            "seconds": self.seconds,
            "outputs": dict(self.outputs),
            "ready": self.status.ready,
            "blocks": rows_as_json(self.status.blocks),
            "facts": asdict(self.status.facts),
            "parts": [asdict(part) for part in self.parts],
            SIMULATED: self.status.simulated,
            "operators": {name: spec.install.value for name, spec in region.operators.items()},
            "findings": dict(self.findings),
            "unpinned_images": sorted(image.reference for image in catalog.values() if not image.pinned),
        }


def render(summary: Summary) -> RenderableType:
    """Return the summary for a terminal."""
    return Group(*_parts_of(summary))


def _parts_of(summary: Summary) -> Iterator[RenderableType]:
    status = summary.status
    changes = ", ".join(f"{count} {operation}" for operation, count in sorted(summary.changes.items())) or "nothing to do"
    yield Text("")
    yield Text.assemble(
        ("Region ", "bold"), (status.region, "bold cyan"), f" of factory {status.factory} is up", style="bold"
    )
    yield _indent(Text(f"{changes} in {duration(summary.seconds)}"))
    if status.simulated:
        yield _indent(Text.assemble((SIMULATED, "bold yellow"), ": " + "; ".join(status.simulated)))
    if summary.findings:
        words = {"allow": "allowed", "deny": "denied"}
        said = ", ".join(f"{count} {words.get(name, name)}" for name, count in summary.findings.items() if count)
        yield _indent(Text(f"rules: {said}; aifactory check shows more"))
    yield from tables(status.blocks)
    yield from footer(status, simulated=False)
    yield from _programs(summary)
    yield from _next_steps(summary)


def _indent(renderable: RenderableType) -> Padding:
    return Padding(renderable, (0, 0, 0, 2))


def _programs(summary: Summary) -> Iterator[RenderableType]:
    named = ", ".join(f"{part.name} {part.version} ({part.origin})" for part in summary.parts)
    if named:
        yield Text.assemble("Made with ", named, style="dim")


def _next_steps(summary: Summary) -> Iterator[RenderableType]:
    name = "" if summary.instance == "local" else f" --name {summary.instance}"
    steps = {
        f'eval "$(aifactory local env{name})"': "then `kubectl get pods -A`, `pulumi preview`, `pulumi up` as usual",
        f"aifactory status{name}": "look again; it only reads",
        f"aifactory evidence --region {summary.status.region} --out evidence --observe": "what its rules found, for people",
        "edit stacks/factory.yaml, then make up": "change the region",
        f"aifactory local down{name}": "stop it; its state is kept (--purge forgets it)",
    }
    yield Text("\nNext", style="bold")
    for command, meaning in steps.items():
        yield _indent(Text.assemble((command, "cyan"), f"\n    {meaning}"))
    yield Text("")


def show(summary: Summary, console: Console) -> None:
    """Print the summary."""
    console.print(render(summary))
