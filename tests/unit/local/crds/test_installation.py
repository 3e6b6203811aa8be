"""Installing definitions into a cluster that only remembers."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aifactory.errors import ControlPlaneError
from aifactory.kube.api import Api
from aifactory.local.crds import installation
from aifactory.local.crds.installation import HASH_ANNOTATION, InstalledCrd, install
from aifactory.local.crds.sources import Table
from aifactory.local.crds.store import Crd, Origin, cached
from tests.unit.local.reporters import Recorder

from .samples import definition
from .server import DEFINITIONS, FakeServer

THING = definition("g.test", "Thing", versions=("v1beta1", "v1"))
OTHER = definition("g.test", "Other")
LEFT_OUT = definition("g.test", "LeftOut")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeServer:
    """A server, and three definitions of which one is only there for its schema."""
    found = FakeServer()

    @contextmanager
    def connected(_: Path) -> Generator[Api]:
        yield found.api()

    def collect(crds: Path, reporter: Recorder, **_: object) -> list[Crd]:
        origins = [Origin(item, "Op", "mod@v1") for item in (THING, OTHER, LEFT_OUT)]
        return cached(tmp_path / "crds", "key", lambda: origins, reporter)

    row = {"operator": "Op", "module": "m", "version": "v1.0.0", "sum": "h1:" + "A" * 43 + "=", "files": ["x"]}
    row |= {"provides": {"g.test": ["Thing", "Other"]}, "schema_only": {"g.test": ["LeftOut"]}}
    rows = Table.model_validate({"modules": [row], "kubevirt": [], "open": []})
    monkeypatch.setattr(installation, "connect", connected)
    monkeypatch.setattr(installation, "collect", collect)
    monkeypatch.setattr(installation, "table", lambda: rows)
    monkeypatch.setattr(installation, "_SERVED_SECONDS", 0.3)
    return found


def run(tmp_path: Path, reporter: Recorder | None = None, *, directory: Path | None = None) -> list[InstalledCrd]:
    return install(tmp_path / "kubeconfig", tmp_path / "crds", reporter or Recorder(), directory=directory)


class TestInstall:
    """Prevents definitions that are sent for nothing, and ones that are sent and never checked to be served."""

    def test_everything_is_applied_with_its_hash(self, server: FakeServer, tmp_path: Path) -> None:
        found = run(tmp_path)
        assert sorted(server.applied) == [f"{DEFINITIONS}/others.g.test", f"{DEFINITIONS}/things.g.test"]
        assert [(crd.kind, crd.version, crd.applied) for crd in found] == [("Thing", "v1", True), ("Other", "v1", True)]
        for path in server.applied:
            assert server.objects[path]["metadata"]["annotations"][HASH_ANNOTATION]

    def test_kinds_for_their_schema_are_left_out(self, server: FakeServer, tmp_path: Path) -> None:
        assert "LeftOut" not in {crd.kind for crd in run(tmp_path)}

    def test_what_a_user_gives_is_installed_all_of_it(self, server: FakeServer, tmp_path: Path) -> None:
        assert "LeftOut" in {crd.kind for crd in run(tmp_path, directory=tmp_path)}

    def test_a_second_run_sends_nothing_and_says_nothing(self, server: FakeServer, tmp_path: Path) -> None:
        run(tmp_path)
        server.applied.clear()
        reporter = Recorder()
        found = run(tmp_path, reporter)
        assert server.applied == []
        assert reporter.titles == []
        assert [crd.applied for crd in found] == [False, False]

    def test_only_what_differs_is_sent(self, server: FakeServer, tmp_path: Path) -> None:
        run(tmp_path)
        server.applied.clear()
        server.objects[f"{DEFINITIONS}/things.g.test"]["metadata"]["annotations"][HASH_ANNOTATION] = "old"
        found = run(tmp_path)
        assert server.applied == [f"{DEFINITIONS}/things.g.test"]
        assert [crd.kind for crd in found if crd.applied] == ["Thing"]

    def test_a_definition_of_somebody_else_without_a_hash_is_taken_over(self, server: FakeServer, tmp_path: Path) -> None:
        server.objects[f"{DEFINITIONS}/things.g.test"] = {"metadata": {"name": "things.g.test"}, "spec": THING["spec"]}
        assert [crd.kind for crd in run(tmp_path) if crd.applied] == ["Thing", "Other"]

    def test_the_user_is_told_how_far_it_is(self, server: FakeServer, tmp_path: Path) -> None:
        reporter = Recorder()
        run(tmp_path, reporter)
        assert reporter.titles == ["Installing 2 custom resource definitions"]
        assert "2 of 2" in reporter.news


class TestWaiting:
    """Prevents an `up` that goes on with kinds that are not served yet, or KWOK started before it can read schemas."""

    def test_a_definition_that_is_never_served_is_named_with_its_conditions(
        self, server: FakeServer, tmp_path: Path
    ) -> None:
        server.hidden = {"things.g.test"}
        clash = {"type": "NamesAccepted", "status": "False", "message": "plural is taken"}
        server.objects[f"{DEFINITIONS}/things.g.test"] = {
            "metadata": {"name": "things.g.test"},
            "status": {"conditions": [clash]},
        }
        with pytest.raises(ControlPlaneError) as caught:
            run(tmp_path)
        assert "things.g.test: NamesAccepted=False (plural is taken)" in str(caught.value)
        assert "others.g.test" not in str(caught.value)

    def test_it_waits_until_the_schemas_are_published(self, server: FakeServer, tmp_path: Path) -> None:
        server.unpublished = {"things.g.test": 2}
        run(tmp_path)
        assert server.unpublished == {"things.g.test": 0}

    def test_schemas_that_are_never_published_are_named(self, server: FakeServer, tmp_path: Path) -> None:
        server.unpublished = {"things.g.test": 10_000}
        with pytest.raises(ControlPlaneError, match=r"does not publish the schemas of g\.test/v1"):
            run(tmp_path)

    def test_a_refusal_keeps_the_servers_words(self, server: FakeServer, tmp_path: Path) -> None:
        server.refuse = lambda path: "must be structural" if path.endswith("things.g.test") else ""
        with pytest.raises(ControlPlaneError, match="must be structural"):
            run(tmp_path)
