"""One context of the user's kubeconfig, by itself."""

import os
import stat
from pathlib import Path

import pytest
import yaml

from aifactory.errors import PreflightError
from aifactory.local.context import extract_context
from aifactory.local.paths import Paths


def kubeconfig(name: str, server: str = "https://10.0.0.1:6443", **user: str) -> dict[str, object]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": f"c-{name}", "user": f"u-{name}"}}],
        "clusters": [{"name": f"c-{name}", "cluster": {"server": server, "certificate-authority": "ca.crt"}}],
        "users": [{"name": f"u-{name}", "user": user or {"token": "canary-token"}}],
    }


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "cache")


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    made = [tmp_path / "one" / "config", tmp_path / "two" / "config"]
    for file, content in zip(made, [kubeconfig("lab"), kubeconfig("prod@site:6443", "https://prod")], strict=True):
        file.parent.mkdir()
        file.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, made)))
    return made


class TestExtraction:
    """Prevents a region from coming up on whatever cluster kubectl happens to point at."""

    def test_only_the_named_context_is_known(self, files: list[Path], paths: Paths) -> None:
        instance, server = extract_context("lab", paths)
        written = yaml.safe_load(instance.kubeconfig.read_text())
        assert server == "https://10.0.0.1:6443"
        assert written["current-context"] == "lab"
        assert [len(written[key]) for key in ("contexts", "clusters", "users")] == [1, 1, 1]
        assert "prod" not in instance.kubeconfig.read_text()

    def test_files_are_joined_as_kubectl_does(self, files: list[Path], paths: Paths) -> None:
        instance, server = extract_context("prod@site:6443", paths)
        assert server == "https://prod"
        assert instance.name == "at-prod-site-6443"

    def test_the_copy_is_for_its_owner_alone(self, files: list[Path], paths: Paths) -> None:
        instance, _ = extract_context("lab", paths)
        assert stat.S_IMODE(instance.kubeconfig.stat().st_mode) == 0o600
        extract_context("lab", paths)
        assert stat.S_IMODE(instance.kubeconfig.stat().st_mode) == 0o600

    def test_relative_paths_still_lead_to_the_same_files(self, files: list[Path], paths: Paths) -> None:
        instance, _ = extract_context("lab", paths)
        cluster = yaml.safe_load(instance.kubeconfig.read_text())["clusters"][0]["cluster"]
        assert cluster["certificate-authority"] == str(files[0].parent / "ca.crt")

    def test_an_earlier_file_wins(self, files: list[Path], paths: Paths) -> None:
        files[1].write_text(yaml.safe_dump(kubeconfig("lab", "https://other")))
        assert extract_context("lab", paths)[1] == "https://10.0.0.1:6443"


class TestRefusal:
    """Prevents a misspelt name from meaning another cluster, and secrets from standing in messages."""

    def test_an_unknown_context_names_the_near_one(self, files: list[Path], paths: Paths) -> None:
        with pytest.raises(PreflightError, match="no context labb") as caught:
            extract_context("labb", paths)
        assert caught.value.fix == "lab"
        assert "canary-token" not in str(caught.value)

    def test_without_a_kubeconfig(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: Paths) -> None:
        monkeypatch.setenv("KUBECONFIG", str(tmp_path / "none"))
        with pytest.raises(PreflightError, match="there is no kubeconfig"):
            extract_context("lab", paths)

    @pytest.mark.parametrize("text", ["a: [", "- 1", "contexts: 5\nusers: [canary-token]"])
    def test_a_file_that_is_none(self, files: list[Path], paths: Paths, text: str) -> None:
        files[0].write_text(text)
        with pytest.raises(PreflightError, match="no kubeconfig that can be read") as caught:
            extract_context("lab", paths)
        assert "canary-token" not in str(caught.value)

    def test_a_context_without_its_cluster(self, files: list[Path], paths: Paths) -> None:
        files[0].write_text(yaml.safe_dump(kubeconfig("lab") | {"clusters": []}))
        with pytest.raises(PreflightError, match="which is not in the kubeconfig"):
            extract_context("lab", paths)
