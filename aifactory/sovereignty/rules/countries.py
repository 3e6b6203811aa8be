"""Several countries held against one realm: what rules on people and on single places have in common."""

from aifactory.model import Realm
from aifactory.sovereignty.alternatives import places_in
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.proof import realm_sources
from aifactory.sovereignty.rules.rule import allow, deny, listed, realm_words, unknown
from aifactory.sovereignty.world import World


def all_within(what: str, countries: tuple[str, ...] | None, realm: Realm, world: World) -> Judgement:
    """Judge that every country is within a realm.

    Args:
        what: whose countries these are, as the sentence begins: ``administrators``.
        countries: the countries; None when nobody said.
        realm: where they may be.
        world: what is known on the day.
    """
    allowed, bounds = world.countries(realm), realm_words(realm)
    if countries is None:
        return unknown(f"nobody said in which country {what} are; allowed is {bounds}", places_in(allowed, Place()))
    outside = sorted(set(countries) - allowed)
    sources = dict.fromkeys(source for country in sorted(set(countries)) for source in realm_sources(realm, country, world))
    if outside:
        because = f"{what} are in {listed(outside)}, which is not within {bounds}"
        return deny(because, allowed, places_in(allowed, Place(country=outside[0])), sources)
    where = listed(sorted(set(countries)), none="no country at all")
    return allow(f"{what} are in {where}; allowed is {bounds}", allowed, sources)


def one_within(what: str, country: str | None, realm: Realm, world: World) -> Judgement:
    """Judge that one country is within a realm.

    Args:
        what: what lies there, as the sentence begins: ``the key``.
        country: the country; None when nobody said.
        realm: where it may be.
        world: what is known on the day.
    """
    allowed, bounds = world.countries(realm), realm_words(realm)
    if country is None:
        return unknown(f"nobody said in which country {what} is; allowed is {bounds}", places_in(allowed, Place()))
    sources = realm_sources(realm, country, world)
    if country in allowed:
        return allow(f"{what} is in {country}, which is within {bounds}", allowed, sources)
    because = f"{what} is in {country}, which is not within {bounds}"
    return deny(because, allowed, places_in(allowed, Place(country=country)), sources)
