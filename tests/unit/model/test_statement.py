"""Statements: which sort a word stands for, what each must say, and what they say without a word."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model import ProfileSpec, Realm, Statement, validate
from aifactory.model.custody import Custody
from aifactory.model.flow_kind import FlowKind
from aifactory.model.statement import OperatorBounds, Portability, Residency, Retention, Telemetry, Transfer

KINDS: tuple[type[Any], ...] = get_args(get_args(Statement)[0])
SAYS: dict[str, Any] = {"says": "Data stay near us.", "source": "house rule 1"}
LEAST: dict[str, dict[str, Any]] = {
    "residency": {"within": {}},
    "transfer": {"free": {}},
    "operator": {},
    "key-custody": {"minimum": "hsm"},
    "managed-service": {},
    "portability": {},
    "in-transit": {},
    "admin-locality": {"within": {}},
    "telemetry": {"within": {}},
    "registry": {},
    "gpu-export": {"groups": ["ear-d5"]},
    "support": {"within": {}},
    "retention": {"max_days": 30},
}
"""The least that each must say besides what all do."""

_each = pytest.mark.parametrize("rule", sorted(LEAST))


def stated(rule: str, **bounds: Any) -> Any:
    return TypeAdapter[Any](Statement).validate_python({"rule": rule, **SAYS, **LEAST[rule], **bounds})


def problems(**values: Any) -> dict[str, Problem]:
    """Return what is wrong with a profile of this one statement, by the last part of its place."""
    profile = {"title": "rules of the bank", "dated": "2026-01-01", "review_by": "2027-01-01", "statements": {"a": values}}
    with pytest.raises(SpecError) as caught:
        validate(ProfileSpec, profile, "p")
    return {problem.where: problem for problem in caught.value.problems}


class TestSorts:
    """Prevents a statement that is taken for one of another rule, and bounds of one rule in the words of another."""

    def test_all_are_here(self) -> None:
        rules = [get_args(kind.model_fields["rule"].annotation)[0] for kind in KINDS]
        assert sorted(rules) == sorted(LEAST)
        assert len(set(rules)) == len(KINDS) == 13

    @pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
    def test_the_word_tells_which(self, kind: type[Any]) -> None:
        (rule,) = get_args(kind.model_fields["rule"].annotation)
        assert type(stated(rule)) is kind

    @_each
    def test_nothing_of_its_least_may_be_left_out(self, rule: str) -> None:
        needed = {*SAYS, *({} if rule == "retention" else LEAST[rule])}
        for name in needed:
            values = {"rule": rule, **SAYS, **LEAST[rule]}
            del values[name]
            with pytest.raises(ValidationError, match=name):
                TypeAdapter[Any](Statement).validate_python(values)

    @_each
    def test_a_bound_of_no_rule_is_refused(self, rule: str) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            stated(rule, withn={"blocs": ["eea"]})

    @pytest.mark.parametrize(("rule", "bound"), [("residency", "hosts"), ("registry", "within"), ("support", "free")])
    def test_a_bound_of_another_rule_is_refused(self, rule: str, bound: str) -> None:
        with pytest.raises(ValidationError, match="Extra inputs"):
            stated(rule, **{bound: []})

    @_each
    def test_it_stays_as_it_is(self, rule: str) -> None:
        with pytest.raises(ValidationError, match="frozen"):
            stated(rule).mandatory = False

    def test_of_no_rule_there_is_none(self) -> None:
        (problem,) = problems(rule="residence", **SAYS).values()
        assert "residency" in f"{problem.rule} {problem.nearest}"


class TestWhatAllSay:
    """Prevents duties without a sentence, a source or an order of days, and a softer or wider default than is meant."""

    @_each
    def test_by_default_it_is_a_duty_on_all_data_that_always_held(self, rule: str) -> None:
        found = stated(rule)
        assert (found.mandatory, found.waivable, found.classes, found.since, found.until) == (True, True, "all", None, None)
        assert found.nature == "interpretive"

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"says": "so"}, "says"),
            ({"says": "x" * 2001}, "says"),
            ({"source": "§"}, "source"),
            ({"nature": "opinion"}, "nature"),
            ({"since": "today"}, "since"),
            ({"until": "2026-02-30"}, "until"),
            ({"mandatory": "perhaps"}, "mandatory"),
        ],
    )
    def test_half_a_statement_is_refused(self, change: dict[str, Any], place: str) -> None:
        (where,) = problems(rule="registry", **SAYS | change)
        assert where.endswith(f".{place}")

    @pytest.mark.parametrize("classes", ["all", "personal", ("customers",), ("customers", "staff"), ()])
    def test_classes(self, classes: Any) -> None:
        assert stated("registry", classes=classes).classes == classes

    @pytest.mark.parametrize("classes", ["customers", "persons", ["Customers"], ["all data"], None])
    def test_what_are_no_classes(self, classes: Any) -> None:
        """A class by itself must stand in a list, else a misspelt `personal` would be a class that no data have."""
        with pytest.raises(ValidationError, match="classes"):
            stated("registry", classes=classes)

    def test_two_that_are_wrong_come_together(self) -> None:
        found = problems(rule="key-custody", says="so", source="house rule 1", minimum="hms")
        assert {where.rsplit(".", 1)[-1] for where in found} == {"says", "minimum"}
        assert {problem.nearest for where, problem in found.items() if where.endswith("minimum")} == {"hsm"}


class TestRealms:
    """Prevents a set of countries that is everywhere by default, or that holds what is no country."""

    def test_without_a_word_nothing_is_in_it(self) -> None:
        assert Realm() == Realm(countries=(), blocs=(), anywhere=False, deny=())

    @pytest.mark.parametrize("field", ["countries", "deny"])
    @pytest.mark.parametrize("code", ["UK", "EU", "de", "DEU", "XX", ""])
    def test_what_is_no_country(self, field: str, code: str) -> None:
        with pytest.raises(SpecError, match=field):
            validate(Realm, {field: ["DE", code]}, "r")

    def test_the_usual_mistake_is_named_with_the_right_code(self) -> None:
        with pytest.raises(SpecError, match="GB"):
            validate(Realm, {"countries": ["UK"]}, "r")

    def test_two_of_the_same_are_one_for_whoever_remembers_them(self) -> None:
        """What a realm holds on a day is kept by the realm itself."""
        one, same, other = Realm(blocs=("eu",)), Realm(blocs=("eu",)), Realm(blocs=("eea",))
        assert (hash(one), one) == (hash(same), same)
        assert one != other


class TestBounds:
    """Prevents bounds that nothing could pass, that mean nothing, or that let more through than was meant."""

    @pytest.mark.parametrize("caps", [{"each": 24}, {"together": 39}, {"each": 0, "together": 0}])
    def test_caps_need_an_inside(self, caps: dict[str, Any]) -> None:
        with pytest.raises(ValidationError, match="say where inside is"):
            stated("operator", **caps)
        assert isinstance(stated("operator", seat={"blocs": ["eu"]}, **caps), OperatorBounds)

    def test_an_inside_that_is_empty_is_one(self) -> None:
        assert stated("operator", seat={}, each=24).each == 24

    @pytest.mark.parametrize("cap", ["each", "together"])
    @pytest.mark.parametrize(("percent", "right"), [(0, True), ("24.01", True), (100, True), (-1, False), ("100.01", False)])
    def test_a_cap_is_a_percentage(self, cap: str, percent: Any, right: bool) -> None:
        if right:
            assert getattr(stated("operator", seat={}, **{cap: percent}), cap) == Decimal(percent)
        else:
            with pytest.raises(ValidationError, match=cap):
                stated("operator", seat={}, **{cap: percent})

    @pytest.mark.parametrize(
        ("days", "words"),
        [
            ({"max_days": None}, "says nothing"),
            ({"min_days": 31}, "min_days 31 is more than max_days 30"),
            ({"min_days": -1}, "greater than or equal to 0"),
            ({"max_days": 36501}, "less than or equal to 36500"),
        ],
    )
    def test_days_that_nothing_could_be_kept(self, days: dict[str, Any], words: str) -> None:
        with pytest.raises(ValidationError, match=words):
            stated("retention", **days)

    @pytest.mark.parametrize("days", [{"min_days": 30}, {"min_days": 0}, {"min_days": 7, "max_days": None}])
    def test_days_that_something_can(self, days: dict[str, Any]) -> None:
        assert isinstance(stated("retention", **days), Retention)

    @pytest.mark.parametrize(("days", "right"), [(1, True), (3650, True), (0, False), (3651, False)])
    def test_how_long_ago_leaving_was_tried(self, days: int, right: bool) -> None:
        if right:
            assert isinstance(stated("portability", tested_within_days=days), Portability)
        else:
            with pytest.raises(ValidationError, match="tested_within_days"):
                stated("portability", tested_within_days=days)

    def test_gpus_need_a_group(self) -> None:
        with pytest.raises(ValidationError, match="groups"):
            stated("gpu-export", groups=[])

    @pytest.mark.parametrize("custody", [*Custody])
    def test_custody_of_keys_and_of_what_goes_abroad(self, custody: Custody) -> None:
        assert stated("key-custody", minimum=custody.value).minimum is custody
        assert stated("transfer", protection=custody.value).protection is custody

    def test_where_machines_stand_is_a_kind_of_its_own(self) -> None:
        found = stated("residency", kinds=["compute", "backup"])
        assert isinstance(found, Residency)
        assert found.kinds == ("compute", FlowKind.BACKUP)
        with pytest.raises(ValidationError, match="kinds"):
            stated("transfer", kinds=["compute"])

    def test_a_kind_that_is_not_there(self) -> None:
        with pytest.raises(ValidationError, match="kinds"):
            stated("residency", kinds=["backups"])


class TestWithoutAWord:
    """Prevents a default that lets pass what nobody meant to."""

    def test_nothing_is_accepted_for_a_transfer(self) -> None:
        found = stated("transfer")
        assert isinstance(found, Transfer)
        assert (found.adequate, found.mechanisms, found.protection, found.kinds) == ((), (), None, ())

    def test_no_program_reports_and_no_api_is_public(self) -> None:
        assert isinstance(stated("telemetry"), Telemetry)
        assert stated("telemetry").vendors is False
        assert stated("admin-locality").public is False

    def test_nothing_is_managed(self) -> None:
        assert stated("managed-service").allowed == ()

    def test_code_is_open_and_can_be_left(self) -> None:
        found = stated("portability")
        assert (found.licences, found.exit_target, found.export_format) == ("osi", True, True)

    def test_what_is_inside_is_encrypted_and_images_are_pinned(self) -> None:
        assert stated("in-transit").inside is True
        assert stated("registry").digests is True

    def test_bounds_that_are_not_asked(self) -> None:
        bounds = stated("operator")
        assert (bounds.allowed, bounds.forbidden, bounds.seat, bounds.exposure) == ((), (), None, None)
        assert (stated("key-custody").within, stated("key-custody").apart) == (None, False)
