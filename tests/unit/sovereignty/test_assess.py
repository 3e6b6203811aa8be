"""The verdict on a factory: regions apart from each other, and what is warned of."""

from copy import deepcopy
from datetime import date

import pytest

from aifactory.model import FactorySpec, WaiverSpec
from aifactory.sovereignty.assess import assess
from tests.unit.cases.corpus import corpus

DAY = date(2026, 7, 8)


def two_regions() -> FactorySpec:
    """Return a factory of a region that passes and one that does not."""
    (case,) = [case for case in corpus() if case.name == "residency.ok.eu-west-1-is-ireland"]
    values = case.values()
    values["regions"]["abroad"] = deepcopy(values["regions"]["cloud"])
    values["regions"]["abroad"]["site"] |= {"location": "eu-west-2", "country": "GB"}
    return FactorySpec.model_validate(values)


def waiver(subject: str, expires: date) -> WaiverSpec:
    return WaiverSpec(
        rule="residency", subject=subject, reason="there is no other place", approver="Board",
        approved=date(2026, 1, 1), expires=expires, controls=("looked at each week",),
    )  # fmt: skip


class TestRegions:
    """Prevents a finding of one region that stops another."""

    def test_what_touches_one_blocks_it_alone(self) -> None:
        found = assess(two_regions(), DAY)
        assert {finding.region for finding in found.blocking} == {"abroad"}
        assert all(finding.subject.startswith(f"{finding.region}/") for finding in found.findings)
        assert assess(two_regions(), DAY, ["cloud"]).passes is True
        assert assess(two_regions(), DAY, ["abroad"]).findings == found.of("abroad")

    def test_counts_name_every_verdict(self) -> None:
        found = assess(two_regions(), DAY)
        assert set(found.counts()) == {"allow", "deny", "unknown", "waived"}
        assert sum(found.counts().values()) == len(found.findings)


class TestWarnings:
    """Prevents warnings about what was not looked at, and silence about what ends."""

    @pytest.mark.parametrize(("regions", "count"), [(None, 1), (["cloud"], 0), (["cloud", "abroad"], 1)])
    def test_a_waiver_fits_nothing_only_where_all_was_looked_at(self, regions: list[str] | None, count: int) -> None:
        made = two_regions().model_copy(update={"waivers": {"w": waiver("gone/site", date(2026, 12, 1))}})
        assert len(assess(made, DAY, regions).warnings) == count

    @pytest.mark.parametrize(
        ("expires", "spoken"),
        [(date(2026, 7, 7), False), (date(2026, 7, 8), True), (date(2026, 8, 7), True), (date(2026, 8, 8), False)],
    )
    def test_a_waiver_that_ends_soon(self, expires: date, spoken: bool) -> None:
        made = two_regions().model_copy(update={"waivers": {"w": waiver("abroad/site", expires)}})
        assert any(str(expires) in text for text in assess(made, DAY).warnings) is spoken
