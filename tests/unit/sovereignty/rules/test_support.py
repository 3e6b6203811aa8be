"""From where help comes."""

from typing import Any

import pytest

from aifactory.model.statement import Support
from aifactory.sovereignty.fact import Supported
from aifactory.sovereignty.rules.support import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world

STATED = Support.model_validate({"rule": "support", **SAYS, "within": {"countries": ["DE", "FR"]}})


class TestSupport:
    """Prevents help from abroad under the name of a contract at home; without access one still sees what is sent."""

    @pytest.mark.parametrize("access", ["none", "supervised", "remote", None])
    @pytest.mark.parametrize(
        ("countries", "verdict", "word"),
        [
            (("DE", "FR"), ALLOW, "DE, FR"),
            (("DE", "IN"), DENY, "in IN, which is not within DE, FR"),
            (None, UNKNOWN, "in which country whoever helps"),
            ((), ALLOW, "no country at all"),
        ],
        ids=["home", "abroad", "not said", "nobody"],
    )
    def test_from_where(self, countries: tuple[str, ...] | None, verdict: Any, word: str, access: str | None) -> None:
        found = judge(STATED, Supported(subject="frankfurt/support acme", countries=countries, access=access), world())
        said(found, verdict, word, "DE, FR", "whoever helps")

    def test_the_access_is_named(self) -> None:
        fact = Supported(subject="s", countries=("IN",), access="supervised")
        assert said(judge(STATED, fact, world()), DENY, "supervised").passing == ("DE", "FR")
