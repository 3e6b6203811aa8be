"""What rules speak of: classes of data, profiles, waivers, and differences between regions that are meant."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from aifactory.model.base import DnsLabel, ShortDnsLabel, Spec
from aifactory.model.statement import Sentence, Statement


class DataClassSpec(Spec):
    """A class of data, named by what may happen to it."""

    description: Sentence
    """What belongs to the class, so that two people sort the same data into the same class."""

    personal: bool = False
    """Whether it holds data of persons. Default false."""


class ProfileSpec(Spec):
    """A set of statements; an aid, not legal advice."""

    title: Sentence
    """What it is for."""

    version: Annotated[str, Field(pattern=r"^\d+\.\d+$")] = "1.0"
    """Version of its text: the first number changes when what passed may be denied."""

    dated: date
    """The day whose rules these are."""

    review_by: date
    """Day by which somebody must have read its sources again; `check` warns after it."""

    extends: tuple[str, ...] = ()
    """Profiles whose statements hold as well; several intersect, and a denial beats an allowance."""

    statements: dict[DnsLabel, Statement] = Field(default_factory=dict)
    """What it says, by name. What no statement speaks of, it does not rule."""


class WaiverSpec(Spec):
    """An exception to one finding: exact, reasoned, approved, and it ends."""

    rule: DnsLabel
    """Rule that is waived."""

    subject: Annotated[str, Field(min_length=1, max_length=300, pattern=r"^[^*?]+$")]
    """What it is waived for, written as the finding writes it; no wildcard, so that it covers nothing unseen."""

    reason: Sentence
    """Why the exception is right."""

    approver: Annotated[str, Field(min_length=3, max_length=200)]
    """Who answers for it: a person or a committee, not a team's mailbox."""

    approved: date
    """The day of the approval."""

    expires: date
    """Last day on which it holds; after it the finding counts again and names this waiver."""

    controls: Annotated[tuple[Sentence, ...], Field(min_length=1)]
    """What is done instead, at least one thing."""

    @model_validator(mode="after")
    def _ends_after_it_began(self) -> Self:
        if self.expires <= self.approved:
            raise ValueError(f"expires {self.expires} is not after approved {self.approved}")
        if (self.expires - self.approved).days > 366:
            raise ValueError(
                f"expires {self.expires} is more than a year after approved {self.approved}; approve it again each year"
            )
        return self


class DifferenceSpec(Spec):
    """A difference between regions that is meant, so that nobody reports it as drift."""

    field: Annotated[str, Field(pattern=r"^[a-z_]+(\.[A-Za-z0-9_-]+)*$", max_length=200)]
    """Field of a region that differs, such as ``operators.kueue.version``; what lies below it may differ too."""

    regions: Annotated[tuple[ShortDnsLabel, ...], Field(min_length=1)]
    """Regions that differ from all others."""

    reason: Sentence
    """Why they do."""

    until: date | None = None
    """Last day on which it is meant. None: for good."""
