"""`aifactory backend`: what is printed, what is made, and with which exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from aifactory.backend_command import backend
from tests.unit.backends.regions import FILE, S3, region

OWN = {"custody": "external", "country": "DE", "operator": "self"}
SELF = {"self": {"title": "Demo", "seat": "DE", "dated": "2026-11-22", "source": "made up for this test"}}


def call(*arguments: str) -> Result:
    app = typer.Typer()
    app.command("backend")(backend)
    return CliRunner().invoke(app, [*arguments, "--as-of", "2026-11-23"])


@pytest.fixture
def factory(tmp_path: Path) -> Any:
    def write(site: str, state: dict[str, Any], **changes: Any) -> str:
        values = region(site, state, **changes).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        file = tmp_path / "factory.yaml"
        file.write_text(json.dumps(values | {"organizations": SELF}))
        return str(file)

    return write


ABROAD = {"backend": "s3://state?region=us-east-1", "secrets_provider": "passphrase", "country": "US", "operator": "aws"}


class TestPrint:
    """Prevents a backend that looks right and is not the region's, and commands for one that is denied."""

    def test_shipped_region(self) -> None:
        done = call("--region", "local")
        assert done.exit_code == 0, done.output
        assert "keeps its state in local" in done.output
        assert "1 allow, 0 waived, 0 block" in done.output
        assert "aifactory local up --region local makes it" in done.output
        assert call("-r", "local", "-o", "script").output == "aifactory local up --region local\n"

    def test_text_has_every_step(self, factory: Any) -> None:
        file = factory("aws", S3)
        output = call("-r", "here", "-f", file).output
        steps = json.loads(call("-r", "here", "-f", file, "-o", "json").output)["steps"]
        assert len(steps) >= 8
        for number, step in enumerate(steps, start=1):
            assert f"{number}. {step['title']}" in output
            assert all(command in output for command in step["commands"])

    def test_without_rules_it_says_so(self, factory: Any) -> None:
        assert "no rule of its profiles speaks of state" in call("-r", "here", "-f", factory("aws", S3)).output

    def test_script_is_the_script_alone(self, factory: Any) -> None:
        done = call("-r", "here", "-f", factory("aws", S3), "-o", "script")
        assert done.exit_code == 0
        assert done.stdout.startswith("#!/bin/sh\n")
        assert done.stderr == ""

    def test_json(self, factory: Any) -> None:
        found = json.loads(call("-r", "here", "-f", factory("aws", S3), "-o", "json").output)
        assert {key: found[key] for key in ("kind", "location", "country", "operator", "allowed", "can_make")} == {
            "kind": "s3",
            "location": "eu-central-1",
            "country": "DE",
            "operator": "aws",
            "allowed": True,
            "can_make": False,
        }

    def test_options_of_addresses_are_not_shown_to_people(self, factory: Any) -> None:
        state = S3 | {"backend": "s3://state?region=eu-central-1&profile=somebody"}
        head = call("-r", "here", "-f", factory("aws", state)).output.split("What makes it")[0]
        assert "s3://state," in head
        assert "somebody" not in head

    def test_wrong_region_and_state(self, factory: Any) -> None:
        assert call("-r", "there", "-f", factory("aws", S3)).exit_code == 2
        done = call("-r", "here", "-f", factory("aws", S3 | {"backend": "s3://state?region=us-east-1"}))
        assert done.exit_code == 2
        assert "is in US" in done.stderr


class TestRules:
    """Prevents state outside of the jurisdiction from being made at all."""

    def test_denied_abroad(self, factory: Any) -> None:
        file = factory("aws", ABROAD, profiles=["eu-gdpr"])
        done = call("-r", "here", "-f", file)
        assert done.exit_code == 1
        assert "Nothing is made of what rules deny." in done.stdout
        assert "aws s3api" not in done.stdout
        assert "here/state s3://state" in done.stdout

    @pytest.mark.parametrize("form", ["json", "script"])
    def test_denied_in_other_forms(self, factory: Any, form: str) -> None:
        done = call("-r", "here", "-f", factory("aws", ABROAD, profiles=["eu-gdpr"]), "-o", form)
        assert done.exit_code == 1
        assert "aws s3api" not in done.stdout
        assert "here/state s3://state" in done.stderr
        if form == "json":
            found = json.loads(done.stdout)
            assert found["allowed"] is False
            assert found["steps"] == []
            assert any(finding["blocks"] for finding in found["findings"])

    def test_denied_is_not_made(self, factory: Any, tmp_path: Path) -> None:
        # Nobody said whose key it is: unknown, which denies.
        state = {"backend": f"file://{tmp_path}/state", "secrets_provider": "hashivault://state"}
        done = call("-r", "here", "-f", factory("on-prem", state, profiles=["eu-gdpr"]), "--make")
        assert done.exit_code == 1
        assert not (tmp_path / "state").exists()

    def test_allowed_at_home(self, factory: Any) -> None:
        state = {"backend": "file:///srv/state", "secrets_provider": "hashivault://state", "key": "own"}
        done = call("-r", "here", "-f", factory("on-prem", state, profiles=["eu-gdpr"], keys={"own": OWN}))
        assert done.exit_code == 0, done.output
        assert "0 block" in done.output

    def test_only_what_is_said_of_state_counts(self, factory: Any) -> None:
        # The region's databases have no class of data, which blocks the region and not its backend.
        state = {"backend": "file:///srv/state", "secrets_provider": "passphrase", "key": "own"}
        file = factory("on-prem", state, profiles=["eu-gdpr"], keys={"own": OWN})
        subjects = {f["subject"] for f in json.loads(call("-r", "here", "-f", file, "-o", "json").output)["findings"]}
        assert subjects == {"here/state"}


class TestMake:
    """Prevents a directory that others read, and a cloud that is touched by somebody's own account."""

    def test_a_directory(self, factory: Any, tmp_path: Path) -> None:
        state = FILE | {"backend": f"file://{tmp_path}/state"}
        file = factory("on-prem", state)
        assert call("-r", "here", "-f", file).exit_code == 0
        assert not (tmp_path / "state").exists()
        done = call("-r", "here", "-f", file, "--make")
        assert done.exit_code == 0, done.output
        assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
        assert "state: made, for its owner alone" in done.stdout
        assert "state: is there" in call("-r", "here", "-f", file, "--make").stdout

    def test_programs_read_json_alone(self, factory: Any, tmp_path: Path) -> None:
        file = factory("on-prem", FILE | {"backend": f"file://{tmp_path}/state"})
        done = call("-r", "here", "-f", file, "--make", "-o", "json")
        assert json.loads(done.stdout)["can_make"] is True
        assert "made, for its owner alone" in done.stderr

    def test_a_cloud_is_refused_in_words(self, factory: Any) -> None:
        done = call("-r", "here", "-f", factory("aws", S3), "--make")
        assert done.exit_code == 1
        assert "a backend of kind s3 is not made here" in done.stderr
        assert "aifactory backend --region here --format script" in done.stderr

    def test_a_local_region_is_anothers_to_make(self) -> None:
        done = call("-r", "local", "--make")
        assert done.exit_code == 1
        assert "aifactory local up --region local" in done.stderr

    def test_one_that_others_read_is_refused(self, factory: Any, tmp_path: Path) -> None:
        (tmp_path / "state").mkdir()
        (tmp_path / "state").chmod(0o755)
        done = call("-r", "here", "-f", factory("on-prem", FILE | {"backend": f"file://{tmp_path}/state"}), "--make")
        assert done.exit_code == 1
        assert "chmod 700" in done.stderr
