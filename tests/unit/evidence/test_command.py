"""The command: what it takes, what it writes, how it ends."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from aifactory.evidence_command import evidence_app
from tests.unit.evidence.samples import write
from tests.unit.evidence.states import SECRETS, state_bytes

FIXED = ("--as-of", "2026-11-22", "--time", "2026-11-22T10:00:00Z")


def run(*args: str | Path) -> Result:
    app = evidence_app(lambda name: Path("/nowhere") / name)
    return CliRunner().invoke(app, [str(arg) for arg in args])


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    return write(tmp_path)


class TestEvidence:
    """Prevents a command that writes half a bundle, another one each time, or into somebody's directory."""

    def test_writes_a_bundle_that_verifies(self, factory: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        done = run("--region", "frankfurt", "--out", out, "--factory", factory, "--actor", "Ada", *FIXED)
        assert done.exit_code == 0, done.output
        assert "findings block frankfurt" in done.output
        manifest = json.loads((out / "manifest.json").read_text())
        assert (manifest["actor"], manifest["time"], manifest["as_of"]) == ("Ada", "2026-11-22T10:00:00Z", "2026-11-22")
        again = run("verify", out)
        assert (again.exit_code, "every file is as it was written" in again.output) == (0, True)

    def test_the_same_command_writes_the_same_bytes(self, factory: Path, tmp_path: Path) -> None:
        for name in ("a", "b"):
            assert run("--region", "frankfurt", "--out", tmp_path / name, "--factory", factory, *FIXED).exit_code == 0
        first = {path.name: path.read_bytes() for path in (tmp_path / "a").rglob("*") if path.is_file()}
        assert first == {path.name: path.read_bytes() for path in (tmp_path / "b").rglob("*") if path.is_file()}

    def test_names_the_commit_and_that_the_file_changed_since(self, factory: Path, tmp_path: Path) -> None:
        def git(*args: str) -> str:
            who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
            command = ["git", "-C", str(tmp_path), *who, *args]
            return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

        git("init", "-q")
        git("add", "factory.yaml", "waivers.yaml")
        git("commit", "-q", "-m", "x")
        commit = git("rev-parse", "HEAD")

        def declared() -> str:
            out = tmp_path / "out"
            run("--region", "frankfurt", "--out", out, "--factory", factory, *FIXED)
            return json.loads((out / "manifest.json").read_text())["sources"]["declared"]

        assert f"commit {commit}, SHA-256" in declared()
        (tmp_path / "waivers.yaml").write_text("version: 1\n")
        assert f"commit {commit}, and changed since" in declared()

    def test_a_state_with_secrets_in_clear(self, factory: Path, tmp_path: Path) -> None:
        (tmp_path / "state.json").write_bytes(state_bytes())
        out = tmp_path / "out"
        done = run("--region", "frankfurt", "--out", out, "--factory", factory, "--state", tmp_path / "state.json", *FIXED)
        assert done.exit_code == 0
        files = [path.read_text() for path in out.rglob("*") if path.is_file()]
        assert not [secret for secret in SECRETS if any(secret in text for text in (*files, done.output))]

    def test_a_foreign_stack(self, tmp_path: Path) -> None:
        (tmp_path / "state.json").write_bytes(state_bytes())
        done = run("--state", tmp_path / "state.json", "--out", tmp_path / "out", "--profile", "eu-gdpr", *FIXED)
        assert done.exit_code == 0, done.output
        assert "acme/frankfurt" in done.output

    def test_a_state_through_a_pipe(self, tmp_path: Path) -> None:
        app = evidence_app(lambda name: Path("/nowhere") / name)
        done = CliRunner().invoke(app, ["--state", "-", "--out", str(tmp_path / "out"), *FIXED], input=state_bytes())
        assert done.exit_code == 0, done.output
        assert json.loads((tmp_path / "out" / "manifest.json").read_text())["factory"] == "acme"

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (("--region", "frankfurt"), "--out"),
            (("--region", "nowhere", "--out", "OUT"), "no such region"),
            (("--out", "OUT"), "needs a region of the factory, or --state FILE"),
            (("--region", "frankfurt", "--out", "OUT", "--state", "none.json"), "cannot be read"),
            (("--region", "frankfurt", "--out", "OUT", "--seal", "none.yaml"), "cannot be read"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_written(
        self, args: tuple[str, ...], words: str, factory: Path, tmp_path: Path
    ) -> None:
        placed = [str(tmp_path / "out") if arg == "OUT" else arg for arg in args]
        done = run(*placed, "--factory", factory)
        assert done.exit_code == 2
        assert words in done.output
        assert not (tmp_path / "out").exists()

    def test_an_unknown_profile_names_those_there_are(self, tmp_path: Path) -> None:
        (tmp_path / "state.json").write_bytes(state_bytes())
        done = run("--state", tmp_path / "state.json", "--out", tmp_path / "out", "--profile", "eu-gdrp")
        assert (done.exit_code, "use eu-gdpr" in done.output) == (2, True)

    def test_a_cluster_that_is_not_there_is_an_error_and_never_silence(self, tmp_path: Path) -> None:
        from tests.unit.factories import factory_text

        path = write(tmp_path, factory=factory_text(), waivers=None)
        done = run("--region", "here", "--out", tmp_path / "out", "--factory", path, "--observe", *FIXED)
        assert done.exit_code == 3
        assert "aifactory local up" in done.output
        assert not (tmp_path / "out").exists()


class TestVerify:
    """Prevents a changed bundle from ending with 0."""

    def test_a_changed_bundle(self, factory: Path, tmp_path: Path) -> None:
        run("--region", "frankfurt", "--out", tmp_path / "out", "--factory", factory, *FIXED)
        page = tmp_path / "out" / "index.html"
        page.write_text(page.read_text().replace("Blocked", "Passes"))
        done = run("verify", tmp_path / "out")
        assert done.exit_code == 1
        assert "index.html: has changed since the manifest was written" in done.output

    def test_what_is_no_bundle(self, tmp_path: Path) -> None:
        assert run("verify", tmp_path).exit_code == 2
