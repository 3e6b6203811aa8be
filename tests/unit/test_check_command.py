"""`aifactory check` on the rules: what pipelines and people see of a verdict."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from aifactory.cli import app
from tests.unit.factories import factory_text

runner = CliRunner()

PROFILES = """
profiles:
  germany:
    title: everything stays in Germany
    dated: "2026-01-01"
    review_by: "2027-01-01"
    statements:
      places:
        rule: residency
        says: machines stand and data lie in the allowed countries
        source: handbook, chapter 3
        within: {countries: [%s]}
"""

WAIVERS = """
version: 1
waivers:
  site:
    rule: residency
    subject: here/site
    reason: the hall in Lyon opens in December
    approver: risk committee
    approved: "2026-11-01"
    expires: "2026-11-30"
    controls: ["nothing but tests runs there"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def write(folder: Path, country: str = "DE", waivers: str = "", **region: Any) -> Path:
    path = folder / "factory.yaml"
    values = {
        "databases": None,
        "models": None,
        "gateway": None,
        "gpu_pools": None,
        "operators": None,
        "namespaces": None,
    } | region
    path.write_text(factory_text(profiles=["germany"], **values) + PROFILES % country)
    if waivers:
        (folder / "waivers.yaml").write_text(waivers)
    return path


def check(*args: object) -> Result:
    return runner.invoke(app, ["check", *map(str, args)])


class TestExitCodes:
    """Prevents a pipeline from going on with a region that is denied, or from stopping at one that is not."""

    def test_allowed_is_0(self, folder: Path) -> None:
        done = check(write(folder), "--as-of", "2026-11-22")
        assert done.exit_code == 0, done.output
        assert "nothing blocks" in done.stdout

    def test_denied_is_1_with_rule_and_what_would_pass(self, folder: Path) -> None:
        done = check(write(folder, country="FR"), "--as-of", "2026-11-22")
        assert done.exit_code == 1
        assert "DENY residency: here/site" in done.stdout
        assert "would pass: FR" in done.stdout
        assert "germany/places (handbook, chapter 3" in done.stdout

    def test_waived_is_0_and_is_shown(self, folder: Path) -> None:
        path = write(folder, country="FR", waivers=WAIVERS)
        done = check(path, "--as-of", "2026-11-30")
        # The state of a local region lies where the region is, and no waiver names it.
        assert done.exit_code == 1
        assert "WAIVED residency: here/site" in done.stdout
        assert "DENY residency: here/state" in done.stdout

    def test_a_waiver_ends(self, folder: Path) -> None:
        done = check(write(folder, country="FR", waivers=WAIVERS), "--as-of", "2026-12-01")
        assert "DENY residency: here/site" in done.stdout
        assert "the waiver expired on 2026-11-30" in done.stdout

    def test_a_wrong_file_is_2(self, folder: Path) -> None:
        done = check(write(folder, state={"backend": "ftp://x", "secrets_provider": "passphrase"}))
        assert done.exit_code == 2

    def test_no_such_region_is_2_and_names_those_there_are(self, folder: Path) -> None:
        done = check(write(folder), "--region", "hree")
        assert done.exit_code == 2
        assert "use here" in done.stderr

    def test_no_day_is_2(self, folder: Path) -> None:
        assert check(write(folder), "--as-of", "tomorrow").exit_code == 2


class TestFormats:
    """Prevents a format that programs cannot read, or that leaves a denial out."""

    @pytest.mark.parametrize("output", ["json", "sarif", "oscal"])
    def test_programs_get_json_and_the_same_exit_code(self, folder: Path, output: str) -> None:
        done = check(write(folder, country="FR"), "--as-of", "2026-11-22", "--format", output)
        assert done.exit_code == 1
        assert "residency" in json.dumps(json.loads(done.stdout))

    def test_markdown(self, folder: Path) -> None:
        done = check(write(folder, country="FR"), "--as-of", "2026-11-22", "--format", "markdown")
        assert done.exit_code == 1
        assert "residency" in done.stdout

    def test_one_region_alone(self, folder: Path) -> None:
        done = check(write(folder), "--as-of", "2026-11-22", "-r", "here", "-o", "json")
        assert json.loads(done.stdout)["regions"]
