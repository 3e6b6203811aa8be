"""Names of the catalog that a factory's own profiles point at: blocs, groups of exports, and where each stands."""

from typing import Any, get_args

import pytest
import yaml

from aifactory.catalog import blocs, export_groups
from aifactory.errors import Problem, SpecError
from aifactory.model import Realm, parse_factory
from aifactory.model.factory import FactorySpec
from aifactory.model.references import check_references
from aifactory.model.references.names import FACTORY_REFERENCES, REFERENCES
from aifactory.model.statement import GpuExport, Statement, Transfer
from tests.unit.factories import factory_values

STATEMENTS: tuple[type[Any], ...] = get_args(get_args(Statement)[0])
SAYS = {"says": "It is near enough for us.", "source": "house rule 1"}
PLACES = [reference.place for reference in FACTORY_REFERENCES]


def with_statement(rule: str, **bounds: Any) -> dict[str, Any]:
    """Return a factory whose own profile `bank` says one thing, `only`."""
    bank = {
        "title": "rules of the bank",
        "dated": "2026-01-01",
        "review_by": "2027-01-01",
        "statements": {"only": {"rule": rule, **SAYS, **bounds}},
    }
    return factory_values() | {"profiles": {"bank": bank}}


def found(data: dict[str, Any]) -> dict[str, Problem]:
    """Return what is wrong with the statement, by place below it."""
    return {item.where.removeprefix("profiles.bank.statements.only."): item for item in check_references(data)}


def optional_realm(annotation: Any) -> bool:
    return annotation is Realm or Realm in get_args(annotation)


class TestBlocs:
    """Prevents a statement on a set of countries that nobody knows, which somebody hears of when a region is judged."""

    @pytest.mark.parametrize(
        ("rule", "field", "more"),
        [
            ("residency", "within", {}),
            ("transfer", "free", {}),
            ("operator", "seat", {}),
            ("operator", "exposure", {}),
            ("key-custody", "within", {"minimum": "hsm"}),
            ("admin-locality", "within", {}),
            ("telemetry", "within", {}),
            ("support", "within", {}),
        ],
    )
    def test_a_realm_of_every_rule(self, rule: str, field: str, more: dict[str, Any]) -> None:
        problems = found(with_statement(rule, **{field: {"blocs": ["eu", "eae"]}}, **more))
        assert set(problems) == {f"{field}.blocs[1]"}
        assert problems[f"{field}.blocs[1]"].value == "eae"
        assert problems[f"{field}.blocs[1]"].nearest == "eea"

    def test_decisions_of_a_transfer(self) -> None:
        problems = found(with_statement("transfer", free={"blocs": ["eea"]}, adequate=["uk-gdpr", "eu-adequat"]))
        assert {place: item.nearest for place, item in problems.items()} == {"adequate[1]": "eu-adequacy"}

    def test_all_of_one_statement_come_at_once(self) -> None:
        problems = found(with_statement("transfer", free={"blocs": ["eae", "eu", "uu"]}, adequate=["eu-adequat"]))
        assert set(problems) == {"free.blocs[0]", "free.blocs[2]", "adequate[0]"}

    @pytest.mark.parametrize("name", sorted(blocs()))
    def test_each_of_the_catalog_is_known(self, name: str) -> None:
        assert not found(with_statement("transfer", free={"blocs": [name]}, adequate=[name]))

    @pytest.mark.parametrize("name", ["EEA", "ear-d5", "DE", ""])
    def test_what_is_something_else_is_no_bloc(self, name: str) -> None:
        """Neither a group of exports, nor a country, nor a bloc in capitals."""
        problems = found(with_statement("residency", within={"blocs": [name]}))
        assert all(known in problems["within.blocs[0]"].rule for known in blocs())

    def test_countries_are_none(self) -> None:
        assert not found(with_statement("residency", within={"countries": ["DE"], "deny": ["FR"]}))


class TestGroups:
    """Prevents a restriction on GPUs that names a list which is not there."""

    def test_one_that_is_not_there(self) -> None:
        problems = found(with_statement("gpu-export", groups=["ear-d1", "ear-d6"]))
        assert set(problems) == {"groups[1]"}
        assert problems["groups[1]"].nearest in export_groups()
        assert "nobody knows who needs a licence" in problems["groups[1]"].rule
        assert all(known in problems["groups[1]"].rule for known in export_groups())

    @pytest.mark.parametrize("name", sorted(export_groups()))
    def test_each_of_the_catalog_is_known(self, name: str) -> None:
        assert not found(with_statement("gpu-export", groups=[name]))

    def test_a_bloc_is_no_group(self) -> None:
        assert set(found(with_statement("gpu-export", groups=["eea"]))) == {"groups[0]"}


class TestTheTable:
    """Prevents a new statement with a realm, a bloc or a group that nobody looks up."""

    @pytest.mark.parametrize("statement", STATEMENTS, ids=lambda statement: statement.__name__)
    def test_every_realm_of_every_statement_is_in_it(self, statement: Any) -> None:
        realms = {name for name, field in statement.model_fields.items() if optional_realm(field.annotation)}
        assert {f"profiles.*.statements.*.{name}.blocs.*" for name in realms} <= set(PLACES)

    def test_and_nothing_that_no_statement_has(self) -> None:
        fields = {name for statement in STATEMENTS for name in statement.model_fields}
        assert {place.split(".")[4] for place in PLACES if place.startswith("profiles.*.statements.")} <= fields

    def test_the_two_fields_of_bare_names_are_in_it(self) -> None:
        assert "adequate" in Transfer.model_fields
        assert "groups" in GpuExport.model_fields
        assert {"profiles.*.statements.*.adequate.*", "profiles.*.statements.*.groups.*"} <= set(PLACES)

    def test_a_realm_has_blocs(self) -> None:
        assert "blocs" in Realm.model_fields

    @pytest.mark.parametrize("reference", FACTORY_REFERENCES, ids=lambda reference: reference.place)
    def test_every_place_begins_with_a_field_of_a_factory(self, reference: Any) -> None:
        assert reference.place.split(".")[0] in FactorySpec.model_fields
        assert reference.target.removeprefix("/") in {*FactorySpec.model_fields, "blocs", "export_groups"}

    def test_no_place_is_of_a_factory_and_of_a_region(self) -> None:
        assert not {reference.place for reference in REFERENCES} & set(PLACES)


class TestInTheFile:
    """Prevents an error without its line, and a statement that is wrong in one place from hiding another."""

    def text(self, **bounds: Any) -> str:
        return yaml.safe_dump(with_statement("residency", **bounds), sort_keys=False)

    def refused(self, text: str) -> dict[str, Problem]:
        with pytest.raises(SpecError) as caught:
            parse_factory(text)
        return {problem.where: problem for problem in caught.value.problems}

    def test_the_line_is_that_of_the_name(self) -> None:
        text = self.text(within={"blocs": ["eu", "eae"]})
        (problem,) = self.refused(text).values()
        assert problem.line is not None
        assert text.splitlines()[problem.line - 1].strip() == "- eae"

    def test_beside_a_field_that_is_not_there(self) -> None:
        problems = self.refused(self.text(within={"blocs": ["eae"]}, wihtin={}))
        assert {place.rsplit(".", 1)[-1] for place in problems} == {"blocs[0]", "wihtin"}

    def test_a_profile_that_no_region_names_is_looked_at_too(self) -> None:
        data = with_statement("residency", within={"blocs": ["eae"]})
        assert data["regions"]["here"]["profiles"] == ["none"]
        assert set(found(data)) == {"within.blocs[0]"}

    def test_a_right_one_is_taken(self) -> None:
        factory = parse_factory(self.text(within={"blocs": ["eea"]}))
        assert set(factory.profiles["bank"].statements) == {"only"}

    @pytest.mark.parametrize("wrong", [None, [], "text", 3, {"blocs": 3}, {"blocs": {"eae": 1}}, {"blocs": [None, 3]}])
    def test_no_shape_makes_it_fail(self, wrong: object) -> None:
        """Whatever has another shape is refused as that, and is no unknown name."""
        assert not found(with_statement("residency", within=wrong))

    @pytest.mark.parametrize("wrong", [None, [], "text", {"only": []}, {"only": {"adequate": "eae", "groups": {}}}])
    def test_nor_does_one_of_statements(self, wrong: Any) -> None:
        data = with_statement("residency")
        data["profiles"]["bank"]["statements"] = wrong
        assert check_references(data) == []
