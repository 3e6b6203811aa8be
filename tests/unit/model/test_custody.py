"""Custody in its order, keys by name, and volumes that are encrypted with them."""

from itertools import pairwise
from typing import Any

import pytest
from pydantic import ValidationError

from aifactory.errors import Problem, SpecError
from aifactory.model import KeySpec, StorageClassSpec, validate
from aifactory.model.custody import Custody

KEY: dict[str, Any] = {"custody": "hsm", "country": "DE", "operator": "self"}
ORDER = ("provider", "customer", "hsm", "external", "client")


def refused(spec: type[Any], values: dict[str, Any]) -> Problem:
    with pytest.raises(SpecError) as caught:
        validate(spec, values, "k")
    (problem,) = caught.value.problems
    return problem


class TestOrder:
    """Prevents a key that is taken for more of one's own than it is."""

    def test_is_from_least_to_most_control(self) -> None:
        assert tuple(sorted(Custody, key=lambda custody: custody.rank)) == tuple(map(Custody, ORDER))

    @pytest.mark.parametrize(("less", "more"), [*pairwise(ORDER)])
    def test_each_is_one_step_more(self, less: str, more: str) -> None:
        assert Custody(more).rank == Custody(less).rank + 1

    def test_the_least_is_nothing(self) -> None:
        assert Custody.PROVIDER.rank == 0

    def test_words_do_not_stand_in_that_order(self) -> None:
        """As words, `client` is less than `provider`: whoever compares those has it the wrong way round."""
        assert Custody.CLIENT < Custody.PROVIDER
        assert Custody.CLIENT.rank > Custody.PROVIDER.rank

    @pytest.mark.parametrize("word", ORDER)
    def test_words_are_those_of_profiles(self, word: str) -> None:
        assert f"{Custody(word)}" == word


class TestKeys:
    """Prevents a key of which nobody knows who opens it, or where."""

    @pytest.mark.parametrize("custody", ORDER)
    def test_a_whole_one_is_taken(self, custody: str) -> None:
        found = validate(KeySpec, KEY | {"custody": custody}, "k")
        assert (found.custody, found.country, found.operator) == (Custody(custody), "DE", "self")

    @pytest.mark.parametrize("name", sorted(KEY))
    def test_nothing_of_it_may_be_left_out(self, name: str) -> None:
        problem = refused(KeySpec, {key: value for key, value in KEY.items() if key != name})
        assert (problem.where, problem.rule.split(":")[0]) == (name, "is required")

    @pytest.mark.parametrize(
        ("change", "place"),
        [
            ({"custody": "HSM"}, "custody"),
            ({"custody": "byok"}, "custody"),
            ({"custody": None}, "custody"),
            ({"country": "UK"}, "country"),
            ({"country": "EU"}, "country"),
            ({"country": None}, "country"),
            ({"operator": ""}, "operator"),
            ({"operator": "a" * 64}, "operator"),
        ],
    )
    def test_half_a_key_is_refused(self, change: dict[str, Any], place: str) -> None:
        assert refused(KeySpec, KEY | change).where == place

    def test_a_misspelt_custody_is_told_the_near_one(self) -> None:
        assert refused(KeySpec, KEY | {"custody": "extrenal"}).nearest == "external"

    @pytest.mark.parametrize("name", ["secret", "value", "material"])
    def test_the_key_itself_has_no_place_here(self, name: str) -> None:
        problem = refused(KeySpec, KEY | {name: {"canary": "7f3a"}})
        assert problem.where == name
        assert "no such field" in problem.rule
        assert "7f3a" not in str(problem)


class TestStorageClasses:
    """Prevents volumes that pass as encrypted because of a key that they do not have."""

    @pytest.mark.parametrize(
        ("values", "key"),
        [({"encrypted": True, "key": "vault"}, "vault"), ({"encrypted": True}, None), ({"encrypted": False}, None)],
    )
    def test_a_key_is_said_or_is_not(self, values: dict[str, Any], key: str | None) -> None:
        found = validate(StorageClassSpec, values, "s")
        assert (found.encrypted, found.key) == (values["encrypted"], key)

    def test_what_is_not_encrypted_has_no_key(self) -> None:
        assert "goes with encrypted: true" in refused(StorageClassSpec, {"encrypted": False, "key": "vault"}).rule

    @pytest.mark.parametrize("values", [{}, {"key": "vault"}])
    def test_whether_it_is_must_be_said(self, values: dict[str, Any]) -> None:
        assert refused(StorageClassSpec, values).where == "encrypted"

    @pytest.mark.parametrize("encrypted", [None, "perhaps", 2, []])
    def test_nothing_in_between(self, encrypted: Any) -> None:
        assert refused(StorageClassSpec, {"encrypted": encrypted}).where == "encrypted"

    @pytest.mark.parametrize("key", ["", "Vault", "a_b", "-a", "a" * 41])
    def test_a_key_is_a_name_in_the_region(self, key: str) -> None:
        assert refused(StorageClassSpec, {"encrypted": True, "key": key}).where == "key"

    def test_it_stays_as_it_is(self) -> None:
        found = validate(StorageClassSpec, {"encrypted": False}, "s")
        with pytest.raises(ValidationError, match="frozen"):
            found.encrypted = True  # pyright: ignore[reportAttributeAccessIssue]
        assert found.encrypted is False
