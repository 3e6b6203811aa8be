"""Where a region stands and who operates it."""

from typing import Annotated, Literal

from pydantic import Field

from aifactory.model.base import CountryCode, Spec

Provider = Literal["local", "on-prem", "edge", "aws", "azure"]


class SiteSpec(Spec):
    """One place and who runs it: what every sovereignty rule starts from. Plain values, known before the engine starts."""

    provider: Provider
    """Whose infrastructure: ``local`` is this machine and is only for trying and testing."""

    location: Annotated[str, Field(min_length=1, max_length=63)]
    """The provider's name of the place: ``eu-central-1``, ``swedencentral``, or your own name of a data centre."""

    country: CountryCode
    """Country in which the machines stand. Not derived from the location's name: ``eu-west-2`` is in GB."""

    operator: Annotated[str, Field(min_length=1, max_length=63)]
    """Who runs the machines and can reach them; ``self`` when it is the owner of the factory."""
