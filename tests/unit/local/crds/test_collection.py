"""All definitions of a region, and the schemas in them."""

from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local.crds import collection
from aifactory.local.crds.sources import Table
from tests.unit.local.reporters import Recorder

from .samples import definition, fake_go, write_yaml

SUM = "h1:" + "A" * 43 + "="
TABLE = Table.model_validate(
    {
        "modules": [
            {
                "operator": "One",
                "module": "example.test/one",
                "version": "v1.2.3",
                "sum": SUM,
                "files": ["crds/*.yaml"],
                "provides": {"one.test": ["Thing"]},
            }
        ],
        "kubevirt": [],
        "open": [{"operator": "Two", "group": "two.test", "version": "v1", "kind": "Open", "plural": "opens"}],
    }
)


@pytest.fixture(autouse=True)
def small_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collection, "table", lambda: TABLE)


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A go command whose only module defines the kind Thing."""
    write_yaml(tmp_path / "module" / "crds" / "t.yaml", definition("one.test", "Thing", versions=("v1alpha1", "v1")))
    answer = {"Path": "example.test/one", "Version": "v1.2.3", "Sum": SUM, "Dir": str(tmp_path / "module")}
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return fake_go(tmp_path / "bin", [answer])


class TestCollect:
    """Prevents a second run that fetches again, and a region that lacks the kinds of one of its sources."""

    def test_modules_and_open_kinds_together(self, tmp_path: Path, go: Path) -> None:
        found = collection.collect(tmp_path / "crds", Recorder())
        assert [(crd.kind, crd.strictness, crd.source) for crd in found] == [
            ("Open", "open", "aifactory"),
            ("Thing", "strict", "example.test/one@v1.2.3"),
        ]

    def test_the_second_run_needs_no_go_and_says_nothing(self, tmp_path: Path, go: Path) -> None:
        first = collection.collect(tmp_path / "crds", Recorder())
        go.unlink()
        reporter = Recorder()
        assert collection.collect(tmp_path / "crds", reporter) == first
        assert reporter.titles == []

    def test_the_fetch_is_announced_with_an_estimate(self, tmp_path: Path, go: Path) -> None:
        reporter = Recorder()
        collection.collect(tmp_path / "crds", reporter)
        assert reporter.titles == ["Fetching the custom resource definitions of 1 operators"]
        assert reporter.estimates[0] is not None
        assert "reading One v1.2.3" in reporter.news

    def test_the_reference_folder_comes_from_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AIFACTORY_REFERENCE", raising=False)
        assert collection.reference_from_environment() is None
        monkeypatch.setenv("AIFACTORY_REFERENCE", "")
        assert collection.reference_from_environment() is None
        monkeypatch.setenv("AIFACTORY_REFERENCE", "/somewhere")
        assert collection.reference_from_environment() == Path("/somewhere")


class TestDirectory:
    """Prevents a machine without Go from having no way: definitions may be given as files."""

    def test_files_take_the_place_of_the_modules(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "")
        write_yaml(tmp_path / "given" / "deep" / "thing.yaml", definition("one.test", "Thing"))
        reporter = Recorder()
        found = collection.collect(tmp_path / "crds", reporter, directory=tmp_path / "given")
        assert {(crd.kind, crd.operator, crd.source) for crd in found} == {
            ("Open", "Two", "aifactory"),
            ("Thing", "One", "deep/thing.yaml"),
        }
        assert reporter.notes == []

    def test_a_kind_that_is_not_given_is_noted(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "given" / "x.yaml", definition("x.test", "Extra"))
        reporter = Recorder()
        found = collection.collect(tmp_path / "crds", reporter, directory=tmp_path / "given")
        assert {crd.kind for crd in found} == {"Extra", "Open"}
        (note,) = reporter.notes
        assert "Thing.one.test" in note

    def test_a_strict_definition_that_is_given_wins_over_the_open_one(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "given" / "o.yaml", definition("two.test", "Open"), definition("one.test", "Thing"))
        found = collection.collect(tmp_path / "crds", Recorder(), directory=tmp_path / "given")
        assert {crd.kind: crd.strictness for crd in found} == {"Open": "strict", "Thing": "strict"}

    def test_two_files_of_one_kind_are_refused(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "given" / "a.yaml", definition("one.test", "Thing"))
        write_yaml(tmp_path / "given" / "b.yaml", definition("one.test", "Thing"))
        with pytest.raises(ToolError, match=r"Thing\.one\.test is defined in .*a\.yaml and in .*b\.yaml"):
            collection.collect(tmp_path / "crds", Recorder(), directory=tmp_path / "given")

    def test_a_directory_without_definitions_is_refused(self, tmp_path: Path) -> None:
        write_yaml(tmp_path / "given" / "a.yaml", {"kind": "ConfigMap"})
        with pytest.raises(ToolError, match="no CustomResourceDefinition"):
            collection.collect(tmp_path / "crds", Recorder(), directory=tmp_path / "given")

    def test_a_file_that_is_no_yaml_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "given").mkdir()
        (tmp_path / "given" / "broken.yaml").write_text("a: [")
        with pytest.raises(ToolError, match=r"broken\.yaml is not YAML"):
            collection.collect(tmp_path / "crds", Recorder(), directory=tmp_path / "given")


class TestSchemas:
    """Prevents objects from being checked against the schema of another version."""

    def test_the_schema_of_the_version_asked_for(self, tmp_path: Path, go: Path) -> None:
        for version in ("v1alpha1", "v1"):
            schema = collection.load_schema(tmp_path / "crds", f"one.test/{version}", "Thing")
            assert schema["description"] == f"Thing {version}"

    @pytest.mark.parametrize(
        ("api_version", "kind"), [("one.test/v2", "Thing"), ("one.test/v1", "Other"), ("other.test/v1", "Thing")]
    )
    def test_what_nobody_defines_is_an_error(self, tmp_path: Path, go: Path, api_version: str, kind: str) -> None:
        with pytest.raises(ToolError, match=f"no custom resource definition of {kind} in {api_version}"):
            collection.load_schema(tmp_path / "crds", api_version, kind)

    def test_a_version_that_a_definition_lacks(self) -> None:
        with pytest.raises(KeyError, match="v9"):
            collection.schema_of(definition("one.test", "Thing"), "v9")
