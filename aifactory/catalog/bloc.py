"""Groups of countries that rules speak of: who is in them, and from when to when."""

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Country, Fact, Source


class Membership(Fact):
    """One stretch of time in which a country is in a bloc.

    Attributes:
        since: first day; None when it was so before anything that a rule asks for.
        until: last day, which still counts; None when no end is set.
        condition: what must hold for it to count, such as that the importer is certified; None: nothing more. A transfer
            that relies on it must name it.
        source: where this stretch was read, when the bloc's own source does not say it.
    """

    since: date | None = None
    until: date | None = None
    condition: str | None = None
    source: Source | None = None

    @model_validator(mode="after")
    def _begins_before_it_ends(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError("ends before it begins")
        return self

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day; both the first and the last day are in it."""
        return (self.since is None or self.since <= on) and (self.until is None or on <= self.until)


class Bloc(Fact):
    """A union, a treaty, or the countries that somebody has decided upon.

    Attributes:
        title: what it is, for people.
        members: each country's stretches of time in it, in order and without overlap.
        source: where these were read.
    """

    title: str
    members: Annotated[Mapping[Country, tuple[Membership, ...]], Field(min_length=1)]
    source: Source

    @model_validator(mode="after")
    def _stretches_are_in_order(self) -> Self:
        for country, stretches in self.members.items():
            if not stretches:
                raise ValueError(f"{country} has no stretch of time")
            for earlier, later in pairwise(stretches):
                if earlier.until is None or later.since is None or later.since <= earlier.until:
                    raise ValueError(f"two stretches of {country} overlap, or are out of order")
        return self

    def membership(self, country: str, on: date) -> Membership | None:
        """Return the stretch that a country is in on a day; None when it is in none."""
        return next((stretch for stretch in self.members.get(country, ()) if stretch.holds(on)), None)

    def members_on(self, on: date) -> frozenset[str]:
        """Return the countries that are in it on a day without any condition."""
        found = ((country, self.membership(country, on)) for country in self.members)
        return frozenset(country for country, stretch in found if stretch and stretch.condition is None)

    def conditional_on(self, on: date) -> Mapping[str, str]:
        """Return the countries that are in it on a day on a condition, and the condition of each."""
        found = ((country, self.membership(country, on)) for country in self.members)
        return {country: stretch.condition for country, stretch in found if stretch and stretch.condition}


def members(bloc: str, on: date) -> frozenset[str]:
    """Return the countries that are in a bloc of the catalog on a day, without any condition.

    Raises:
        KeyError: the catalog has no such bloc.
    """
    from aifactory.catalog.load import blocs

    return blocs()[bloc].members_on(on)


def conditional_members(bloc: str, on: date) -> Mapping[str, str]:
    """Return the countries that are in a bloc of the catalog on a day on a condition, and the condition of each.

    Raises:
        KeyError: the catalog has no such bloc.
    """
    from aifactory.catalog.load import blocs

    return blocs()[bloc].conditional_on(on)
