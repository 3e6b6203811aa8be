"""Operator: who runs machines and holds data, whose law reaches them, and who owns how much of them."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from aifactory.catalog import Link, chain, exposure, foreign_holdings, locations
from aifactory.model import Realm
from aifactory.model.statement import OperatorBounds
from aifactory.sovereignty.alternatives import OWNER, operators_passing
from aifactory.sovereignty.fact import Operated
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.rules.proof import organization_sources
from aifactory.sovereignty.rules.rule import MODEL_ONLY, Rule, allow, combined, deny, listed, realm_words, unknown
from aifactory.sovereignty.world import World

SAY_SELF = "nobody said who self is; write `organizations: {self: {...}}` in factory.yaml"
"""What to do when the owner of the factory is unknown."""


def judge(statement: OperatorBounds, fact: Operated, world: World) -> Judgement | None:
    """Judge an operator by its name, its seat, and everyone above it."""
    bounds = _bounds(statement)
    if not bounds:
        return None
    if fact.operator is None:
        missing = unknown(f"nobody said who runs this; {bounds}")
        return _offering(missing, statement, world)
    found = _found(statement, fact.operator, world)
    if found is None or found.verdict is Verdict.ALLOW:
        return found
    return _offering(found, statement, world)


def _found(statement: OperatorBounds, name: str, world: World) -> Judgement | None:
    """Return what the bounds say of one operator: the same for all that it runs, so it is worked out once."""
    return world.once(statement, f"operator {name}", lambda: combined(_checks(statement, name, world)))


def _offering(found: Judgement, statement: OperatorBounds, world: World) -> Judgement:
    """Return a judgement with the operators that would pass every bound."""
    passing = world.once(statement, "passing", lambda: _passing(statement, world))
    return Judgement(found.verdict, found.because, found.matched, passing, found.sources)


def _passing(statement: OperatorBounds, world: World) -> tuple[str, ...]:
    def passes(name: str) -> bool:
        other = _found(statement, name, world)
        return other is not None and other.verdict is Verdict.ALLOW

    candidates = set(statement.allowed) or {OWNER, *(place.operator for place in locations().values())}
    return operators_passing(candidates, passes)


def _checks(statement: OperatorBounds, name: str, world: World) -> Iterator[Judgement]:
    """Yield a judgement for each bound that the statement sets."""
    if statement.allowed:
        yield _allowed(statement, name)
    if name not in world.organizations:
        yield from _stranger(statement, name)
        return
    if statement.forbidden:
        yield _forbidden(statement, name, world)
    if statement.seat:
        yield _seat(statement.seat, name, world)
    if statement.exposure:
        yield _exposure(statement.exposure, name, world)
    if statement.seat and (statement.each is not None or statement.together is not None):
        yield from _caps(statement, statement.seat, name, world)


def _allowed(statement: OperatorBounds, name: str) -> Judgement:
    if name in statement.allowed:
        return allow(f"{name} is an allowed operator", statement.allowed)
    return deny(f"{name} is not among the allowed operators {listed(statement.allowed)}", statement.allowed)


def _stranger(statement: OperatorBounds, name: str) -> Iterator[Judgement]:
    """Yield what is to be said of an operator that nobody described: only its name can be held against a bound."""
    if name in statement.forbidden:
        yield deny(f"{name} is forbidden", statement.forbidden)
    elif statement.forbidden or statement.seat or statement.exposure:
        yield unknown(f"{_nobody(name)}; {_bounds(statement)}")


def _forbidden(statement: OperatorBounds, name: str, world: World) -> Judgement:
    links = chain(name, world.organizations)
    sources = organization_sources((link.organization for link in links), world)
    hit = next((link for link in links if link.organization in statement.forbidden), None)
    if hit:
        return deny(f"{_behind(hit, name)} is forbidden", statement.forbidden, sources=sources)
    if not all(link.described for link in links):
        because = f"{_undescribed(links)}, so it may be {listed(statement.forbidden)}, which is forbidden"
        return unknown(because, sources=sources)
    among = listed(link.organization for link in links)
    return allow(f"nobody of {among} is forbidden ({listed(statement.forbidden)})", statement.forbidden, sources)


def _seat(realm: Realm, name: str, world: World) -> Judgement:
    allowed, bounds = world.countries(realm), realm_words(realm)
    seat, sources = world.organizations[name].seat, organization_sources([name], world)
    if seat is None:
        return unknown(f"where {name} has its seat is unknown; the seat must be within {bounds}", sources=sources)
    seated = f"{name} has its seat in {seat}"
    if seat in allowed:
        return allow(f"{seated}, which is within {bounds}", allowed, sources)
    return deny(f"{seated}, which is not within {bounds}", allowed, sources=sources)


def _exposure(realm: Realm, name: str, world: World) -> Judgement:
    allowed, bounds = world.countries(realm), realm_words(realm)
    reached = exposure(name, world.organizations)
    outside = [links[0] for country, links in reached.countries.items() if country not in allowed]
    if outside:
        who = "; ".join(f"{_behind(link, name)} has its seat in {link.seat}" for link in outside)
        keys = dict.fromkeys(key for link in outside for key in link.path)
        return deny(f"{who}: exposure must be within {bounds}", allowed, sources=organization_sources(keys, world))
    keys = [link.organization for links in reached.countries.values() for link in links]
    sources = organization_sources(keys, world)
    if reached.unknown:
        undescribed = [link for link in reached.unknown if not link.described]
        seats = listed(link.organization for link in reached.unknown)
        why = _undescribed(undescribed) if undescribed else f"where {seats} has its seat is unknown"
        return unknown(f"{why}; exposure must be within {bounds}", sources=sources)
    return allow(f"{name} is exposed to {listed(reached.countries)}, all within {bounds}", allowed, sources)


def _caps(statement: OperatorBounds, realm: Realm, name: str, world: World) -> Iterator[Judgement]:
    inside, bounds = world.countries(realm), realm_words(realm)
    held = foreign_holdings(name, inside, world.organizations)
    sources = organization_sources([name, *held.each], world)
    gaps = "; ".join(held.unknown)
    if statement.each is not None:
        above = {owner: share for owner, share in held.each.items() if share > statement.each}
        most = f"one holder from outside of {bounds} may have at most {_percent(statement.each)} %"
        if above:
            who = ", ".join(f"{owner} holds {_percent(share)} %" for owner, share in above.items())
            yield deny(f"{who} of {name}: {most}", sources=sources)
        elif held.most_each > statement.each:
            yield unknown(
                f"one holder may have up to {_percent(held.most_each)} % of {name} ({gaps}); {most}", sources=sources
            )
        else:
            yield allow(f"nobody has more than {_percent(held.most_each)} % of {name}: {most}", sources=sources)
    if statement.together is not None:
        most = f"held from outside of {bounds} may be at most {_percent(statement.together)} % together"
        if held.total > statement.together:
            yield deny(f"{_percent(held.total)} % of {name} is held from there: {most}", sources=sources)
        elif held.most_total > statement.together:
            yield unknown(
                f"up to {_percent(held.most_total)} % of {name} may be held from there ({gaps}): {most}", sources=sources
            )
        else:
            yield allow(f"no more than {_percent(held.most_total)} % of {name} is held from there: {most}", sources=sources)


def _behind(link: Link, name: str) -> str:
    if link.organization == name:
        return name
    return f"{link.organization}, {link.role.replace('-', ' ')} of {name} ({' <- '.join(link.path)}),"


def _undescribed(links: Iterable[Link]) -> str:
    missing = [link.organization for link in links if not link.described]
    if OWNER in missing:
        return SAY_SELF
    return f"nobody described {listed(missing)}"


def _nobody(name: str) -> str:
    return SAY_SELF if name == OWNER else f"nobody described {name}; write `organizations: {{{name}: ...}}` in factory.yaml"


def _percent(share: Decimal) -> str:
    return f"{share.normalize():f}" if share else "0"


def _bounds(statement: OperatorBounds) -> str:
    """Return the bounds in words, for a sentence that has nothing else to name; empty when none is set."""
    words = [f"allowed: {listed(statement.allowed)}"] if statement.allowed else []
    words += [f"forbidden: {listed(statement.forbidden)}"] if statement.forbidden else []
    words += [f"seat within {realm_words(statement.seat)}"] if statement.seat else []
    words += [f"exposure within {realm_words(statement.exposure)}"] if statement.exposure else []
    words += [f"each at most {_percent(statement.each)} %"] if statement.each is not None else []
    words += [f"together at most {_percent(statement.together)} %"] if statement.together is not None else []
    return "; ".join(words)


OPERATOR = Rule(
    "operator",
    "Who runs machines and holds data, and who owns those who do",
    MODEL_ONLY,
    OperatorBounds,
    Operated,
    judge,
    denies="The operator is not in `allowed`; it, an owner or a licensor is in `forbidden`; its seat is outside of `seat`; "
    "anyone in the chain is seated outside of `exposure`; holders from outside of `seat` have more than `each` or "
    "`together`.",
    unsure="The operator, a seat or a share that decides is unknown, or `self` is not described.",
)
