"""Places of cloud providers, and the countries that they are in."""

from typing import Annotated, Literal

from pydantic import Field

from aifactory.catalog.fact import Country, Fact, Source


class Location(Fact):
    """One region of a cloud provider, under the provider's own name.

    Attributes:
        provider: whose.
        name: the provider's name of it, such as ``eu-central-1``.
        country: country that its data centres are in: ISO 3166-1 alpha-2. None when it is no place, or when no source tells:
            a place in an unknown country is one where nothing may be.
        subdivision: state, Land or province, where the provider tells it: ISO 3166-2, such as ``DE-BB``. None: not told.
        kind: ``physical`` is a place; ``logical`` stands for several (Azure's ``europe``, ``aws-global``) and is never one.
        paired: region that the provider copies to by itself where geo-redundancy is chosen; None when it has none. A copy
            may so cross a border.
        partition: AWS partition, which decides accounts, endpoints and the prefix of ARNs; None for other providers.
        operator: who runs it, a key of `organizations()`: not always the provider, whose technology others may run.
        source: where these were read.
    """

    provider: Literal["aws", "azure"]
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    country: Country | None = None
    subdivision: Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")] | None = None
    kind: Literal["physical", "logical"] = "physical"
    paired: str | None = None
    partition: str | None = None
    operator: str
    source: Source

    @property
    def is_place(self) -> bool:
        """Whether something can stand there, so that a country's law holds for it."""
        return self.kind == "physical"
