"""What tenants may be promised."""

from typing import Any

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import TenancySpec, validate
from aifactory.model.tenancy import QUEUE_NAME, tenancy_problems

POOLS: dict[str, Any] = {
    "h100": {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8},
    "l40s": {"accelerator": "l40s-48gb", "nodes": 1, "gpus_per_node": 4},
}


def spec(pools: dict[str, Any] | None = None, **tenants: dict[str, Any]) -> TenancySpec:
    return validate(TenancySpec, {"tenants": tenants, "pools": pools or POOLS}, "Tenancy t")


def problems(**tenants: dict[str, Any]) -> dict[str, Problem]:
    return {problem.where: problem for problem in tenancy_problems(spec(**tenants))}


def refused(**tenants: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        spec(**tenants)
    return {problem.where: problem.rule for problem in caught.value.problems}


class TestPromises:
    """Prevents two tenants who are both sure of the same GPU."""

    def test_what_fits_exactly_is_no_problem(self) -> None:
        assert not problems(
            a={"namespaces": ["x"], "guaranteed": {"h100": 12}}, b={"namespaces": ["y"], "guaranteed": {"h100": 4}}
        )

    def test_one_more_is_refused_with_the_sum(self) -> None:
        found = problems(
            a={"namespaces": ["x"], "guaranteed": {"h100": 12}}, b={"namespaces": ["y"], "guaranteed": {"h100": 5}}
        )
        assert "a 12 + b 5 = 17" in found["tenants"].rule
        assert found["tenants"].nearest == "guarantees that sum to 16"

    def test_each_pool_is_counted_by_itself(self) -> None:
        assert not problems(a={"namespaces": ["x"], "guaranteed": {"h100": 16, "l40s": 4}})
        found = problems(a={"namespaces": ["x"], "guaranteed": {"h100": 1, "l40s": 5}})
        assert "pool l40s has 4 GPUs" in found["tenants"].rule

    def test_no_guarantee_at_all_is_fine(self) -> None:
        assert not problems(a={"namespaces": ["x"]})


class TestNames:
    """Prevents a guarantee of a pool that is not there, which nobody would ever notice."""

    @pytest.mark.parametrize("field", ["guaranteed", "borrow_limit", "lend_limit"])
    def test_an_unknown_pool_is_named_with_its_nearest(self, field: str) -> None:
        (found,) = problems(a={"namespaces": ["x"], field: {"h10": 0}}).values()
        assert found.where == f"tenants.a.{field}.h10"
        assert found.nearest.startswith("h100")
        assert "h100, l40s" in found.rule

    def test_a_namespace_of_two_tenants(self) -> None:
        found = problems(a={"namespaces": ["x", "y"]}, b={"namespaces": ["z", "y"]})
        assert list(found) == ["tenants.b.namespaces[1]"]
        assert "tenant a's already" in found["tenants.b.namespaces[1]"].rule

    def test_a_namespace_that_is_named_twice_counts_twice_too(self) -> None:
        assert list(problems(a={"namespaces": ["x", "x"]})) == ["tenants.a.namespaces[1]"]

    def test_all_at_once(self) -> None:
        found = problems(
            a={"namespaces": ["x"], "guaranteed": {"h100": 17, "h10": 1}}, b={"namespaces": ["x"], "lend_limit": {"z": 0}}
        )
        assert set(found) == {
            "tenants", "tenants.a.guaranteed.h10", "tenants.b.namespaces[0]", "tenants.b.lend_limit.z",
        }  # fmt: skip


class TestLending:
    """Prevents a tenant that lends what it does not have, which Kueue refuses only once half of it is made."""

    def test_more_than_the_guarantee(self) -> None:
        wrong = refused(a={"namespaces": ["x"], "guaranteed": {"h100": 2}, "lend_limit": {"h100": 3, "l40s": 1}})
        assert list(wrong) == ["tenants.a.lend_limit"]
        assert "h100 3 (guaranteed: 2), l40s 1 (guaranteed: 0)" in wrong["tenants.a.lend_limit"]

    def test_all_of_it_or_nothing(self) -> None:
        given = {"namespaces": ["x"], "guaranteed": {"h100": 2}}
        assert spec(a=given | {"lend_limit": {"h100": 2}}).tenants["a"].lend_limit == {"h100": 2}
        assert spec(a=given | {"lend_limit": {"h100": 0}}).tenants["a"].lend_limit == {"h100": 0}

    def test_a_wrong_guarantee_is_the_only_complaint(self) -> None:
        wrong = refused(a={"namespaces": ["x"], "guaranteed": {"h100": -1}, "lend_limit": {"h100": 1}})
        assert list(wrong) == ["tenants.a.guaranteed.h100"]


class TestShape:
    """Prevents tenants without a namespace, weights that Kueue rounds away, and more pools than a group may hold."""

    def test_a_tenant_needs_a_namespace(self) -> None:
        assert "tenants.a.namespaces" in refused(a={"namespaces": []})

    @pytest.mark.parametrize("weight", [0, -1, 0.0001, 1001])
    def test_weights(self, weight: float) -> None:
        assert "tenants.a.weight" in refused(a={"namespaces": ["x"], "weight": weight})

    def test_as_many_pools_as_a_group_of_kueue_may_have(self) -> None:
        def pools(count: int) -> dict[str, Any]:
            return {f"p{index}": POOLS["l40s"] for index in range(count)}

        assert len(spec(pools=pools(64), a={"namespaces": ["x"]}).pools) == 64
        with pytest.raises(SpecError, match="at most 64"):
            spec(pools=pools(65), a={"namespaces": ["x"]})

    def test_the_queues_name_catches_nothing_that_names_no_queue(self) -> None:
        assert QUEUE_NAME != "default", "Kueue sends every pod of the namespace to a queue of that name"
