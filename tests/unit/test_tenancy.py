"""Tenancy under Pulumi's mocks."""

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

from aifactory.errors import SpecError
from aifactory.model import GpuPoolSpec, TenancySpec, TenantSpec
from aifactory.owner import OwnerArgs
from aifactory.tenancy import Tenancy, TenancyArgs, TenancyPoolArgs, TenantArgs
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
H100 = {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8}
ARGS: dict[str, Any] = {
    "tenants": {
        "science": {"namespaces": ["lab", "notebooks"], "guaranteed": {"h100": 8}},
        "guests": {"namespaces": ["guests"]},
    },
    "pools": {"h100": H100},
}
ORDER = ["Topology", "ResourceFlavor", "Cohort", "ClusterQueue", "LocalQueue"]
modes = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(args: dict[str, Any], seen: list[Tenancy] | None = None) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = Tenancy("shares", typing.cast("TenancyArgs", OWNER | args))
        if seen is not None:
            seen.append(made)
        return {name: getattr(made, name) for name in ("queues", "guaranteed", "cohort")}

    return make


def ran(preview: bool = False, **changed: Any) -> Ran:
    return run(program(ARGS | changed), preview=preview)


def refused(**changed: Any) -> dict[str, str]:
    with pytest.raises(SpecError) as caught:
        ran(**changed)
    assert caught.value.source == "Tenancy shares"
    return {problem.where: problem.nearest for problem in caught.value.problems}


class TestOrder:
    """Prevents a queue that comes up inactive, and a flavor that Kueue cannot let go of since a queue still names it."""

    @modes
    @pytest.mark.parametrize(("earlier", "later"), [(a, b) for i, a in enumerate(ORDER) for b in ORDER[i + 1 :]])
    def test_each_kind_needs_all_kinds_before_it(self, earlier: str, later: str, preview: bool) -> None:
        made = ran(preview)
        before = {resource.urn for resource in made.of_type(f":{earlier}")}
        assert before
        assert all(before <= set(resource.depends_on) for resource in made.of_type(f":{later}"))

    @modes
    def test_everything_is_its_child(self, preview: bool) -> None:
        component, *children = ran(preview).registered
        assert component.type == "aifactory:index:Tenancy"
        assert {child.parent_name for child in children} == {"shares"}
        assert all(child.name.startswith("shares-") for child in children)
        assert len({child.name for child in children}) == len(children)

    @modes
    def test_nothing_is_protected_since_nothing_holds_data(self, preview: bool) -> None:
        assert {(child.protect, child.retain) for child in ran(preview).registered[1:]} == {(False, False)}

    def test_numbers_may_come_as_floats_as_the_plugin_host_sends_them(self) -> None:
        tenants = {
            "science": ARGS["tenants"]["science"] | {"guaranteed": {"h100": 8.0}},
            "guests": {"namespaces": ["guests"]},
        }
        as_sent = ran(tenants=tenants, pools={"h100": H100 | {"nodes": 2.0, "gpus_per_node": 8.0}})
        assert {r.name: r.inputs for r in as_sent.registered} == {r.name: r.inputs for r in ran().registered}


class TestOutputs:
    """Prevents work that is sent to a queue that is not there."""

    @modes
    def test_values(self, preview: bool) -> None:
        outputs = ran(preview, cohort="berlin").outputs
        if preview:
            assert all(value is not None for value in outputs.values())
            return
        assert outputs == {
            "queues": {"lab": "gpus", "notebooks": "gpus", "guests": "gpus"},
            "guaranteed": {"science": 8, "guests": 0},
            "cohort": "berlin",
        }

    def test_every_queue_that_is_given_out_is_made(self) -> None:
        made = ran()
        queues = {
            resource.inputs["metadata"]["namespace"]: resource.inputs["metadata"]["name"]
            for resource in made.of_type(":LocalQueue")
        }
        assert made.outputs["queues"] == queues

    def test_the_guarantee_is_over_all_pools(self) -> None:
        tenants = {"a": {"namespaces": ["x"], "guaranteed": {"h100": 3, "other": 2}}}
        assert ran(tenants=tenants, pools={"h100": H100, "other": H100}).outputs["guaranteed"] == {"a": 5}


class TestRefusals:
    """Prevents half a tenancy: what cannot be kept is refused before the first object, all of it at once."""

    def test_everything_that_is_wrong(self) -> None:
        tenants = {
            "a": {"namespaces": ["x"], "guaranteed": {"h100": 17}},
            "b": {"namespaces": ["x"], "borrow_limit": {"h10": 1}},
        }
        assert set(refused(tenants=tenants)) == {"tenants", "tenants.b.namespaces[0]", "tenants.b.borrow_limit.h10"}

    def test_a_misspelt_arg(self) -> None:
        assert refused(cohrt="x") == {"cohrt": "cohort"}

    def test_a_misspelt_arg_of_a_tenant(self) -> None:
        tenants = {"a": {"namespaces": ["x"], "guarantee": {"h100": 1}}}
        assert refused(tenants=tenants) == {"tenants.a.guarantee": "guaranteed"}

    @modes
    def test_no_tenants(self, preview: bool) -> None:
        with pytest.raises(SpecError, match="at least 1"):
            ran(preview, tenants={})


class TestFlows:
    """Prevents a block whose flows no rule gets to see."""

    def test_there_are_none(self) -> None:
        seen: list[Tenancy] = []
        run(program(ARGS, seen))
        assert seen[0].flows == ()


DOORS: list[tuple[Any, type[BaseModel]]] = [
    (TenancyArgs, TenancySpec),
    (TenantArgs, TenantSpec),
    (TenancyPoolArgs, GpuPoolSpec),
]


class TestDoorAndSpecAgree:
    """Prevents an arg that the spec does not know, and a setting that only factory.yaml can reach."""

    @pytest.mark.parametrize(("args", "spec"), DOORS, ids=lambda value: value.__name__)
    def test_args_are_fields(self, args: Any, spec: type[BaseModel]) -> None:
        assert set(args.__annotations__) - set(OwnerArgs.__annotations__) == set(spec.model_fields)

    @pytest.mark.parametrize("args", [args for args, _ in DOORS], ids=lambda value: value.__name__)
    def test_every_arg_is_described(self, args: Any) -> None:
        source = inspect.getsource(args)
        own = [line for line in source.splitlines() if line.startswith("    ") and ": " in line and '"""' not in line]
        assert source.count('"""') // 2 == len([line for line in own if not line.startswith("     ")]) + 1
