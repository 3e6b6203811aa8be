"""The commands `aifactory region ...`: a region's stack settings, derived from factory.yaml."""

import json
from pathlib import Path
from typing import Annotated

import typer

from aifactory.terminal import Format, FormatOption, friendly

regions = typer.Typer(name="region", help="Regions of the factory and their stacks.", no_args_is_help=True)

FactoryOption = Annotated[Path, typer.Option("--factory", "-f", help="The factory.")]
DEFAULT_FACTORY = Path("stacks/factory.yaml")


@regions.command()
@friendly
def add(
    name: Annotated[str, typer.Argument(help="Name of the region; its Pulumi stack has the same name.")],
    factory: FactoryOption = DEFAULT_FACTORY,
    like: Annotated[
        str | None, typer.Option(help="Write the region into factory.yaml first, as a copy of this one.")
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Derive stacks/Pulumi.NAME.yaml from the region in factory.yaml; run again, it changes only what differs.

    Exit code 0: derived. 2: factory.yaml is wrong, or has no such region.
    """
    from aifactory.model import load_factory
    from aifactory.model.copying import copy_region
    from aifactory.stack_settings import write

    if like is not None:
        copy_region(factory, like, name)
    spec = load_factory(factory)
    file, changed = write(factory.parent, spec, name)
    region = spec.region(name)
    steps = [
        f"aifactory local up --region {name} --name {name}"
        if region.is_local
        else f"pulumi login {region.state.backend} && pulumi stack init {name} "
        f"--secrets-provider '{region.state.secrets_provider}' && pulumi preview --stack {name}"
    ]
    if output is Format.JSON:
        typer.echo(json.dumps({"region": name, "file": str(file), "changed": changed, "next": steps}, indent=2))
        return
    typer.echo(f"{file}: {'derived from' if changed else 'agrees with'} {factory}")
    if like is not None:
        typer.echo(f"{factory}: region {name} is a copy of {like}; change what differs, such as its site")
    typer.echo("next: " + "\n      ".join(steps))


@regions.command(name="list")
@friendly
def list_regions(factory: FactoryOption = DEFAULT_FACTORY, output: FormatOption = Format.TEXT) -> None:
    """List the regions of the factory, and whether their stack settings agree with it.

    Exit code 0: all agree. 1: some do not, or are missing.
    """
    from aifactory.model import load_factory
    from aifactory.stack_settings import disagreements, read, settings_file

    spec = load_factory(factory)
    rows: list[dict[str, str]] = []
    for name, region in spec.regions.items():
        file = settings_file(factory.parent, name)
        found = disagreements(spec, name, read(file)) if file.exists() else []
        state = "missing" if not file.exists() else "disagrees" if found else "agrees"
        site = region.site
        rows.append({"region": name, "site": f"{site.provider} {site.location} ({site.country})", "settings": state})
    if output is Format.JSON:
        typer.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            hint = "" if row["settings"] == "agrees" else f"; aifactory region add {row['region']}"
            typer.echo(f"{row['region']}: {row['site']}, settings {row['settings']}{hint}")
    if any(row["settings"] != "agrees" for row in rows):
        raise typer.Exit(1)
