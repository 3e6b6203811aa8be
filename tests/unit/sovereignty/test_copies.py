"""Copies that a provider makes by itself, and the borders that they cross."""

from typing import Any

import pytest

from aifactory.model import ObjectStoreSpec
from aifactory.sovereignty.copies import copies_of
from aifactory.sovereignty.flow import Flow, FlowKind


def copies(**facts: Any) -> list[Flow]:
    values = {"destination": "s3://b", "country": "IE", "operator": "microsoft", "location": "azure/northeurope"} | facts
    store = ObjectStoreSpec.model_validate(values)
    backup = Flow("database b", FlowKind.BACKUP, "s3://b", "c", True, country="IE", operator="microsoft", key="k")
    return list(copies_of(backup, store))


class TestPairs:
    """Prevents a copy that leaves the country without anybody having written that it does."""

    @pytest.mark.parametrize(
        ("location", "country", "paired"),
        [
            ("azure/northeurope", "NL", "azure/westeurope"),
            ("azure/westeurope", "IE", "azure/northeurope"),
            ("azure/brazilsouth", "US", "azure/southcentralus"),
            ("azure/eastasia", "SG", "azure/southeastasia"),
            ("azure/southeastasia", "HK", "azure/eastasia"),
        ],
    )
    def test_geo_goes_to_the_paired_region(self, location: str, country: str, paired: str) -> None:
        (copy,) = copies(location=location, redundancy="geo")
        assert (copy.kind, copy.country, copy.location) == (FlowKind.COPY, country, paired)
        assert (copy.operator, copy.data_class, copy.key) == ("microsoft", "c", "k")

    @pytest.mark.parametrize("redundancy", ["local", "zone"])
    def test_what_stays_makes_none(self, redundancy: str) -> None:
        assert copies(redundancy=redundancy) == []

    def test_a_store_of_ones_own_makes_none_by_itself(self) -> None:
        assert copies(operator="self") == []


class TestUnknown:
    """Prevents silence about redundancy that is taken for there being none."""

    @pytest.mark.parametrize(
        "facts",
        [
            {},
            {"redundancy": "geo", "location": None},
            {"redundancy": "geo", "location": "azure/nowhere"},
            {"redundancy": "geo", "location": "aws/eu-west-1"},
            {"redundancy": "geo", "operator": "self", "location": None},
        ],
    )
    def test_nobody_knows_where_to(self, facts: dict[str, Any]) -> None:
        (copy,) = copies(**facts)
        assert (copy.country, copy.location) == (None, "")
