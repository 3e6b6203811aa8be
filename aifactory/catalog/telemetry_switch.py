"""Software that reports to its makers, and how it is told not to."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, cast

import yaml
from pydantic import Field

from aifactory.catalog.fact import Fact, Source


class TelemetrySwitch(Fact):
    """How one program is told not to report.

    Attributes:
        maker: whom it reports to, as ``telemetry.reporting`` names it.
        images: paths of its image repositories, without the registry's host.
        switches: each must hold; environment variables with the value that switches off, one of which is enough.
        source: where this was read.
    """

    maker: Annotated[str, Field(min_length=1, max_length=63)]
    images: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9]+([._/-]+[a-z0-9]+)*$")], ...], Field(min_length=1)]
    switches: Annotated[tuple[Annotated[dict[str, str], Field(min_length=1)], ...], Field(min_length=1)]
    source: Source


@cache
def telemetry_switches() -> Mapping[str, TelemetrySwitch]:
    """Return the known programs by name."""
    text = files("aifactory.catalog").joinpath("telemetry_switches.yaml").read_text(encoding="utf-8")
    data = cast("dict[str, Any]", yaml.load(text, Loader=yaml.CSafeLoader))
    return {name: TelemetrySwitch.model_validate(facts) for name, facts in data.items()}
