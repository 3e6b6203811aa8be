"""Services that a provider runs."""

from typing import Any

import pytest

from aifactory.model.statement import ManagedService
from aifactory.sovereignty.fact import Managed
from aifactory.sovereignty.rules.managed_service import judge
from tests.unit.sovereignty.rules.world import ALLOW, DENY, SAYS, UNKNOWN, said, world


def stated(*allowed: str) -> ManagedService:
    return ManagedService(rule="managed-service", allowed=allowed, **SAYS)


def used(managed: bool | None, service: str = "database") -> Managed:
    return Managed(subject="frankfurt/service ledger", service=service, managed=managed, operator="aws")


class TestManagedService:
    """Prevents a managed service that nobody allowed, or of which nobody said who runs it."""

    @pytest.mark.parametrize(("managed", "verdict"), [(False, ALLOW), (True, DENY), (None, UNKNOWN)])
    def test_not_allowed(self, managed: bool | None, verdict: Any) -> None:
        found = said(judge(stated("kubernetes"), used(managed), world()), verdict, "database")
        if verdict is not ALLOW:
            said(found, verdict, "kubernetes")
            assert found.passing == ("self",)

    @pytest.mark.parametrize("managed", [False, True, None])
    def test_allowed_whoever_runs_it(self, managed: bool | None) -> None:
        said(judge(stated("database"), used(managed), world()), ALLOW, "database")

    def test_none_is_allowed(self) -> None:
        said(judge(stated(), used(managed=True), world()), DENY, "managed by aws", "may be managed: none")

    def test_a_sort_that_only_begins_alike(self) -> None:
        said(judge(stated("object-store"), used(True, "object-store-gateway"), world()), DENY, "object-store-gateway")
