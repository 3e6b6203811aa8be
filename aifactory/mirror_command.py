"""The commands `aifactory mirror ...`: what a region refers to, and a script that fills the registry it takes that from."""

import json
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from aifactory.terminal import friendly

if TYPE_CHECKING:
    from aifactory.mirror import Item, Listing

mirror = typer.Typer(
    name="mirror", help="Charts, images and models of a region, for a registry of its own.", no_args_is_help=True
)

UNREACHABLE: Final = 1
"""Exit code when something can come to the region by no way."""

FactoryOption = Annotated[Path, typer.Option("--factory", "-f", help="The factory.", dir_okay=False)]
RegionOption = Annotated[str, typer.Option("--region", "-r", help="The region.")]

_DEFAULT_FACTORY: Final = Path("stacks/factory.yaml")


class MirrorFormat(StrEnum):
    """How the list is printed."""

    TEXT = "text"
    JSON = "json"
    LINES = "lines"
    """One name a line as a registry knows it, for other tools; charts with oci:// or https:// before it."""


def _listing(factory: Path, region: str) -> "Listing":
    from aifactory.bundled_operators import read_factory_bundles
    from aifactory.mirror import listing
    from aifactory.model import load_factory

    spec = load_factory(factory)
    spec.region(region)
    return listing(spec, region, read_factory_bundles(factory.parent / "operators", spec))


@mirror.command(name="list")
@friendly
def list_mirrored(
    region: RegionOption,
    factory: FactoryOption = _DEFAULT_FACTORY,
    output: Annotated[
        MirrorFormat, typer.Option("--format", "-o", help="text for people, json for programs, lines of names alone.")
    ] = MirrorFormat.TEXT,
) -> None:
    """List every chart, image and model that a region refers to, by digest where it is known, and where it must lie.

    What cannot be listed is named with who decides it. Nothing is fetched, and nothing is asked of a registry.

    Exit code 0: all of it has a way to the region. 1: something has none. 2: an option or the factory is wrong.
    """
    found = _listing(factory, region)
    if output is MirrorFormat.JSON:
        typer.echo(json.dumps(as_json(found), indent=2))
    elif output is MirrorFormat.LINES:
        for item in found.items:
            typer.echo(item.reference)
    else:
        typer.echo("\n".join(text(found)))
    for problem in found.problems:
        typer.echo(f"error: {problem}", err=True)
    if found.problems:
        raise typer.Exit(UNREACHABLE)


@mirror.command(name="script")
@friendly
def print_script(region: RegionOption, factory: FactoryOption = _DEFAULT_FACTORY) -> None:
    """Print a POSIX shell script that fills the region's registry with crane, skopeo or oras, and Helm for charts.

    It runs where both the internet and the registry can be reached. Of an image whose digest the catalog does not know it
    copies what the tag means then, and says so.

    Exit code 0: printed. 1: something can come to the region by no way, and no script is printed. 2: an option or the
    factory is wrong, or the region has no registry.
    """
    from aifactory.mirror import script

    found = _listing(factory, region)
    for problem in found.problems:
        typer.echo(f"error: {problem}", err=True)
    if found.problems:
        raise typer.Exit(UNREACHABLE)
    typer.echo(script(found), nl=False)


def text(found: "Listing") -> Iterator[str]:
    """Yield the lines for people.

    Args:
        found: what the region refers to.
    """
    counts = {kind: sum(item.kind.value == kind for item in found.items) for kind in ("chart", "image", "model")}
    counted = ", ".join(f"{number} {kind}{'' if number == 1 else 's'}" for kind, number in counts.items())
    yield f"Region {found.region} refers to {counted}:"
    for item in found.items:
        yield f"  {item.kind.value}  {item.reference}{_way(item)}"
        yield f"         {_pinned(item)}; {', '.join(item.used_by)}"
    if found.gaps:
        yield "Not in this list, because somebody else decides:"
        yield from (f"  {gap.used_by}: {gap.why}" for gap in found.gaps)
    loose = sum(not item.is_pinned and item.kind.value != "chart" for item in found.items)
    if loose:
        yield f"{loose} unpinned; aifactory catalog pin --write reads digests from registries"
    if found.to_copy:
        yield f"{len(found.to_copy)} to copy; aifactory mirror script --region {found.region} prints how"


def _way(item: "Item") -> str:
    if item.target:
        version = item.tag if item.kind.value == "chart" else item.target_tag
        return f"\n         -> {item.target}:{version}"
    return {
        "there": "\n         lies in the region's registry by its own name",
        "index": "\n         lies in an index, where no registry reaches it; aifactory operators fetch keeps it in a bundle",
        "bundle": "\n         lies in a bundle beside factory.yaml",
        "refused": "\n         has no mirror, and the region takes nothing from elsewhere",
    }.get(item.way.value, "")


def _pinned(item: "Item") -> str:
    if item.kind.value == "chart":
        return "by version"
    return "pinned" if item.is_pinned else "unpinned"


def as_json(found: "Listing") -> dict[str, Any]:
    """Return the list for programs.

    Args:
        found: what the region refers to.
    """
    return {
        "region": found.region,
        "items": [
            {
                "kind": item.kind.value,
                "name": item.name,
                "tag": item.tag,
                "digest": item.digest,
                "pinned": item.is_pinned,
                "reference": item.reference,
                "way": item.way.value,
                "target": item.target,
                "target_tag": item.target_tag if item.target else "",
                "used_by": list(item.used_by),
            }
            for item in found.items
        ],
        "gaps": [{"used_by": gap.used_by, "why": gap.why} for gap in found.gaps],
        "problems": [
            {"where": problem.where, "value": problem.value, "rule": problem.rule, "nearest": problem.nearest}
            for problem in found.problems
        ],
    }
