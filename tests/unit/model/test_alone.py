"""What a component alone declares of its surroundings, in the shapes of a factory and its regions."""

from datetime import date
from typing import Any, get_args

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import DeclaredSpec, FactorySpec, RegionSpec, TelemetrySpec, validate

PROFILE: dict[str, Any] = {"title": "rules of the bank", "dated": "2026-01-01", "review_by": "2027-01-01"}
RIGHT: dict[str, Any] = {
    "data_classes": {"customers": {"description": "who our customers are", "personal": True}},
    "keys": {"vault": {"custody": "hsm", "country": "DE", "operator": "self"}},
    "storage_classes": {"fast-disks": {"encrypted": True, "key": "vault"}},
    "organizations": {"self": {"title": "Example", "seat": "DE", "dated": "2026-01-01", "source": "a register"}},
    "profiles": {"bank": PROFILE},
    "transfers": {
        "east": {
            "countries": ["CN"],
            "data_classes": ["customers"],
            "recipient": "somebody",
            "mechanism": "scc",
            "reference": "contract 8",
            "since": "2026-01-01",
            "until": "2026-12-31",
        }
    },
    "waivers": {
        "linz": {
            "rule": "residency",
            "subject": "here/postgres billing",
            "reason": "there is no other place until autumn",
            "approver": "Data Protection Board",
            "approved": "2026-01-01",
            "expires": "2026-12-31",
            "controls": ["the board looks at it every week"],
        }
    },
    "reporting": ["vllm-project"],
    "as_of": "2026-07-08",
}
WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "data_classes": ({"customers": {"description": "who"}}, "customers.description"),
    "keys": ({"vault": {"custody": "hsm", "country": "UK", "operator": "self"}}, "vault.country"),
    "storage_classes": ({"fast": {"encrypted": False, "key": "vault"}}, "fast"),
    "organizations": (
        {"self": {"title": "Example", "owners": {"a": 60, "b": 41}, "dated": "2026-01-01", "source": "a register"}},
        "self",
    ),
    "profiles": ({"bank": PROFILE | {"statements": {"a": {"rule": "residence"}}}}, "bank.statements.a"),
    "transfers": ({"east": RIGHT["transfers"]["east"] | {"until": "2025-12-31"}}, "east"),
    "waivers": ({"linz": RIGHT["waivers"]["linz"] | {"expires": "2027-12-31"}}, "linz"),
}
"""For each part one value that is wrong in the same way as in a file, and the place of what is wrong."""


def refused(values: dict[str, Any]) -> dict[str, Problem]:
    with pytest.raises(SpecError) as caught:
        validate(DeclaredSpec, values, "Postgres billing: declared")
    return {problem.where: problem for problem in caught.value.problems}


class TestShapes:
    """Prevents a component alone that is told less, or in another form, than one of a factory."""

    def test_a_whole_one_is_taken(self) -> None:
        found = validate(DeclaredSpec, RIGHT, "d")
        assert set(RIGHT) == set(DeclaredSpec.model_fields)
        assert found.storage_classes["fast-disks"].key == "vault"
        assert found.waivers["linz"].approver == "Data Protection Board"
        assert found.as_of == date(2026, 7, 8)

    @pytest.mark.parametrize("name", ["data_classes", "organizations", "profiles", "transfers", "waivers"])
    def test_of_the_factory_it_is_the_same(self, name: str) -> None:
        assert DeclaredSpec.model_fields[name].annotation == FactorySpec.model_fields[name].annotation

    @pytest.mark.parametrize("name", ["keys", "storage_classes"])
    def test_of_the_region_it_is_the_same(self, name: str) -> None:
        assert DeclaredSpec.model_fields[name].annotation == RegionSpec.model_fields[name].annotation

    def test_whom_programs_may_tell_is_a_list_as_in_telemetry(self) -> None:
        kinds = [get_args(spec.model_fields["reporting"].annotation) for spec in (DeclaredSpec, TelemetrySpec)]
        assert [len(kind) for kind in kinds] == [2, 2]
        assert validate(DeclaredSpec, {"reporting": ["a", "b"]}, "d").reporting == ("a", "b")

    @pytest.mark.parametrize("name", sorted(WRONG))
    def test_what_a_file_refuses_is_refused(self, name: str) -> None:
        values, place = WRONG[name]
        (where,) = refused(RIGHT | {name: values})
        assert where.startswith(f"{name}.{place}")

    def test_all_that_is_wrong_comes_at_once(self) -> None:
        wrong = {name: values for name, (values, _) in WRONG.items()}
        assert {where.split(".")[0] for where in refused(wrong)} == set(WRONG)


class TestWithoutAWord:
    """Prevents surroundings that nobody declared from counting as known."""

    @pytest.mark.parametrize("name", sorted({*DeclaredSpec.model_fields} - {"as_of"}))
    def test_nothing_is_said(self, name: str) -> None:
        assert len(getattr(DeclaredSpec(), name)) == 0

    def test_the_day_is_left_to_whoever_has_a_clock(self) -> None:
        assert DeclaredSpec().as_of is None

    @pytest.mark.parametrize("day", ["today", "2026-02-30", 3.5])
    def test_a_day_is_a_day(self, day: Any) -> None:
        assert set(refused({"as_of": day})) == {"as_of"}

    def test_two_do_not_share_what_one_is_told(self) -> None:
        one, other = DeclaredSpec(), DeclaredSpec()
        assert one.keys is not other.keys

    @pytest.mark.parametrize(("name", "near"), [("key", "keys"), ("waiver", "waivers"), ("profile", "profiles")])
    def test_a_misspelt_part_is_no_silence(self, name: str, near: str) -> None:
        assert refused({name: {}})[name].nearest == near

    @pytest.mark.parametrize("name", ["Vault", "a" * 41, ""])
    @pytest.mark.parametrize("part", ["data_classes", "keys", "profiles", "transfers", "waivers"])
    def test_names_are_names_as_in_a_file(self, part: str, name: str) -> None:
        (value,) = RIGHT[part].values()
        assert all(where.startswith(part) for where in refused({part: {name: value}}))
