"""What all facts of the catalog have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Source = Annotated[str, Field(min_length=10)]
"""Where a fact was read: a document, a module at a version, a file in it."""

Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
"""ISO 3166-1 alpha-2, upper case; `aifactory.catalog.jurisdiction` knows the aliases and which codes there are."""


class Fact(BaseModel):
    """One entry of the catalog: frozen, and without fields that nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")
