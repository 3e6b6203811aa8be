"""The commands `aifactory policy ...`: where the policy pack is."""

from pathlib import Path

import typer

policy = typer.Typer(name="policy", help="The policy pack for Pulumi stacks of any origin.", no_args_is_help=True)


def pack_directory() -> Path:
    """Return the directory of the pack, as `pulumi preview --policy-pack` takes it."""
    return Path(__file__).parent / "pack"


@policy.callback()
def group() -> None:
    """The policy pack for Pulumi stacks of any origin."""


@policy.command(name="path")
def path() -> None:
    """Print the directory of the policy pack: pulumi preview --policy-pack "$(aifactory policy path)"."""
    typer.echo(pack_directory())
