"""The profiles that this package brings, as their files have them; what they mean is the model's to say."""

from functools import cache
from importlib.resources import files
from typing import Any

from aifactory.catalog.read import data

_SUFFIX = ".yaml"


@cache
def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that this package brings, sorted."""
    folder = files("aifactory.catalog").joinpath("profiles")
    return tuple(sorted(entry.name.removesuffix(_SUFFIX) for entry in folder.iterdir() if entry.name.endswith(_SUFFIX)))


@cache
def profile_data(name: str) -> dict[str, Any]:
    """Return a profile as its file has it.

    Args:
        name: one of `profile_names`.
    """
    return data(f"profiles/{name}{_SUFFIX}")
