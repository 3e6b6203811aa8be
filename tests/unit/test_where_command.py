"""`aifactory where`: places and reasons as people and programs get them, and its exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from aifactory.catalog import locations
from aifactory.where_command import where
from tests.unit.sovereignty.cloud_factory import cloud_text, own_region

DOCUMENT = Path(__file__).parents[2] / "docs" / "what-if.md"
FACTORY = Path(__file__).parents[2] / "stacks" / "factory.yaml"
DAY = "2026-06-01"


def call(factory: Path, *arguments: object, data_class: str = "customers", color: bool = False) -> Result:
    app = typer.Typer()
    app.command("where")(where)
    given = ["--factory", factory, "--class", data_class, "--as-of", DAY, *arguments]
    return CliRunner().invoke(app, [str(argument) for argument in given], color=color, catch_exceptions=False)


def answer(factory: Path, *arguments: object) -> dict[str, Any]:
    return json.loads(call(factory, *arguments, "--format", "json").stdout)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "factory.yaml"
    path.write_text(cloud_text({"bern": own_region("bern-1", "CH")}), encoding="utf-8")
    return path


class TestExit:
    """Prevents a pipeline from going on where there is no place, and a misspelling from being taken for none."""

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            ((), 0),
            (("--gpu", "h100"), 0),
            (("--provider", "azure"), 0),
            (("--provider", "on-prem"), 1),
            (("--provider", "edge"), 1),
            (("--profile", "export", "--gpu", "h100"), 1),
            (("--gpu", "h1000"), 2),
            (("--provider", "azur"), 2),
            (("--profile", "place"), 2),
            (("--limit", "0"), 2),
        ],
    )
    def test_code(self, file: Path, arguments: tuple[str, ...], code: int) -> None:
        assert call(file, *arguments).exit_code == code

    def test_wrong_words_come_with_the_nearest_all_at_once(self, file: Path) -> None:
        done = call(file, "--gpu", "h10", "--provider", "azur", data_class="customer")
        assert done.exit_code == 2
        assert done.stdout == ""
        for near in ("use customers", "use h100", "use azure"):
            assert near in done.stderr

    def test_a_simulated_region_alone_is_no_place(self) -> None:
        done = call(FACTORY, "--provider", "local", data_class="customer-records")
        assert done.exit_code == 1
        assert "SIMULATED, counts as no place" in done.stdout


class TestText:
    """Prevents a list without reasons: of what is best, and of what excludes the rest."""

    def test_the_best_first_in_a_table(self, file: Path) -> None:
        lines = call(file, "--gpu", "h100").stdout.splitlines()
        head = next(number for number, line in enumerate(lines) if line.startswith("  PLACE"))
        assert lines[head].split() == ["PLACE", "AT", "COUNTRY", "OPERATOR", "GPUS", "REMARKS"]
        assert " ".join(lines[head + 1].split()) == "frankfurt aws/eu-central-1 DE-HE aws 16 declared region of this factory"
        assert lines[head + 2].split() == ["aws/eusc-de-east-1", "DE-BB", "aws-european-sovereign-cloud", "unknown"]

    def test_no_column_of_gpus_that_nobody_asked_for(self, file: Path) -> None:
        assert "GPUS" not in call(file).stdout

    def test_the_limit_counts_what_it_hides(self, file: Path) -> None:
        found = answer(file)
        out = call(file, "--limit", 2).stdout
        assert f"{len(found['places'])} places, best first:" in out
        assert f"and {len(found['places']) - 3} more" in out
        everything = call(file, "--limit", 500).stdout
        assert " more; --limit" not in everything
        assert all(f"  {name} " in everything for name in found["places"])

    def test_regions_of_the_factory_are_always_named(self, file: Path) -> None:
        file.write_text(cloud_text({"lyon": own_region("lyon-1", "FR")}), encoding="utf-8")
        out = call(file, "--gpu", "h100", "--limit", 1).stdout
        assert "  lyon " in out
        assert "none" in next(line for line in out.splitlines() if line.startswith("  lyon "))

    def test_excluded_clouds_are_told_by_rule_and_own_regions_one_by_one(self, file: Path) -> None:
        out = call(file).stdout
        denied = [each for each in answer(file)["candidates"] if each["answer"] == "denied" and each["region"] is None]
        assert f"residency by places/home: deny, {len(denied)} places in " in out
        assert "residency by places/home: unknown, 1 place in unknown" in out
        assert "such as aws/eu-isoe-west-1: nobody knows in which country" in out
        assert "bern (region of this factory, on-prem/bern-1): denied" in out
        assert "deny residency by places/home: compute in CH, which is not allowed: it must be within eu" in out

    def test_no_place_is_said(self, file: Path) -> None:
        assert "No place." in call(file, "--provider", "on-prem").stdout

    def test_rules_that_say_nothing_are_no_permission(self, file: Path) -> None:
        assert "that is no permission" in call(file, "--profile", "empty").stdout

    def test_colour_is_for_terminals(self, file: Path) -> None:
        assert "\x1b[" not in call(file).stdout
        assert "\x1b[" in call(file, color=True).stdout

    def test_advice_is_a_remark(self, file: Path) -> None:
        assert "advisory: residency by hint/home" in call(file, "--profile", "hint").stdout


class TestJson:
    """Prevents programs from getting a part of the places, or a place without its reasons."""

    def test_every_place_with_what_excludes_it(self, file: Path) -> None:
        found = answer(file, "--limit", 1)
        physical = [place for place in locations().values() if place.is_place]
        assert len(found["candidates"]) == len(physical) + 1
        for each in found["candidates"]:
            assert (each["answer"] in {"denied", "unknown"}) is bool(each["excluded_by"])
            assert (each["name"] in found["places"]) is not bool(each["excluded_by"])

    def test_the_proof_of_an_exclusion(self, file: Path) -> None:
        (bern,) = [each for each in answer(file)["candidates"] if each["name"] == "bern"]
        first = bern["excluded_by"][0]
        assert (first["rule"], first["subject"], first["verdict"]) == ("residency", "bern/customers", "deny")
        reason = first["reasons"][0]
        assert (reason["statement"], reason["source"], reason["mandatory"]) == ("places/home", "made up for this test", True)

    def test_gpus(self, file: Path) -> None:
        by_name = {each["name"]: each["gpus"] for each in answer(file, "--gpu", "h100")["candidates"]}
        assert by_name["frankfurt"] == {"state": "declared", "declared": 16, "guaranteed": 0}
        assert by_name["bern"] == {"state": "none", "declared": None, "guaranteed": 0}
        assert by_name["aws/us-east-1"] == {"state": "unknown", "declared": None, "guaranteed": 0}
        assert {each["gpus"] for each in answer(file)["candidates"]} == {None}

    def test_the_question_comes_back(self, file: Path) -> None:
        found = answer(file, "--gpu", "h100", "--profile", "places", "--profile", "places")
        assert (found["class"], found["gpu"], found["profiles"], found["as_of"]) == ("customers", "h100", ["places"], DAY)
        assert found["accelerators"] == ["h100-sxm-80gb", "h100-pcie-80gb"]
        assert found["notes"]


class TestThisFactory:
    """Prevents the example in the documents from being one that does not run."""

    def test_the_question_of_the_documents(self) -> None:
        done = call(FACTORY, "--gpu", "h100", "--profile", "eu-gdpr", data_class="customer-records")
        assert done.exit_code == 0
        assert "by eu-gdpr:" in done.stdout
        assert "transfer by eu-gdpr/chapter-5: deny" in done.stdout
        assert "SIMULATED" in done.stdout


class TestDocument:
    """Prevents a page that leaves an option out."""

    def test_every_option_is_explained(self) -> None:
        app = typer.Typer()
        app.command("where")(where)
        text = DOCUMENT.read_text(encoding="utf-8")
        section = next(part for part in text.split("\n## ") if part.startswith("`aifactory where`"))
        options = [max(option.opts, key=len) for option in typer.main.get_command(app).params if option.name != "help"]
        assert "--factory" in options
        assert [option for option in options if f"`{option}" not in section and "completion" not in option] == []
