"""The facts about Azure that a cluster is made from."""

import pytest

from aifactory.catalog import accelerators
from aifactory.catalog.aks import aks

TOO_WIDE = {"Owner", "Contributor", "User Access Administrator", "Key Vault Administrator"}


class TestFacts:
    """Prevents a role that opens more than it should, and a size whose GPUs nobody knows."""

    def test_no_role_is_wide(self) -> None:
        assert not TOO_WIDE & {role.title for role in aks().roles.values()}

    def test_no_two_roles_are_one(self) -> None:
        ids = [role.id for role in aks().roles.values()]
        assert len(set(ids)) == len(ids)

    @pytest.mark.parametrize("size", sorted(aks().sizes))
    def test_every_size_has_gpus_that_the_catalog_knows(self, size: str) -> None:
        assert aks().sizes[size].accelerator in accelerators()

    def test_tokens_are_for_the_server_of_aks(self) -> None:
        assert aks().server_application.id == "6dae42f8-4368-4678-94ff-3960e28e3630"
