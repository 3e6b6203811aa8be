"""The catalog is data, and all of it is checked."""

import re

import pytest

from aifactory.catalog import accelerators, images


class TestAccelerators:
    """Prevents labels that no node ever has, so that models would wait for ever."""

    @pytest.mark.parametrize("name", sorted(accelerators()))
    def test_product_is_a_label_value_and_memory_is_plausible(self, name: str) -> None:
        fact = accelerators()[name]
        assert re.fullmatch(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?", fact.product)
        size = int(re.search(r"(\d+)gb$", name).group(1))
        assert 0.9 * size * 1024 <= fact.memory_mib <= size * 1024

    def test_products_are_not_listed_twice(self) -> None:
        products = [fact.product for fact in accelerators().values()]
        assert len(products) == len(set(products))


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
