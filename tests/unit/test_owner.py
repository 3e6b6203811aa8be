"""A component imported alone: refused without site and profiles, in the words to write; with them judged like a region's."""

from datetime import date
from typing import Any

import pulumi
import pytest

from aifactory.errors import DeniedError, SpecError
from aifactory.model import FactorySpec
from aifactory.postgres import Postgres
from aifactory.sovereignty.assess import assess
from tests.unit.cases.corpus import corpus
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall", "country": "FR", "operator": "self"}
HOUSE: dict[str, Any] = {
    "title": "Everything in Germany alone",
    "dated": "2026-01-01",
    "review_by": "2040-01-01",
    "statements": {
        "places": {"rule": "residency", "says": "Data are in Germany.", "source": "rule 1", "within": {"countries": ["DE"]}}
    },
}
DECLARED = {"profiles": {"house": HOUSE}, "as_of": "2026-07-08"}


def made(preview: bool = False, **args: Any) -> Ran:
    """Run a program with a database that stands alone, and these args."""
    values = {"namespace": "data", "instances": 1, "factory": "demo", "region": "hall"} | args

    def program() -> dict[str, pulumi.Output[Any]]:
        Postgres("billing", {key: value for key, value in values.items() if value is not None})  # pyright: ignore[reportArgumentType]
        return {}

    return run(program, preview=preview)


@pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
class TestAlone:
    """Prevents a component that escapes the rules because nobody said where it stands or what holds there."""

    def test_without_site_it_is_refused_with_the_words_to_write(self, preview: bool) -> None:
        with pytest.raises(SpecError) as refused:
            made(preview, profiles=["none"])
        assert '{"provider": "on-prem", "location": "NAME", "country": "DE", "operator": "self"}' in str(refused.value)

    def test_without_profiles_it_is_refused_with_the_words_to_write(self, preview: bool) -> None:
        with pytest.raises(SpecError) as refused:
            made(preview, site=SITE)
        assert '["none"]' in str(refused.value)

    def test_without_both_it_is_told_both_at_once(self, preview: bool) -> None:
        with pytest.raises(SpecError) as refused:
            made(preview)
        assert [problem.where for problem in refused.value.problems] == ["site", "profiles"]

    def test_with_a_profile_that_is_not_there_the_nearest_is_named(self, preview: bool) -> None:
        with pytest.raises(SpecError) as refused:
            made(preview, site=SITE, profiles=["eu-gdrp"])
        assert "eu-gdpr" in str(refused.value)

    def test_with_them_it_is_judged(self, preview: bool) -> None:
        with pytest.raises(DeniedError) as refused:
            made(preview, site=SITE, profiles=["house"], declared=DECLARED)
        text = str(refused.value)
        assert "DENY residency: hall/database billing/storage" in text
        assert "house/places" in text
        assert "would pass: DE" in text
        assert "Traceback" not in text

    def test_where_they_allow_it_is_made(self, preview: bool) -> None:
        ran = made(preview, site=SITE | {"country": "DE"}, profiles=["house"], declared=DECLARED)
        assert ran.of_type(":Cluster")

    def test_no_rules_is_a_word_that_counts(self, preview: bool) -> None:
        assert made(preview, site=SITE, profiles=["none"]).of_type(":Cluster")


class TestLikeARegion:
    """Prevents a component alone that is judged otherwise than the same one in a region."""

    @pytest.mark.parametrize("country", ["DE", "FR", "CH"])
    def test_the_same_place_has_the_same_verdict(self, country: str) -> None:
        (case,) = [case for case in corpus() if case.name == "residency.deny.kinds-name-the-machines"]
        values = case.values()
        values["regions"]["hall"]["site"]["country"] = country
        values["profiles"]["house"] = HOUSE
        found = assess(FactorySpec.model_validate(values), date(2026, 7, 8))
        denied = any(f.blocks for f in found.findings if f.subject == "hall/database billing/storage")
        try:
            made(site=SITE | {"country": country}, profiles=["house"], declared=DECLARED)
            refused = False
        except DeniedError:
            refused = True
        assert refused is denied is (country != "DE")
