"""`aifactory what-if`: the difference as people, programs and reviewers get it, and its exit codes."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner, Result

from aifactory.sovereignty.profile import shipped_profiles
from aifactory.what_if_command import what_if
from tests.unit.sovereignty.cloud_factory import DAY, WAIVER, cloud_text

DOCUMENT = Path(__file__).parents[2] / "docs" / "what-if.md"
FACTORY = Path(__file__).parents[2] / "stacks" / "factory.yaml"
AWAY = {"provider": "aws", "location": "us-east-1", "country": "US", "operator": "aws"}


def call(factory: Path, *arguments: object, region: str = "frankfurt", color: bool = False) -> Result:
    app = typer.Typer()
    app.command("what-if")(what_if)
    given = [
        "--factory",
        factory,
        "--region",
        region,
        *(arguments if "--from" in arguments else ("--from", DAY, *arguments)),
    ]
    return CliRunner().invoke(app, [str(argument) for argument in given], color=color, catch_exceptions=False)


def answer(factory: Path, *arguments: object) -> dict[str, Any]:
    return json.loads(call(factory, *arguments, "--format", "json").stdout)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "factory.yaml"
    path.write_text(cloud_text(), encoding="utf-8")
    return path


class TestExit:
    """Prevents a pipeline from going on with a change that would block, or from stopping for one that would not."""

    @pytest.mark.parametrize(
        ("arguments", "code"),
        [
            (("--location", "aws:us-east-1"), 1),
            (("--location", "aws:eu-west-1"), 0),
            (("--profile", "hint"), 0),
            (("--profile", "operators", "--operator", "microsoft"), 1),
            (("--without-profile", "places"), 0),
            (("--location", "azure:europe"), 2),
            (("--location", "aws:us-east-11"), 2),
            (("--profile", "place"), 2),
            (("--as-of", "tomorrow"), 2),
            ((), 2),
        ],
    )
    def test_code(self, file: Path, arguments: tuple[str, ...], code: int) -> None:
        assert call(file, *arguments).exit_code == code

    def test_what_blocks_already_is_not_this_changes_fault(self, file: Path) -> None:
        file.write_text(cloud_text(site=AWAY), encoding="utf-8")
        assert call(file, "--location", "aws:us-west-2").exit_code == 0

    def test_cured_is_no_fault(self, file: Path) -> None:
        file.write_text(cloud_text(site=AWAY), encoding="utf-8")
        done = call(file, "--location", "aws:eu-west-1")
        assert done.exit_code == 0
        assert "Blocks now, and would not" in done.stdout

    def test_errors_go_to_standard_error_with_the_nearest(self, file: Path) -> None:
        done = call(file, "--location", "aws:us-east-11", "--profile", "place")
        assert done.stdout == ""
        assert "use aws:us-east-1" in done.stderr
        assert "use places" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_logical_place_is_refused_in_words(self, file: Path) -> None:
        assert "stands for several places, and so for none" in call(file, "--location", "azure:europe").stderr

    def test_a_region_that_is_not_there(self, file: Path) -> None:
        done = call(file, "--operator", "self", region="frankfrut")
        assert done.exit_code == 2
        assert "use frankfurt" in done.stderr


class TestText:
    """Prevents a reader from having to guess what changed, and by whose rule."""

    def test_changes_findings_and_reasons(self, file: Path) -> None:
        out = call(file, "--location", "aws:us-east-1").stdout
        assert "What if region frankfurt of factory demo:" in out
        assert "  site.location: eu-central-1 -> us-east-1" in out
        assert "DENY residency: frankfurt/site  [" in out
        assert "compute in US, which is not allowed: it must be within eu" in out
        assert "by places/home (made up for this test; interpretive)" in out
        assert "before: allow: compute in DE, which is within eu" in out
        assert "why: place.country: DE -> US" in out
        assert "would pass: aws/" in out

    def test_the_last_line_counts_everything(self, file: Path) -> None:
        found = answer(file, "--location", "aws:us-east-1")
        counts, last = found["counts"], call(file, "--location", "aws:us-east-1").stdout.splitlines()[-1]
        assert counts["blocks"] > 1
        assert last.startswith(f"{counts['blocks']} would block that do not now, 0 cured")
        assert last.endswith(f"{counts['unchanged']} unchanged; {found['after']['blocking']} would block in all")

    def test_allowances_that_only_come_are_counted_and_not_told(self, file: Path) -> None:
        out = call(file, "--profile", "operators").stdout
        assert "ALLOW" not in out
        assert "2 judged for the first time" in out

    def test_advice_is_called_so(self, file: Path) -> None:
        out = call(file, "--profile", "hint").stdout
        assert "DENY, BLOCKS NOTHING residency: frankfurt/site" in out
        assert "by hint/home (made up for this test; interpretive; advisory)" in out

    def test_what_ends_by_then(self, file: Path) -> None:
        file.write_text(cloud_text(site=AWAY), encoding="utf-8")
        waivers = {"version": 1, "waivers": {"moving": WAIVER}}
        file.with_name("waivers.yaml").write_text(yaml.safe_dump(waivers), encoding="utf-8")
        done = call(file, "--as-of", "2026-07-01")
        assert done.exit_code == 1
        assert "  day: 2026-06-01 -> 2026-07-01" in done.stdout
        assert "By 2026-07-01:" in done.stdout
        assert "waiver moving ends on 2026-06-30 (residency, frankfurt/site)" in done.stdout
        assert call(file, "--as-of", "2026-06-30").exit_code == 0

    def test_colour_is_for_terminals(self, file: Path) -> None:
        assert "\x1b[" not in call(file, "--location", "aws:us-east-1").stdout
        assert "\x1b[" in call(file, "--location", "aws:us-east-1", color=True).stdout

    def test_a_profile_whose_review_is_due_is_said(self, file: Path) -> None:
        due = shipped_profiles()["us-gpu-export"].review_by
        later = date.fromordinal(due.toordinal() + 1)
        assert "profile us-gpu-export" in call(file, "--profile", "us-gpu-export", "--as-of", later).stdout
        assert "to be reviewed by" not in call(file, "--profile", "us-gpu-export", "--as-of", due).stdout


class TestFormats:
    """Prevents programs and reviewers from getting less than people, and a file's words from becoming markup."""

    def test_json_has_both_sides_with_their_proof(self, file: Path) -> None:
        found = answer(file, "--location", "aws:us-east-1")
        assert (found["before"]["as_of"], found["before"]["blocking"]) == ("2026-06-01", 0)
        assert found["after"]["blocking"] == found["counts"]["blocks"]
        (site,) = [each for each in found["differences"] if each["subject"] == "frankfurt/site"]
        assert (site["kind"], site["rule"], len(site["id"])) == ("blocks", "residency", 12)
        assert (site["before"]["verdict"], site["after"]["verdict"], site["after"]["blocks"]) == ("allow", "deny", True)
        reason = site["after"]["reasons"][0]
        assert (reason["statement"], reason["source"], reason["nature"]) == (
            "places/home",
            "made up for this test",
            "interpretive",
        )
        assert "DE" in reason["matched"]
        assert reason["sources"]
        assert "place.country: DE -> US" in site["why"]

    def test_json_has_what_only_comes(self, file: Path) -> None:
        found = answer(file, "--profile", "operators")
        assert found["counts"]["new"] == len(found["differences"]) == 2
        assert {each["before"] for each in found["differences"]} == {None}

    def test_markdown_has_a_row_for_each(self, file: Path) -> None:
        done = call(file, "--location", "aws:us-east-1", "--format", "markdown")
        found = answer(file, "--location", "aws:us-east-1")
        rows = [line for line in done.stdout.splitlines() if line.startswith("| residency")]
        assert done.exit_code == 1
        assert len(rows) == found["counts"]["blocks"]
        assert "### What if region `frankfurt` of factory `demo`" in done.stdout
        assert all(row.replace("\\|", "").count("|") == 7 for row in rows)

    def test_a_pipe_breaks_no_table(self, file: Path) -> None:
        text = cloud_text(
            state={"backend": "s3://a|b", "secrets_provider": "passphrase", "country": "DE", "operator": "aws"}
        )
        file.write_text(text, encoding="utf-8")
        out = call(file, "--profile", "later", "--as-of", "2027-01-12", "--format", "markdown").stdout
        (row,) = [line for line in out.splitlines() if "a\\|b" in line]
        assert row.replace("\\|", "").count("|") == 7

    def test_an_unknown_format(self, file: Path) -> None:
        assert call(file, "--operator", "self", "--format", "sarif").exit_code == 2


class TestThisFactory:
    """Prevents the project's own factory from being one that the command cannot answer for."""

    @pytest.mark.parametrize("name", shipped_profiles())
    def test_every_shipped_profile_can_be_tried(self, name: str) -> None:
        done = call(FACTORY, "--profile", name, "--location", "azure:eastus", region="local")
        assert done.exit_code in {0, 1}, done.stderr
        assert "hypothetical: only the site is replaced" in done.stdout

    def test_a_german_region_in_virginia(self) -> None:
        done = call(FACTORY, "--profile", "de-c5", "--location", "aws:us-east-1", region="local")
        assert done.exit_code == 1
        assert "by de-c5/data-residence (BSI, C3A" in done.stdout


class TestDocument:
    """Prevents a page that leaves an option out."""

    def test_every_option_is_explained(self) -> None:
        app = typer.Typer()
        app.command("what-if")(what_if)
        text = DOCUMENT.read_text(encoding="utf-8")
        section = next(part for part in text.split("\n## ") if part.startswith("`aifactory what-if`"))
        options = [max(option.opts, key=len) for option in typer.main.get_command(app).params if option.name != "help"]
        assert "--factory" in options
        assert [option for option in options if f"`{option}" not in section and "completion" not in option] == []
