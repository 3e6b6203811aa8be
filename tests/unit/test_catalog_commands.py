"""`aifactory catalog`: what is pinned, what a registry says, and what is written."""

import json
import shutil
from collections.abc import Iterator
from importlib.resources import as_file, files
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from aifactory.catalog.pinning import CatalogImage, catalog_images
from aifactory.catalog_commands import Answer, catalog, mirror_of, write_digests
from aifactory.errors import SpecError, ToolError
from aifactory.registry_client import Found
from tests.unit.catalog.pinned import use_pinned_releases
from tests.unit.fake_registry import FakeRegistry, Reply, digest_of, fake_registry, manifest

FILES = ("images.yaml", "gpu_operands.yaml", "releases.yaml")


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    with fake_registry() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with as_file(files("aifactory.catalog")) as source:
        for name in FILES:
            shutil.copy(source / name, tmp_path)
    return tmp_path


def call(*arguments: object) -> tuple[int, str]:
    app = typer.Typer()
    app.add_typer(catalog)
    done = CliRunner().invoke(app, ["catalog", *(str(argument) for argument in arguments)])
    return done.exit_code, done.output


def image(name: str) -> CatalogImage:
    (found,) = [image for image in catalog_images() if image.name == name]
    return found


def filled(registry: FakeRegistry, *leave_out: str) -> str:
    """Give the registry every image of the catalog but those; return the mirror that it is."""
    gone = {found.reference for found in catalog_images() if found.name in leave_out}
    for found in catalog_images():
        if found.reference not in gone:
            registry.has(f"cache/{found.reference}", manifest(found.reference))
    return f"{registry.host}/cache"


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


class TestImages:
    """Prevents an image whose pinning nobody can see."""

    def test_each_is_listed_with_its_block(self) -> None:
        code, text = call("images")
        assert code == 0
        assert "vllm: ghcr.io/llm-d/llm-d-cuda" in text
        assert "InferenceService" in text
        assert f"of {len(catalog_images())} pinned" in text

    def test_for_programs(self) -> None:
        code, text = call("images", "--format", "json")
        rows = json.loads(text)
        assert code == 0
        assert len(rows) == len(catalog_images())
        assert {row["pinned"] for row in rows} == {row["digest"] is not None for row in rows}
        assert next(row for row in rows if row["name"] == "kueue/kueue")["used_by"] == "Operators (kueue)"

    def test_a_digest_that_reaches_nothing_is_shown_as_unpinned_with_the_reason(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_pinned_releases(monkeypatch, "aifactory.catalog.pinning")
        shown = {line.partition(": ")[0]: line for line in call("images")[1].splitlines()}
        assert ", pinned sha256:" in shown["kueue/kueue"]
        assert ", unpinned sha256:" in shown["kubevirt/virt-api"]
        assert "(its bundle or its owner names it)" in shown["kubevirt/virt-api"]
        rows = {row["name"]: row for row in json.loads(call("images", "--format", "json")[1])}
        assert (rows["kueue/kueue"]["pinned"], rows["kueue/kueue"]["unreached"]) == (True, "")
        assert not rows["kubevirt/virt-api"]["pinned"]
        assert rows["kubevirt/virt-api"]["digest"]


class TestPin:
    """Prevents a catalog that is pinned in half, or to what nobody read."""

    def test_all_are_read_and_written(self, registry: FakeRegistry, folder: Path) -> None:
        code, text = call("pin", "--registry-mirror", filled(registry), "--write", "--catalog", folder)
        assert code == 0, text
        assert "written: gpu_operands.yaml, images.yaml, releases.yaml" in text
        pinned = yaml.safe_load((folder / "images.yaml").read_text())["vllm"]
        assert pinned["digest"] == digest_of(manifest(pinned["reference"]).body)
        operands = yaml.safe_load((folder / "gpu_operands.yaml").read_text())
        assert {role for role, entry in operands.items() if "digest" not in entry} == {"driver"}
        assert {path.name for path in folder.iterdir()} == set(FILES)

    def test_without_write_nothing_changes(self, registry: FakeRegistry, folder: Path) -> None:
        before = contents(folder)
        code, text = call("pin", "--registry-mirror", filled(registry), "--catalog", folder)
        assert code == 0
        assert "--write pins what is new" in text
        assert contents(folder) == before

    def test_one_image(self, registry: FakeRegistry, folder: Path) -> None:
        mirror = filled(registry)
        code, _ = call("pin", "--image", "vllm", "--registry-mirror", mirror, "--write", "--catalog", folder)
        assert code == 0
        assert len(registry.asked) == 1
        entries = yaml.safe_load((folder / "images.yaml").read_text())
        assert [role for role, entry in entries.items() if "digest" in entry] == ["vllm"]

    def test_the_same_image_is_asked_for_once(self, registry: FakeRegistry) -> None:
        code, _ = call("pin", "--registry-mirror", filled(registry))
        assert code == 0
        assert len(registry.paths()) == len(set(registry.paths()))

    def test_one_that_is_missing_and_nothing_is_written(self, registry: FakeRegistry, folder: Path) -> None:
        before = contents(folder)
        mirror = filled(registry, "vllm")
        code, text = call("pin", "--registry-mirror", mirror, "--write", "--catalog", folder)
        assert code == 3
        assert "vllm: failed" in text
        assert "nothing was written" in text
        assert contents(folder) == before

    def test_no_registry_at_all(self, folder: Path) -> None:
        with fake_registry() as gone:
            mirror = gone.host
        before = contents(folder)
        code, text = call("pin", "--image", "vllm", "--registry-mirror", mirror, "--write", "--catalog", folder)
        assert code == 3
        assert f"{mirror} cannot be reached" in text
        assert contents(folder) == before

    def test_for_programs(self, registry: FakeRegistry) -> None:
        code, text = call("pin", "--image", "vllm", "--registry-mirror", filled(registry), "--format", "json")
        (row,) = json.loads(text)["images"]
        assert code == 0
        assert row["state"] == "new"
        assert row["found"].startswith("sha256:")
        assert json.loads(text)["written"] == []

    def test_an_unknown_image_with_the_nearest(self) -> None:
        code, text = call("pin", "--image", "vlm")
        assert code == 2
        assert "use vllm" in text

    def test_a_mirror_of_one_host(self, registry: FakeRegistry) -> None:
        found = image("vllm")
        registry.has(f"ghcr/{found.reference.partition('/')[2]}", manifest("x"))
        code, _ = call("pin", "--image", "vllm", "--registry-mirror", f"ghcr.io={registry.host}/ghcr")
        assert code == 0


class TestMoved:
    """Prevents a tag that somebody pointed elsewhere from being pinned without anybody looking."""

    def answer(self, pinned: str | None, found: str) -> Answer:
        one = CatalogImage("x", "ghcr.io/a/b:1", pinned, "Postgres", "images.yaml", "x")
        return Answer(one, Found(found, "index", is_index=True))

    def test_states(self) -> None:
        assert self.answer(None, "sha256:1").state == "new"
        assert self.answer("sha256:1", "sha256:1").state == "pinned"
        assert self.answer("sha256:1", "sha256:2").state == "moved"

    def test_it_is_shown_and_not_written(
        self, registry: FakeRegistry, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        old = CatalogImage(
            **{f: getattr(image("vllm"), f) for f in CatalogImage.__slots__} | {"digest": "sha256:" + "0" * 64}
        )
        monkeypatch.setattr("aifactory.catalog_commands.catalog_images", lambda: (old, image("pgbouncer")))
        before = contents(folder)
        code, text = call("pin", "--registry-mirror", filled(registry), "--write", "--catalog", folder)
        assert code == 1
        assert "vllm: moved" in text
        assert "pinned sha256:000" in text
        assert contents(folder) == before


class TestOptions:
    """Prevents a mirror that is read as something else than it says."""

    def test_one_for_all_and_some_for_hosts(self) -> None:
        spec = mirror_of(["cache.internal", "ghcr.io=registry.internal/ghcr"])
        assert spec
        assert spec.mirror == "cache.internal"
        assert spec.mirrors == {"ghcr.io": "registry.internal/ghcr"}
        assert mirror_of([]) is None

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        with pytest.raises(SpecError) as caught:
            mirror_of(["https://x.internal", "a.internal", "b.internal", "ghcr=x.internal", "user:hunter2@x.internal"])
        text = str(caught.value)
        assert len(caught.value.problems) == 4
        assert "without a scheme" in text
        assert "says twice" in text
        assert "hunter2" not in text


class TestWrite:
    """Prevents a traceback where a catalog cannot be written."""

    def test_a_folder_without_a_catalog(self, tmp_path: Path) -> None:
        answer = Answer(image("vllm"), Found("sha256:" + "a" * 64, "index", is_index=True))
        with pytest.raises(ToolError, match="cannot be written"):
            write_digests([answer], tmp_path)

    def test_a_registry_that_gives_nobody_anything(self, registry: FakeRegistry) -> None:
        registry.has(f"cache/{image('vllm').reference}", Reply(status=403))
        code, text = call("pin", "--image", "vllm", "--registry-mirror", f"{registry.host}/cache")
        assert code == 3
        assert "only to those it knows" in text
