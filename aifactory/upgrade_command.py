"""The command `aifactory operators upgrades`: what an up of a region would upgrade, and what a person does first."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aifactory.terminal import Format, FormatOption, friendly

if TYPE_CHECKING:
    from aifactory.model import OperatorSpec

DEFAULT_FACTORY = Path("stacks/factory.yaml")

FactoryOption = Annotated[Path, typer.Option("--factory", "-f", help="The factory.")]
RegionOption = Annotated[str | None, typer.Option("--region", help="Only this region. Default: all of the factory.")]


@dataclass(frozen=True, slots=True)
class UpgradeLine:
    """One operator of a region: from which version to which, and whether that goes by itself.

    Attributes:
        operator: its name in the catalog.
        installed: version that the facts of the last up have; None: it is not there yet.
        wanted: the pinned version.
        verdict: ``new``, ``safe``, ``manual`` or ``blocked``.
        why: the reason.
        steps: what a person does before the up.
        via: version to go to first.
        done: whether the region says, by ``upgraded_from``, that the steps are done.
    """

    operator: str
    installed: str | None
    wanted: str
    verdict: str
    why: str
    steps: tuple[str, ...] = ()
    via: str | None = None
    done: bool = False

    @property
    def holds_up(self) -> bool:
        """Whether an up is refused as things stand."""
        return self.verdict == "blocked" or (self.verdict == "manual" and not self.done)


def upgrades_report(operators: "Mapping[str, OperatorSpec]", installed: Mapping[str, str]) -> list[UpgradeLine]:
    """Return a line for each operator that we install from its project's own chart or manifests, in alphabetical order.

    Of one that OLM brings, the channel decides; adopted and external ones are their owner's.

    Args:
        operators: operators by name, as they are wanted.
        installed: version of each by its name, as the facts of the last up have it.
    """
    from aifactory.model.operators import built_by_project

    return [_line(name, operators[name], installed.get(name)) for name in sorted(built_by_project(operators))]


def _line(name: str, spec: "OperatorSpec", installed: str | None) -> UpgradeLine:
    from aifactory.catalog import releases, verdict
    from aifactory.model.operators import acknowledged

    wanted = releases()[name].version
    if installed is None:
        return UpgradeLine(name, None, wanted, "new", "it is installed by the next up")
    found = verdict(name, installed, wanted)
    done = found.verdict == "manual" and acknowledged(spec, installed)
    return UpgradeLine(name, installed, wanted, found.verdict, found.why, found.steps, found.via, done)


def upgrades_text(line: UpgradeLine) -> str:
    """Return a line for people: one for an operator, one for each step below it."""
    jump = line.wanted if line.installed == line.wanted else f"{line.installed or 'not there'} -> {line.wanted}"
    told = f"{line.verdict}, done" if line.done else line.verdict
    parts = [f"{line.operator}: {jump}: {told}: {line.why}"]
    parts += [f"  {number}. {step}" for number, step in enumerate(line.steps, start=1)]
    if line.via:
        parts.append(f"  first to {line.via}, by the instructions of its project")
    if line.verdict == "manual" and not line.done:
        parts.append(f"  then write `upgraded_from: {line.installed}` under {line.operator} in factory.yaml")
    return "\n".join(parts)


@friendly
def upgrades(
    factory: FactoryOption = DEFAULT_FACTORY, region: RegionOption = None, output: FormatOption = Format.TEXT
) -> None:
    """Show what the next up of a region would upgrade, by the facts of its last up, and what a person does first.

    Exit code 0: nothing to upgrade, or all of it goes by itself. 1: something needs a person, or is refused. 2: factory.yaml
    or the facts are wrong.
    """
    from aifactory.model import load_factory

    spec = load_factory(factory)
    names = list(spec.regions) if region is None else [region]
    found = {name: upgrades_report(spec.region(name).operators, _installed(factory, name)) for name in names}
    (_print_json if output is Format.JSON else _print_text)(found)
    if any(line.holds_up for lines in found.values() for line in lines):
        raise typer.Exit(1)


def _installed(factory: Path, region: str) -> dict[str, str]:
    from aifactory.model.facts import facts_file, load_facts

    directory = factory.parent / "facts"
    return load_facts(directory, region).operators if facts_file(directory, region).exists() else {}


def _print_json(found: Mapping[str, list[UpgradeLine]]) -> None:
    rows = {name: [asdict(line) for line in lines] for name, lines in found.items()}
    typer.echo(json.dumps(rows, indent=2))


def _print_text(found: Mapping[str, list[UpgradeLine]]) -> None:
    tell: Callable[[str], None] = typer.echo
    for name, lines in found.items():
        tell(f"region {name}" + ("" if lines else ": nothing that is installed from a chart or manifests of its project"))
        for line in lines:
            tell("  " + upgrades_text(line).replace("\n", "\n  "))
