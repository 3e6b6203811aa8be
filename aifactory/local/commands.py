"""The commands `aifactory local ...`; what they need is imported when they run, so that `--help` stays quick."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aifactory.kube.extra import guarded as needs_extra
from aifactory.terminal import Format, FormatOption

if TYPE_CHECKING:
    from aifactory.local.paths import Instance, Paths

local = typer.Typer(
    name="local",
    help="A region on this machine: real API server, real engine, SIMULATED nodes. For trying and for tests.",
    no_args_is_help=True,
)


class Official(StrEnum):
    """Whether the official Pulumi plugins are used."""

    AUTO = "auto"
    NEVER = "never"
    REQUIRE = "require"


NameOption = Annotated[str, typer.Option("--name", help="Name of the instance; several stand beside each other.")]
RegionNameOption = Annotated[str | None, typer.Option("--name", help="Name of the instance; default: the region's name.")]
RegionOption = Annotated[
    str | None, typer.Option(help="Region of factory.yaml; default: the one called local, or the only local one.")
]
ProjectOption = Annotated[Path, typer.Option("--project", "-C", help="Directory of Pulumi.yaml.", file_okay=False)]


guarded = needs_extra("the local region")


def instance_kubeconfig(name: str) -> Path:
    """Return the kubeconfig of a local instance, which need not be there."""
    return _instance(name).kubeconfig


@local.command()
@guarded
def up(
    *,
    region: RegionOption = None,
    name: RegionNameOption = None,
    project: ProjectOption = Path(),
    kube_context: Annotated[
        str | None, typer.Option(help="Use the cluster of this kubeconfig context instead of a local control plane.")
    ] = None,
    official: Annotated[
        Official, typer.Option(help="Official Pulumi plugins: where they can be had, never, or nothing else.")
    ] = Official.AUTO,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try to fetch official plugins again though that failed before.")
    ] = False,
    output: FormatOption = Format.TEXT,
) -> None:
    """Bring the local region up; run again, it changes only what differs."""
    from rich.console import Console

    from aifactory.local import region as local_region
    from aifactory.local.paths import Paths
    from aifactory.local.progress import default_reporter
    from aifactory.local.summary import show

    request = local_region.Request(project, region, name, kube_context, official.value, retry)
    summary, spec = local_region.up(request, Paths.default(), default_reporter())
    if output is Format.JSON:
        typer.echo(json.dumps(summary.as_json(spec), indent=2))
    else:
        show(summary, Console())


@local.command()
@guarded
def status(name: NameOption = "local", output: FormatOption = Format.TEXT) -> None:
    """Say what of the local control plane runs, and why a part does not. Exit code 1 when one does not."""
    from rich.console import Console

    from aifactory.local import controlplane
    from aifactory.local.tables import parts_table

    parts = controlplane.status(_instance(name))
    healthy = bool(parts) and all(part.healthy for part in parts)
    if output is Format.JSON:
        rows = [asdict(part) for part in parts]
        typer.echo(json.dumps({"instance": name, "healthy": healthy, "parts": rows}, indent=2, default=str))
    else:
        Console().print(parts_table(name, parts))
    if not healthy:
        raise typer.Exit(1)


@local.command()
@guarded
def logs(
    part: Annotated[str | None, typer.Argument(help="etcd, kube-apiserver, ...; default: the end of each.")] = None,
    name: NameOption = "local",
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many lines of each.")] = 20,
) -> None:
    """Print the end of the logs of the control plane's parts."""
    from aifactory.local.logs import log_files, tail

    for file in log_files(_instance(name), part):
        typer.echo(f"==> {file.stem} ({file})")
        typer.echo(tail(file, lines))


@local.command()
@guarded
def env(
    region: RegionOption = None,
    name: RegionNameOption = None,
    project: ProjectOption = Path(),
) -> None:
    """Print the environment of the local engine, for `eval "$(aifactory local env)"`; it holds no secret."""
    from aifactory.local import region as local_region
    from aifactory.local.progress import SilentReporter

    typer.echo(local_region.exports(local_region.Request(project, region, name), _paths(), SilentReporter()))


@local.command()
@guarded
def down(
    *,
    name: NameOption = "local",
    purge: Annotated[bool, typer.Option("--purge", help="Forget its state as well: objects, stacks, keys.")] = False,
) -> None:
    """Stop the local control plane; its state is kept, and the next `up` finds it, unless --purge."""
    from aifactory.local import controlplane
    from aifactory.local.progress import default_reporter

    controlplane.stop(_instance(name), purge=purge, reporter=default_reporter())


def _paths() -> "Paths":
    from aifactory.local.paths import Paths

    return Paths.default()


def _instance(name: str) -> "Instance":
    return _paths().instance(name)
