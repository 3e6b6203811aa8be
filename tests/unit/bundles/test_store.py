"""Bundles on disk: written as a whole, read only as they were written."""

import json
from pathlib import Path
from typing import Any

import pytest

from aifactory import SpecError
from aifactory.bundles import Contents, load_bundle, store, write_bundle
from tests.unit.bundles.objects import SOURCES, bundle, chart, crd, deployment, thing


def load(directory: Path) -> Any:
    return load_bundle(directory, "kueue", "0.19.2")


def refusal(directory: Path) -> str:
    with pytest.raises(SpecError) as caught:
        load(directory)
    return str(caught.value)


class TestWhatIsWritten:
    """Prevents a bundle that says something else than what was fetched, or that is there by half."""

    def test_it_is_read_back_as_it_was_given(self, tmp_path: Path) -> None:
        objects = [deployment("manager", "kueue-system"), thing("ServiceAccount", "manager", "kueue-system")]
        place = bundle(tmp_path / "bundles", chart=chart(tmp_path / "chart"), crds=[crd(size="string")], manifests=objects)
        found = load(tmp_path / "bundles")
        assert found.chart == place / "chart"
        assert (found.chart / "templates" / "it.yaml").exists()
        assert found.crds == (crd(size="string"),)
        assert list(found.manifests) == objects
        assert found.images == ("registry.test/it:v1",)
        assert {name: part.source for name, part in found.files.items()} == {
            "chart": SOURCES["chart"],
            "crds.yaml": SOURCES["crds"],
            "manifests.yaml": SOURCES["manifests"],
        }

    def test_none_is_no_bundle(self, tmp_path: Path) -> None:
        assert load(tmp_path) is None
        assert load(tmp_path / "nowhere") is None

    def test_a_packed_chart_stays_packed(self, tmp_path: Path) -> None:
        (tmp_path / "kueue.tgz").write_bytes(b"packed")
        bundle(tmp_path / "b", chart=tmp_path / "kueue.tgz")
        assert load(tmp_path / "b").chart == tmp_path / "b" / "kueue-0.19.2" / "chart.tgz"

    def test_the_same_again_changes_nothing(self, tmp_path: Path) -> None:
        made_of = Contents(crds=(crd(),), sources=SOURCES)
        assert write_bundle(tmp_path, "kueue", "0.19.2", made_of)[1]
        before = (tmp_path / "kueue-0.19.2" / "crds.yaml").stat().st_mtime_ns
        assert not write_bundle(tmp_path, "kueue", "0.19.2", made_of)[1]
        assert (tmp_path / "kueue-0.19.2" / "crds.yaml").stat().st_mtime_ns == before

    def test_another_takes_the_whole_place(self, tmp_path: Path) -> None:
        bundle(tmp_path, chart=chart(tmp_path / "chart"), crds=[crd()])
        bundle(tmp_path, crds=[crd(size="string")])
        found = load(tmp_path)
        assert (found.chart, found.crds) == (None, (crd(size="string"),))

    def test_a_broken_one_is_mended(self, tmp_path: Path) -> None:
        place = bundle(tmp_path, crds=[crd()])
        (place / "crds.yaml").write_text("changed")
        assert write_bundle(tmp_path, "kueue", "0.19.2", Contents(crds=(crd(),), sources=SOURCES))[1]
        assert load(tmp_path).crds == (crd(),)

    def test_one_that_could_not_be_used_leaves_the_earlier_one_and_nothing_else(self, tmp_path: Path) -> None:
        bundle(tmp_path, crds=[crd()])
        with pytest.raises(SpecError, match="it would be applied and kept as one"):
            bundle(tmp_path, crds=[thing("ConfigMap", "no", "x")])
        assert load(tmp_path).crds == (crd(),)
        assert [path.name for path in tmp_path.iterdir()] == ["kueue-0.19.2"]

    def test_a_read_only_chart_can_be_replaced_later(self, tmp_path: Path) -> None:
        source = chart(tmp_path / "chart")
        for path in [*source.rglob("*"), source]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        place = bundle(tmp_path / "b", chart=source)
        assert (place / "chart" / "Chart.yaml").stat().st_mode & 0o200
        assert (place / "chart").stat().st_mode & 0o200
        for path in [source, *source.rglob("*")]:
            path.chmod(0o755)

    def test_nothing_is_no_bundle_to_write(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="at least 1 item"):
            write_bundle(tmp_path, "kueue", "0.19.2", Contents())


class TestWhatIsRefused:
    """Prevents code that nobody reviewed from being installed with wide rights."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return bundle(tmp_path, chart=chart(tmp_path / "chart-source"), crds=[crd()])

    def test_a_changed_file(self, tmp_path: Path, place: Path) -> None:
        with (place / "crds.yaml").open("a") as file:
            file.write("# one line more\n")
        assert "crds.yaml" in refusal(tmp_path)
        assert "it was changed after it was fetched" in refusal(tmp_path)

    @pytest.mark.parametrize("change", ["edit", "add", "remove", "rename"])
    def test_a_changed_chart(self, tmp_path: Path, place: Path, change: str) -> None:
        file = place / "chart" / "templates" / "it.yaml"
        if change == "edit":
            file.write_text("other")
        elif change == "add":
            (place / "chart" / "templates" / "more.yaml").write_text("more")
        elif change == "remove":
            file.unlink()
        else:
            file.rename(file.with_name("renamed.yaml"))
        assert "chart = " in refusal(tmp_path)

    def test_a_file_that_nobody_vouched_for(self, tmp_path: Path, place: Path) -> None:
        (place / "manifests.yaml").write_text("{}")
        assert "manifests.yaml: is not in bundle.json" in refusal(tmp_path)

    def test_a_file_that_is_gone(self, tmp_path: Path, place: Path) -> None:
        (place / "crds.yaml").unlink()
        assert "crds.yaml: is in bundle.json and not there" in refusal(tmp_path)

    def test_a_link(self, tmp_path: Path, place: Path) -> None:
        (place / "crds.yaml").rename(tmp_path / "elsewhere.yaml")
        (place / "crds.yaml").symlink_to(tmp_path / "elsewhere.yaml")
        assert "leads out of the bundle" in refusal(tmp_path)

    def test_no_facts(self, tmp_path: Path, place: Path) -> None:
        (place / "bundle.json").unlink()
        assert "use `aifactory operators fetch` writes it" in refusal(tmp_path)

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"operator": "kubevirt"}, "operator = kubevirt: is not what its directory is called after; use kueue"),
            ({"version": "0.1.0"}, "use 0.19.2"),
            ({"files": {}}, "at least 1 item"),
            ({"files": {"../etc/passwd": {"source": "x", "sha256": "0" * 64}}}, "is not as it was written"),
            ({"more": 1}, "more: Extra inputs"),
        ],
    )
    def test_wrong_facts(self, tmp_path: Path, place: Path, change: dict[str, Any], words: str) -> None:
        facts = json.loads((place / "bundle.json").read_text())
        (place / "bundle.json").write_text(json.dumps(facts | change))
        assert words in refusal(tmp_path)

    def test_facts_that_are_no_json(self, tmp_path: Path, place: Path) -> None:
        (place / "bundle.json").write_text("{")
        assert "bundle.json: is not as it was written" in refusal(tmp_path)

    def test_files_that_are_too_large(self, tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store, "MOST_BYTES", 100)
        assert "is larger than" in refusal(tmp_path)
        monkeypatch.setattr(store, "MOST_BYTES", 10_000)
        monkeypatch.setattr(store, "MOST_CHART_BYTES", 10)
        assert "chart = " in refusal(tmp_path)
        assert place.exists()

    def test_every_problem_at_once(self, tmp_path: Path, place: Path) -> None:
        (place / "crds.yaml").write_text("changed")
        (place / "chart" / "Chart.yaml").write_text("changed")
        (place / "manifests.yaml").write_text("{}")
        assert "3 problems" in refusal(tmp_path)
