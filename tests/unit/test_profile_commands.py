"""`aifactory profile`: what the profiles are, what each says, and the template; and that docs/profiles.md says the same."""

import json
from datetime import date
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from aifactory.model import ProfileSpec, load_factory
from aifactory.profile_commands import profiles
from aifactory.sovereignty.profile import shipped_profiles
from aifactory.sovereignty.profile_document import BEGIN, COMMAND, END, bounds_of, follows_of, in_force, renew, tables

DOCUMENT = Path(__file__).parents[2] / "docs" / "profiles.md"
FACTORY = Path(__file__).parents[2] / "stacks" / "factory.yaml"
REVIEW = shipped_profiles()["us-gpu-export"].review_by


def call(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(profiles)
    done = CliRunner().invoke(app, ["profile", *(str(argument) for argument in arguments)])
    return done.exit_code, done.output


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    """A factory with the template's profile, used as the template tells one to: copied, and named in a region."""
    text = FACTORY.read_text(encoding="utf-8").replace("profiles: [eu-gdpr]", "profiles: [corporate, eu-gdpr]")
    text = text.replace("data_classes:\n", 'data_classes:\n  salaries: {description: "what people earn", personal: true}\n')
    path = tmp_path / "factory.yaml"
    path.write_text(f"{text}\n{call('template')[1]}", encoding="utf-8")
    return path


class TestList:
    """Prevents a profile whose review is overdue from looking like any other."""

    def test_each_has_a_line_with_its_day(self) -> None:
        code, output = call("list", "--as-of", "2026-07-08")
        assert code == 0
        for name, profile in shipped_profiles().items():
            assert f"{name} {profile.version} of {profile.dated}, review by {profile.review_by}: {profile.title}" in output

    @pytest.mark.parametrize(("on", "due"), [(REVIEW, False), (date.fromordinal(REVIEW.toordinal() + 1), True)])
    def test_a_review_is_due_from_the_day_after(self, on: date, due: bool) -> None:
        _, output = call("list", "--as-of", on)
        assert (f"us-gpu-export 1.0 of 2026-07-08, review due since {REVIEW}" in output) is due

    def test_programs_get_the_same(self) -> None:
        code, output = call("list", "--as-of", "2027-01-31", "--format", "json")
        rows = {row["profile"]: row for row in json.loads(output)}
        assert code == 0
        assert set(rows) == set(shipped_profiles())
        assert rows["de-c5-germany"]["extends"] == ["de-c5"]
        assert {name for name, row in rows.items() if row["review_due"]} == {"us-gpu-export"}
        assert rows["eu-gdpr"]["factual"] + rows["eu-gdpr"]["interpretive"] == len(shipped_profiles()["eu-gdpr"].statements)

    def test_a_day_that_is_none_is_refused(self) -> None:
        assert call("list", "--as-of", "tomorrow")[0] == 2

    def test_those_of_a_factory_are_there_too(self, factory: Path) -> None:
        code, output = call("list", "--factory", factory)
        assert code == 0
        assert "corporate 1.0 of 2026-07-01" in output
        assert "eu-gdpr 1.0" in output

    def test_it_says_what_it_is_not(self) -> None:
        assert "an aid, not legal advice" in call("list")[1]


class TestShow:
    """Prevents a statement from being shown without what follows from it, or where it is written."""

    @pytest.mark.parametrize("name", shipped_profiles())
    def test_each_statement_is_shown_with_its_source(self, name: str) -> None:
        code, output = call("show", name)
        assert code == 0
        assert "an aid, not legal advice" in output
        for key, statement in shipped_profiles()[name].statements.items():
            told = output[output.index(f"\n{key} ({statement.rule}, {statement.nature}): {statement.says}\n") :]
            assert f"  if not met: {follows_of(statement)}\n" in told
            assert f"  source: {statement.source}\n" in told

    def test_bounds_data_and_days_are_shown(self) -> None:
        output = call("show", "uk-gdpr")[1]
        assert "  about: data of persons; free: GB; adequate: uk-adequacy; mechanisms: idta, uk-addendum, bcr\n" in output
        assert "  in force: since 2021-01-01 until 2026-02-04\n" in output

    def test_what_it_extends_is_said(self) -> None:
        assert "with all statements of de-c5\n" in call("show", "de-c5-germany")[1]

    @pytest.mark.parametrize("name", shipped_profiles())
    def test_programs_get_a_profile_that_can_be_read_back(self, name: str) -> None:
        code, output = call("show", name, "--format", "json")
        found = json.loads(output)
        assert code == 0
        assert (found.pop("profile"), found.pop("note")) == (name, "an aid, not legal advice")
        assert ProfileSpec.model_validate(found) == shipped_profiles()[name]

    def test_one_of_a_factory_is_shown(self, factory: Path) -> None:
        code, output = call("show", "corporate", "--factory", factory)
        assert code == 0
        assert "managed-services (managed-service, factual): Providers run Kubernetes and object storage for us" in output

    def test_a_name_that_is_none_gets_the_nearest(self) -> None:
        code, output = call("show", "eu-grpd")
        assert code == 2
        assert "NAME = eu-grpd: there is no such profile" in output
        assert "use eu-gdpr" in output


class TestTemplate:
    """Prevents a template that does not work when somebody does what it says."""

    def test_it_is_what_factory_yaml_takes(self, factory: Path) -> None:
        spec = load_factory(factory)
        assert spec.regions["local"].profiles == ("corporate", "eu-gdpr")
        assert spec.profiles["corporate"].statements["copies"].rule == "retention"

    def test_it_is_commented(self) -> None:
        lines = call("template")[1].splitlines()
        assert lines[0].startswith("# ")
        assert sum("#" in line for line in lines) >= 30

    def test_it_is_data_and_nothing_else(self) -> None:
        code, output = call("template")
        assert code == 0
        assert set(yaml.safe_load(output)) == {"profiles"}


class TestWords:
    """Prevents words that say something else than the statement does."""

    @pytest.mark.parametrize(
        ("statement", "bounds"),
        [
            (
                {"rule": "residency", "within": {"countries": ["CH"], "blocs": ["eea"], "deny": ["HU"]}},
                ("within: eea, CH, never HU",),
            ),
            ({"rule": "residency", "within": {}}, ("within: no country",)),
            ({"rule": "operator", "seat": {"blocs": ["eu"]}, "each": "24.5"}, ("seat: eu", "each: 24.5")),
            ({"rule": "retention", "min_days": 0}, ("min days: 0",)),
            ({"rule": "registry", "digests": False}, ("digests: no",)),
            ({"rule": "key-custody", "minimum": "hsm"}, ("minimum: hsm", "apart: no")),
        ],
        ids=["realm", "empty-realm", "decimal", "zero-is-a-bound", "no", "enum"],
    )
    def test_bounds(self, statement: dict[str, object], bounds: tuple[str, ...]) -> None:
        common = {"says": "Something is so.", "source": "a test, line 1"}
        profile = ProfileSpec.model_validate(
            {
                "title": "For this test",
                "dated": "2026-01-01",
                "review_by": "2026-02-01",
                "statements": {"it": common | statement},
            }
        )
        assert bounds_of(profile.statements["it"]) == bounds

    def test_what_follows(self) -> None:
        gdpr = shipped_profiles()["eu-gdpr"].statements
        assert follows_of(gdpr["chapter-5"]) == "blocks; takes no waiver"
        assert follows_of(gdpr["encrypted-at-rest"]) == "blocks; a waiver may except"
        assert follows_of(gdpr["time-limits"]) == "shown, blocks nothing"

    def test_what_always_holds_has_no_days(self) -> None:
        assert in_force(shipped_profiles()["de-c5"].statements["support"]) == ""


class TestDocument:
    """Prevents documentation that tells of another version of a profile."""

    def test_it_holds_what_is_made_as_it_is(self) -> None:
        text = DOCUMENT.read_text(encoding="utf-8")
        assert renew(text) == text, f"run: {COMMAND} docs/profiles.md"

    def test_what_stands_around_is_kept(self) -> None:
        renewed = renew(f"before\n{BEGIN}\nold\n{END}\nafter\n")
        assert renewed.startswith(f"before\n{BEGIN}\n")
        assert renewed.endswith(f"{END}\nafter\n")
        assert "\nold\n" not in renewed

    def test_a_document_without_markers_is_refused(self) -> None:
        with pytest.raises(ValueError, match="must hold the lines"):
            renew(BEGIN)

    def test_no_cell_breaks_its_table(self) -> None:
        for line in tables(shipped_profiles()).splitlines():
            assert line.count("|") in {0, 6, 7}, line

    def test_every_statement_has_a_line_with_its_source(self) -> None:
        text = tables(shipped_profiles())
        for profile in shipped_profiles().values():
            for key, statement in profile.statements.items():
                assert any(
                    line.startswith(f"| `{key}` |") and line.endswith(f"| {statement.source} |")
                    for line in text.splitlines()
                )
