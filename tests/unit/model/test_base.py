"""Codes of countries, as specs take them."""

import pytest

from aifactory.errors import SpecError
from aifactory.model import SiteSpec, SupportSpec, validate

SITE = {"provider": "on-prem", "location": "hall-2", "operator": "self"}


def problem(country: str) -> str:
    with pytest.raises(SpecError) as refused:
        validate(SiteSpec, SITE | {"country": country}, "site")
    return str(refused.value)


class TestCountryCode:
    """Prevents a place that no rule knows: it would be denied for its spelling, or worse, missed by a denial."""

    @pytest.mark.parametrize("code", ["DE", "GB", "GR", "HK", "TW", "BV", "ZW"])
    def test_codes(self, code: str) -> None:
        assert validate(SiteSpec, SITE | {"country": code}, "site").country == code

    @pytest.mark.parametrize(("alias", "code"), [("UK", "GB"), ("EL", "GR")])
    def test_what_others_write_is_refused_with_the_code(self, alias: str, code: str) -> None:
        assert code in problem(alias)

    def test_a_wrong_code_in_a_list_is_one_problem(self) -> None:
        values = {"vendor": "ibm", "countries": ["UK"], "reference": "contract 7"}
        with pytest.raises(SpecError) as refused:
            validate(SupportSpec, values, "support")
        (problem,) = refused.value.problems
        assert "GB is the one" in problem.rule

    def test_a_list_that_is_empty_is_too_short(self) -> None:
        with pytest.raises(SpecError, match="must hold at least 1"):
            validate(SupportSpec, {"vendor": "ibm", "countries": [], "reference": "contract 7"}, "support")

    @pytest.mark.parametrize("code", ["XX", "EU", "QQ"])
    def test_what_is_no_country(self, code: str) -> None:
        assert "no code of ISO 3166" in problem(code)

    @pytest.mark.parametrize("code", ["de", "DEU", ""])
    def test_another_shape(self, code: str) -> None:
        assert "country" in problem(code)


class TestSubdivision:
    """Prevents a part of one country from standing in another."""

    def test_a_part_of_the_country(self) -> None:
        assert validate(SiteSpec, SITE | {"country": "DE", "subdivision": "DE-BB"}, "site").subdivision == "DE-BB"

    def test_a_part_of_another(self) -> None:
        with pytest.raises(SpecError, match="no part of country FR"):
            validate(SiteSpec, SITE | {"country": "FR", "subdivision": "DE-BB"}, "site")


class TestCloudPlaces:
    """Prevents ``eu-west-2`` from being taken for a place in the European Union."""

    @pytest.mark.parametrize(
        ("provider", "location", "wrong", "right"),
        [
            ("aws", "eu-west-2", "IE", "GB"),
            ("aws", "eu-central-2", "DE", "CH"),
            ("azure", "northeurope", "NO", "IE"),
            ("azure", "westeurope", "DE", "NL"),
        ],
    )
    def test_the_country_is_the_catalogs(self, provider: str, location: str, wrong: str, right: str) -> None:
        values = {"provider": provider, "location": location, "operator": "aws"}
        assert validate(SiteSpec, values | {"country": right}, "site").country == right
        with pytest.raises(SpecError, match=f"is in {right}, not in {wrong}"):
            validate(SiteSpec, values | {"country": wrong}, "site")
