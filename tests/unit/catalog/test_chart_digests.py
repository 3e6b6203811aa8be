"""Where charts take digests: each path exists in the chart's own values, and each image is one that the release runs."""

from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.catalog import releases
from aifactory.catalog.chart_digest import ChartDigests, chart_digests, image_parts
from aifactory.catalog.chart_keys import chart_keys
from aifactory.catalog.release import facts_key
from tests.unit.catalog.test_chart_images import has

NAMES = sorted(chart_digests())


class TestFacts:
    """Prevents a digest that is put where no template reads it, or on another image than it is of."""

    @pytest.mark.parametrize("name", NAMES)
    def test_images_are_those_of_the_release(self, name: str) -> None:
        release = releases()[name.partition("/")[0]]
        assert set(chart_digests()[name].names) <= {image_parts(image)[0] for image in release.images}
        assert name in {facts_key(name.partition("/")[0], release, chart) for chart in release.charts}

    @pytest.mark.parametrize("name", [name for name in NAMES if name in chart_keys()])
    def test_paths_are_values_of_the_chart(self, name: str) -> None:
        facts, known = chart_digests()[name], chart_keys()[name]
        for path in (*facts.tags, *facts.digests):
            above, _, last = path.rpartition(".")
            assert has(known.names, path) or (has(known.names, above) and last in known.mentioned), path

    @pytest.mark.parametrize("name", [name for name in NAMES if chart_digests()[name].digests])
    def test_a_value_for_a_digest_has_one_for_a_tag_beside_it(self, name: str) -> None:
        assert "tag" in chart_keys()[name].mentioned
        assert all(path.endswith(".digest") for path in chart_digests()[name].digests)

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"tags": {"a.tag": "ghcr.io/a/b:1"}},
            {"tags": {"a.tag": "ghcr.io/a/b"}, "digests": {"a.digest": "ghcr.io/a/b"}},
        ],
        ids=["nothing", "with-a-tag", "twice"],
    )
    def test_a_row_that_says_nothing_or_too_much_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValidationError):
            ChartDigests.model_validate(wrong | {"source": "somewhere written"})


class TestParts:
    """Prevents a port that is taken for a tag."""

    @pytest.mark.parametrize(
        ("image", "parts"),
        [
            ("ghcr.io/a/b:1.2", ("ghcr.io/a/b", "1.2", "")),
            ("ghcr.io/a/b:1.2@sha256:ab", ("ghcr.io/a/b", "1.2", "sha256:ab")),
            ("registry.internal:5000/b:1", ("registry.internal:5000/b", "1", "")),
        ],
    )
    def test_name_tag_and_digest(self, image: str, parts: tuple[str, str, str]) -> None:
        assert image_parts(image) == parts
