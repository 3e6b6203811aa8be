"""What would pass instead."""

import pytest

from aifactory.catalog import locations
from aifactory.model import Custody
from aifactory.sovereignty.alternatives import MOST, custodies_from, hosts_near, operators_passing, places_in
from aifactory.sovereignty.fact import Place

EU = ("DE", "FR", "IE", "SE", "IT", "ES")


class TestPlaces:
    """Prevents alternatives that are none, and near ones that are lost among far ones."""

    def test_they_are_the_providers_and_allowed(self) -> None:
        found = places_in(EU, Place(country="US", location="aws/us-east-1"))
        assert 0 < len(found) <= MOST
        for place in found:
            key, _, country = place.partition(" ")
            assert locations()[key].provider == "aws"
            assert country == f"({locations()[key].country})"
            assert locations()[key].country in EU

    def test_the_own_country_comes_first(self) -> None:
        found = places_in(["DE", "US"], Place(country="US", location="aws/us-east-1"))
        assert found[0].startswith("aws/us-")

    def test_the_same_partition_comes_before_another(self) -> None:
        found = places_in(["DE"], Place(country="GB", location="aws/eu-west-2"))
        assert found == ("aws/eu-central-1 (DE)", "aws/eusc-de-east-1 (DE)")

    def test_a_name_that_begins_alike_is_near(self) -> None:
        found = places_in(["CA", "DE"], Place(country="GB", location="aws/eu-west-2"))
        assert found[0] == "aws/eu-central-1 (DE)"

    def test_the_pair_comes_first(self) -> None:
        assert places_in(["IE", "FR", "DE"], Place(country="NL", location="azure/westeurope"))[0] == "azure/northeurope (IE)"

    def test_a_logical_place_is_never_offered(self) -> None:
        every = {location.country for location in locations().values() if location.country}
        for country in sorted(every):
            assert not [place for place in places_in([country], Place(location="azure/europe")) if "azure/europe" in place]

    @pytest.mark.parametrize("location", ["", "on-prem/munich"])
    def test_without_a_provider_they_are_countries(self, location: str) -> None:
        assert places_in(["FR", "DE"], Place(country="US", location=location)) == ("DE", "FR")

    def test_a_provider_that_is_nowhere_there(self) -> None:
        assert places_in(["IS"], Place(country="US", location="aws/us-east-1")) == ("IS",)

    def test_no_country_no_place(self) -> None:
        assert places_in([], Place(country="US", location="aws/us-east-1")) == ()

    def test_never_more_than_anybody_reads(self) -> None:
        assert len(places_in(["DE", "FR", "IE", "SE", "IT", "ES", "PL", "AT"], Place())) == MOST


class TestOthers:
    """Prevents an offer that would be denied again."""

    @pytest.mark.parametrize("minimum", list(Custody))
    def test_custodies_begin_with_the_least_that_passes(self, minimum: Custody) -> None:
        found = custodies_from(minimum)
        assert found[0] == minimum.value
        assert found[-1] == "client"
        assert all(Custody(custody).rank >= minimum.rank for custody in found)

    def test_operators_are_asked(self) -> None:
        assert operators_passing(["b", "self", "a", "c"], lambda key: key != "a") == ("self", "b", "c")

    def test_no_more_operators_are_asked_than_needed(self) -> None:
        asked: list[str] = []
        found = operators_passing([f"o{number}" for number in range(9)], lambda key: not asked.append(key))
        assert len(found) == len(asked) == MOST

    def test_hosts_most_alike_first(self) -> None:
        assert hosts_near("quay.com", ["ghcr.io", "quay.io"]) == ("quay.io", "ghcr.io")
        assert hosts_near(None, ["quay.io", "ghcr.io"]) == ("ghcr.io", "quay.io")
        assert hosts_near("x", []) == ()
