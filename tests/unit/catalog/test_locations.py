"""Places are data, and all of it is checked: the country decides whose law holds."""

import json
import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.catalog import Location, is_country, is_subdivision, locations, organizations

EVERY = pytest.mark.parametrize("key", sorted(locations()))

NOWHERE_TOLD = {"aws/eu-isoe-west-1"}
"""Places whose country no source tells; another one is a mistake until somebody writes it here."""

AZURE_PLACES = {
    "Abu Dhabi": "AE", "Auckland": "NZ", "Berlin": "DE", "Brussels": "BE", "Busan": "KR", "California": "US",
    "Canberra": "AU", "Cape Town": "ZA", "Cardiff": "GB", "Chennai": "IN", "Copenhagen": "DK", "Doha": "QA", "Dubai": "AE",
    "Frankfurt": "DE", "Geneva": "CH", "Gävle": "SE", "Hong Kong": "HK", "Illinois": "US", "Iowa": "US", "Ireland": "IE",
    "Israel": "IL", "Jakarta": "ID", "Jamnagar": "IN", "Johannesburg": "ZA", "Kuala Lumpur": "MY", "London": "GB",
    "Madrid": "ES", "Marseille": "FR", "Milan": "IT", "Mumbai": "IN", "Nagpur": "IN", "Netherlands": "NL",
    "New South Wales": "AU", "Norway": "NO", "Osaka": "JP", "Paris": "FR", "Phoenix": "US", "Pune": "IN", "Quebec": "CA",
    "Querétaro State": "MX", "Rio": "BR", "Santiago": "CL", "Sao Paulo State": "BR", "Seoul": "KR", "Singapore": "SG",
    "Texas": "US", "Tokyo, Saitama": "JP", "Toronto": "CA", "Victoria": "AU", "Vienna": "AT", "Virginia": "US",
    "Warsaw": "PL", "Washington": "US", "Wyoming": "US", "Zurich": "CH", "": "US",
}  # fmt: skip
"""Country of each `physicalLocation` that Azure gives; those without one are Microsoft's own canaries in the US."""

AWS_CITIES = {
    "Cape Town": "ZA", "Hong Kong": "HK", "Taipei": "TW", "Tokyo": "JP", "Seoul": "KR", "Osaka": "JP", "Mumbai": "IN",
    "Hyderabad": "IN", "Singapore": "SG", "Sydney": "AU", "Jakarta": "ID", "Melbourne": "AU", "Malaysia": "MY",
    "New Zealand": "NZ", "Thailand": "TH", "Calgary": "CA", "Frankfurt": "DE", "Zurich": "CH", "Stockholm": "SE",
    "Milan": "IT", "Spain": "ES", "Ireland": "IE", "London": "GB", "Paris": "FR", "Tel Aviv": "IL", "UAE": "AE",
    "Bahrain": "BH", "Saudi Arabia": "SA", "Sao Paulo": "BR", "Chile": "CL", "N. Virginia": "US", "Ohio": "US",
    "N. California": "US", "Oregon": "US", "Beijing": "CN", "Ningxia": "CN", "Germany": "DE", "US-East": "US",
    "US-West": "US",
}  # fmt: skip
"""Country of each place that botocore's descriptions have in brackets; two regions say only ``Central``."""

CENTRAL = {"ca-central-1": "CA", "mx-central-1": "MX"}


class TestEntries:
    """Prevents a place under a name that its provider does not have, or without the country that rules ask for."""

    @EVERY
    def test_the_key_says_provider_and_name(self, key: str) -> None:
        location = locations()[key]
        assert key == f"{location.provider}/{location.name}"

    @EVERY
    def test_what_is_no_place_has_no_country_and_a_place_has_one_unless_nobody_tells(self, key: str) -> None:
        location = locations()[key]
        assert location.is_place == (location.kind == "physical")
        assert (location.country is not None) == (location.is_place and key not in NOWHERE_TOLD)

    def test_no_more_places_are_in_an_unknown_country_than_are_told_of(self) -> None:
        unknown = {key for key, location in locations().items() if location.is_place and location.country is None}
        assert unknown == NOWHERE_TOLD

    @EVERY
    def test_codes_are_those_of_iso_3166(self, key: str) -> None:
        location = locations()[key]
        assert location.country is None or is_country(location.country)
        if location.subdivision is not None:
            assert is_subdivision(location.subdivision)
            assert location.subdivision.startswith(f"{location.country}-")

    @EVERY
    def test_somebody_known_runs_it(self, key: str) -> None:
        assert locations()[key].operator in organizations()

    @EVERY
    def test_partitions_are_amazons(self, key: str) -> None:
        location = locations()[key]
        assert (location.partition is not None) == (location.provider == "aws")

    @EVERY
    def test_names_have_their_providers_form(self, key: str) -> None:
        location = locations()[key]
        assert ("-" in location.name) == (location.provider == "aws")

    @EVERY
    def test_a_pair_is_another_place_of_the_same_provider_and_operator(self, key: str) -> None:
        location = locations()[key]
        if location.paired is not None:
            other = locations()[f"{location.provider}/{location.paired}"]
            assert other.is_place
            assert other.name != location.name
            assert other.operator == location.operator

    @pytest.mark.parametrize("country", ["uk", "Germany", "GBR", ""])
    def test_what_has_not_the_form_of_a_country_code_is_refused(self, country: str) -> None:
        with pytest.raises(ValidationError):
            Location(provider="aws", name="eu-west-2", country=country, operator="aws", source="a document of some kind")

    @pytest.mark.parametrize("subdivision", ["DE", "BB", "DE-", "de-bb", "DE-BRANDENBURG"])
    def test_what_has_not_the_form_of_a_subdivision_is_refused(self, subdivision: str) -> None:
        facts = locations()["aws/eusc-de-east-1"].model_dump() | {"subdivision": subdivision}
        with pytest.raises(ValidationError):
            Location.model_validate(facts)


class TestTraps:
    """Prevents a country read off a name: several names tell another than the true one."""

    @pytest.mark.parametrize(
        ("key", "country"),
        [
            ("aws/eu-central-1", "DE"),
            ("aws/eu-central-2", "CH"),
            ("aws/eu-west-1", "IE"),
            ("aws/eu-west-2", "GB"),
            ("aws/eu-west-3", "FR"),
            ("aws/eu-north-1", "SE"),
            ("aws/eu-south-1", "IT"),
            ("aws/eu-south-2", "ES"),
            ("aws/eu-isoe-west-1", None),
            ("aws/us-east-1", "US"),
            ("aws/ap-east-1", "HK"),
            ("aws/ap-east-2", "TW"),
            ("aws/me-west-1", "SA"),
            ("azure/northeurope", "IE"),
            ("azure/westeurope", "NL"),
            ("azure/norwayeast", "NO"),
            ("azure/uksouth", "GB"),
            ("azure/switzerlandnorth", "CH"),
            ("azure/eastasia", "HK"),
            ("azure/southeastasia", "SG"),
            ("azure/eastus2euap", "US"),
        ],
    )
    def test_countries(self, key: str, country: str | None) -> None:
        assert locations()[key].country == country

    @pytest.mark.parametrize(
        ("key", "subdivision"),
        [("aws/eusc-de-east-1", "DE-BB"), ("aws/us-east-1", "US-VA"), ("aws/us-east-2", "US-OH"), ("aws/us-west-1", "US-CA"),
         ("aws/us-west-2", "US-OR"), ("azure/germanynorth", "DE-BE"), ("azure/westus3", "US-AZ"), ("aws/eu-west-2", None)],
    )  # fmt: skip
    def test_subdivisions(self, key: str, subdivision: str | None) -> None:
        assert locations()[key].subdivision == subdivision

    def test_the_sovereign_cloud_is_a_partition_and_a_company_of_its_own(self) -> None:
        sovereign = locations()["aws/eusc-de-east-1"]
        assert (sovereign.country, sovereign.partition) == ("DE", "aws-eusc")
        assert sovereign.operator == "aws-european-sovereign-cloud"

    @pytest.mark.parametrize(
        ("key", "operator"),
        [
            ("aws/eu-central-1", "aws"),
            ("aws/us-gov-west-1", "aws"),
            ("aws/cn-north-1", "sinnet"),
            ("aws/cn-northwest-1", "nwcd"),
            ("azure/westeurope", "microsoft"),
            ("azure/usgovvirginia", "microsoft"),
            ("azure/chinaeast2", "21vianet"),
        ],
    )
    def test_operators_are_not_always_the_provider(self, key: str, operator: str) -> None:
        assert locations()[key].operator == operator

    @pytest.mark.parametrize("key", ["azure/europe", "azure/global", "azure/germany", "azure/uk", "aws/aws-global"])
    def test_a_logical_location_is_no_place(self, key: str) -> None:
        assert not locations()[key].is_place
        assert locations()[key].country is None

    @pytest.mark.parametrize(
        ("key", "pair", "country"),
        [("azure/brazilsouth", "southcentralus", "US"), ("azure/northeurope", "westeurope", "NL"),
         ("azure/eastasia", "southeastasia", "SG"), ("azure/southeastasia", "eastasia", "HK")],
    )  # fmt: skip
    def test_a_pair_may_cross_a_border(self, key: str, pair: str, country: str) -> None:
        location = locations()[key]
        assert location.paired == pair
        assert locations()[f"azure/{pair}"].country == country != location.country

    def test_every_other_pair_stays_in_its_country(self) -> None:
        crossing = {
            key
            for key, location in locations().items()
            if location.paired and locations()[f"{location.provider}/{location.paired}"].country != location.country
        }
        assert crossing == {
            "azure/brazilsouth",
            "azure/eastasia",
            "azure/northeurope",
            "azure/southeastasia",
            "azure/westeurope",
        }


@pytest.fixture(scope="module")
def partitions() -> dict[str, dict[str, Any]]:
    """The regions of each partition by name, as botocore has them."""
    pytest.importorskip("botocore", reason="botocore is not installed: pip install -e '.[dev]' brings it")
    data = json.loads(files("botocore").joinpath("data", "partitions.json").read_text(encoding="utf-8"))
    return {partition["id"]: partition["regions"] for partition in data["partitions"]}


class TestAws:
    """Prevents a region of AWS that nobody knows here, so that rules deny it, or take it for another partition's."""

    def test_every_region_of_botocore_is_here_in_its_partition_and_none_besides(
        self, partitions: dict[str, dict[str, Any]]
    ) -> None:
        told = {f"aws/{name}": partition for partition, regions in partitions.items() for name in regions}
        ours = {key: location.partition for key, location in locations().items() if location.provider == "aws"}
        assert ours == told

    def test_pseudo_regions_are_logical_and_all_others_are_places(self, partitions: dict[str, dict[str, Any]]) -> None:
        for partition, regions in partitions.items():
            for name in regions:
                assert locations()[f"aws/{name}"].is_place == (name != f"{partition}-global")

    def test_countries_are_those_of_the_descriptions(self, partitions: dict[str, dict[str, Any]]) -> None:
        for regions in partitions.values():
            for name, facts in regions.items():
                _, opened, place = facts["description"].partition(" (")
                if opened:
                    country = CENTRAL.get(name) or AWS_CITIES[place.removesuffix(")")]
                    assert locations()[f"aws/{name}"].country == country


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    reference = os.environ.get("AIFACTORY_REFERENCE")
    if not reference:
        pytest.skip("AIFACTORY_REFERENCE names no folder with Azure's own list")
    data = json.loads((Path(reference) / "data" / "azure-locations.json").read_text())
    return {row["name"]: row["metadata"] for row in data["locals"]["locations_cached"]["value"]}


SOVEREIGN = ("china", "usgov", "usdod")
"""How the names begin of locations in clouds of their own, which Azure's list of the public cloud does not have."""

RESTRICTED = {"swedensouth"}
"""Locations that Azure's list names as the pair of another one only, since access to them is restricted."""


class TestAzure:
    """Prevents facts that Azure itself tells otherwise, and locations that it has and rules do not know."""

    def test_every_location_is_here_and_none_besides(self, told: dict[str, dict[str, Any]]) -> None:
        ours = {location.name for location in locations().values() if location.provider == "azure"}
        assert {name for name in ours if not name.startswith(SOVEREIGN)} == set(told) | RESTRICTED
        pairs = {pair["name"] for row in told.values() for pair in row.get("pairedRegion") or []}
        assert pairs - set(told) == RESTRICTED

    def test_kind_pair_and_country(self, told: dict[str, dict[str, Any]]) -> None:
        for name, row in told.items():
            location = locations()[f"azure/{name}"]
            assert row["regionType"].lower() == location.kind
            pairs = [pair["name"] for pair in row.get("pairedRegion") or []]
            assert pairs == ([location.paired] if location.paired else [])
            if location.is_place:
                assert AZURE_PLACES[row["physicalLocation"]] == location.country

    @pytest.mark.parametrize(
        ("begins", "country", "names"),
        [
            ("china", "CN", {"chinaeast", "chinaeast2", "chinaeast3", "chinanorth", "chinanorth2", "chinanorth3"}),
            ("usgov", "US", {"usgovarizona", "usgovtexas", "usgovvirginia"}),
            ("usdod", "US", {"usdodcentral", "usdodeast"}),
        ],
    )
    def test_sovereign_clouds_are_complete_and_in_one_country(self, begins: str, country: str, names: set[str]) -> None:
        found = {location.name: location for location in locations().values() if location.name.startswith(begins)}
        assert set(found) == names
        assert {location.country for location in found.values()} == {country}
        assert all(location.paired in names for location in found.values())
