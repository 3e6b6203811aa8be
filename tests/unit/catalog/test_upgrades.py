"""The upgrade matrix: as data, and what it answers."""

from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.catalog import UpgradeRow, Upgrades, releases, upgrades, verdict
from aifactory.catalog.upgrade_path import UNKNOWN
from aifactory.catalog.versions import range_of, triple, within

EVERY = pytest.mark.parametrize("operator", sorted(upgrades()))


def row(versions: str, outcome: str = "safe", **more: Any) -> dict[str, Any]:
    """Return a row as the file has it."""
    return {"from": versions, "verdict": outcome, "why": "somebody has read it", "source": "release notes of 1.2.3"} | more


def matrix(*rows: dict[str, Any], to: str = "2.0.0") -> dict[str, Upgrades]:
    """Return a matrix of one operator, `thing`."""
    return {"thing": Upgrades.model_validate({"to": to, "rows": rows})}


class TestTheFile:
    """Prevents a matrix that leads to another version than the one that is installed, or into a version nobody has."""

    @EVERY
    def test_it_leads_to_the_pinned_version_of_a_known_operator(self, operator: str) -> None:
        assert upgrades()[operator].to == releases()[operator].version, (
            f"read the way to the new version of {operator} first"
        )

    @EVERY
    def test_ranges_follow_each_other_and_end_at_the_pinned_version(self, operator: str) -> None:
        ways = upgrades()[operator]
        spans = sorted(range_of(found.versions) for found in ways.rows)
        assert all(end <= first for (_, end), (first, _) in pairwise(spans))
        assert spans[-1][1] <= (triple(ways.to) or (0, 0, 0))

    @EVERY
    def test_what_is_gone_through_is_after_the_range_and_before_the_pinned_version(self, operator: str) -> None:
        ways = upgrades()[operator]
        for found in ways.rows:
            if found.via:
                through = triple(found.via)
                assert through
                assert range_of(found.versions)[1] <= through < (triple(ways.to) or ())

    @EVERY
    def test_the_way_through_goes_on(self, operator: str) -> None:
        ways = upgrades()[operator]
        for via in {found.via for found in ways.rows if found.via}:
            assert verdict(operator, via, ways.to).verdict != "blocked"

    @EVERY
    def test_steps_are_told_once_each(self, operator: str) -> None:
        for found in upgrades()[operator].rows:
            assert len(found.steps) == len(set(found.steps))

    @EVERY
    def test_keys_are_written_as_in_the_file(self, operator: str) -> None:
        for found in upgrades()[operator].rows:
            assert UpgradeRow.model_validate(found.model_dump(by_alias=True)) == found


class TestForm:
    """Prevents rows that contradict themselves or each other, so that the answer depends on their order."""

    def test_no_version_is_in_two_rows(self) -> None:
        with pytest.raises(ValidationError, match=r"two rows hold version 1\.1\.5"):
            matrix(row(">=1.0 <1.2"), row(">=1.1.5 <1.3"))

    def test_ranges_that_touch_do_not_overlap(self) -> None:
        assert len(matrix(row(">=1.1 <1.2"), row(">=1.0 <1.1"))["thing"].rows) == 2

    def test_no_row_reaches_beyond_the_version_it_leads_to(self) -> None:
        with pytest.raises(ValidationError, match=r"reaches beyond 2\.0\.0"):
            matrix(row(">=1.0 <2.1"))

    @pytest.mark.parametrize(
        ("wrong", "rule"),
        [
            (row(">=1.0 <1.1", "manual"), "a manual upgrade has steps"),
            (row(">=1.0 <1.1", "safe", steps=["look"]), "a manual upgrade has steps, and no other has"),
            (row(">=1.0 <1.1", "safe", via="1.5"), "only a blocked upgrade"),
            (row(">=1.0 <1.5", "blocked", via="1.4"), "does not lead out of"),
            (row(">=1.0 <1.5", "perhaps"), "verdict"),
            (row(">=1.0 <1.5", source=""), "source"),
            (row(">=1.0 <1.5", also="this"), "also"),
            (row(">=1.0 <1.5", "blocked", via="next"), "via"),
        ],
    )
    def test_what_contradicts_itself_is_refused(self, wrong: dict[str, Any], rule: str) -> None:
        with pytest.raises(ValidationError, match=rule):
            matrix(wrong)

    @pytest.mark.parametrize(
        "versions", [">=1.0", "<1.0", ">=1.2 <1.1", ">=1.1 <1.1", ">= 1.0 <1.1", "1.0", ">=1.0-rc.1 <1.1", ""]
    )
    def test_what_is_no_range_is_refused(self, versions: str) -> None:
        with pytest.raises(ValidationError):
            matrix(row(versions))

    def test_a_matrix_without_rows_is_refused(self) -> None:
        with pytest.raises(ValidationError):
            Upgrades.model_validate({"to": "1.0.0", "rows": []})


class TestVersions:
    """Prevents versions that are compared as text, and pre-releases that pass for the release."""

    @pytest.mark.parametrize(("version", "numbers"), [("1.10.2", (1, 10, 2)), ("v1.10.2", (1, 10, 2)), ("1.10", (1, 10, 0))])
    def test_as_numbers(self, version: str, numbers: tuple[int, ...]) -> None:
        assert triple(version) == numbers

    @pytest.mark.parametrize("version", ["1.2.3-rc.1", "1.2.3+build", "stable", "stable-v1.2", "1", "", "1.2.3.4", "v"])
    def test_what_is_no_release_has_no_numbers(self, version: str) -> None:
        assert triple(version) is None

    def test_a_range_holds_its_start_and_not_its_end(self) -> None:
        assert within(">=1.9 <1.10.2", (1, 9, 0))
        assert within(">=1.9 <1.10.2", (1, 10, 1))
        assert not within(">=1.9 <1.10.2", (1, 10, 2))
        assert not within(">=1.9 <1.10.2", (1, 8, 99))


class TestVerdict:
    """Prevents an upgrade that goes by itself and takes databases, queues or machines with it."""

    SMALL = matrix(
        row(">=1.9 <2.0"),
        row(">=1.8 <1.9", "manual", steps=["look", "then act"]),
        row(">=1.0 <1.8", "blocked", via="1.8"),
    )

    @pytest.mark.parametrize(
        ("installed", "wanted", "outcome"),
        [
            ("2.0.0", "2.0.0", "safe"),
            ("v2.0.0", "2.0.0", "safe"),
            ("1.9.9", "2.0.0", "safe"),
            ("1.10.0", "2.0.0", "safe"),
            ("v1.8.3", "2.0.0", "manual"),
            ("1.2.0", "2.0.0", "blocked"),
            ("0.9.0", "2.0.0", "manual"),
            ("2.0.1", "2.0.0", "blocked"),
            ("2.1.0", "2.0.0", "blocked"),
            ("1.9.0-rc.1", "2.0.0", "manual"),
            ("2.0.0-rc.1", "2.0.0", "manual"),
            ("stable", "2.0.0", "manual"),
            ("", "2.0.0", "manual"),
            ("1.9.0", "2.0.0-beta.2", "manual"),
            ("1.9.0", "2.0.1", "manual"),
        ],
    )
    def test_table(self, installed: str, wanted: str, outcome: str) -> None:
        assert verdict("thing", installed, wanted, self.SMALL).verdict == outcome

    def test_an_operator_that_nobody_has_read_about_is_never_safe(self) -> None:
        found = verdict("other", "1.0.0", "2.0.0", self.SMALL)
        assert (found.verdict, found.why, found.steps) == ("manual", UNKNOWN, ())

    def test_rows_say_nothing_about_another_version_than_theirs(self) -> None:
        assert verdict("thing", "1.9.0", "2.0.1", self.SMALL).why == UNKNOWN

    def test_what_is_no_release_is_named(self) -> None:
        assert verdict("thing", "2.0.0-rc.1", "2.0.0", self.SMALL).why == f"{UNKNOWN}: 2.0.0-rc.1 is no release"
        assert verdict("thing", "1.9.0", "main", self.SMALL).why == f"{UNKNOWN}: main is no release"

    def test_steps_and_the_way_through_are_told(self) -> None:
        assert verdict("thing", "1.8.0", "2.0.0", self.SMALL).steps == ("look", "then act")
        assert verdict("thing", "1.0.0", "2.0.0", self.SMALL).via == "1.8"

    def test_a_downgrade_says_that_it_is_one_whatever_the_rows_say(self) -> None:
        found = verdict("thing", "3.0.0", "2.0.0", self.SMALL)
        assert found.why.startswith("a downgrade")
        assert found.via is None


class TestKnownTraps:
    """Prevents a trap that somebody has read about from being forgotten when the file is edited."""

    @pytest.mark.parametrize(
        ("operator", "installed", "outcome", "word"),
        [
            ("kueue", "0.15.3", "blocked", "v1beta1"),
            ("kueue", "0.16.0", "manual", "v1beta1"),
            ("kueue", "0.18.5", "manual", "30 minutes"),
            ("kueue", "0.19.1", "safe", "no action"),
            ("cloudnative-pg", "1.29.2", "manual", "restarted"),
            ("cloudnative-pg", "1.29.0", "manual", "metrics exporter"),
            ("cloudnative-pg", "1.28.4", "blocked", "skip none"),
            ("cert-manager", "1.21.0", "safe", "patches"),
            ("cert-manager", "1.19.1", "blocked", "one minor version"),
            ("kubevirt", "1.8.4", "manual", "tested"),
            ("kubevirt", "1.7.0", "blocked", "next"),
            ("gpu-operator", "26.3.1", "manual", "hook"),
            ("gpu-operator", "25.3.0", "manual", UNKNOWN),
            ("node-feature-discovery", "0.18.3", "manual", "definitions"),
            ("node-feature-discovery", "0.12.0", "manual", "labels"),
            ("leaderworkerset", "0.8.0", "manual", "crds/"),
            ("keda", "2.19.0", "manual", "stops scaling"),
            ("gateway-api", "1.4.1", "manual", "policy"),
            ("barman-cloud", "0.13.0", "manual", UNKNOWN),
        ],
    )
    def test_table(self, operator: str, installed: str, outcome: str, word: str) -> None:
        found = verdict(operator, installed, releases()[operator].version)
        assert found.verdict == outcome
        assert word in found.why

    def test_the_migration_of_kueue_is_a_step(self) -> None:
        assert "migrate-to-v1beta2" in verdict("kueue", "0.16.5", "0.19.2").steps[0]

    def test_the_built_in_barman_is_named_before_it_goes(self) -> None:
        assert any("Barman" in step for step in verdict("cloudnative-pg", "1.29.2", "1.30.0").steps)

    def test_every_pinned_version_may_stay_as_it_is(self) -> None:
        for operator, release in releases().items():
            assert verdict(operator, release.version, release.version).verdict == "safe"
