"""Ranges of Kubernetes versions."""

import pytest

from aifactory.catalog.kubernetes import bounds, common, parse, supports


class TestBounds:
    """Prevents a range that is read as another."""

    @pytest.mark.parametrize(
        ("versions", "first", "end"),
        [
            (">=1.34 <1.37", (1, 34, 0), (1, 37, 0)),
            (">=1.34.2", (1, 34, 2), (999, 0, 0)),
            (">=1.9 <1.10", (1, 9, 0), (1, 10, 0)),
        ],
    )
    def test_both_ends(self, versions: str, first: tuple[int, ...], end: tuple[int, ...]) -> None:
        assert bounds(versions) == (first, end)

    @pytest.mark.parametrize("versions", ["1.34", ">=1.34,<1.37", ">= 1.34", "<1.37", ">=v1.34", ""])
    def test_what_is_no_range_is_refused(self, versions: str) -> None:
        with pytest.raises(ValueError, match="is no range of Kubernetes versions"):
            bounds(versions)

    @pytest.mark.parametrize("versions", [">=1.37 <1.34", ">=1.34 <1.34"])
    def test_an_empty_one_is_refused(self, versions: str) -> None:
        with pytest.raises(ValueError, match="it starts at its end"):
            bounds(versions)


class TestSupports:
    """Prevents an operator on a cluster that it does not support, or kept from one that it does."""

    @pytest.mark.parametrize("version", ["1.34", "1.34.0", "v1.36.9", "1.36.3-eks-abc"])
    def test_inside(self, version: str) -> None:
        assert supports(">=1.34 <1.37", version)

    @pytest.mark.parametrize("version", ["1.33.9", "1.37.0", "2.0"])
    def test_outside(self, version: str) -> None:
        assert not supports(">=1.34 <1.37", version)

    def test_the_patch_counts_where_it_is_said(self) -> None:
        assert not supports(">=1.34.2", "1.34.1")
        assert supports(">=1.34.2", "1.34.2")

    def test_minor_versions_are_numbers_not_text(self) -> None:
        assert supports(">=1.9", "1.10")

    def test_what_is_no_version_is_refused(self) -> None:
        with pytest.raises(ValueError, match="is no Kubernetes version"):
            parse("stable")


class TestCommon:
    """Prevents a set of operators that no cluster can run."""

    def test_what_they_share(self) -> None:
        assert common([">=1.34 <1.37", ">=1.29", ">=1.33 <1.36"]) == ">=1.34 <1.36"
        assert common([">=1.34.2", ">=1.26"]) == ">=1.34.2"

    def test_nothing_shared(self) -> None:
        assert common([">=1.34", ">=1.29 <1.34"]) is None

    def test_no_ranges_leave_every_version(self) -> None:
        assert common([]) == ">=0.0"
