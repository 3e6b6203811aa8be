"""Where the catalog's facts behind a judgement were read."""

from collections.abc import Iterable

from aifactory.catalog import blocs
from aifactory.model import Realm
from aifactory.sovereignty.world import World


def realm_sources(realm: Realm, country: str | None, world: World) -> tuple[str, ...]:
    """Return the sources of the blocs that put a country into a realm; of all its blocs when none does.

    Args:
        realm: the realm.
        country: the country; None when nobody knows it, and then no source says anything of it.
        world: what is known on the day.
    """
    if country is None or country in realm.countries or country in realm.deny:
        return ()
    within = [bloc for bloc in realm.blocs if in_bloc(bloc, country, world)]
    return tuple(source for bloc in within or realm.blocs for source in bloc_sources(bloc, country, world))


def in_bloc(bloc: str, country: str, world: World) -> bool:
    """Whether a country is in a bloc that day without any condition."""
    stretch = blocs()[bloc].membership(country, world.on)
    return stretch is not None and stretch.condition is None


def bloc_sources(bloc: str, country: str, world: World) -> tuple[str, ...]:
    """Return where a country's membership of a bloc was read, with the days of it where there are any."""
    facts = blocs()[bloc]
    stretch = facts.membership(country, world.on)
    if stretch is None:
        return (f"{bloc}: {facts.source}",)
    days = [f"{word} {day}" for word, day in (("since", stretch.since), ("until", stretch.until)) if day]
    dated = f" ({country} {' '.join(days)})" if days else ""
    return (f"{bloc}{dated}: {stretch.source or facts.source}",)


def organization_sources(names: Iterable[str], world: World) -> tuple[str, ...]:
    """Return where facts about organizations were read, and for which day they hold, where it is said."""
    found: list[str] = []
    for name in dict.fromkeys(names):
        facts = world.organizations.get(name)
        if facts is not None:
            found.append(f"{name}{f' (on {facts.dated})' if facts.dated else ''}: {facts.source}")
    return tuple(found)
