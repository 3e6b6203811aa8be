"""The order in which operators come, what is missing, and what may not stand together."""

import itertools
import random

import pytest

from aifactory.catalog import Release, conflicts_among, missing, order, releases, required_of


def release(*, requires: tuple[str, ...] = (), brings: tuple[str, ...] = (), conflicts: tuple[str, ...] = ()) -> Release:
    """Return a release of a small catalog of the test's own."""
    of = releases()["kueue"].model_dump()
    return Release.model_validate(of | {"requires": requires, "brings": brings, "conflicts": conflicts})


SMALL = {
    "certs": release(),
    "db": release(),
    "backup": release(requires=("certs", "db")),
    "vm": release(conflicts=("suite",)),
    "suite": release(brings=("vm",)),
    "guest": release(requires=("vm",)),
}


class TestOrder:
    """Prevents an operator that is installed before what it needs, and an order that changes by itself."""

    def test_of_the_whole_catalog_everything_stands_behind_what_it_requires(self) -> None:
        ordered = order(releases())
        assert sorted(ordered) == sorted(releases())
        for name, found in releases().items():
            assert all(ordered.index(need) < ordered.index(name) for need in found.requires), name

    def test_what_is_not_named_stays_away(self) -> None:
        assert order(["backup", "certs"], SMALL) == ["certs", "backup"]

    def test_it_does_not_depend_on_the_order_of_the_names(self) -> None:
        names = list(releases())
        shuffled = random.Random(7).sample(names, len(names))
        assert order(shuffled) == order(names)

    def test_the_alphabet_decides_among_those_that_need_nothing_of_each_other(self) -> None:
        assert order(["db", "certs"], SMALL) == ["certs", "db"]

    def test_what_brings_the_need_comes_before_too(self) -> None:
        assert order(["guest", "suite"], SMALL) == ["suite", "guest"]

    def test_nothing_has_no_order(self) -> None:
        assert order([]) == []

    def test_a_circle_is_named(self) -> None:
        circle = {
            "a": release(requires=("b",)),
            "b": release(requires=("c",)),
            "c": release(requires=("a",)),
            "d": release(),
        }
        with pytest.raises(
            ValueError, match=r"require each other in a circle: (a -> b -> c -> a|b -> c -> a -> b|c -> a -> b -> c)"
        ):
            order(circle, circle)

    def test_a_name_that_is_not_in_the_catalog_is_an_error(self) -> None:
        with pytest.raises(KeyError, match="kubvirt"):
            order(["kubvirt"])


class TestRequired:
    """Prevents a wait on the wrong operator."""

    def test_only_those_that_are_there_are_waited_for(self) -> None:
        assert required_of("backup", ["backup", "db"], SMALL) == ["db"]
        assert required_of("backup", SMALL, SMALL) == ["certs", "db"]

    def test_what_brings_it_is_waited_for(self) -> None:
        assert required_of("guest", ["guest", "suite"], SMALL) == ["suite"]

    def test_the_barman_plugin_waits_for_both(self) -> None:
        assert required_of("barman-cloud", releases()) == ["cert-manager", "cloudnative-pg"]


class TestMissing:
    """Prevents an operator that starts and then waits for ever for another."""

    def test_what_is_not_there_is_named_with_who_needs_it(self) -> None:
        assert missing(["backup", "certs"], SMALL) == {"backup": ("db",)}

    def test_nothing_is_missing_when_another_brings_it(self) -> None:
        assert missing(["guest", "suite"], SMALL) == {}

    def test_the_whole_catalog_is_complete(self) -> None:
        assert missing(releases()) == {}

    def test_the_router_of_llm_d_brings_the_gateway_api_for_kserve(self) -> None:
        assert missing(["kserve", "llm-d"]) == {"kserve": ("cert-manager", "leaderworkerset")}


class TestConflicts:
    """Prevents two operators that fight over the same objects."""

    def test_each_pair_once_whichever_side_says_it(self) -> None:
        assert conflicts_among(SMALL, SMALL) == [("suite", "vm")]
        both = {"a": release(conflicts=("b",)), "b": release(conflicts=("a",))}
        assert conflicts_among(both, both) == [("a", "b")]

    def test_one_alone_does_not_conflict(self) -> None:
        assert conflicts_among(["vm"], SMALL) == []

    def test_openshift_virtualization_and_its_parts(self) -> None:
        assert conflicts_among(["hyperconverged", "kubevirt", "cdi", "kueue"]) == [
            ("cdi", "hyperconverged"),
            ("hyperconverged", "kubevirt"),
        ]

    def test_no_release_conflicts_with_what_it_requires(self) -> None:
        for name, found in releases().items():
            pairs = itertools.product([name], found.requires)
            assert not [pair for pair in pairs if conflicts_among(pair)]
