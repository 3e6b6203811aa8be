"""Where a region stands and who operates it."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.catalog import locations
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

    subdivision: Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    """Part of the country: ISO 3166-2, such as ``DE-BB``. None: nobody said."""

    @model_validator(mode="after")
    def _subdivision_is_of_country(self) -> Self:
        if self.subdivision is not None and not self.subdivision.startswith(f"{self.country}-"):
            raise ValueError(f"subdivision {self.subdivision} is no part of country {self.country}")
        return self

    @model_validator(mode="after")
    def _country_is_that_of_location(self) -> Self:
        known = locations().get(f"{self.provider}/{self.location}")
        if known is not None and known.country is not None and known.country != self.country:
            raise ValueError(f"{self.provider} {self.location} is in {known.country}, not in {self.country}: {known.source}")
        return self
