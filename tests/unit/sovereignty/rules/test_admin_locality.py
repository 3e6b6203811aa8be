"""From where a region is administered."""

from typing import Any

import pytest

from aifactory.model.statement import AdminLocality
from aifactory.sovereignty.fact import Administered
from aifactory.sovereignty.rules.admin_locality import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(**bounds: Any) -> AdminLocality:
    return AdminLocality(rule="admin-locality", **{**SAYS, "within": {"countries": ["DE", "FR"]}, **bounds})


def administered(**facts: Any) -> Administered:
    known = {"public": False, "countries": ("DE",), "identity_country": "DE"}
    return Administered(subject="frankfurt/cluster", **{**known, **facts})


class TestAdminLocality:
    """Prevents an open API, an administrator abroad, and an identity provider abroad, which opens every door."""

    def test_all_at_home(self) -> None:
        said(judge(stated(), administered(), world()), ALLOW, "private", "DE", "DE, FR")

    @pytest.mark.parametrize(
        ("facts", "verdict", "word"),
        [
            ({"public": True}, DENY, "public"),
            ({"public": None}, UNKNOWN, "open internet"),
            ({"countries": ("DE", "IN")}, DENY, "administrators are in IN"),
            ({"countries": None}, UNKNOWN, "in which country administrators are"),
            ({"identity_country": "US"}, DENY, "the identity provider is in US"),
            ({"identity_country": None}, UNKNOWN, "in which country the identity provider is"),
            ({"countries": ()}, ALLOW, "no country at all"),
        ],
    )
    def test_one_that_is_not(self, facts: dict[str, Any], verdict: Any, word: str) -> None:
        found = said(judge(stated(), administered(**facts), world()), verdict, word)
        assert bool(found.passing) is (verdict is not ALLOW)

    def test_a_certain_denial_beats_an_unknown(self) -> None:
        found = judge(stated(), administered(public=None, countries=("US",), identity_country=None), world())
        said(found, DENY, "administrators are in US, which is not within DE, FR")

    @pytest.mark.parametrize("public", [True, None])
    def test_public_may_be_allowed(self, public: bool | None) -> None:
        said(judge(stated(public=True), administered(public=public), world()), ALLOW)
