"""In which order operators come into a cluster, and which of them may not stand beside each other."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from aifactory.catalog.load import releases
from aifactory.catalog.release import Release


def order(names: Iterable[str], known: Mapping[str, Release] | None = None) -> list[str]:
    """Return releases in the order in which they are installed: what another requires comes first.

    Among those that need nothing of each other, the alphabet decides, so that the order never changes by itself.

    Args:
        names: releases by their name in the catalog; those they require and that are not named stay away.
        known: the catalog; None: ours.

    Raises:
        KeyError: a name is not in the catalog.
        ValueError: some require each other in a circle; names them.
    """
    catalog = releases() if known is None else known
    wanted = set(names)
    before = {name: sorted(_providers(name, wanted, catalog)) for name in sorted(wanted)}
    sorter = TopologicalSorter(before)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = " -> ".join(reversed(error.args[1]))
        raise ValueError(f"these operators require each other in a circle: {circle}") from error
    ordered: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += ready
        sorter.done(*ready)
    return ordered


def required_of(name: str, names: Iterable[str], known: Mapping[str, Release] | None = None) -> list[str]:
    """Return those of `names` that must be there before `name`: what it requires, or what brings that."""
    return sorted(_providers(name, set(names), releases() if known is None else known))


def missing(names: Iterable[str], known: Mapping[str, Release] | None = None) -> dict[str, tuple[str, ...]]:
    """Return, by name, what each of these requires and none of them is or brings."""
    catalog = releases() if known is None else known
    wanted = set(names)
    there = wanted | {brought for name in wanted for brought in catalog[name].brings}
    lacking = {name: tuple(need for need in catalog[name].requires if need not in there) for name in sorted(wanted)}
    return {name: needs for name, needs in lacking.items() if needs}


def conflicts_among(names: Iterable[str], known: Mapping[str, Release] | None = None) -> list[tuple[str, str]]:
    """Return the pairs of these that must not stand beside each other, each once and in alphabetical order."""
    catalog = releases() if known is None else known
    wanted = set(names)
    pairs = {(name, other) for name in wanted for other in catalog[name].conflicts if other in wanted}
    return sorted({(min(pair), max(pair)) for pair in pairs})


def _providers(name: str, wanted: set[str], catalog: Mapping[str, Release]) -> set[str]:
    needs = set(catalog[name].requires)
    bringing = {other for other in wanted if needs & set(catalog[other].brings)}
    return ((needs & wanted) | bringing) - {name}
