"""The command line as a person and as a program meet it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from aifactory import __version__
from aifactory.cli import app
from tests.unit.factories import factory_text

runner = CliRunner()


class TestCheck:
    """Prevents a check that CI cannot use: exit codes and JSON are a contract."""

    def test_a_right_file(self, tmp_path: Path) -> None:
        file = tmp_path / "factory.yaml"
        file.write_text(factory_text())
        done = runner.invoke(app, ["check", str(file)])
        assert done.exit_code == 0
        assert "factory demo on " in done.stdout
        assert "1 region, nothing blocks" in done.stdout

    def test_a_wrong_file_ends_with_2_and_says_all_on_standard_error(self, tmp_path: Path) -> None:
        file = tmp_path / "factory.yaml"
        file.write_text(factory_text(profiles=[], gateway=None))
        done = runner.invoke(app, ["check", str(file)])
        assert done.exit_code == 2
        assert done.stdout == ""
        assert "profiles" in done.stderr
        assert "Traceback" not in done.stderr

    def test_json_of_a_right_file(self, tmp_path: Path) -> None:
        (tmp_path / "f.yaml").write_text(factory_text())
        done = runner.invoke(app, ["check", str(tmp_path / "f.yaml"), "--format", "json"])
        assert json.loads(done.stdout)["regions"] == ["here"]

    def test_json_of_a_wrong_file_holds_every_problem(self, tmp_path: Path) -> None:
        (tmp_path / "f.yaml").write_text(factory_text(profiles=["x"], gateway=None))
        done = runner.invoke(app, ["check", str(tmp_path / "f.yaml"), "-o", "json"])
        assert done.exit_code == 2
        answer = json.loads(done.stdout)
        assert answer["ok"] is False
        assert {problem["where"] for problem in answer["problems"]} == {"regions.here.profiles[0]", "regions.here.gateway"}

    def test_a_missing_file(self, tmp_path: Path) -> None:
        done = runner.invoke(app, ["check", str(tmp_path / "none.yaml")])
        assert done.exit_code == 2
        assert "is not there" in done.stderr


class TestHelp:
    """Prevents commands that nobody finds."""

    def test_version(self) -> None:
        assert runner.invoke(app, ["--version"]).stdout.strip() == f"aifactory {__version__}"

    @pytest.mark.parametrize("command", [[], ["check"], ["local"], ["local", "up"], ["local", "down"], ["local", "status"]])
    def test_every_command_explains_itself(self, command: list[str]) -> None:
        done = runner.invoke(app, [*command, "--help"])
        assert done.exit_code == 0
        assert "Usage" in done.stdout

    def test_an_unknown_option_ends_with_2(self) -> None:
        assert runner.invoke(app, ["check", "--nope"]).exit_code == 2

    def test_the_module_runs_too(self) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "aifactory.cli", "--version"], capture_output=True, text=True, check=False
        )
        assert done.stdout.strip() == f"aifactory {__version__}"
