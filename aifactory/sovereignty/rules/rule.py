"""What a rule is: a pure function from a statement and a fact to a judgement, and where it is enforced."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Final, Generic, TypeVar

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
        denies: when it denies, in one sentence for people.
        unsure: when it does not know, in one sentence for people.
    """

    name: str
    title: str
    stages: frozenset[Stage]
    statement: type[S]
    fact: type[F]
    judge: Callable[[S, F, World], Judgement | None]
    denies: str = ""
    unsure: str = ""


ALL_STAGES: Final = frozenset(Stage)
NOT_IN_CLUSTER: Final = ALL_STAGES - {Stage.ADMISSION}
BEFORE_UP: Final = frozenset({Stage.MODEL, Stage.POLICY})
MODEL_ONLY: Final = frozenset({Stage.MODEL})

_MOST_WORDS: Final = 12
"""How many values a sentence lists; the rest is counted."""


def allow(because: str, matched: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return an allowance, with the set that the value was found in."""
    return Judgement(Verdict.ALLOW, because, tuple(sorted(matched)), sources=tuple(sources))


def deny(because: str, matched: Iterable[str] = (), passing: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return a denial, with the set that the value was not found in, and what would pass."""
    return Judgement(Verdict.DENY, because, tuple(sorted(matched)), tuple(passing), tuple(sources))


def unknown(because: str, passing: Iterable[str] = (), sources: Iterable[str] = ()) -> Judgement:
    """Return that a fact is missing, with where to say it."""
    return Judgement(Verdict.UNKNOWN, because, passing=tuple(passing), sources=tuple(sources))


def combined(judgements: Iterable[Judgement]) -> Judgement | None:
    """Return one judgement for several bounds of a statement: a denial beats an unknown, which beats an allowance.

    Its sentence has the reasons of those that decided, and only what would mend these is offered. None: there was none.
    """
    parts = list(judgements)
    if not parts:
        return None
    verdict = max((part.verdict for part in parts), key=lambda item: item.weight)
    deciding = [part for part in parts if part.verdict is verdict]
    if len(deciding) == 1:
        return deciding[0]
    return Judgement(
        verdict,
        "; ".join(part.because for part in deciding),
        tuple(sorted(_once(part.matched for part in deciding))),
        _once(part.passing for part in deciding),
        _once(part.sources for part in deciding),
    )


def _once(values: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(values)))


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


def listed(values: Iterable[str], none: str = "none") -> str:
    """Return values as words of a sentence, in their order; a long list is cut and counted."""
    words = list(values)
    if len(words) > _MOST_WORDS:
        return f"{', '.join(words[:_MOST_WORDS])} and {len(words) - _MOST_WORDS} more"
    return ", ".join(words) if words else none


def realm_words(realm: Realm) -> str:
    """Return a realm as a profile writes it: ``eea, CH but not HU``; a realm that has nobody is ``no country``."""
    if realm.anywhere:
        return f"any country but {listed(sorted(realm.deny))}" if realm.deny else "any country"
    named = listed([*realm.blocs, *sorted(realm.countries)], none="no country")
    return f"{named} but not {listed(sorted(realm.deny))}" if realm.deny else named
