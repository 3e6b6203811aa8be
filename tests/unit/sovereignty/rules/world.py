"""Worlds made by hand, so that a test says itself who is who on which day."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from aifactory.catalog import Organization
from aifactory.model import TransferSpec
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.finding import Judgement, Verdict
from aifactory.sovereignty.world import World

ON = date(2026, 6, 1)
SAYS = {"says": "What this statement is for.", "source": "a test"}
ALLOW, DENY, UNKNOWN = Verdict.ALLOW, Verdict.DENY, Verdict.UNKNOWN
FRANKFURT = Place(country="DE", location="aws/eu-central-1")
VIRGINIA = Place(country="US", location="aws/us-east-1")
EUROPE = Place(location="azure/europe", logical=True)


def company(seat: str | None = "DE", /, owners: Mapping[str, str | None] | None = None, **facts: Any) -> Organization:
    """Return an organization; shares are decimals as text, None for one that nobody read."""
    held = [{"owner": owner, "percent": Decimal(share) if share else None} for owner, share in (owners or {}).items()]
    return Organization.model_validate(
        {"name": "A company", "seat": seat, "owners": held, "source": "extract of a register", **facts}
    )


def world(on: date = ON, organizations: Mapping[str, Organization] | None = None, **more: Any) -> World:
    """Return a world with these organizations and nobody else."""
    return World(on, organizations or {}, **more)


def transfer(**changes: Any) -> TransferSpec:
    """Return a declared transfer of customers' records to the United States by standard contractual clauses."""
    return TransferSpec.model_validate(
        {
            "countries": ["US"],
            "data_classes": ["customer-records"],
            "recipient": "aws",
            "mechanism": "scc",
            "reference": "contract 17",
            "since": date(2026, 1, 1),
            "until": date(2026, 12, 31),
            **changes,
        }
    )


def said(judgement: Judgement | None, verdict: Verdict, *words: str) -> Judgement:
    """Assert a verdict, and that its sentence names these; return the judgement."""
    assert judgement is not None, "the statement did not speak of the fact"
    assert judgement.verdict is verdict, judgement.because
    for word in words:
        assert word in judgement.because, judgement.because
    return judgement
