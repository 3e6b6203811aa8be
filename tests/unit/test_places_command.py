"""`aifactory regions`: every known region, filtered by what somebody asks for; what is misspelt is refused."""

import json
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from aifactory.catalog import locations
from aifactory.errors import SpecError
from aifactory.places_command import places, regions_command, text_table


def call(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command("regions")(regions_command)
    done = CliRunner().invoke(app, [*arguments])
    return done.exit_code, done.output


def rows(*arguments: str) -> list[dict[str, Any]]:
    code, output = call(*arguments, "--format", "json")
    assert code == 0
    return json.loads(output)


class TestJson:
    """Prevents a program from reading a list that lacks a region, or a fact of one."""

    def test_every_known_region_is_there_once(self) -> None:
        found = [f"{row['provider']}/{row['name']}" for row in rows()]
        assert found == sorted(locations())

    def test_each_row_says_all_that_was_asked_for(self) -> None:
        (row,) = [row for row in rows() if row["name"] == "eusc-de-east-1"]
        assert row == {
            "provider": "aws",
            "name": "eusc-de-east-1",
            "country": "DE",
            "subdivision": "DE-BB",
            "partition": "aws-eusc",
            "operator": "aws-european-sovereign-cloud",
            "kind": "physical",
            "paired": None,
        }

    def test_the_facts_are_those_of_the_catalog(self) -> None:
        for row in rows():
            facts = locations()[f"{row['provider']}/{row['name']}"].model_dump(exclude={"source"})
            assert row == facts

    @pytest.mark.parametrize(("name", "country"), [("eu-west-2", "GB"), ("eu-central-2", "CH"), ("northeurope", "IE")])
    def test_names_that_mislead(self, name: str, country: str) -> None:
        (row,) = [row for row in rows() if row["name"] == name]
        assert row["country"] == country

    @pytest.mark.parametrize("name", ["europe", "global", "aws-global"])
    def test_what_is_no_place_is_nowhere(self, name: str) -> None:
        (row,) = [row for row in rows() if row["name"] == name]
        assert (row["country"], row["kind"]) == (None, "logical")


class TestFilters:
    """Prevents a filter that lets through what it should not, or hides what it should show."""

    @pytest.mark.parametrize("provider", ["aws", "azure"])
    def test_of_one_provider(self, provider: str) -> None:
        found = rows("--provider", provider)
        assert {row["provider"] for row in found} == {provider}
        assert len(found) == sum(location.provider == provider for location in locations().values())

    @pytest.mark.parametrize(
        ("country", "names"),
        [
            ("GB", ["eu-west-2", "uksouth", "ukwest"]),
            ("uk", ["eu-west-2", "uksouth", "ukwest"]),
            ("HK", ["ap-east-1", "eastasia"]),
            ("TW", ["ap-east-2"]),
            ("EL", []),
        ],
    )
    def test_in_one_country_by_its_code_or_an_alias(self, country: str, names: list[str]) -> None:
        assert [row["name"] for row in rows("--country", country)] == names

    def test_both_together(self) -> None:
        assert [row["name"] for row in rows("--provider", "aws", "--country", "DE")] == ["eu-central-1", "eusc-de-east-1"]

    def test_places_in_an_unknown_country_and_no_places_are_in_none(self) -> None:
        assert all(row["country"] for country in ("US", "DE", "CN") for row in rows("--country", country))
        assert len(rows()) > sum(row["country"] is not None for row in rows())


class TestText:
    """Prevents a table that people cannot read, or that hides what is unknown."""

    def test_columns_and_the_count(self) -> None:
        code, output = call("--country", "CH")
        assert code == 0
        lines = output.splitlines()
        assert lines[0].split() == [
            "PROVIDER", "NAME", "COUNTRY", "SUBDIVISION", "PARTITION", "OPERATOR", "KIND", "PAIRED",
        ]  # fmt: skip
        assert lines[1].split() == ["aws", "eu-central-2", "CH", "-", "aws", "aws", "physical", "-"]
        assert lines[2].split() == ["azure", "switzerlandnorth", "CH", "-", "-", "microsoft", "physical", "switzerlandwest"]
        assert lines[-1] == "3 regions, 0 of them logical (no place), 0 in an unknown country"

    def test_columns_are_in_line(self) -> None:
        lines = text_table(places()).splitlines()[:-1]
        column = lines[0].index("OPERATOR")
        assert all(line[column - 1] == " " != line[column] for line in lines)

    def test_what_is_unknown_is_counted(self) -> None:
        found = places()
        logical = sum(location.kind == "logical" for location in locations().values())
        assert text_table(found).splitlines()[-1] == (
            f"{len(found)} regions, {logical} of them logical (no place), 1 in an unknown country"
        )

    def test_nothing_found_is_no_error(self) -> None:
        code, output = call("--country", "LI")
        assert code == 0
        assert output.splitlines()[-1].startswith("0 regions")


class TestWrongOptions:
    """Prevents an empty list, which reads like an answer, for a name that is misspelt."""

    def test_every_wrong_option_is_told_at_once_with_what_works(self) -> None:
        with pytest.raises(SpecError) as caught:
            places("gcp", "Germany")
        assert [(problem.where, problem.value) for problem in caught.value.problems] == [
            ("--provider", "gcp"),
            ("--country", "Germany"),
        ]
        assert caught.value.problems[0].nearest == "aws or azure"

    @pytest.mark.parametrize("country", ["XX", "EU", "DEU", "", "DE-BB"])
    def test_what_is_no_country_is_refused(self, country: str) -> None:
        code, output = call("--country", country)
        assert code == 2
        assert "--country" in output

    def test_of_a_part_of_a_country_the_country_is_offered(self) -> None:
        with pytest.raises(SpecError) as caught:
            places(country="DE-BB")
        assert caught.value.problems[0].nearest == "DE"
