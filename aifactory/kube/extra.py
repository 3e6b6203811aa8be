"""What a command says when the extra `local` is not installed; it imports nothing of that extra itself."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from aifactory.errors import ToolError
from aifactory.terminal import friendly

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")

_MODULES = {"cryptography", "filelock", "httpx2", "lightkube", "platformdirs", "psutil"}


def guarded(
    what: str,
) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
    """Return a decorator that shows errors in words, also that the extra `local` is not installed.

    Args:
        what: what needs the extra, as in ``the local region``.
    """

    def decorate(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
        @wraps(command)
        def run(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
            try:
                return command(*args, **kwargs)
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] not in _MODULES:
                    raise
                raise ToolError(
                    f"{what} needs the Python package {error.name}", fix="pip install 'aifactory[local]'"
                ) from None

        return friendly(run)

    return decorate
