"""`aifactory diff`: what a reviewer and a pipeline see of a plan, of a stack that never heard of us as well."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner, Result

from aifactory.cli import app
from tests.unit.policy.strict import profile
from tests.unit.policy.test_configuration import FACTORY
from tests.unit.preview.plans import plan, state, step

runner = CliRunner()

BUCKET = "aws:s3/bucket:Bucket"
GERMAN = state(BUCKET, "data", region="eu-central-1")
AMERICAN = state(BUCKET, "data", region="us-east-1")
CANARY = "canary-4711-hunter2"


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    """A factory whose region has the stack's name, and whose profile speaks of places alone."""
    own = {"strict": profile("residency")}
    region = FACTORY["regions"]["prod"] | {"profiles": ["strict"]}
    path = tmp_path / "factory.yaml"
    path.write_text(yaml.safe_dump({**FACTORY, "profiles": own, "regions": {"prod": region}}))
    return path


def diff(tmp_path: Path, *steps: dict[str, Any], args: tuple[object, ...] = ()) -> Result:
    file = tmp_path / "plan.json"
    file.write_bytes(plan(*steps))
    return runner.invoke(app, ["diff", str(file), "--as-of", "2026-11-22", *map(str, args)])


class TestFindings:
    """Prevents a change that brings a denial from being approved unseen."""

    def test_a_move_that_would_block(self, tmp_path: Path, factory: Path) -> None:
        done = diff(tmp_path, step("replace", GERMAN, AMERICAN, replaceReasons=["region"]), args=("-f", factory))
        assert done.exit_code == 1, done.output
        assert "would block: residency: prod/aws:s3/bucket:Bucket data/storage" in done.output
        assert "storage in US, which is not allowed" in done.output
        assert "place.country: DE -> US" in done.output
        assert "REPLACED: aws:s3/bucket:Bucket data because of region" in done.output

    def test_the_way_back_cures(self, tmp_path: Path, factory: Path) -> None:
        done = diff(tmp_path, step("replace", AMERICAN, GERMAN), args=("-f", factory))
        assert done.exit_code == 0
        assert "would block no more: residency" in done.output

    def test_what_stays_as_it_is_is_no_news(self, tmp_path: Path, factory: Path) -> None:
        done = diff(tmp_path, step("update", GERMAN, GERMAN), args=("-f", factory))
        assert done.exit_code == 0
        assert "would block:" not in done.output
        assert "0 findings of what changes would block" in done.output

    def test_a_foreign_stack_by_a_shipped_profile(self, tmp_path: Path) -> None:
        done = diff(tmp_path, step("create", new=AMERICAN), args=("--profile", "eu-gdpr"))
        assert done.exit_code == 0, "eu-gdpr asks what class of data it is only where it would matter"
        assert "1 create" in done.output

    def test_without_rules_it_only_says_what_changes(self, tmp_path: Path) -> None:
        done = diff(tmp_path, step("create", new=AMERICAN))
        assert done.exit_code == 0
        assert "shop/prod: 1 create" in done.output

    def test_a_type_that_nobody_reads_is_named(self, tmp_path: Path, factory: Path) -> None:
        made = state("mystery:index:Store", "data")
        assert "not judged" in diff(tmp_path, step("create", new=made), args=("-f", factory)).output


class TestFailOn:
    """Prevents a pipeline from passing what its owner said must not pass."""

    @pytest.mark.parametrize(
        ("what", "steps", "code"),
        [
            ("replace", [step("replace", GERMAN, GERMAN)], 1),
            ("delete", [step("delete", GERMAN)], 1),
            ("delete", [step("create", new=GERMAN)], 0),
            ("replace", [step("delete", GERMAN)], 0),
        ],
    )
    def test_it_fails_on_what_was_named(self, tmp_path: Path, what: str, steps: list[Any], code: int) -> None:
        assert diff(tmp_path, *steps, args=("--fail-on", what)).exit_code == code


class TestFormats:
    """Prevents a secret from getting into a comment, and a format that leaves the alarm out."""

    @pytest.mark.parametrize("output", ["text", "json", "markdown"])
    def test_no_value_of_a_property_is_shown(self, tmp_path: Path, factory: Path, output: str) -> None:
        leaky = state(BUCKET, "data", region="us-east-1", tags={"token": CANARY}, policy=CANARY)
        done = diff(tmp_path, step("create", new=leaky), args=("-f", factory, "-o", output))
        assert done.exit_code == 1
        assert "residency" in done.output
        assert CANARY not in done.output

    def test_json(self, tmp_path: Path, factory: Path) -> None:
        done = diff(tmp_path, step("delete", GERMAN), args=("-f", factory, "-o", "json"))
        (found,) = json.loads(done.stdout)
        assert found["deleted"] == [{"resource": f"{BUCKET} data", "protected": False}]
        assert [each["kind"] for each in found["findings"]] == ["gone"]

    def test_a_wrong_file_is_2(self, tmp_path: Path) -> None:
        (tmp_path / "x.json").write_text("{}")
        assert runner.invoke(app, ["diff", str(tmp_path / "x.json")]).exit_code == 2

    def test_an_unknown_profile_is_2_with_the_nearest(self, tmp_path: Path) -> None:
        done = diff(tmp_path, step("create", new=GERMAN), args=("--profile", "eu-gdrp"))
        assert done.exit_code == 2
        assert "use eu-gdpr" in done.output
