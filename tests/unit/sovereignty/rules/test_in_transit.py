"""Encryption of data on their way."""

from typing import Any

import pytest

from aifactory.model.statement import InTransit
from aifactory.sovereignty.fact import Sent
from aifactory.sovereignty.rules.in_transit import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world

VERDICTS = [(True, ALLOW), (False, DENY), (None, UNKNOWN)]


def stated(*, inside: bool = True) -> InTransit:
    return InTransit(rule="in-transit", inside=inside, **SAYS)


class TestInTransit:
    """Prevents data in clear from passing, inside or outside, and silence from passing for encryption."""

    @pytest.mark.parametrize("inside", [True, False])
    @pytest.mark.parametrize(("encrypted", "verdict"), VERDICTS)
    def test_it_must_be_encrypted(self, encrypted: bool | None, verdict: Any, inside: bool) -> None:
        found = judge(stated(), Sent(subject="s", encrypted=encrypted, inside=inside), world())
        said(found, verdict, "inside of the cluster" if inside else "outside of the cluster", "must be encrypted")

    @pytest.mark.parametrize(("encrypted", "verdict"), VERDICTS)
    def test_inside_may_be_left_out(self, encrypted: bool | None, verdict: Any) -> None:
        assert judge(stated(inside=False), Sent(subject="s", encrypted=encrypted, inside=True), world()) is None
        said(judge(stated(inside=False), Sent(subject="s", encrypted=encrypted), world()), verdict)
