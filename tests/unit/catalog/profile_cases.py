"""Cases of single facts under one profile, through the one decision engine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from aifactory.catalog import Organization, organizations
from aifactory.model import TransferSpec
from aifactory.model.flow_kind import FlowKind
from aifactory.sovereignty.fact import Fact, Moved, Place
from aifactory.sovereignty.finding import Finding, Verdict
from aifactory.sovereignty.judge import judge
from aifactory.sovereignty.profile import statements_of
from aifactory.sovereignty.rules import BY_NAME
from aifactory.sovereignty.world import World

DAY = date(2026, 7, 8)
DPF = "the recipient is certified under the EU-US Data Privacy Framework"
UK_EXTENSION = "the recipient is certified under the UK Extension to the EU-US Data Privacy Framework"
ALLOW, DENY, UNKNOWN = Verdict.ALLOW, Verdict.DENY, Verdict.UNKNOWN
TEST = "made up for a test"


def org(seat: str | None, owners: Mapping[str, str | None] | None = None, **facts: Any) -> Organization:
    held = [{"owner": owner, "percent": percent} for owner, percent in (owners or {}).items()]
    return Organization.model_validate({"name": "Example", "seat": seat, "owners": held, "source": TEST} | facts)


HOLDERS = {
    "fr-state": org("FR", kind="state"),
    "us-fund": org("US", kind="foundation"),
    "ch-fund": org("CH", kind="foundation"),
    "cn-state": org("CN", kind="state"),
    "mo-family": org("MO", kind="person"),
    "de-family": org("DE", kind="person"),
}


def declared(mechanism: str, country: str, *, until: date = date(2027, 7, 1), **facts: Any) -> dict[str, TransferSpec]:
    spec = {
        "countries": [country],
        "data_classes": ["customers"],
        "recipient": "processor",
        "mechanism": mechanism,
        "reference": "contract 7 and its assessment",
        "since": date(2020, 1, 1),
        "until": until,
    }
    return {"to-processor": TransferSpec.model_validate(spec | facts)}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fact under one profile: what one of its statements says of it, and whether the region is stopped."""

    name: str
    profile: str
    statement: str
    fact: Fact
    verdict: Verdict | None
    """None: the statement does not speak of it."""
    blocks: bool
    on: date = DAY
    organizations: Mapping[str, Organization] = field(default_factory=dict)
    transfers: Mapping[str, TransferSpec] = field(default_factory=dict)


def finding(case: Case) -> Finding | None:
    world = World(
        case.on,
        {**organizations(), **HOLDERS, **case.organizations},
        {"customers": True, "weather": False},
        case.transfers,
    )
    found = judge([case.fact], statements_of([case.profile], {}, case.on), world, "here")
    return found[0] if found else None


def check(case: Case) -> None:
    if case.fact.rule not in BY_NAME:
        pytest.skip(f"the rule {case.fact.rule} is not written yet")
    found = finding(case)
    said = {reason.statement.partition("/")[2]: reason.judgement for reason in found.reasons} if found else {}
    own = said.get(case.statement)
    assert (own.verdict if own else None) is case.verdict, own
    assert (found.blocks if found else False) is case.blocks, said


def cases(found: Sequence[Case]) -> pytest.MarkDecorator:
    names = [case.name for case in found]
    assert len(names) == len(set(names))
    return pytest.mark.parametrize("case", found, ids=names)


def moved(country: str | None, *, kind: FlowKind = FlowKind.BACKUP, **facts: Any) -> Moved:
    place = facts.pop("place", Place(country=country))
    values = {"data_class": "customers", "encrypted": True, "recipient": "processor"} | facts
    return Moved(subject="here/database billing/backup", kind=kind, origin=Place(country="DE"), place=place, **values)
