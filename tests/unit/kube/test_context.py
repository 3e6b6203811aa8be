"""One context of the user's kubeconfig, read and not written anywhere."""

import os
from pathlib import Path

import pytest
import yaml

from aifactory.errors import PreflightError
from aifactory.kube.api import connect
from aifactory.kube.context import select_context


def kubeconfig(name: str) -> str:
    cluster = {"server": f"https://{name}:6443", "certificate-authority": "ca.crt"}
    content = {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": name, "user": {"token": "canary"}}],
    }
    return yaml.safe_dump(content)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    made = [tmp_path / name / "config" for name in ("lab", "prod")]
    for file in made:
        file.parent.mkdir()
        file.write_text(kubeconfig(file.parent.name))
    monkeypatch.setenv("KUBECONFIG", os.pathsep.join(map(str, made)))
    return made


class TestSelection:
    """Prevents one look from reaching another cluster than the one that was named."""

    def test_only_the_named_context_is_known(self, files: list[Path]) -> None:
        config, server = select_context("prod")
        assert server == "https://prod:6443"
        assert config["current-context"] == "prod"
        assert [[entry["name"] for entry in config[key]] for key in ("contexts", "clusters", "users")] == [["prod"]] * 3

    def test_relative_paths_still_lead_to_the_same_files(self, files: list[Path]) -> None:
        config, _ = select_context("prod")
        assert config["clusters"][0]["cluster"]["certificate-authority"] == str(files[1].parent / "ca.crt")

    def test_it_can_be_connected_to_without_a_file(self, files: list[Path]) -> None:
        files[1].parent.joinpath("ca.crt").write_text("")
        before = sorted(files[0].parents[1].rglob("*"))
        config, _ = select_context("prod")
        del config["clusters"][0]["cluster"]["certificate-authority"]
        with connect(config, "context prod") as api:
            assert api is not None
        assert sorted(files[0].parents[1].rglob("*")) == before

    def test_an_unknown_one_names_the_near_one_and_no_secret(self, files: list[Path]) -> None:
        with pytest.raises(PreflightError, match="no context prodd") as caught:
            select_context("prodd")
        assert caught.value.fix == "prod"
        assert "canary" not in str(caught.value)
