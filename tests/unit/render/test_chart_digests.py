"""Digests in the values of charts: those of the catalog once it has them, and never against the user's tag."""

from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.catalog.chart_digest import chart_digests, image_parts
from aifactory.render.chart_digests import digest_values
from tests.unit.catalog.pinned import digest_of, pinned_releases


def values(name: str, **over: Any) -> dict[str, Any]:
    return digest_values(name, pinned_releases()[name.partition("/")[0]].images, over)


def at(held: Any, path: str) -> Any:
    for part in path.split("."):
        held = held[part]
    return held


class TestDigests:
    """Prevents a tag that names another image one day, though the catalog knows which one was meant."""

    @pytest.mark.parametrize("name", sorted(chart_digests()))
    def test_every_image_gets_its_own(self, name: str) -> None:
        facts, found = chart_digests()[name], values(name)
        tags = {image_parts(image)[0]: image_parts(image)[1] for image in releases()[name.partition("/")[0]].images}
        for path, image in facts.tags.items():
            assert at(found, path) == f"{tags[image]}@{digest_of(f'{image}:{tags[image]}')}"
        for path, image in facts.digests.items():
            assert at(found, path) == digest_of(f"{image}:{tags[image]}")

    def test_an_image_without_a_digest_is_left_as_it_is(self) -> None:
        controller, *others = pinned_releases()["cert-manager"].images
        found = digest_values("cert-manager", [controller.partition("@")[0], *others])
        assert "image" not in found
        assert found["webhook"]["image"].keys() == {"digest"}

    @pytest.mark.parametrize("name", sorted(releases()))
    def test_as_long_as_none_is_known_nothing_is_set(self, name: str) -> None:
        assert digest_values(name, [image.partition("@")[0] for image in releases()[name].images]) == {}

    def test_a_chart_of_which_nobody_has_read_how_gets_none(self) -> None:
        assert digest_values("kubevirt", pinned_releases()["kubevirt"].images) == {}


class TestTheUsersTag:
    """Prevents a user's version that is set, shown, and not what runs."""

    def test_ours_is_left_out_of_the_image_whose_tag_they_name(self) -> None:
        found = values("cert-manager", image={"tag": "v1.22.0"}, cainjector={"image": {"repository": "mirror.test/x"}})
        assert "image" not in found
        assert found["cainjector"]["image"]["digest"].startswith("sha256:")

    @pytest.mark.parametrize("tag", [None, ""])
    def test_an_empty_tag_is_none(self, tag: str | None) -> None:
        assert values("cert-manager", image={"tag": tag})["image"]["digest"].startswith("sha256:")

    def test_values_of_another_shape_do_not_stop_it(self) -> None:
        assert values("cert-manager", webhook="off")["webhook"]["image"]["digest"].startswith("sha256:")
