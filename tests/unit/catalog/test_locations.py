"""Places are data, and all of it is checked: the country decides whose law holds."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.catalog import Location, locations

EVERY = pytest.mark.parametrize("key", sorted(locations()))

AZURE_PLACES = {
    "Vienna": "AT", "Brussels": "BE", "Copenhagen": "DK", "Paris": "FR", "Marseille": "FR", "Berlin": "DE",
    "Frankfurt": "DE", "Milan": "IT", "Ireland": "IE", "Norway": "NO", "Warsaw": "PL", "Madrid": "ES", "Gävle": "SE",
    "Zurich": "CH", "Geneva": "CH", "London": "GB", "Cardiff": "GB", "Netherlands": "NL", "Virginia": "US",
}  # fmt: skip
"""Country of each `physicalLocation` that Azure gives for the regions listed here."""


class TestEntries:
    """Prevents a place under a name that its provider does not have, or without the country that rules ask for."""

    @EVERY
    def test_the_key_says_provider_and_name(self, key: str) -> None:
        location = locations()[key]
        assert key == f"{location.provider}/{location.name}"

    @EVERY
    def test_a_place_has_a_country_and_what_is_none_has_none(self, key: str) -> None:
        location = locations()[key]
        assert (location.country is not None) == location.is_place == (location.kind == "physical")

    @EVERY
    def test_partitions_are_amazons(self, key: str) -> None:
        location = locations()[key]
        assert (location.partition is not None) == (location.provider == "aws")

    @EVERY
    def test_names_have_their_providers_form(self, key: str) -> None:
        location = locations()[key]
        assert ("-" in location.name) == (location.provider == "aws")

    @EVERY
    def test_pairs_that_are_both_listed_name_each_other(self, key: str) -> None:
        location = locations()[key]
        other = locations().get(f"{location.provider}/{location.paired}")
        assert other is None or other.paired == location.name

    @EVERY
    def test_great_britain_goes_by_its_own_code(self, key: str) -> None:
        assert locations()[key].country not in {"UK", "EL"}

    @pytest.mark.parametrize("country", ["uk", "Germany", "GBR", ""])
    def test_what_has_not_the_form_of_a_country_code_is_refused(self, country: str) -> None:
        with pytest.raises(ValidationError):
            Location(provider="aws", name="eu-west-2", country=country, source="a document of some kind")


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
            ("aws/us-east-1", "US"),
            ("azure/northeurope", "IE"),
            ("azure/westeurope", "NL"),
            ("azure/norwayeast", "NO"),
            ("azure/uksouth", "GB"),
            ("azure/switzerlandnorth", "CH"),
        ],
    )
    def test_countries(self, key: str, country: str) -> None:
        assert locations()[key].country == country

    def test_the_sovereign_cloud_is_a_partition_of_its_own(self) -> None:
        sovereign = locations()["aws/eusc-de-east-1"]
        assert (sovereign.country, sovereign.partition) == ("DE", "aws-eusc")

    @pytest.mark.parametrize("key", ["azure/europe", "azure/global"])
    def test_a_logical_location_is_no_place(self, key: str) -> None:
        assert not locations()[key].is_place

    def test_a_pair_may_cross_a_border(self) -> None:
        ireland = locations()["azure/northeurope"]
        assert ireland.country != locations()[f"azure/{ireland.paired}"].country


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    reference = os.environ.get("AIFACTORY_REFERENCE")
    if not reference:
        pytest.skip("AIFACTORY_REFERENCE names no folder with Azure's own list")
    data = json.loads((Path(reference) / "data" / "azure-locations.json").read_text())
    return {row["name"]: row["metadata"] for row in data["locals"]["locations_cached"]["value"]}


class TestAzure:
    """Prevents facts that Azure itself tells otherwise."""

    @pytest.mark.parametrize("key", sorted(key for key in locations() if key.startswith("azure/")))
    def test_kind_pair_and_country(self, key: str, told: dict[str, dict[str, Any]]) -> None:
        location = locations()[key]
        row = told[location.name]
        assert row["regionType"].lower() == location.kind
        pairs = [pair["name"] for pair in row.get("pairedRegion", [])]
        assert pairs == ([location.paired] if location.paired else [])
        if location.is_place:
            assert AZURE_PLACES[row["physicalLocation"]] == location.country
