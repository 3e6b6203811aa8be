"""Transfer: where data may go, and under what.

A flow is judged by where it ends. Data that stay in the country that they are in are not transferred, also where that
country is outside of the free ones: whether data may be there at all is for residency; how they came there is another flow.
"""

from collections.abc import Iterator

from aifactory.catalog import blocs, members
from aifactory.model import TransferSpec
from aifactory.model.statement import Transfer
from aifactory.sovereignty.alternatives import places_in
from aifactory.sovereignty.fact import ALL_CLASSES, Moved
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.proof import bloc_sources, in_bloc, realm_sources
from aifactory.sovereignty.rules.rule import NOT_IN_CLUSTER, Rule, allow, deny, listed, no_place, realm_words, unknown
from aifactory.sovereignty.world import World


def judge(statement: Transfer, fact: Moved, world: World) -> Judgement | None:
    """Judge a flow by its destination, and by what was declared for it."""
    if fact.kind.is_code or (statement.kinds and fact.kind not in statement.kinds):
        return None
    free, place = world.countries(statement.free), fact.place
    if place.logical or place.country is None:
        because = f"{no_place(place)}; {fact.kind} may go freely to {realm_words(statement.free)}"
        return unknown(because, _passing(statement, fact, world))
    to = place.country
    if not fact.origin.logical and fact.origin.country == to:
        return allow(f"{fact.kind} does not leave {to}", free)
    if to in free:
        because = f"{fact.kind} to {to}, which is within {realm_words(statement.free)}"
        return allow(because, free, realm_sources(statement.free, to, world))
    if to in statement.free.deny:
        because = f"{fact.kind} to {to}, which no data may go to; free is {realm_words(statement.free)}"
        return deny(because, free, _passing(statement, fact, world, declared=False))
    for bloc in statement.adequate:
        if in_bloc(bloc, to, world):
            because = f"{fact.kind} to {to}, for which {bloc} holds on {world.on}"
            return allow(because, members(bloc, world.on), bloc_sources(bloc, to, world))
    return _declared(statement, fact, to, world)


def _declared(statement: Transfer, fact: Moved, to: str, world: World) -> Judgement:
    """Judge by declared transfers: one that holds is enough; else one that may hold leaves it unknown."""
    doubts: list[str] = []
    misses: list[str] = []
    for name, transfer in sorted(world.transfers.items()):
        if to not in transfer.countries:
            continue
        missing = list(_misses(statement, fact, to, transfer, world))
        unsure = list(_doubts(statement, fact, to, transfer, world))
        if missing:
            misses.append(f"transfer {name} {' and '.join(missing)}")
        elif unsure:
            doubts.append(f"transfer {name} may cover it, but {' and '.join(unsure)}")
        else:
            return _covered(fact, to, name, transfer, world, _conditions(statement, to, world))
    where = f"{fact.kind} to {to}, which is not within {realm_words(statement.free)}"
    accepted = listed(statement.mechanisms)
    sources = [
        *realm_sources(statement.free, to, world),
        *(source for bloc in statement.adequate for source in bloc_sources(bloc, to, world)),
    ]
    passing = _passing(statement, fact, world)
    if doubts:
        return unknown(f"{where}: {'; '.join(doubts)}; accepted mechanisms: {accepted}", passing, sources)
    asked = "; ".join([*_decisions(statement, to, world), *(misses or [f"no transfer to {to} is declared"])])
    return deny(f"{where}: {asked}; accepted mechanisms: {accepted}", world.countries(statement.free), passing, sources)


def _covered(fact: Moved, to: str, name: str, transfer: TransferSpec, world: World, conditions: dict[str, str]) -> Judgement:
    whom = "" if fact.recipient else f", if the recipient is {transfer.recipient} (nobody said who it is)"
    because = (
        f"{fact.kind} to {to} under {transfer.mechanism} by transfer {name}, which holds until {transfer.until} for "
        f"{listed(transfer.data_classes)}{whom}"
    )
    met = [bloc for bloc, condition in conditions.items() if condition == transfer.condition]
    sources = [source for bloc in met for source in bloc_sources(bloc, to, world)]
    return allow(because, transfer.countries, [*sources, f"factory.yaml: transfers.{name}"])


def _misses(statement: Transfer, fact: Moved, to: str, transfer: TransferSpec, world: World) -> Iterator[str]:
    """Yield why a transfer to that country certainly does not cover the flow."""
    if world.on > transfer.until:
        yield f"ended on {transfer.until}"
    if world.on < transfer.since:
        yield f"only begins on {transfer.since}"
    lacking = sorted((_classes(statement, fact, world) or set()) - set(transfer.data_classes))
    if lacking:
        yield f"is for {listed(transfer.data_classes)}, not for {listed(lacking)}"
    if fact.recipient and fact.recipient != transfer.recipient:
        yield f"is to {transfer.recipient}, not to {fact.recipient}"
    conditions = _conditions(statement, to, world)
    if transfer.condition in conditions.values():
        return
    if transfer.mechanism not in statement.mechanisms:
        needed = f" and does not meet {listed(sorted(set(conditions.values())))}" if conditions else ""
        yield f"is by {transfer.mechanism}, which is not accepted{needed}"
    if statement.protection and (transfer.protection is None or transfer.protection.rank < statement.protection.rank):
        held = f"custody {transfer.protection}" if transfer.protection else "no custody of keys"
        yield f"has {held} where at least {statement.protection} is required"
    if fact.encrypted is False:
        yield "does not cover data that are not encrypted on their way"


def _doubts(statement: Transfer, fact: Moved, to: str, transfer: TransferSpec, world: World) -> Iterator[str]:
    """Yield what must be said before it is known that a transfer covers the flow."""
    if not _classes(statement, fact, world):
        yield f"nobody said which class of data goes; it is for {listed(transfer.data_classes)}"
    if transfer.condition not in _conditions(statement, to, world).values() and fact.encrypted is None:
        yield "nobody said whether data are encrypted on their way"


def _classes(statement: Transfer, fact: Moved, world: World) -> set[str] | None:
    """Return the classes that a transfer must name; None when nobody said."""
    if fact.data_class == ALL_CLASSES:
        return {name for name in world.personal if world.covers(statement.classes, name)} or None
    return None if fact.data_class is None else {fact.data_class}


def _conditions(statement: Transfer, to: str, world: World) -> dict[str, str]:
    """Return the conditions on which a country is in one of the adequate blocs that day, by bloc."""
    stretches = {bloc: blocs()[bloc].membership(to, world.on) for bloc in statement.adequate}
    return {bloc: stretch.condition for bloc, stretch in stretches.items() if stretch and stretch.condition}


def _decisions(statement: Transfer, to: str, world: World) -> Iterator[str]:
    """Yield what the adequate blocs say of a country that they do not let pass that day."""
    for bloc in statement.adequate:
        stretches = blocs()[bloc].members.get(to, ())
        current = blocs()[bloc].membership(to, world.on)
        if current is not None:
            yield f"{bloc} holds for {to} on the condition {current.condition} only"
            continue
        for stretch in stretches:
            if stretch.since and stretch.since > world.on:
                yield f"{bloc} holds for {to} from {stretch.since} on"
            elif stretch.until:
                yield f"{bloc} held for {to} until {stretch.until}"


def _passing(statement: Transfer, fact: Moved, world: World, *, declared: bool = True) -> tuple[str, ...]:
    """Return places in the free countries, then the mechanisms and conditions by which a declared transfer would pass."""
    near = places_in(world.countries(statement.free), fact.place)
    if not declared:
        return near
    to = fact.place.country
    conditions = _conditions(statement, to, world).values() if to and not fact.place.logical else ()
    return (*near, *dict.fromkeys([*conditions, *statement.mechanisms]))


TRANSFER = Rule(
    "transfer",
    "Where data go",
    NOT_IN_CLUSTER,
    Transfer,
    Moved,
    judge,
    denies="The destination is outside of `free` and `adequate`, and no declared transfer covers country, class, recipient, "
    "day, mechanism (or condition), protection and encryption; or `free.deny` names it.",
    unsure="The destination is no known place; or a declared transfer would cover the flow, but its class of data or its "
    "encryption is unknown.",
)
