"""What follows from facts about organizations: who stands behind one, whose law reaches it, how much of it is foreign.

Nothing is dropped for being unknown: an organization that nobody described, a seat or a share that nobody read is told as
such.
Shares are multiplied exactly: half of 60 per cent is 30, and 24.01 stays more than 24.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Final, Literal

from aifactory.catalog.organization import Organization

Role = Literal["itself", "owner", "ultimate-parent", "licensor"]
Organizations = Mapping[str, Organization]

_ALL: Final = Decimal(100)
_EXACT: Final = Context(prec=20_000)
"""Digits enough for the product of any chain of shares that a person writes: nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Link:
    """One organization behind another.

    Attributes:
        organization: its key.
        role: how it is behind: ``itself`` for the first link; ``licensor`` when a licence is on the way to it, else
            ``ultimate-parent`` or ``owner``, by the last step.
        percent: how much of the first it holds at least: what the known figures on all ways multiply to; None when none is
            known.
        path: the keys on the shortest way, from the first organization to it.
        seat: country of its seat; None when unknown.
        described: whether anybody described it; where not, what is behind it is unknown too.
    """

    organization: str
    role: Role
    percent: Decimal | None
    path: tuple[str, ...]
    seat: str | None
    described: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """Whose law may reach an organization.

    Attributes:
        countries: by country, the links that are seated there: the nearest first.
        unknown: links whose seat nobody knows, so that any law may reach it through them.
    """

    countries: Mapping[str, tuple[Link, ...]]
    unknown: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much of an organization is held from outside of a set of countries, in per cent, directly and through others.

    What is held from outside, from inside, and by nobody knows whom always makes 100 together.

    Attributes:
        each: by owner outside, what it holds for certain.
        total: the sum of these.
        unnamed: what is held by somebody of whom it is not known where they are: it may all be outside.
        unknown: why, one sentence for each gap; empty exactly when `unnamed` is zero.
        controlled_by: who outside controls it, or an owner of it inside, whatever the share: its ultimate parents there.
    """

    each: Mapping[str, Decimal]
    total: Decimal
    unnamed: Decimal
    unknown: tuple[str, ...]
    controlled_by: tuple[str, ...] = ()

    @property
    def most_each(self) -> Decimal:
        """The most that a single owner outside can hold, should all that is unnamed be the same owner's."""
        return _EXACT.add(max(self.each.values(), default=Decimal(0)), self.unnamed)

    @property
    def most_total(self) -> Decimal:
        """The most that can be held from outside, should all that is unnamed be outside."""
        return _EXACT.add(self.total, self.unnamed)


def chain(name: str, organizations: Organizations) -> tuple[Link, ...]:
    """Return everybody behind an organization, itself first, then by distance: owners, parents, licensors and theirs.

    Licensors count for who runs something, not for who owns it: what an owner uses under licence for itself is left out.
    Circles end where they begin.

    Args:
        name: key of the organization.
        organizations: the facts, by key.
    """
    shares = _spread(name, organizations, lambda _: True).shares
    seen: set[tuple[str, bool]] = {(name, True)}
    listed: dict[str, Link] = {}
    waiting: deque[tuple[str, Role, tuple[str, ...], bool]] = deque([(name, "itself", (name,), True)])
    while waiting:
        key, role, path, runs = waiting.popleft()
        facts = organizations.get(key)
        percent = shares.get(key) if key != name else None
        listed.setdefault(key, Link(key, role, percent, path, facts.seat if facts else None, facts is not None))
        for other, step in _behind(facts, runs=runs) if facts else ():
            if (other, step == "licensor") not in seen:
                seen.add((other, step == "licensor"))
                licensed: Role = "licensor" if role == "licensor" else step
                waiting.append((other, licensed, (*path, other), step == "licensor"))
    return tuple(listed.values())


def _behind(facts: Organization, *, runs: bool) -> Iterator[tuple[str, Role]]:
    for held in facts.owners:
        yield held.owner, "owner"
    if facts.ultimate_parent:
        yield facts.ultimate_parent, "ultimate-parent"
    if runs:
        for licensor in facts.licensors:
            yield licensor, "licensor"


def exposure(name: str, organizations: Organizations) -> Exposure:
    """Return the countries whose law may reach an organization: the seats of everybody in its `chain`, at any share.

    Args:
        name: key of the organization.
        organizations: the facts, by key.
    """
    countries: dict[str, list[Link]] = {}
    unknown: list[Link] = []
    for link in chain(name, organizations):
        (countries.setdefault(link.seat, []) if link.seat else unknown).append(link)
    return Exposure({country: tuple(links) for country, links in sorted(countries.items())}, tuple(unknown))


def foreign_holdings(name: str, inside: frozenset[str], organizations: Organizations) -> Holdings:
    """Return how much of an organization is held from outside of some countries.

    An owner outside counts with all that it holds, whoever owns it in turn; one inside is looked through to its own owners,
    up to states, persons and foundations. Shares that nobody named, owners without a known seat and circles are `unnamed`.

    Args:
        name: key of the organization.
        inside: countries whose owners do not count.
        organizations: the facts, by key.
    """

    def looked_through(key: str) -> bool:
        facts = organizations.get(key)
        return key == name or (facts is not None and facts.seat in inside and facts.kind == "company")

    found = _spread(name, organizations, looked_through)
    each: dict[str, Decimal] = {}
    gaps = list(found.circles)
    for key, share in found.shares.items():
        facts = organizations.get(key)
        if looked_through(key):
            gaps += _gaps(key, share, organizations)
        elif facts is None or facts.seat is None:
            gaps.append((share, f"where {key} has its seat is unknown; it holds {_text(share)} %"))
        elif facts.seat not in inside:
            each[key] = share
    gaps = [gap for gap in gaps if gap[0]]
    held = dict(sorted(each.items()))
    parents = {facts.ultimate_parent for key in found.shares if looked_through(key) and (facts := organizations.get(key))}
    outside = sorted(key for key in parents if key and (seat := _seat(key, organizations)) and seat not in inside)
    unnamed = _sum(share for share, _ in gaps)
    return Holdings(held, _sum(held.values()), unnamed, tuple(why for _, why in gaps), tuple(outside))


def _seat(key: str, organizations: Organizations) -> str | None:
    facts = organizations.get(key)
    return facts.seat if facts else None


def _gaps(key: str, share: Decimal, organizations: Organizations) -> Iterator[tuple[Decimal, str]]:
    """Yield what of one organization is held by nobody knows whom, as a share of the first, and why."""
    facts = organizations.get(key)
    if facts is None:
        yield share, f"nobody described {key}, so who owns it is unknown"
        return
    if facts.kind != "company":
        return
    rest = _ALL - _sum(held.percent for held in facts.owners if held.percent is not None)
    open_ended = sorted(held.owner for held in facts.owners if held.percent is None)
    if facts.ultimate_parent and not facts.owners:
        open_ended.append(facts.ultimate_parent)
    if open_ended:
        why = f"how much of {key} {' and '.join(open_ended)} hold{'s' if len(open_ended) == 1 else ''} is unknown"
    elif facts.listed:
        why = f"shares of {key} are traded: who holds {_text(rest)} % of it is unknown"
    else:
        why = f"who holds {_text(rest)} % of {key} is unknown"
    yield _times(share, rest), why


@dataclass(slots=True)
class _Spread:
    """Shares of one organization, spread over everybody behind it.

    Attributes:
        shares: by key, what each holds of the first, through others too; the first itself has 100.
        circles: shares that come back to where they began, and why that is so.
    """

    shares: dict[str, Decimal]
    circles: list[tuple[Decimal, str]] = field(default_factory=list[tuple[Decimal, str]])


def _spread(name: str, organizations: Organizations, goes_on: Callable[[str], bool]) -> _Spread:
    """Follow known shares from an organization to its owners, and on to theirs where `goes_on` says so."""

    def owners(key: str) -> list[tuple[str, Decimal]]:
        facts = organizations.get(key)
        held = facts.owners if facts and goes_on(key) else ()
        return sorted((each.owner, each.percent) for each in held if each.percent is not None)

    order, circular = _order(name, lambda key: [owner for owner, _ in owners(key)])
    spread = _Spread({name: _ALL})
    for key in order:
        for owner, percent in owners(key):
            part = _times(spread.shares[key], percent)
            if (key, owner) in circular:
                spread.circles.append((part, f"{owner} holds {key}, which holds {owner}: {_text(part)} % goes in a circle"))
            else:
                spread.shares[owner] = _EXACT.add(spread.shares.get(owner, Decimal(0)), part)
    return spread


def _order(start: str, owners: Callable[[str], list[str]]) -> tuple[list[str], set[tuple[str, str]]]:
    """Return everybody reached, each before its owners, and the steps that close a circle, which the order leaves out."""
    done: list[str] = []
    circular: set[tuple[str, str]] = set()
    on_way, finished = {start}, set[str]()
    stack = [(start, iter(owners(start)))]
    while stack:
        key, rest = stack[-1]
        owner = next(rest, None)
        if owner is None:
            stack.pop()
            on_way.discard(key)
            finished.add(key)
            done.append(key)
        elif owner in on_way:
            circular.add((key, owner))
        elif owner not in finished:
            on_way.add(owner)
            stack.append((owner, iter(owners(owner))))
    return done[::-1], circular


def _times(share: Decimal, percent: Decimal) -> Decimal:
    return _EXACT.multiply(share, percent).scaleb(-2, _EXACT)


def _sum(shares: Iterable[Decimal]) -> Decimal:
    total = Decimal(0)
    for share in shares:
        total = _EXACT.add(total, share)
    return total


def _text(share: Decimal) -> str:
    return f"{share.normalize(_EXACT):f}"
