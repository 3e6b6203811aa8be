"""Organizations as a factory knows them: over, and beside, those of the catalog."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.model.base import CountryCode, Spec

OrganizationName = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", max_length=63)]
"""Key of an organization, such as ``aws``; ``self`` is the owner of the factory."""


class OrganizationSpec(Spec):
    """Who somebody is: an operator, a vendor, an owner of one. It takes the place of the catalog's entry of that name."""

    title: Annotated[str, Field(min_length=2, max_length=200)]
    """Its name for people."""

    kind: Literal["company", "state", "person", "foundation"] = "company"
    """Sort of it: a state, a person or a foundation belongs to nobody, so a chain of owners ends there."""

    seat: CountryCode | None = None
    """Country of its seat. None: unknown, which rules on operators deny."""

    owners: dict[OrganizationName, Annotated[Decimal, Field(ge=0, le=100)] | None] = Field(default_factory=dict)
    """Who owns it, with the share in percent; null when the share is unknown. Empty: nobody owns a part that counts."""

    ultimate_parent: OrganizationName | None = None
    """Who stands at the end of the chain of owners. None: itself."""

    licensors: tuple[OrganizationName, ...] = ()
    """Whose technology it runs under licence: whoever can stop updates has a hand in it."""

    dated: date
    """Day on which this was true."""

    source: Annotated[str, Field(min_length=3, max_length=500)]
    """Where it was read, such as an extract of a register."""

    @model_validator(mode="after")
    def _belongs_to_whom_it_can(self) -> Self:
        held = {owner: share for owner, share in self.owners.items() if share is not None}
        whole = sum(held.values(), Decimal(0))
        if whole > 100:
            shares = " + ".join(f"{owner} {share}" for owner, share in held.items())
            raise ValueError(f"the owners hold more than 100 per cent together: {shares} = {whole}")
        if self.kind != "company" and (self.owners or self.ultimate_parent):
            raise ValueError(f"a {self.kind} belongs to nobody; only a company has owners and an ultimate_parent")
        return self
