"""Who operates, owns and licenses what a factory runs on."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Country, Fact, Source

Percent = Annotated[Decimal, Field(gt=0, le=100, max_digits=12, decimal_places=9)]
"""A share in per cent, exact: 24.01 is more than 24. Decimals, never floats."""


class Ownership(Fact):
    """That somebody holds shares of an organization.

    Attributes:
        owner: who, a key of `organizations()`.
        percent: how much of it; None when the sources name the owner but no figure that was read.
        since: first day of it; None when nobody read it.
    """

    owner: str
    percent: Percent | None = None
    since: date | None = None


class Organization(Fact):
    """A company, state, person or foundation.

    Attributes:
        name: its legal name.
        kind: a state, a person or a foundation belongs to nobody, so that a chain of owners ends there.
        seat: country of its registered seat; None when nobody read it, which rules take for unknown.
        owners: who holds shares of it, as far as sources say. What is missing to 100 is held by somebody unnamed.
        ultimate_parent: who controls it in the end, a key of `organizations()`; None when it is nobody's, or nobody read it.
        licensors: whose technology it runs under licence, keys of `organizations()`: its updates come from
            there.
        listed: whether its shares are traded, so that the unnamed holders are the public; None when nobody read it.
        dated: day for which these facts hold, as the source says; None when it does not say.
        source: where these were read.
    """

    name: Annotated[str, Field(min_length=2)]
    kind: Literal["company", "state", "person", "foundation"] = "company"
    seat: Country | None = None
    owners: tuple[Ownership, ...] = ()
    ultimate_parent: str | None = None
    licensors: tuple[str, ...] = ()
    listed: bool | None = None
    dated: date | None = None
    source: Source

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        names = [held.owner for held in self.owners]
        if len(names) != len(set(names)):
            raise ValueError("an owner is there twice; write one entry with all that it holds")
        if sum((held.percent or Decimal(0) for held in self.owners), Decimal(0)) > 100:
            raise ValueError("the owners hold more than 100 per cent together")
        if self.kind != "company" and (self.owners or self.ultimate_parent):
            raise ValueError(f"a {self.kind} belongs to nobody; only a company has owners")
        return self
