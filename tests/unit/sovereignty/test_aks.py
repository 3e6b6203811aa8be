"""Where the data of an AKS cluster go, as rules see it."""

from typing import Any

import pytest

from aifactory.model import SiteSpec
from aifactory.model.aks import AksSpec
from aifactory.sovereignty import HERE, Flow, FlowKind
from aifactory.sovereignty.aks import aks_flows
from tests.unit.model.test_aks import GUID, LEAST, REGISTRY, STORE

SWEDEN = SiteSpec(provider="azure", location="swedencentral", country="SE", operator="microsoft")
BRAZIL = SiteSpec(provider="azure", location="brazilsouth", country="BR", operator="microsoft")


def flows(site: SiteSpec = SWEDEN, **values: Any) -> tuple[Flow, ...]:
    return aks_flows("it", AksSpec.model_validate(LEAST | values), site)


def one(kind: FlowKind, found: tuple[Flow, ...]) -> Flow:
    (flow,) = [flow for flow in found if flow.kind is kind]
    return flow


class TestControlPlane:
    """Prevents keys, logs and administration that rules never hear of."""

    def test_keys_lie_in_the_place_of_the_region(self) -> None:
        key = one(FlowKind.KEY, flows(vault={"name": "demo-keys", "key": "cmk"}))
        assert (key.destination, key.country, key.location, key.key) == (
            "https://demo-keys.vault.azure.net", "SE", "azure/swedencentral", "cmk",
        )  # fmt: skip

    def test_what_holds_the_keys_is_said(self) -> None:
        assert "hardware" in one(FlowKind.KEY, flows(vault={"name": "demo-keys", "hsm": True})).note
        assert "software" in one(FlowKind.KEY, flows()).note

    def test_administration_of_a_private_api_stays_inside(self) -> None:
        assert one(FlowKind.ADMIN, flows()).destination == HERE

    def test_administration_from_outside_names_the_addresses(self) -> None:
        found = flows(private=False, authorized_ranges=["203.0.113.0/24", "198.51.100.7/32"])
        assert one(FlowKind.ADMIN, found).destination == "203.0.113.0/24, 198.51.100.7/32"

    def test_logs_stay_in_the_place_as_long_as_was_said(self) -> None:
        logs = one(FlowKind.LOGS, flows(logs={"retention_days": 365, "data_class": "logs", "key": "azure"}))
        assert (logs.country, logs.location, logs.retention_days) == ("SE", "azure/swedencentral", 365)
        assert (logs.data_class, logs.key, logs.encrypted) == ("logs", "azure", True)

    def test_where_a_given_workspace_lies_is_unknown(self) -> None:
        place = "providers/Microsoft.OperationalInsights/workspaces/central"
        workspace = f"/subscriptions/{GUID.format(1)}/resourceGroups/logs/{place}"
        logs = one(FlowKind.LOGS, flows(logs={"workspace": workspace}))
        assert (logs.destination, logs.country, logs.operator, logs.location) == (workspace, None, None, "")
        assert logs.retention_days is None


class TestStores:
    """Prevents a copy in another country that nobody was told of."""

    @pytest.mark.parametrize("redundancy", ["local", "zone"])
    def test_copies_in_the_place_are_none_that_leave(self, redundancy: str) -> None:
        found = flows(stores={"b": STORE | {"redundancy": redundancy}})
        assert not [flow for flow in found if flow.kind is FlowKind.COPY]

    @pytest.mark.parametrize("redundancy", ["geo", "geo-zone"])
    def test_geo_redundancy_is_a_copy_in_the_paired_place(self, redundancy: str) -> None:
        copy = one(FlowKind.COPY, flows(BRAZIL, stores={"b": STORE | {"redundancy": redundancy}}))
        assert (copy.location, copy.country) == ("azure/southcentralus", "US")

    def test_what_lies_in_it_is_said_with_its_class_and_key(self) -> None:
        found = flows(stores={"b": STORE | {"data_class": "records"}}, vault={"name": "demo-keys", "key": "cmk"})
        (kept,) = [flow for flow in found if flow.part == "store b"]
        assert (kept.kind, kept.data_class, kept.key, kept.country) == (FlowKind.STORAGE, "records", "cmk", "SE")
        assert kept.encrypted is True


class TestPulls:
    """Prevents images of AKS's own pods from a registry that nobody named."""

    def test_they_come_from_microsoft_where_there_is_a_way_out(self) -> None:
        assert one(FlowKind.IMAGE_PULL, flows()).destination == "mcr.microsoft.com"

    def test_without_one_they_come_from_the_registry_alone(self) -> None:
        found = flows(outbound={"kind": "none", "registry": REGISTRY})
        assert one(FlowKind.IMAGE_PULL, found).destination == "cache.azurecr.io"
