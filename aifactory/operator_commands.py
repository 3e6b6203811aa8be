"""The commands `aifactory operators ...`: what installs operators, fetched once and kept beside factory.yaml."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from aifactory.kube.extra import guarded as needs_extra
from aifactory.terminal import Format, FormatOption, friendly

operators = typer.Typer(name="operators", help="Operators of the catalog and their bundles.", no_args_is_help=True)

DEFAULT_BUNDLES = Path("stacks/operators")

BundlesOption = Annotated[Path, typer.Option("--to", help="Directory of the bundles.", file_okay=False)]


@operators.command()
@needs_extra("fetching an operator")
def fetch(
    names: Annotated[list[str], typer.Argument(metavar="NAME...", help="Operators by their names in the catalog.")],
    to: BundlesOption = DEFAULT_BUNDLES,
    chart: Annotated[Path | None, typer.Option(help="Use this chart: packed, or a directory.")] = None,
    crds: Annotated[Path | None, typer.Option(help="Use these definitions: a YAML file, or a directory.")] = None,
    manifests: Annotated[
        Path | None, typer.Option(help="Use these objects, for install: manifests; a YAML file, or a directory.")
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Fill the bundles of operators, so that they are installed without a network; the same again changes nothing.

    Exit code 0: fetched. 2: no such operator, or a file is not what it should be. 3: it could not be fetched.
    """
    from aifactory.errors import Problem, SpecError
    from aifactory.local.operator_bundles import Given, fetch
    from aifactory.local.paths import Paths
    from aifactory.local.progress import SilentReporter, default_reporter

    given = Given(chart and chart.resolve(), crds and crds.resolve(), manifests and manifests.resolve())
    if len(names) > 1 and given != Given():
        rule = "files at hand are one operator's; give one name"
        raise SpecError("operators fetch", [Problem("NAME", ", ".join(names), rule, names[0])])
    reporter = SilentReporter() if output is Format.JSON else default_reporter()
    rows: list[dict[str, object]] = []
    for name in names:
        done = fetch(name, to, given, Paths.default(), reporter)
        files = {file: part.source for file, part in done.bundle.files.items()}
        rows.append({"operator": name, "bundle": str(done.bundle.directory), "changed": done.changed, "files": files})
        if output is Format.TEXT:
            word = "fetched" if done.changed else "is as it was fetched"
            typer.echo(f"{done.bundle.directory}: {word} ({', '.join(f'{f} from {s}' for f, s in files.items())})")
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=2))


@operators.command(name="list")
@friendly
def list_operators(bundles: BundlesOption = DEFAULT_BUNDLES, output: FormatOption = Format.TEXT) -> None:
    """List the operators of the catalog, how each can be installed, whether its bundle is whole, and what is unpinned.

    Exit code 0: every bundle that is there is whole. 1: one is not.
    """
    from aifactory.bundles import load_bundle
    from aifactory.catalog import releases
    from aifactory.catalog.pinning import RELEASES_FILE, catalog_images
    from aifactory.errors import SpecError
    from aifactory.model.operators import modes_of

    loose = [image for image in catalog_images() if image.file == RELEASES_FILE and not image.is_pinned]
    rows: list[dict[str, Any]] = []
    for name, release in sorted(releases().items()):
        problems: list[str] = []
        state = "absent"
        try:
            found = load_bundle(bundles, name, release.version)
            state = "absent" if found is None else "verified"
        except SpecError as error:
            state, problems = "broken", [str(problem) for problem in error.problems]
        row = {"operator": name, "version": release.version, "install": list(modes_of(release))}
        unpinned = [image.reference for image in loose if image.key == name]
        rows.append(row | {"bundle": state, "images": len(release.images), "unpinned": unpinned, "problems": problems})
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            modes = ", ".join(row["install"])
            images = f"; {len(row['unpinned'])} of {row['images']} images unpinned" if row["images"] else ""
            typer.echo(f"{row['operator']} {row['version']}: {modes}; bundle {row['bundle']}{images}")
            for problem in row["problems"]:
                typer.echo(f"  - {problem}")
    if any(row["bundle"] == "broken" for row in rows):
        raise typer.Exit(1)
