"""Checks that need more than one part of a factory: names that must exist, sums that must fit.

They work on what the file says, not on specs, so that a wrong shape in one place hides no broken name in another. Sums
need right shapes: each says which sections it reads and waits until those are right.
"""

from aifactory.model.references.check import check_references
from aifactory.model.references.names import known_profiles

__all__ = ["check_references", "known_profiles"]
