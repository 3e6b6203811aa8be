"""Classes of data, profiles, waivers and differences: the shapes that rules are written in."""

from pathlib import Path
from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import (
    AccessSpec,
    DifferenceSpec,
    ProfileSpec,
    StateSpec,
    WaiverSpec,
    load_factory,
    validate,
)
from tests.unit.factories import factory, factory_text

WAIVER: dict[str, Any] = {
    "rule": "residency",
    "subject": "database billing",
    "reason": "the bucket moves in March",
    "approver": "J. Weber, CISO",
    "approved": "2026-11-01",
    "expires": "2027-03-31",
    "controls": ["encrypted with our own key"],
}


class TestWaivers:
    """Prevents an exception that covers more than was seen, that nobody answers for, or that never ends."""

    def test_a_whole_one_is_taken(self) -> None:
        assert validate(WaiverSpec, WAIVER, "w").expires.isoformat() == "2027-03-31"

    @pytest.mark.parametrize("key", sorted(WAIVER))
    def test_nothing_of_it_may_be_left_out(self, key: str) -> None:
        with pytest.raises(SpecError, match=key):
            validate(WaiverSpec, {k: v for k, v in WAIVER.items() if k != key}, "w")

    @pytest.mark.parametrize(
        ("change", "words"),
        [
            ({"subject": "database *"}, "subject"),
            ({"reason": "ok"}, "reason"),
            ({"controls": []}, "controls"),
            ({"expires": "2026-11-01"}, "is not after"),
            ({"expires": "2027-11-03"}, "more than a year"),
            ({"expires": "never"}, "expires"),
        ],
    )
    def test_half_an_exception_is_refused(self, change: dict[str, Any], words: str) -> None:
        with pytest.raises(SpecError, match=words):
            validate(WaiverSpec, WAIVER | change, "w")

    def test_a_year_to_the_day_is_taken(self) -> None:
        assert validate(WaiverSpec, WAIVER | {"expires": "2027-11-02"}, "w")


class TestWaiversFile:
    """Prevents waivers outside of the file that has code owners of its own, and ones that are lost without a word."""

    def write(self, tmp_path: Path, waivers: str, factory_text_: str | None = None) -> Path:
        (tmp_path / "factory.yaml").write_text(factory_text_ or factory_text())
        (tmp_path / "waivers.yaml").write_text(waivers)
        return tmp_path / "factory.yaml"

    def text(self, **change: Any) -> str:
        lines = [f"    {key}: {value!r}" for key, value in (WAIVER | change).items()]
        return "version: 1\nwaivers:\n  billing:\n" + "\n".join(lines) + "\n"

    def test_they_are_read_with_the_factory(self, tmp_path: Path) -> None:
        assert load_factory(self.write(tmp_path, self.text())).waivers["billing"].rule == "residency"

    def test_without_the_file_there_are_none(self) -> None:
        assert factory().waivers == {}

    def test_in_factory_yaml_they_are_refused(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, self.text(), factory_text() + "waivers: {}\n")
        with pytest.raises(SpecError, match=r"stands in waivers\.yaml"):
            load_factory(file)

    def test_problems_of_both_files_come_together(self, tmp_path: Path) -> None:
        file = self.write(tmp_path, self.text(reason="ok"), factory_text(profiles=["nome"]))
        with pytest.raises(SpecError) as caught:
            load_factory(file)
        places = [problem.where for problem in caught.value.problems]
        assert places == ["regions.here.profiles[0]", "waivers.yaml: waivers.billing.reason"]
        assert caught.value.problems[1].line == 6

    def test_an_empty_file_says_what_it_must_be(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="must be a mapping"):
            load_factory(self.write(tmp_path, ""))


class TestState:
    """Prevents state, with every secret in it, in a place or under a key that nobody declared."""

    @pytest.mark.parametrize(
        "backend", ["s3://b", "azblob://c", "gs://b", "file:///mnt", "https://pulumi.internal", "local"]
    )
    def test_backends(self, backend: str) -> None:
        assert StateSpec(backend=backend, secrets_provider="passphrase").backend == backend

    @pytest.mark.parametrize("backend", ["", "S3://b", "http://pulumi.internal", "/mnt", "local2", "s3:b"])
    def test_what_is_no_backend(self, backend: str) -> None:
        with pytest.raises(SpecError, match="backend"):
            validate(StateSpec, {"backend": backend, "secrets_provider": "passphrase"}, "s")

    def test_a_services_key_needs_the_service(self) -> None:
        assert validate(StateSpec, {"backend": "https://p.internal", "secrets_provider": "default"}, "s")
        with pytest.raises(SpecError, match="passphrase or a key of your own"):
            validate(StateSpec, {"backend": "s3://b", "secrets_provider": "default"}, "s")

    def test_only_a_local_region_keeps_its_state_in_a_cache(self) -> None:
        with pytest.raises(SpecError, match=r"state\.backend s3://b does not go"):
            factory(state={"backend": "s3://b", "secrets_provider": "passphrase"})


class TestAccess:
    """Prevents an API server that answers everybody."""

    @pytest.mark.parametrize("kind", ["runner", "tunnel", "in-cluster"])
    def test_only_an_allow_list_has_addresses(self, kind: str) -> None:
        assert validate(AccessSpec, {"kind": kind}, "a")
        with pytest.raises(SpecError, match="cidrs go with"):
            validate(AccessSpec, {"kind": kind, "cidrs": ["10.0.0.0/8"]}, "a")

    @pytest.mark.parametrize("cidr", ["0.0.0.0/0", "::/0", "0.0.0.0/1", "2000::/3", "10.0.0.1/8", "office"])
    def test_a_list_that_lets_anybody_in_is_none(self, cidr: str) -> None:
        with pytest.raises(SpecError, match="cidrs"):
            validate(AccessSpec, {"kind": "allow-list", "cidrs": [cidr]}, "a")

    @pytest.mark.parametrize("cidr", ["203.0.113.7/32", "10.0.0.0/8", "2001:db8::/48"])
    def test_networks_of_ones_own(self, cidr: str) -> None:
        assert validate(AccessSpec, {"kind": "allow-list", "cidrs": [cidr]}, "a").cidrs == (cidr,)

    def test_an_empty_list_lets_nobody_in(self) -> None:
        with pytest.raises(SpecError, match="nobody"):
            validate(AccessSpec, {"kind": "allow-list"}, "a")

    def test_a_cluster_elsewhere_needs_it(self) -> None:
        with pytest.raises(SpecError, match="needs `access`"):
            factory(
                site={"provider": "on-prem", "location": "x", "country": "DE", "operator": "self"},
                cluster={"kind": "existing", "context": "lab"},
                state={"backend": "s3://b", "secrets_provider": "passphrase"},
            )


class TestDifferencesAndProfiles:
    """Prevents drift that is excused by a word, and rules without a date."""

    @pytest.mark.parametrize(
        "change", [{"field": "Operators"}, {"field": "operators."}, {"regions": []}, {"reason": "meant"}, {"field": "*"}]
    )
    def test_half_a_difference_is_refused(self, change: dict[str, Any]) -> None:
        values = {"field": "operators.kueue.version", "regions": ["here"], "reason": "an older cluster"}
        assert validate(DifferenceSpec, values, "d").until is None
        with pytest.raises(SpecError):
            validate(DifferenceSpec, values | change, "d")

    def test_a_profile_needs_its_day(self) -> None:
        with pytest.raises(SpecError, match="dated"):
            validate(ProfileSpec, {"title": "rules of the bank"}, "p")
