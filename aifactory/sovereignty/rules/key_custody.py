"""Key custody: who can use the key that data are encrypted with."""

from collections.abc import Iterator

from aifactory.model.statement import KeyCustody
from aifactory.sovereignty.alternatives import custodies_from
from aifactory.sovereignty.fact import Kept
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.countries import one_within
from aifactory.sovereignty.rules.rule import NOT_IN_CLUSTER, Rule, allow, combined, deny, unknown
from aifactory.sovereignty.world import World


def judge(statement: KeyCustody, fact: Kept, world: World) -> Judgement | None:
    """Judge a key by who can use it, where it lies, and who holds it."""
    passing = custodies_from(statement.minimum)
    needed = f"custody must be at least {statement.minimum}"
    if fact.encrypted is False:
        return deny(f"the data are not encrypted; {needed}", passing, passing)
    return combined(_checks(statement, fact, world))


def _checks(statement: KeyCustody, fact: Kept, world: World) -> Iterator[Judgement]:
    """Yield a judgement for each bound; that data are encrypted at all is one."""
    passing = custodies_from(statement.minimum)
    needed = f"custody must be at least {statement.minimum}"
    if fact.encrypted is None:
        yield unknown(f"nobody said whether the data are encrypted; {needed}", passing)
    if fact.custody is None and statement.minimum.rank == 0 and fact.encrypted:
        yield allow(f"the data are encrypted, and whoever can use the key; {needed}", passing)
    elif fact.custody is None:
        yield unknown(f"nobody said who can use the key; {needed}", passing)
    elif fact.custody.rank < statement.minimum.rank:
        yield deny(f"the key is in custody {fact.custody}; {needed}", passing, passing)
    else:
        yield allow(f"the key is in custody {fact.custody}; {needed}", passing)
    if statement.within is not None:
        yield one_within("the key", fact.country, statement.within, world)
    if statement.apart:
        yield _apart(fact)


def _apart(fact: Kept) -> Judgement:
    """Judge by name: whether two names are in one hand is for the operator rule."""
    needed = "somebody else must hold the key than the data"
    if fact.holder is None or fact.keeper is None:
        missing = "the key" if fact.holder is None else "the data"
        return unknown(f"nobody said who holds {missing}; {needed}")
    if fact.holder == fact.keeper:
        return deny(f"{fact.holder} holds both the key and the data; {needed}", [fact.keeper], [f"not {fact.keeper}"])
    return allow(f"{fact.holder} holds the key and {fact.keeper} the data; {needed}", [fact.holder, fact.keeper])


KEY_CUSTODY = Rule(
    "key-custody",
    "Who holds keys",
    NOT_IN_CLUSTER,
    KeyCustody,
    Kept,
    judge,
    denies="Data are not encrypted; the key's custody is below `minimum`; it lies outside of `within`; with `apart`, "
    "whoever holds the data holds the key.",
    unsure="Nobody said whether data are encrypted, in whose custody the key is, or, where asked, its country, its holder "
    "or the data's.",
)
