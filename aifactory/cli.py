"""The `aifactory` command: parse, call, print."""

import signal
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from aifactory import __version__
from aifactory.backend_command import backend
from aifactory.catalog_commands import catalog
from aifactory.check_command import check
from aifactory.diff_command import diff
from aifactory.evidence_command import evidence_app
from aifactory.local.commands import instance_kubeconfig, local
from aifactory.mirror_command import mirror
from aifactory.operator_commands import operators
from aifactory.places_command import regions_command
from aifactory.policy.commands import policy
from aifactory.profile_commands import profiles
from aifactory.region_commands import regions
from aifactory.status.commands import status_command
from aifactory.status.preflight_command import preflight_command
from aifactory.terminal import friendly
from aifactory.upgrade_command import upgrades
from aifactory.what_if_command import what_if
from aifactory.where_command import where

app = typer.Typer(
    name="aifactory",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(local, name="local")
app.add_typer(regions, name="region")
operators.command()(upgrades)
app.add_typer(operators, name="operators")
app.add_typer(catalog, name="catalog")
app.add_typer(profiles, name="profile")
app.add_typer(policy, name="policy")
app.add_typer(evidence_app(instance_kubeconfig), name="evidence")
app.add_typer(mirror, name="mirror")
app.command("backend")(backend)
app.command("regions")(regions_command)
app.command("check")(check)
app.command("diff")(diff)
app.command("what-if")(what_if)
app.command("where")(where)
app.command("status")(status_command(instance_kubeconfig))
app.command("preflight")(preflight_command(instance_kubeconfig))


def _version(value: bool) -> None:  # noqa: FBT001 - a callback of Typer
    if value:
        typer.echo(f"aifactory {__version__}")
        raise typer.Exit


@app.callback()
def main_options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Sovereign AI factories on Pulumi: regions that stay consistent, under one set of rules."""


@app.command()
@friendly
def schema(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it to this file; default: standard output.", dir_okay=False)
    ] = None,
) -> None:
    """Print the JSON schema of factory.yaml, for editors that complete and check while one types."""
    from aifactory.model.schema import schema_text

    if output is None:
        typer.echo(schema_text(), nl=False)
        return
    output.write_text(schema_text(), encoding="utf-8")
    typer.echo(f"{output}: schema of factory.yaml; an editor finds it by the first line of the factory")


def _terminate(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; a termination signal ends it in the same order as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _terminate)
    app(prog_name="aifactory")


if __name__ == "__main__":
    main()
