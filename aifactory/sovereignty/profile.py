"""Profiles: named, dated sets of statements, the package's own and the factory's."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from aifactory.catalog import blocs
from aifactory.catalog.profile_files import profile_data, profile_names
from aifactory.errors import Problem, SpecError
from aifactory.model import ProfileSpec, Realm, Statement, nearest

NO_RULES = "none"
"""The word for: no rules hold here."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement, and whose.

    Attributes:
        name: profile and name of the statement: ``eu-gdpr/article-44``.
        statement: what it says.
    """

    name: str
    statement: Statement

    def holds(self, on: date) -> bool:
        """Return whether it holds on a day; its first and its last day belong to it."""
        since, until = self.statement.since, self.statement.until
        return (since is None or since <= on) and (until is None or on <= until)


@cache
def _shipped(name: str) -> ProfileSpec:
    return ProfileSpec.model_validate(profile_data(name))


def shipped_profiles() -> Mapping[str, ProfileSpec]:
    """Return the profiles that this package brings, by name."""
    return {name: _shipped(name) for name in profile_names()}


def profile_closure(names: Iterable[str], own: Mapping[str, ProfileSpec]) -> tuple[str, ...]:
    """Return these profiles and all that they extend, sorted, once each: the order in which they are named means nothing."""
    found: set[str] = set()
    ahead = [name for name in names if name != NO_RULES]
    while ahead:
        name = ahead.pop()
        if name not in found:
            found.add(name)
            ahead.extend(profile_named(name, own).extends)
    return tuple(sorted(found))


def profile_named(name: str, own: Mapping[str, ProfileSpec]) -> ProfileSpec:
    """Return a profile: the factory's own, or else the package's.

    Raises:
        SpecError: there is none. A factory's are refused before anything comes here, those of a component alone are not.
    """
    if name in own:
        return own[name]
    if name not in profile_names():
        rule = "no such profile, so nobody knows which rules are meant"
        raise SpecError("profiles", [Problem("profiles", name, rule, nearest(name, {*own, *profile_names()}))])
    return _shipped(name)


def statements_of(names: Iterable[str], own: Mapping[str, ProfileSpec], on: date) -> tuple[Stated, ...]:
    """Return the statements of profiles that hold on a day, sorted by name: profiles commute.

    Args:
        names: profiles of a region.
        own: the factory's own profiles by name.
        on: the day.

    Raises:
        SpecError: a statement names a bloc that the catalog does not have: it would be about nobody knows whom.
    """
    stated = tuple(_all(names, own))
    problems = [problem for each in stated for problem in _unknown_blocs(each)]
    if problems:
        raise SpecError("profiles", problems)
    return tuple(each for each in stated if each.holds(on))


def _unknown_blocs(stated: Stated) -> Iterator[Problem]:
    profile, _, name = stated.name.partition("/")
    for field in type(stated.statement).model_fields:
        value = getattr(stated.statement, field)
        named = value.blocs if isinstance(value, Realm) else value if field == "adequate" else ()
        for bloc in named:
            if bloc not in blocs():
                place = f"profiles.{profile}.statements.{name}.{field}"
                rule = f"no such bloc in the catalog; there are {', '.join(sorted(blocs()))}"
                yield Problem(place, bloc, rule, nearest(bloc, blocs()))


def _all(names: Iterable[str], own: Mapping[str, ProfileSpec]) -> Iterator[Stated]:
    for name in profile_closure(names, own):
        for key, statement in sorted(profile_named(name, own).statements.items()):
            yield Stated(f"{name}/{key}", statement)
