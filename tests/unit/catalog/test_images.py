"""Images are data, and all of it is checked."""

import pytest

from aifactory.catalog import images


class TestImages:
    """Prevents images that change under the same name, and digests that somebody made up."""

    @pytest.mark.parametrize("name", sorted(images()))
    def test_tags_are_fixed(self, name: str) -> None:
        tag = images()[name].reference.rpartition(":")[2]
        assert tag not in {"latest", "main", "master", "edge", "nightly"}
        assert any(character.isdigit() for character in tag)

    @pytest.mark.parametrize("name", sorted(images()))
    def test_what_is_pulled_has_the_digest_exactly_when_there_is_one(self, name: str) -> None:
        image = images()[name]
        assert ("@sha256:" in image.pull) == image.pinned
        pinned = image.model_copy(update={"digest": "sha256:" + "a" * 64})
        assert pinned.pinned
        assert pinned.pull == f"{image.reference}@sha256:{'a' * 64}"
