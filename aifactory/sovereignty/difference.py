"""What differs between two judgements, and what makes the difference."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, cast

from aifactory.sovereignty.finding import Finding, Reason, Verdict
from aifactory.sovereignty.profile import Stated


class Kind(StrEnum):
    """What became of a finding."""

    BLOCKS = "blocks"
    """It stops the region now and did not before: it passed, was waived, or was not judged."""
    CURED = "cured"
    """It stopped the region before and does so no more."""
    VERDICT = "verdict"
    """Its verdict is another, and whether it stops the region is not."""
    REASONS = "reasons"
    """Same verdict, and other statements stop the region by it."""
    NEW = "new"
    """Nothing spoke of it before; it stops nothing."""
    GONE = "gone"
    """Nothing speaks of it any more; it stopped nothing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A finding before and after.

    Attributes:
        kind: what became of it.
        before: the finding as things are; None when there was none.
        after: the finding as they would be; None when there is none.
        why: what makes the difference: facts, statements, waivers, the day. In words, at least one.
    """

    kind: Kind
    before: Finding | None
    after: Finding | None
    why: tuple[str, ...]

    @property
    def finding(self) -> Finding:
        """The finding after, or else the one before."""
        found = self.after or self.before
        if found is None:
            raise ValueError("a difference has a finding on at least one side")
        return found


def compared(
    before: Iterable[Finding], after: Iterable[Finding], explain: "Knowledge"
) -> tuple[tuple[Difference, ...], int]:
    """Return what differs, the gravest first, and how many are the same."""
    order = list(Kind)
    found: list[Difference] = []
    unchanged = 0
    for old, new in _pairs(before, after):
        kind = _kind(old, new)
        if kind is None:
            unchanged += 1
        else:
            found.append(Difference(kind, old, new, explain.of(old, new)))
    return tuple(
        sorted(found, key=lambda item: (order.index(item.kind), item.finding.rule, item.finding.subject))
    ), unchanged


def _pairs(before: Iterable[Finding], after: Iterable[Finding]) -> Iterator[tuple[Finding | None, Finding | None]]:
    """Yield each finding with the one of the same rule and subject; of several, those of the same fact go together first."""
    left: dict[tuple[str, str], list[Finding]] = {}
    for finding in before:
        left.setdefault((finding.rule, finding.subject), []).append(finding)
    unmatched: list[Finding] = []
    for finding in after:
        others = left.get((finding.rule, finding.subject), [])
        same = next((other for other in others if other.fact == finding.fact), None)
        if same is None:
            unmatched.append(finding)
        else:
            others.remove(same)
            yield same, finding
    for finding in unmatched:
        others = left.get((finding.rule, finding.subject), [])
        yield (others.pop(0) if others else None), finding
    for others in left.values():
        yield from ((other, None) for other in others)


def _kind(before: Finding | None, after: Finding | None) -> Kind | None:
    """Return what became of a finding; None when nothing did."""
    blocked, blocks = before is not None and before.blocks, after is not None and after.blocks
    if blocked != blocks:
        return Kind.BLOCKS if blocks else Kind.CURED
    if before is None or after is None:
        return Kind.NEW if before is None else Kind.GONE
    if before.verdict is not after.verdict:
        return Kind.VERDICT
    return Kind.REASONS if blocks and _blockers(before) != _blockers(after) else None


def deciding(finding: Finding) -> tuple[Reason, ...]:
    """Return the reasons that made the verdict, and those that stop the region, which may be others."""
    decisive = finding.decisive
    return tuple(reason for reason in finding.reasons if reason in decisive or reason.blocks)


def _blockers(finding: Finding) -> set[str]:
    return {reason.statement for reason in finding.reasons if reason.blocks}


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Says what makes a difference: what was known before and after, besides the findings."""

    before: Mapping[str, Stated]
    after: Mapping[str, Stated]
    today: date
    on: date

    def of(self, before: Finding | None, after: Finding | None) -> tuple[str, ...]:
        """Return what makes it, at least one sentence."""
        found = [*self._statements(before, after), *_waivers(before, after)]
        if before and after:
            found = [*fact_changes(before.fact, after.fact), *found]
        if not found:
            found = [self._rest(before, after)]
        return tuple(found)

    def _statements(self, before: Finding | None, after: Finding | None) -> Iterator[str]:
        spoke = {reason.statement for reason in deciding(before)} if before else set[str]()
        speaks = {reason.statement for reason in deciding(after)} if after else set[str]()
        for name in sorted(speaks - self.before.keys()):
            since = self.after[name].statement.since
            dated = since is not None and self.today < since <= self.on
            why = f"it holds since {since}" if dated else f"profile {name.partition('/')[0]} holds now"
            yield f"statement {name} speaks of it: {why}"
        for name in sorted(spoke - self.after.keys()):
            until = self.before[name].statement.until
            dated = until is not None and self.today <= until < self.on
            why = f"it held until {until}" if dated else f"profile {name.partition('/')[0]} holds no more"
            yield f"statement {name} speaks of it no more: {why}"

    def _rest(self, before: Finding | None, after: Finding | None) -> str:
        if before is None or after is None:
            return "nothing like it is there before" if before is None else "nothing like it is there any more"
        return f"the day: what is known of the world on {self.on} is not what was known on {self.today}"


def _waivers(before: Finding | None, after: Finding | None) -> Iterator[str]:
    was = before.note if before and before.verdict is Verdict.WAIVED else None
    now = after.note if after and after.verdict is Verdict.WAIVED else None
    if before and was is not None and now is None:
        over = f": {after.note}" if after and after.waiver == before.waiver and after.note else ""
        yield f"waiver {before.waiver} excepts it no more{over}"
    if after and now is not None and was is None:
        yield f"waiver {after.waiver} excepts it: {now}"


def fact_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """Yield each value of a fact that differs, as ``place.country: DE -> US``; where it was written does not count."""
    old, new = dict(_flat(before)), dict(_flat(after))
    for key in old | new:
        if key not in {"subject", "source"} and old.get(key) != new.get(key):
            yield f"{key}: {_shown(old.get(key))} -> {_shown(new.get(key))}"


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(cast("Mapping[str, Any]", value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _shown(value: object) -> str:
    if value is None or value == "":
        return "nobody said" if value is None else "none"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in cast("tuple[object, ...]", value)) or "none"
    return str(value)
