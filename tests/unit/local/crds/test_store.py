"""The cache of definitions."""

import json
import threading
from pathlib import Path

import pytest

from aifactory.local.crds.store import Origin, cached
from tests.unit.local.reporters import Recorder

from .samples import definition


def origins(*kinds: str) -> list[Origin]:
    return [Origin(definition("g.test", kind, versions=("v1beta1", "v1")), "Op", "mod@v1") for kind in kinds]


class TestCache:
    """Prevents half a cache from being read, and work from being done twice."""

    def test_what_is_written_is_read_back(self, tmp_path: Path) -> None:
        (crd,) = cached(tmp_path, "key", lambda: origins("Thing"), Recorder())
        assert (crd.name, crd.group, crd.kind) == ("things.g.test", "g.test", "Thing")
        assert crd.versions == ("v1beta1", "v1")
        assert crd.stored == "v1"
        assert crd.strictness == "strict"
        assert crd.definition() == definition("g.test", "Thing", versions=("v1beta1", "v1"))

    def test_the_second_call_makes_nothing(self, tmp_path: Path) -> None:
        first = cached(tmp_path, "key", lambda: origins("Thing"), Recorder())
        assert cached(tmp_path, "key", lambda: pytest.fail("made again"), Recorder()) == first

    def test_another_key_is_another_cache(self, tmp_path: Path) -> None:
        cached(tmp_path, "one", lambda: origins("One"), Recorder())
        assert [crd.kind for crd in cached(tmp_path, "two", lambda: origins("Two"), Recorder())] == ["Two"]
        assert [crd.kind for crd in cached(tmp_path, "one", lambda: pytest.fail("again"), Recorder())] == ["One"]

    def test_a_failure_leaves_nothing_behind(self, tmp_path: Path) -> None:
        def fails() -> list[Origin]:
            raise RuntimeError("cut off")

        with pytest.raises(RuntimeError, match="cut off"):
            cached(tmp_path, "key", fails, Recorder())
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []
        assert [crd.kind for crd in cached(tmp_path, "key", lambda: origins("Thing"), Recorder())] == ["Thing"]

    def test_a_failure_halfway_leaves_nothing_behind(self, tmp_path: Path) -> None:
        def fails_late():
            yield origins("Thing")[0]
            raise RuntimeError("cut off")

        with pytest.raises(RuntimeError, match="cut off"):
            cached(tmp_path, "key", fails_late, Recorder())
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []

    def test_what_a_killed_process_left_is_replaced(self, tmp_path: Path) -> None:
        cached(tmp_path, "key", lambda: origins("Thing"), Recorder())
        (directory,) = [path for path in tmp_path.iterdir() if path.is_dir()]
        (directory / "index.json").unlink()
        (directory / "rubbish").write_text("")
        assert [crd.kind for crd in cached(tmp_path, "key", lambda: origins("Other"), Recorder())] == ["Other"]
        assert not (directory / "rubbish").exists()

    def test_two_at_once_make_it_once(self, tmp_path: Path) -> None:
        made: list[int] = []
        together = threading.Barrier(2)

        def make() -> list[Origin]:
            made.append(1)
            return origins("Thing")

        def run() -> None:
            together.wait(10)
            cached(tmp_path, "key", make, Recorder())

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert made == [1]

    def test_the_hash_follows_the_content(self, tmp_path: Path) -> None:
        (plain,) = cached(tmp_path, "one", lambda: origins("Thing"), Recorder())
        changed = definition("g.test", "Thing", versions=("v1",))
        (other,) = cached(tmp_path, "two", lambda: [Origin(changed, "Op", "mod@v2")], Recorder())
        assert plain.hash != other.hash

    def test_the_index_holds_no_absolute_path(self, tmp_path: Path) -> None:
        cached(tmp_path, "key", lambda: origins("Thing"), Recorder())
        (index,) = tmp_path.glob("*/index.json")
        assert [row["path"] for row in json.loads(index.read_text())] == ["things.g.test.json"]
