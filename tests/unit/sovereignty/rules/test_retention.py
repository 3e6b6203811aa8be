"""How long copies are kept."""

from typing import Any

import pytest

from aifactory.model.statement import Retention
from aifactory.sovereignty.fact import Retained
from aifactory.sovereignty.rules.retention import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(low: int | None = 30, high: int | None = 90) -> Retention:
    return Retention(rule="retention", min_days=low, max_days=high, **SAYS)


class TestRetention:
    """Prevents copies that are gone too early or stay too long, by a single day."""

    @pytest.mark.parametrize(
        ("days", "verdict", "passing"),
        [
            (29, DENY, ("30 days",)),
            (30, ALLOW, ()),
            (90, ALLOW, ()),
            (91, DENY, ("90 days",)),
            (None, UNKNOWN, ("30 days", "90 days")),
        ],
    )
    def test_bounds(self, days: int | None, verdict: Any, passing: tuple[str, ...]) -> None:
        found = said(
            judge(stated(), Retained(subject="s", days=days), world()), verdict, "at least 30 days", "at most 90 days"
        )
        assert found.passing == passing
        assert days is None or f"kept {days} days" in found.because

    @pytest.mark.parametrize(
        ("low", "high", "days", "verdict"),
        [
            (30, None, 36500, ALLOW),
            (30, None, 29, DENY),
            (None, 90, 0, ALLOW),
            (None, 90, 91, DENY),
            (0, 0, 0, ALLOW),
            (0, 0, 1, DENY),
        ],
    )
    def test_one_bound(self, low: int | None, high: int | None, days: int, verdict: Any) -> None:
        said(judge(stated(low, high), Retained(subject="s", days=days), world()), verdict)
