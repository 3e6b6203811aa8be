"""What is known about the ways to a pinned version of an operator: rows of the upgrade matrix."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from aifactory.catalog.fact import Fact, Source
from aifactory.catalog.versions import VersionRange, range_of, triple

Verdict = Literal["safe", "manual", "blocked"]


class UpgradeRow(Fact):
    """What is known about coming from some versions.

    Attributes:
        versions: versions that are installed; ``from`` in the file.
        verdict: ``safe``: an up does it. ``manual``: a person does the steps first. ``blocked``: not in one go.
        why: what goes wrong otherwise, or why nothing does.
        steps: what a person does before the up, in order; only with ``manual``.
        via: version to go to first; only with ``blocked``, None where there is no way but a new installation.
        source: where this was read.
    """

    versions: Annotated[VersionRange, Field(alias="from")]
    verdict: Verdict
    why: Annotated[str, Field(min_length=10)]
    steps: tuple[str, ...] = ()
    via: Annotated[str, Field(pattern=r"^\d+\.\d+(\.\d+)?$")] | None = None
    source: Source

    @model_validator(mode="after")
    def _what_goes_with_the_verdict(self) -> Self:
        if bool(self.steps) != (self.verdict == "manual"):
            raise ValueError("a manual upgrade has steps, and no other has")
        if self.via is not None and self.verdict != "blocked":
            raise ValueError("only a blocked upgrade goes through another version")
        through = triple(self.via) if self.via is not None else None
        if through is not None and through < range_of(self.versions)[1]:
            raise ValueError(f"the way through {self.via} does not lead out of {self.versions}")
        return self


class Upgrades(Fact):
    """The ways to one version of an operator.

    Attributes:
        to: version that the rows lead to. They say nothing about any other: the next pin is read anew.
        rows: by where they come from; no version is in two of them.
    """

    to: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    rows: Annotated[tuple[UpgradeRow, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_version_once(self) -> Self:
        spans = sorted(range_of(row.versions) for row in self.rows)
        for (_, end), (first, _) in pairwise(spans):
            if first < end:
                raise ValueError(f"two rows hold version {'.'.join(map(str, first))}")
        aim = triple(self.to)
        if aim is not None and spans[-1][1] > aim:
            raise ValueError(f"a row reaches beyond {self.to}")
        return self


class UpgradeVerdict(Fact):
    """Whether an operator may go from one version to another.

    Attributes:
        verdict: ``safe``, ``manual`` or ``blocked``.
        why: the reason.
        steps: what a person does first.
        via: version to go to first.
    """

    verdict: Verdict
    why: str
    steps: tuple[str, ...] = ()
    via: str | None = None
