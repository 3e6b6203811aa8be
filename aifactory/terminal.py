"""What every command shares: how results are printed, and how errors end."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

import typer

from aifactory.errors import AifactoryError

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

INTERRUPTED = 130
"""Exit code of a command that was stopped with Ctrl-C: 128 and the number of SIGINT, as shells have it."""


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", "-o", help="text for people, json for programs.")]


def friendly(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Show an error that a user can mend as sentences, and end with its exit code; Ctrl-C ends with `INTERRUPTED`."""

    @wraps(command)
    def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        try:
            return command(*args, **kwargs)
        except AifactoryError as error:
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("interrupted; the same command goes on from here", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return run
