"""Digests in the catalog's files: every line that is not theirs stays to the letter."""

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import yaml

from aifactory.catalog import Image, Release
from aifactory.catalog.gpu_operands import Operand
from aifactory.catalog.pinning import IMAGES_FILE, OPERANDS_FILE, RELEASES_FILE, CatalogImage, catalog_images, with_digests
from tests.unit.catalog.pinned import use_pinned_releases

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
FILES = {IMAGES_FILE: Image, OPERANDS_FILE: Operand, RELEASES_FILE: Release}


def text(file: str) -> str:
    return files("aifactory.catalog").joinpath(file).read_text(encoding="utf-8")


def all_of(file: str) -> dict[str, str]:
    return {image.reference: DIGEST for image in catalog_images() if image.file == file}


class TestList:
    """Prevents an image that is pulled and that nobody can pin, because no list has it."""

    def test_names_are_given_once(self) -> None:
        names = [image.name for image in catalog_images()]
        assert len(names) == len(set(names))

    def test_blocks_are_those_whose_code_uses_the_image(self) -> None:
        code = {
            "Postgres": "".join(path.read_text() for path in (ROOT / "aifactory/render/postgres").glob("*.py")),
            "InferenceService": "".join(path.read_text() for path in (ROOT / "aifactory/render/inference").glob("*.py")),
        }
        code["Postgres"] += (ROOT / "aifactory/sovereignty/postgres.py").read_text()
        for image in catalog_images():
            if image.file == IMAGES_FILE:
                assert f'"{image.key}"' in code[image.used_by], image.name

    def test_an_image_whose_tag_no_registry_has_says_so(self) -> None:
        assert [image.name for image in catalog_images() if image.why_not] == ["gpu/driver"]


class TestRealFiles:
    """Prevents a pin that loses a comment, moves a line, or pins another image than the one that was asked for."""

    @pytest.mark.parametrize("file", sorted(FILES))
    def test_all_are_written_and_the_files_still_are_what_they_were(self, file: str) -> None:
        after = with_digests(file, text(file), all_of(file))
        entries = yaml.safe_load(after)
        assert all(FILES[file].model_validate(entry) for entry in entries.values())
        assert after.count(DIGEST) == sum(image.file == file for image in catalog_images())

    @pytest.mark.parametrize("file", sorted(FILES))
    def test_without_the_digests_it_is_the_file_of_before(self, file: str) -> None:
        after = with_digests(file, text(file), all_of(file))
        kept = [line for line in after.splitlines() if line != f"  digest: {DIGEST}"]
        assert "\n".join(kept).replace(f"@{DIGEST}", "") + "\n" == text(file)

    @pytest.mark.parametrize("file", sorted(FILES))
    def test_nothing_to_write_changes_nothing(self, file: str) -> None:
        assert with_digests(file, text(file), {}) == text(file)

    def test_one_only(self) -> None:
        after = yaml.safe_load(with_digests(IMAGES_FILE, text(IMAGES_FILE), dict(list(all_of(IMAGES_FILE).items())[:1])))
        assert sum("digest" in entry for entry in after.values()) == 1

    def test_a_pinned_one_is_what_is_pulled(self) -> None:
        (first,) = list(all_of(IMAGES_FILE))[:1]
        entries = yaml.safe_load(with_digests(IMAGES_FILE, text(IMAGES_FILE), {first: DIGEST}))
        found = [Image.model_validate(entry) for entry in entries.values()]
        assert [image.pull for image in found if image.pinned] == [f"{first}@{DIGEST}"]

    def test_a_pinned_operand_is_named_by_its_digest(self) -> None:
        operand = Operand(repository="nvcr.io/nvidia", image="x", version="1.0", digest=DIGEST, source="somewhere written")
        assert operand.pull == DIGEST
        assert operand.model_copy(update={"digest": None}).pull == "1.0"


class TestLayouts:
    """Prevents an edit of what only looks like an image, and one in a file that was laid out anew."""

    def test_lists_on_one_line_and_on_many(self) -> None:
        before = "a:\n  images: [ghcr.io/a/b:1, ghcr.io/a/b:1.2]\nb:\n  images:\n    # ghcr.io/a/b:1\n    - ghcr.io/a/b:1\n"
        after = with_digests(RELEASES_FILE, before, {"ghcr.io/a/b:1": DIGEST})
        assert after.splitlines() == [
            "a:", f"  images: [ghcr.io/a/b:1@{DIGEST}, ghcr.io/a/b:1.2]", "b:", "  images:", "    # ghcr.io/a/b:1",
            f"    - ghcr.io/a/b:1@{DIGEST}",
        ]  # fmt: skip

    def test_the_same_name_elsewhere_stays(self) -> None:
        before = "a:\n  source: ghcr.io/a/b:1\n  images: [ghcr.io/a/b:1]\n  values: {image: 'ghcr.io/a/b:1'}\n"
        after = with_digests(RELEASES_FILE, before, {"ghcr.io/a/b:1": DIGEST})
        assert after.count(DIGEST) == 1
        assert "source: ghcr.io/a/b:1\n" in after

    def test_a_digest_that_is_there_is_replaced_by_the_one_that_is_given(self) -> None:
        before = f"a:\n  reference: ghcr.io/a/b:1\n  digest: {OTHER}\n  source: x\n"
        assert with_digests(IMAGES_FILE, before, {"ghcr.io/a/b:1": DIGEST}) == before.replace(OTHER, DIGEST)

    def test_a_layout_that_lines_cannot_be_edited_in_is_refused(self) -> None:
        with pytest.raises(ValueError, match="layout"):
            with_digests(IMAGES_FILE, "a: {reference: 'ghcr.io/a/b:1', source: x}\n", {"ghcr.io/a/b:1": DIGEST})


class TestReach:
    """Prevents an image that is shown as pinned while what runs is named by a tag that may move."""

    def test_a_digest_that_reaches_what_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_pinned_releases(monkeypatch, "aifactory.catalog.pinning")
        found = {image.name: image for image in catalog_images() if image.file == RELEASES_FILE}
        assert all(image.digest for image in found.values())
        pinned = {name for name, image in found.items() if image.is_pinned}
        assert {"cert-manager/cert-manager-webhook", "kueue/kueue", "keda/keda", "gpu-operator/container-toolkit"} <= pinned

    def test_one_that_reaches_nothing_is_unpinned_and_says_why(self, monkeypatch: pytest.MonkeyPatch) -> None:
        use_pinned_releases(monkeypatch, "aifactory.catalog.pinning")
        found = {image.name: image for image in catalog_images()}
        assert not found["kubevirt/virt-api"].is_pinned
        assert found["kubevirt/virt-api"].unreached == "its bundle or its owner names it"
        assert found["gpu-operator/dcgm"].unreached == "no value that is set of its chart takes a digest"

    def test_without_a_digest_nothing_is_pinned_whatever_it_could_reach(self) -> None:
        image = CatalogImage("a", "ghcr.io/a/b:1", None, "Operators (a)", RELEASES_FILE, "a")
        assert not image.is_pinned
        assert replace(image, digest=DIGEST).is_pinned
        assert not replace(image, digest=DIGEST, unreached="nothing names it").is_pinned
