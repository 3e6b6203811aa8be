"""Who uses GPUs. A restricted group is always a review, never a permission."""

from datetime import date
from typing import Any

import pytest

from aifactory.catalog import export_groups
from aifactory.model import WaiverSpec
from aifactory.model.statement import GpuExport
from aifactory.sovereignty.fact import Exported
from aifactory.sovereignty.finding import Verdict
from aifactory.sovereignty.judge import judge as judge_all
from aifactory.sovereignty.profile import Stated
from aifactory.sovereignty.rules.gpu_export import judge
from aifactory.sovereignty.waiver import apply_waivers
from tests.unit.sovereignty.rules.world import ALLOW, DENY, ON, SAYS, UNKNOWN, company, said, world

GROUP = "ear-d5"
KNOWN = {
    "self": company("DE"),
    "lab": company("CN"),
    "branch": company("SG", {"holding": "1"}),
    "holding": company("AE", ultimate_parent="lab"),
    "licensee": company("DE", licensors=["lab"]),
    "both": company("DE", {"middle": "100"}, licensors=["lab"]),
    "middle": company("DE", {"lab": "100"}),
    "seatless": company(None),
    "held": company("DE", {"seatless": "100"}),
    "orphan": company("DE", {"nobody": "5"}),
    "mixed": company("DE", {"nobody": "5", "lab": "5"}),
}


def stated(*groups: str) -> GpuExport:
    return GpuExport(rule="gpu-export", groups=groups or (GROUP,), **SAYS)


def used_by(end_user: str | None, reference: str | None = None) -> Exported:
    return Exported(subject="frankfurt/gpu", accelerator="h100", end_user=end_user, reference=reference)


def verdict_of(end_user: str | None, reference: str | None = None, on: date = ON) -> Any:
    return judge(stated(), used_by(end_user, reference), world(on, KNOWN))


class TestGpuExport:
    """Prevents a GPU from reaching a restricted group behind a subsidiary, and a reference from passing for a permission."""

    def test_seated_in_a_group(self) -> None:
        found = said(verdict_of("lab"), DENY, "h100", "lab has its seat in CN", GROUP, "review", "no reference")
        assert f"{GROUP}: {export_groups()[GROUP].source}" in found.sources
        assert "CN" in found.matched

    def test_an_ultimate_parent_at_any_distance_and_share(self) -> None:
        said(verdict_of("branch"), DENY, "branch <- holding <- lab has its seat in CN", "review")

    def test_a_reference_is_a_review_and_no_permission(self) -> None:
        found = said(verdict_of("lab", "BIS licence D123"), DENY, "review", "BIS licence D123", "waiver", "not a licence")
        assert "no reference" not in found.because

    def test_a_review_is_recorded_by_a_waiver_and_no_pass(self) -> None:
        stated_in = Stated("us/headquarters", stated())
        findings = judge_all([used_by("lab", "BIS licence D123")], [stated_in], world(organizations=KNOWN), "frankfurt")
        assert findings[0].blocks
        waiver = WaiverSpec(
            rule="gpu-export",
            subject="frankfurt/gpu",
            reason="Licence D123 covers this end user and these machines.",
            approver="export control officer",
            approved=ON,
            expires=date(2026, 12, 31),
            controls=("Use is logged and read monthly.",),
        )
        (reviewed,) = apply_waivers(findings, {"d123": waiver}, ON).findings
        assert reviewed.verdict is Verdict.WAIVED
        assert not reviewed.blocks

    def test_a_licensor_owns_nothing(self) -> None:
        said(verdict_of("licensee"), ALLOW)

    def test_an_owner_who_is_a_licensor_too_is_an_owner(self) -> None:
        said(verdict_of("both"), DENY, "both <- middle <- lab")

    def test_nobody_found_is_no_permission_either(self) -> None:
        said(verdict_of("self"), ALLOW, "no seat in a restricted group (ear-d5) found among self (DE)", "not a licence")

    @pytest.mark.parametrize(
        ("end_user", "word"),
        [
            (None, "nobody said who uses h100"),
            ("seatless", "where seatless has its seat is unknown"),
            ("held", "where seatless has its seat is unknown"),
            ("orphan", "nobody described nobody"),
            ("stranger", "nobody described stranger"),
        ],
    )
    def test_what_is_not_known(self, end_user: str | None, word: str) -> None:
        said(verdict_of(end_user), UNKNOWN, word, GROUP)

    def test_a_hit_beats_what_is_not_known(self) -> None:
        said(verdict_of("mixed"), DENY, "lab", "CN")

    def test_self_must_be_described(self) -> None:
        said(judge(stated(), used_by("self"), world()), UNKNOWN, "organizations: {self: {...}}", GROUP)

    def test_a_group_that_the_catalog_does_not_have(self) -> None:
        said(judge(stated("ear-z9"), used_by("self"), world(organizations=KNOWN)), UNKNOWN, "no group ear-z9")
        said(judge(stated("ear-z9", GROUP), used_by("lab"), world(organizations=KNOWN)), DENY, "CN")

    @pytest.mark.parametrize(("on", "verdict"), [(date(2026, 2, 2), UNKNOWN), (date(2026, 2, 3), ALLOW)])
    def test_a_group_is_dated(self, on: date, verdict: Any) -> None:
        said(verdict_of("self", on=on), verdict, GROUP)

    def test_a_circle_ends(self) -> None:
        circle = {"left": company("DE", {"right": "50"}), "right": company("FR", {"left": "50"})}
        said(judge(stated(), used_by("left"), world(organizations=circle)), ALLOW, "left (DE), right (FR)")
