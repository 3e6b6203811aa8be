"""Findings: one rule applied to one fact, with its proof."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any


class Verdict(StrEnum):
    """What a rule says of a fact."""

    ALLOW = "allow"
    DENY = "deny"
    UNKNOWN = "unknown"
    """A fact that the rule needs was said by nobody. It blocks like a denial where the statement is mandatory."""
    WAIVED = "waived"
    """Denied, and excepted by a waiver: it counts and shows, and blocks nothing. Never a pass."""

    @property
    def weight(self) -> int:
        """How much it weighs against others of the same fact: a denial beats an unknown, which beats an allowance."""
        return _WEIGHTS[self]


_WEIGHTS = {Verdict.ALLOW: 0, Verdict.WAIVED: 1, Verdict.UNKNOWN: 2, Verdict.DENY: 3}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one statement says of one fact.

    Attributes:
        verdict: `Verdict.ALLOW`, `Verdict.DENY` or `Verdict.UNKNOWN`.
        because: one sentence that names the values it was decided by; never a secret.
        matched: the set that the value was compared with, sorted, such as the countries that are allowed.
        passing: values that would pass, the nearest first; empty when none is known.
        sources: where the facts were read, besides the subject itself.
    """

    verdict: Verdict
    because: str
    matched: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A judgement, and whose.

    Attributes:
        statement: profile and name of the statement: ``eu-gdpr/article-44``.
        judgement: what it says.
        says: the statement for people.
        source: where the statement is written.
        nature: ``factual`` or ``interpretive``.
        mandatory: whether its denial or unknown blocks.
        waivable: whether a waiver may except it.
    """

    statement: str
    judgement: Judgement
    says: str
    source: str
    nature: str
    mandatory: bool = True
    waivable: bool = True

    @property
    def blocks(self) -> bool:
        """Whether this alone would stop a region."""
        return self.mandatory and self.judgement.verdict in {Verdict.DENY, Verdict.UNKNOWN}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule applied to one fact of one region.

    Attributes:
        rule: name of the rule: ``residency``.
        subject: what it is about, as a waiver writes it: ``frankfurt/database billing/backup s3://backups``.
        region: region that it blocks.
        verdict: over all reasons; see `Verdict.weight`.
        reasons: one for each statement that speaks of it, in the order of the profiles' names.
        fact: the fact as plain values, for readers and programs.
        source: where the fact stands: ``factory.yaml: regions.frankfurt.databases.billing``, ``state``, ``observed``.
        waiver: name of the waiver that excepts it, or that would if it had not expired; None: there is none.
        note: what a reader must know of the waiver: why it did not hold, when it ends.
    """

    rule: str
    subject: str
    region: str
    verdict: Verdict
    reasons: tuple[Reason, ...]
    fact: Mapping[str, Any]
    source: str
    waiver: str | None = None
    note: str = ""

    @property
    def id(self) -> str:
        """Identity that stays from run to run: it depends on rule and subject alone."""
        return sha256(f"{self.rule}\n{self.subject}".encode()).hexdigest()[:12]

    @property
    def blocks(self) -> bool:
        """Whether the region is stopped by it."""
        return self.verdict is not Verdict.WAIVED and any(reason.blocks for reason in self.reasons)

    @property
    def decisive(self) -> tuple[Reason, ...]:
        """The reasons whose verdict decided: those that weigh most."""
        most = max((reason.judgement.verdict.weight for reason in self.reasons), default=0)
        return tuple(reason for reason in self.reasons if reason.judgement.verdict.weight == most)

    @property
    def passing(self) -> tuple[str, ...]:
        """Values that would satisfy every reason that offers some, the nearest first."""
        offered = [reason.judgement.passing for reason in self.decisive if reason.judgement.passing]
        if not offered:
            return ()
        common = set(offered[0]).intersection(*offered[1:])
        return tuple(value for value in offered[0] if value in common)
