"""What a check over several sections of a region is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from aifactory.errors import Problem
from aifactory.model.document import Path
from aifactory.model.region import RegionSpec

Found = Iterator[tuple[Path, Problem]]
"""What is wrong, each with its place from the region on."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A check over several sections of a region.

    Attributes:
        reads: sections that must be right before it can be judged.
        check: yields what is wrong.
    """

    reads: tuple[str, ...]
    check: Callable[[RegionSpec], Found]
