"""How a file of the catalog is read: once by whoever asks, each entry checked."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any, TypeVar, cast

import yaml

from aifactory.catalog.fact import Fact

_Entry = TypeVar("_Entry", bound=Fact)


def data(name: str) -> dict[str, Any]:
    """Return a file of the catalog as it stands there.

    Args:
        name: its name, with folders inside of the catalog: ``profiles/eu-gdpr.yaml``.
    """
    text = files("aifactory.catalog").joinpath(name).read_text(encoding="utf-8")
    return cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader))


def entries(name: str, entry: type[_Entry]) -> Mapping[str, _Entry]:
    """Return the entries of a file by their keys, each checked.

    Args:
        name: name of the file.
        entry: what each entry is.
    """
    return {key: entry.model_validate(facts) for key, facts in data(name).items()}
