"""The profiles of the package: each a valid, sourced, dated set of statements that names only what the catalog has."""

import re
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from typing import Any

import pytest
import yaml

from aifactory.catalog import blocs, export_groups
from aifactory.catalog.jurisdiction import is_country
from aifactory.model import ProfileSpec, Statement
from aifactory.model.statement import GpuExport, Residency, Transfer
from aifactory.sovereignty.profile import profile_closure, shipped_profiles, statements_of

NAMES = ("de-c5", "de-c5-germany", "eu-dora", "eu-gdpr", "eu-secnumcloud-like", "uk-gdpr", "us-gpu-export")
STATEMENTS = [(name, key) for name in NAMES for key in shipped_profiles()[name].statements]
RULES = {
    "residency", "transfer", "operator", "key-custody", "managed-service", "portability", "in-transit", "admin-locality",
    "telemetry", "registry", "gpu-export", "support", "retention",
}  # fmt: skip
PROMISES = re.compile(r"\b(compl(y|ies|iant|iance)|certif(y|ies|ied)|guarantee[sd]?)\b", re.IGNORECASE)
MONTHS = 18


def text_of(name: str) -> str:
    return files("aifactory.catalog").joinpath("profiles", f"{name}.yaml").read_text(encoding="utf-8")


def header_of(text: str) -> str:
    lines = [line for line in text.splitlines() if line.startswith("#") or not line]
    first = next(index for index, line in enumerate(text.splitlines()) if line and not line.startswith("#"))
    return " ".join(line.removeprefix("#").strip() for line in lines[:first])


def template() -> dict[str, Any]:
    text = files("aifactory.catalog").joinpath("profile_template.yaml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


def statement(name: str, key: str) -> Statement:
    return shipped_profiles()[name].statements[key]


def named(value: object, field: str) -> Iterator[str]:
    """Yield everything that stands in a field of this name, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == field and isinstance(inner, (list, tuple)):
                yield from inner
            else:
                yield from named(inner, field)


class TestFiles:
    """Prevents a profile that cannot be read, is never reviewed, or promises what no program can."""

    def test_these_are_there_and_no_others(self) -> None:
        assert tuple(shipped_profiles()) == NAMES

    @pytest.mark.parametrize("name", NAMES)
    def test_its_header_says_what_it_is_covers_and_leaves_out(self, name: str) -> None:
        header = header_of(text_of(name))
        assert "An aid, not legal advice" in header
        assert "What it covers: " in header
        assert "leaves out on purpose: " in header

    @pytest.mark.parametrize("name", NAMES)
    def test_it_is_reviewed_within_18_months(self, name: str) -> None:
        profile = shipped_profiles()[name]
        months = (profile.review_by.year - profile.dated.year) * 12 + profile.review_by.month - profile.dated.month
        assert profile.review_by > profile.dated
        assert months <= MONTHS

    def test_the_most_volatile_is_reviewed_first(self) -> None:
        due = {name: profile.review_by for name, profile in shipped_profiles().items()}
        assert min(due, key=lambda name: due[name]) == "us-gpu-export"

    @pytest.mark.parametrize("name", NAMES)
    def test_it_promises_nothing(self, name: str) -> None:
        profile = shipped_profiles()[name]
        for words in (profile.title, *(item.says for item in profile.statements.values())):
            assert not PROMISES.search(words), words

    @pytest.mark.parametrize("name", NAMES)
    def test_something_in_it_is_factual(self, name: str) -> None:
        assert any(item.nature == "factual" for item in shipped_profiles()[name].statements.values())

    @pytest.mark.parametrize("name", NAMES)
    def test_what_it_extends_is_there(self, name: str) -> None:
        closure = profile_closure([name], {})
        assert set(shipped_profiles()[name].extends) <= set(closure) <= set(NAMES)

    def test_the_german_variant_holds_on_top_of_the_european(self) -> None:
        both = {stated.name for stated in statements_of(["de-c5-germany"], {}, date(2026, 7, 1))}
        assert {"de-c5/data-residence", "de-c5-germany/data-residence"} <= both

    def test_every_rule_is_used(self) -> None:
        # No source has a list of services that may be managed: such a list is one's own, and stands in the template.
        shipped = {statement(name, key).rule for name, key in STATEMENTS}
        own = ProfileSpec.model_validate(template()["profiles"]["corporate"])
        assert shipped == RULES - {"managed-service"}
        assert {item.rule for item in own.statements.values()} == RULES


@pytest.mark.parametrize(("name", "key"), STATEMENTS)
class TestStatements:
    """Prevents a statement that nobody can check, or that names what the catalog does not have."""

    def test_it_says_one_sentence(self, name: str, key: str) -> None:
        says = statement(name, key).says
        assert says.endswith(".")
        assert ". " not in says

    def test_its_source_names_a_place_in_a_document(self, name: str, key: str) -> None:
        assert re.search(r"\d", statement(name, key).source)
        assert len(statement(name, key).source) >= len("UK GDPR, Article 5")

    def test_its_nature_is_written_not_assumed(self, name: str, key: str) -> None:
        assert "nature" in statement(name, key).model_fields_set

    def test_its_blocs_are_in_the_catalog_and_have_members(self, name: str, key: str) -> None:
        data = statement(name, key).model_dump()
        on = shipped_profiles()[name].dated
        for bloc in (*named(data, "blocs"), *named(data, "adequate")):
            assert blocs()[bloc].members_on(on), bloc

    def test_its_countries_are_countries(self, name: str, key: str) -> None:
        data = statement(name, key).model_dump()
        assert all(is_country(code) for code in (*named(data, "countries"), *named(data, "deny")))

    def test_its_export_groups_are_in_the_catalog_and_of_its_day(self, name: str, key: str) -> None:
        item = statement(name, key)
        for group in item.groups if isinstance(item, GpuExport) else ():
            assert export_groups()[group].holds(shipped_profiles()[name].dated)

    def test_its_days_are_in_order(self, name: str, key: str) -> None:
        item = statement(name, key)
        assert item.since is None or item.since <= shipped_profiles()[name].dated
        assert item.until is None or item.since is None or item.since <= item.until

    def test_what_takes_no_waiver_is_written_in_its_source(self, name: str, key: str) -> None:
        item = statement(name, key)
        assert item.waivable or (item.nature == "factual" and item.mandatory)


class TestHonesty:
    """Prevents readings that are commonly taken for law from being shipped as law."""

    @pytest.mark.parametrize("name", ["eu-gdpr", "uk-gdpr"])
    def test_data_protection_law_has_no_residency(self, name: str) -> None:
        assert not any(isinstance(item, Residency) for item in shipped_profiles()[name].statements.values())

    def test_what_dora_says_of_places_blocks_nothing(self) -> None:
        for item in shipped_profiles()["eu-dora"].statements.values():
            assert not (isinstance(item, Residency) and item.mandatory)

    def test_a_parent_abroad_is_an_interpretation_that_blocks_nothing(self) -> None:
        item = statement("eu-gdpr", "law-of-third-countries")
        assert (item.nature, item.mandatory) == ("interpretive", False)

    @pytest.mark.parametrize("name", ["eu-gdpr", "uk-gdpr"])
    def test_data_protection_law_is_about_persons(self, name: str) -> None:
        assert {item.classes for item in shipped_profiles()[name].statements.values()} == {"personal"}

    @pytest.mark.parametrize(("name", "key"), [("eu-gdpr", "chapter-5"), ("uk-gdpr", "article-44a")])
    def test_nobody_excepts_himself_from_rules_on_transfers(self, name: str, key: str) -> None:
        item = statement(name, key)
        assert isinstance(item, Transfer)
        assert not item.waivable

    def test_dora_begins_on_its_day(self) -> None:
        assert not statements_of(["eu-dora"], {}, date(2025, 1, 16))
        assert statements_of(["eu-dora"], {}, date(2025, 1, 17))

    def test_the_data_act_begins_on_its_day(self) -> None:
        on = [{item.name for item in statements_of(["eu-dora"], {}, date(2025, 9, day))} for day in (11, 12)]
        assert on[1] - on[0] == {"eu-dora/switching"}

    def test_one_law_of_the_united_kingdom_follows_the_other_without_a_gap(self) -> None:
        before, after = statement("uk-gdpr", "article-44"), statement("uk-gdpr", "article-44a")
        assert before.until is not None
        assert after.since is not None
        assert (after.since - before.until).days == 1


class TestTemplate:
    """Prevents a template that does not parse, that explains nothing, or that holds although nobody copied it."""

    def test_it_is_no_profile_of_the_package(self) -> None:
        assert not set(template()["profiles"]) & set(shipped_profiles())

    def test_each_bound_that_can_be_set_is_shown(self) -> None:
        own = ProfileSpec.model_validate(template()["profiles"]["corporate"])
        text = files("aifactory.catalog").joinpath("profile_template.yaml").read_text(encoding="utf-8")
        for item in own.statements.values():
            for field in type(item).model_fields:
                assert re.search(rf"\b{field}: ", text), field

    def test_its_sources_are_examples(self) -> None:
        own = ProfileSpec.model_validate(template()["profiles"]["corporate"])
        assert all(item.source.startswith("Example Corporation, ") for item in own.statements.values())

    def test_its_blocs_and_groups_are_in_the_catalog(self) -> None:
        data = template()["profiles"]["corporate"]
        assert {*named(data, "blocs"), *named(data, "adequate")} <= set(blocs())
        assert set(named(data, "groups")) <= set(export_groups())
