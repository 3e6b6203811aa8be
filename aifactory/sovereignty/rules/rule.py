"""What a rule is: a pure function from a statement and a fact to a judgement, and where it is enforced."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from aifactory.model import Realm
from aifactory.sovereignty.fact import Fact, Place
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.world import World

S = TypeVar("S")
F = TypeVar("F", bound=Fact)


class Stage(StrEnum):
    """Where a rule is enforced."""

    MODEL = "model"
    """On factory.yaml, before the engine starts."""
    POLICY = "policy"
    """On each resource of a stack, at preview."""
    ADMISSION = "admission"
    """On each object, by the cluster's API server."""
    EVIDENCE = "evidence"
    """On what was found after deployment."""


@dataclass(frozen=True, slots=True)
class Rule(Generic[S, F]):
    """One rule.

    Attributes:
        name: its name in profiles, findings and waivers.
        title: what it is about, for people.
        stages: where it is enforced.
        statement: the bounds that a profile gives it.
        fact: what it judges.
        judge: the decision; None where the statement does not speak of the fact.
    """

    name: str
    title: str
    stages: frozenset[Stage]
    statement: type[S]
    fact: type[F]
    judge: Callable[[S, F, World], Judgement | None]


ALL_STAGES = frozenset(Stage)
NOT_IN_CLUSTER = ALL_STAGES - {Stage.ADMISSION}
MODEL_ONLY = frozenset({Stage.MODEL})


def allow(because: str, matched: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return an allowance, with the set that the value was found in."""
    return Judgement(Verdict.ALLOW, because, tuple(sorted(matched)), sources=tuple(sources))


def deny(because: str, matched: Iterable[str] = (), passing: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return a denial, with the set that the value was not found in, and what would pass."""
    return Judgement(Verdict.DENY, because, tuple(sorted(matched)), tuple(passing), tuple(sources))


def unknown(because: str, passing: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return that a fact is missing, with where to say it."""
    return Judgement(Verdict.UNKNOWN, because, passing=tuple(passing), sources=tuple(sources))


def in_realm(place: Place, realm: Realm, world: World) -> bool | None:
    """Return whether a place is in a realm; None when it is no known place."""
    if place.logical or place.country is None:
        return None
    return place.country in world.countries(realm)


def no_place(place: Place) -> str:
    """Return why a place is none, in words."""
    if place.logical:
        return f"{place.location} stands for several places, and so for none"
    return f"nobody knows in which country {place.location} is" if place.location else "nobody said in which country it is"
