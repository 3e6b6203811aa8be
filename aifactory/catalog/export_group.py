"""Groups of countries that an export law names."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Country, Fact, Source


class ExportGroup(Fact):
    """Destinations that an export law treats alike. Such lists change often.

    Attributes:
        title: what it is, for people.
        members: the countries.
        since: first day on which it has these members; None when the source does not say.
        until: last day, which still counts; None when no end is known.
        dated: day on which the list was read so.
        source: where it was read.
    """

    title: str
    members: Annotated[tuple[Country, ...], Field(min_length=1)]
    since: date | None = None
    until: date | None = None
    dated: date
    source: Source

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if list(self.members) != sorted(set(self.members)):
            raise ValueError("the members are to be in alphabetical order, each once")
        if self.since and self.until and self.until < self.since:
            raise ValueError("ends before it begins")
        return self

    def holds(self, on: date) -> bool:
        """Whether the list is in force on a day; both the first and the last day are in it."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)
