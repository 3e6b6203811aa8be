from pathlib import Path
from typing import Any

import pytest
import yaml

from aifactory.local.controlplane import stages

CORE = {"/api/v1": {"resources": [{"kind": "Pod"}, {"kind": "Node"}]}}
WIDGETS = {"/apis/example.org/v1": {"resources": [{"kind": "Widget"}]}}
DEFINED = {
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions": {"items": [{"metadata": {"name": "widgets.example.org"}}]}
}


def stage(group_version: str, kind: str) -> dict[str, Any]:
    return {
        "kind": "Stage",
        "metadata": {"name": kind.lower()},
        "spec": {"resourceRef": {"apiGroup": group_version, "kind": kind}},
    }


def described(*paths: str) -> dict[str, Any]:
    return {"/openapi/v3": {"paths": {path: {} for path in paths}}}


class Server:
    """Answers as an API server would."""

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.answers = {path: answer for one in answers for path, answer in one.items()}
        self.asked: list[str] = []

    def __call__(self, path: str) -> dict[str, Any]:
        self.asked.append(path)
        return self.answers.get(path, {})


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    core, widgets = tmp_path / "core.yaml", tmp_path / "widgets.yaml"
    core.write_text(yaml.safe_dump_all([stage("v1", "Pod"), stage("v1", "Node")]) + "---\n")
    widgets.write_text(yaml.safe_dump(stage("example.org/v1", "Widget")))
    return [core, widgets]


def played(target: Path) -> list[str]:
    return [one["metadata"]["name"] for one in yaml.safe_load_all(target.read_text())]


class TestSelect:
    """Prevents KWOK from ending at its start, and a stage from being left out in silence."""

    def test_everything_is_played_when_everything_is_known(self, files: list[Path], tmp_path: Path) -> None:
        server = Server(CORE, WIDGETS, described("api/v1", "apis/example.org/v1"))
        selection = stages.select(files, server, tmp_path / "out.yaml")
        assert (selection.awaited, selection.unknown) == ((), ())
        assert played(tmp_path / "out.yaml") == ["pod", "node", "widget"]

    def test_a_kind_that_nobody_installed_is_held_back_and_named(self, files: list[Path], tmp_path: Path) -> None:
        selection = stages.select(files, Server(CORE, described("api/v1")), tmp_path / "out.yaml")
        assert selection.unknown == ("example.org/v1/Widget",)
        assert selection.awaited == ()
        assert played(tmp_path / "out.yaml") == ["pod", "node"]

    def test_one_that_was_installed_and_is_not_listed_yet_is_worth_waiting_for(
        self, files: list[Path], tmp_path: Path
    ) -> None:
        server = Server(CORE, DEFINED, described("api/v1"))
        assert stages.select(files, server, tmp_path / "out.yaml").awaited == ("example.org/v1/Widget",)

    def test_one_that_is_listed_without_an_openapi_document_is_too(self, files: list[Path], tmp_path: Path) -> None:
        server = Server(CORE, WIDGETS, DEFINED, described("api/v1"))
        selection = stages.select(files, server, tmp_path / "out.yaml")
        assert selection.awaited == ("example.org/v1/Widget",)
        assert played(tmp_path / "out.yaml") == ["pod", "node"]

    def test_the_core_group_is_always_awaited(self, files: list[Path], tmp_path: Path) -> None:
        selection = stages.select(files[:1], Server(), tmp_path / "out.yaml")
        assert selection.awaited == ("v1/Node", "v1/Pod")

    def test_a_known_group_s_other_version_is_not_taken_for_it(self, files: list[Path], tmp_path: Path) -> None:
        server = Server(CORE, {"/apis/example.org/v2": {"resources": [{"kind": "Widget"}]}}, described("api/v1"))
        assert stages.select(files, server, tmp_path / "out.yaml").unknown == ("example.org/v1/Widget",)

    def test_null_lists_of_the_api_server_are_empty_ones(self, files: list[Path], tmp_path: Path) -> None:
        empty = {path: {"items": None} for path in DEFINED}
        selection = stages.select(files, Server(CORE, empty, described("api/v1")), tmp_path / "out.yaml")
        assert selection.unknown == ("example.org/v1/Widget",)

    def test_configuration_of_kwok_itself_is_passed_on(self, tmp_path: Path) -> None:
        file = tmp_path / "in.yaml"
        file.write_text(yaml.safe_dump({"kind": "KwokConfiguration", "metadata": {"name": "options"}}))
        stages.select([file], Server(), tmp_path / "out.yaml")
        assert played(tmp_path / "out.yaml") == ["options"]

    def test_the_file_is_left_alone_when_nothing_changes_or_kwok_would_be_restarted(
        self, files: list[Path], tmp_path: Path
    ) -> None:
        target = tmp_path / "out.yaml"
        stages.select(files, Server(CORE, described("api/v1")), target)
        before = target.stat().st_ino
        stages.select(files, Server(CORE, described("api/v1")), target)
        assert target.stat().st_ino == before

    def test_each_group_is_asked_for_once(self, files: list[Path], tmp_path: Path) -> None:
        server = Server(CORE, WIDGETS, described("api/v1", "apis/example.org/v1"))
        stages.select(files, server, tmp_path / "out.yaml")
        assert sorted(server.asked) == ["/api/v1", "/apis/example.org/v1", "/openapi/v3"]
