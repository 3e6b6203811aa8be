"""Software that reports to its makers, and how it is told not to."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated

from pydantic import Field

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.read import entries


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
    return entries("telemetry_switches.yaml", TelemetrySwitch)
