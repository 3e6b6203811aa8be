"""Admin locality: from where, and by whose identity provider, a region is administered."""

from collections.abc import Iterator

from aifactory.model.statement import AdminLocality
from aifactory.sovereignty.fact import Administered
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.countries import all_within, one_within
from aifactory.sovereignty.rules.rule import NOT_IN_CLUSTER, Rule, allow, combined, deny, unknown
from aifactory.sovereignty.world import World

_PASSING = ("private",)


def judge(statement: AdminLocality, fact: Administered, world: World) -> Judgement | None:
    """Judge the reach of the cluster's API, the administrators, and who vouches for them."""
    return combined(_checks(statement, fact, world))


def _checks(statement: AdminLocality, fact: Administered, world: World) -> Iterator[Judgement]:
    if not statement.public:
        yield _reach(fact)
    yield all_within("administrators", fact.countries, statement.within, world)
    yield one_within("the identity provider", fact.identity_country, statement.within, world)


def _reach(fact: Administered) -> Judgement:
    if fact.public is None:
        return unknown("nobody said whether the cluster's API answers the open internet; it must be private", _PASSING)
    if fact.public:
        return deny("the cluster's API is public: it answers the open internet; it must be private", _PASSING, _PASSING)
    return allow("the cluster's API is private, as it must be", _PASSING)


ADMIN_LOCALITY = Rule(
    "admin-locality",
    "From where a region is administered",
    NOT_IN_CLUSTER,
    AdminLocality,
    Administered,
    judge,
    denies="The cluster's API answers the open internet without `public`; administrators or their identity "
    "provider are outside of `within`.",
    unsure="Nobody said whether the API does, where administrators are, or where their identity provider runs.",
)
