"""Where a region is, as rules take it."""

import pytest

from aifactory.model import SiteSpec
from aifactory.sovereignty.fact import Place
from aifactory.sovereignty.surroundings import Surroundings


def around(provider: str, location: str, country: str, file: str = "factory.yaml") -> Surroundings:
    site = SiteSpec.model_validate({"provider": provider, "location": location, "country": country, "operator": "self"})
    return Surroundings("hall", site, file)


class TestPlace:
    """Prevents a place that is believed because somebody wrote a country beside a name that says otherwise."""

    @pytest.mark.parametrize(
        ("provider", "location", "country", "place"),
        [
            ("on-prem", "us-east-1", "DE", Place(country="DE")),
            ("edge", "europe", "FR", Place(country="FR")),
            ("aws", "eu-west-2", "GB", Place(country="GB", location="aws/eu-west-2")),
            ("aws", "eusc-de-east-1", "DE", Place(country="DE", subdivision="DE-BB", location="aws/eusc-de-east-1")),
            ("aws", "eu-west-9", "IE", Place(location="aws/eu-west-9")),
            ("azure", "europe", "DE", Place(location="azure/europe", logical=True)),
            ("azure", "global", "DE", Place(location="azure/global", logical=True)),
            ("azure", "eu-west-2", "GB", Place(location="azure/eu-west-2")),
        ],
    )
    def test_is_what_the_catalog_knows(self, provider: str, location: str, country: str, place: Place) -> None:
        assert around(provider, location, country).place == place


class TestSource:
    """Prevents a source that names a region's section in a program that has no regions."""

    def test_of_a_file_and_of_a_program(self) -> None:
        assert around("on-prem", "h", "DE").source("site") == "factory.yaml: regions.hall.site"
        assert around("on-prem", "h", "DE", "Postgres billing").source("site") == "Postgres billing: site"
