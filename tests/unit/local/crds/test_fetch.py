"""Fetching Go modules, with a go command of our own."""

import json
from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local.crds.fetch import chosen, extract, module_directories
from aifactory.local.crds.sources import ModuleSource, Table

from .samples import definition, fake_go, write_yaml

SUM = "h1:" + "A" * 43 + "="


def module(name: str = "example.test/one", **changes: object) -> ModuleSource:
    plain = {
        "operator": "One",
        "module": name,
        "version": "v1.2.3",
        "sum": SUM,
        "files": ["crds/*.yaml"],
        "provides": {"one.test": ["Thing"]},
    }
    return ModuleSource.model_validate(plain | changes)


def answer(name: str = "example.test/one", **changes: str) -> dict[str, str]:
    return {"Path": name, "Version": "v1.2.3", "Sum": SUM, "Dir": f"/modules/{name}"} | changes


@pytest.fixture
def bin_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "bin"


class TestDownload:
    """Prevents definitions of a module that is not the pinned one, and errors that name no remedy."""

    def test_directories_are_those_of_the_answers(self, bin_directory: Path) -> None:
        fake_go(bin_directory, [answer(), answer("example.test/two")])
        found = module_directories([module(), module("example.test/two")])
        assert found == {
            "example.test/one@v1.2.3": Path("/modules/example.test/one"),
            "example.test/two@v1.2.3": Path("/modules/example.test/two"),
        }

    def test_go_runs_outside_of_any_module(self, bin_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GOFLAGS", "-mod=vendor")
        fake_go(bin_directory, [answer()])
        module_directories([module()])
        call = json.loads((bin_directory / "call.json").read_text())
        assert call["arguments"] == ["mod", "download", "-json", "example.test/one@v1.2.3"]
        assert call["cwd"] == []
        assert (call["GOFLAGS"], call["GOWORK"]) == ("-mod=mod", "off")

    def test_another_hash_is_refused_and_both_are_named(self, bin_directory: Path) -> None:
        other = "h1:" + "B" * 43 + "="
        fake_go(bin_directory, [answer(Sum=other)])
        with pytest.raises(ToolError) as caught:
            module_directories([module()])
        assert other in str(caught.value)
        assert SUM in str(caught.value)

    def test_every_module_that_cannot_be_had_is_listed(self, bin_directory: Path) -> None:
        fake_go(
            bin_directory,
            [answer(Error="403 Forbidden"), answer("example.test/two", Error="no such host")],
            status=1,
        )
        with pytest.raises(ToolError) as caught:
            module_directories([module(), module("example.test/two")])
        text = str(caught.value)
        assert "2 of 2 Go modules" in text
        assert "example.test/one@v1.2.3: 403 Forbidden" in text
        assert "example.test/two@v1.2.3: no such host" in text
        assert "--crds DIR" in text

    def test_a_module_that_go_does_not_mention_is_an_error_too(self, bin_directory: Path) -> None:
        fake_go(bin_directory, [answer("example.test/two")])
        with pytest.raises(ToolError, match="said nothing about it"):
            module_directories([module(), module("example.test/two")])

    def test_a_go_that_fails_without_an_answer_shows_its_words(self, bin_directory: Path) -> None:
        fake_go(bin_directory, [], status=2, stderr="go: unknown subcommand")
        with pytest.raises(ToolError, match="unknown subcommand"):
            module_directories([module()])

    def test_without_go_the_remedies_are_named(self, bin_directory: Path) -> None:
        with pytest.raises(ToolError, match="no `go` on PATH") as caught:
            module_directories([module()])
        assert "install Go" in caught.value.fix
        assert "--crds DIR" in caught.value.fix


class TestExtract:
    """Prevents a kind from vanishing when a module moves its files."""

    def test_the_kinds_of_the_table_are_taken_and_no_others(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "crds" / "a.yaml", definition("one.test", "Other"), definition("one.test", "Thing"))
        found = extract(module(), tmp_path, Table(modules=(), kubevirt=(), open=()))
        assert [item["spec"]["names"]["kind"] for item in found] == ["Thing"]

    def test_kinds_for_their_schema_only_are_taken_too(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "crds" / "a.yaml", definition("one.test", "Other"), definition("one.test", "Thing"))
        both = module(schema_only={"one.test": ["Other"]})
        found = extract(both, tmp_path, Table(modules=(), kubevirt=(), open=()))
        assert [item["spec"]["names"]["kind"] for item in found] == ["Other", "Thing"]

    def test_files_that_moved_are_an_error(self, tmp_path: Path) -> None:
        with pytest.raises(ToolError, match=r"no file like crds/\*\.yaml"):
            extract(module(), tmp_path, Table(modules=(), kubevirt=(), open=()))

    def test_a_kind_that_is_gone_is_an_error(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "crds" / "a.yaml", definition("one.test", "Other"))
        with pytest.raises(ToolError, match=r"does not define Thing\.one\.test"):
            extract(module(), tmp_path, Table(modules=(), kubevirt=(), open=()))

    def test_the_same_kind_name_of_another_group_does_not_count(self) -> None:
        with pytest.raises(ToolError, match=r"Thing\.one\.test"):
            chosen([definition("two.test", "Thing")], frozenset({("one.test", "Thing")}), "any")
