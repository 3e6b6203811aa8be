"""Names that must exist and sums that must fit, over a whole region and beside wrong shapes."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from aifactory.errors import Problem, SpecError
from aifactory.model import parse_factory
from aifactory.model.references import check_references
from aifactory.model.references.names import REFERENCES
from aifactory.model.region import RegionSpec
from tests.unit.factories import factory_values

OPERATORS = {
    name: {"install": "adopt"}
    for name in (
        "cloudnative-pg", "barman-cloud", "llm-d", "cert-manager", "gpu-operator", "kueue", "kubevirt", "cdi"
    )
}  # fmt: skip
FULL: dict[str, Any] = {
    "operators": OPERATORS,
    "gpu_operator": {"platform": "simulated"},
    "namespaces": {"ai": {"gpu_quota": 4}, "data": {}, "research": {"gpu_quota": 8}, "legacy": {}},
    "tenants": {"science": {"namespaces": ["research"], "guaranteed": {"h100": 8}}},
    "object_stores": {"backups": {"destination": "s3://backups/eu", "country": "DE", "operator": "self"}},
    "databases": {"billing": {"namespace": "data", "backup": {"store": "backups"}, "clients": ["ai"]}},
    "virtualization": {"permitted_gpus": {"nvidia.com/GH100": "10DE:2331"}},
    "virtual_machines": {
        "old-billing": {
            "namespace": "legacy", "cpu": 2, "memory_gib": 4, "root": {"size_gib": 20}, "gpus": ["nvidia.com/GH100"],
            "clients": ["data"], "ports": {"http": 80},
        }
    },
}  # fmt: skip


def changed(**changes: Any) -> dict[str, Any]:
    """Return the full region with some values changed, by dotted place; None takes a value out."""
    region = deepcopy(FULL)
    for place, value in changes.items():
        *path, last = place.split("__")
        inner = region
        for key in path:
            inner = inner[key]
        if value is None:
            inner.pop(last)
        else:
            inner[last] = value
    return factory_values(**region)


def found(data: dict[str, Any]) -> dict[str, Problem]:
    return {problem.where.removeprefix("regions.here."): problem for problem in check_references(data)}


class TestAFullRegion:
    """Prevents a rule that refuses a region in which everything fits."""

    def test_nothing_is_wrong_with_it(self) -> None:
        assert not found(changed())
        parse_factory(yaml.safe_dump(changed()))


class TestNames:
    """Prevents names that point at nothing from reaching the engine."""

    @pytest.mark.parametrize(
        ("change", "place", "nearest"),
        [
            ({"databases__billing__backup": {"store": "backup"}}, "databases.billing.backup.store", "backups"),
            ({"databases__billing__data_class": "customers"}, "databases.billing.data_class", ""),
            ({"virtual_machines__old-billing__namespace": "legcy"}, "virtual_machines.old-billing.namespace", "legacy"),
            ({"virtual_machines__old-billing__clients": ["dta"]}, "virtual_machines.old-billing.clients[0]", "data"),
            ({"tenants__science__namespaces": ["reserch"]}, "tenants.science.namespaces[0]", "research"),
            ({"tenants__science__guaranteed": {"h10": 1}}, "tenants.science.guaranteed.h10", "h100"),
            ({"tenants__science__lend_limit": {"h10": 0}}, "tenants.science.lend_limit.h10", "h100"),
            ({"operators__kubvirt": {"install": "adopt"}}, "operators.kubvirt", "kubevirt"),
        ],
    )
    def test_each_is_named_with_the_near_one(self, change: dict[str, Any], place: str, nearest: str) -> None:
        problems = found(changed(**change))
        assert set(problems) == {place}
        assert problems[place].nearest == nearest

    def test_a_name_with_no_near_one_says_how_to_make_it(self) -> None:
        few = found(changed(databases__billing__namespace="zzzzzzzz"))["databases.billing.namespace"]
        assert few.nearest == "ai or data or legacy or research"
        data = changed(databases__billing__namespace="zzzzzzzz", namespaces__more={}, namespaces__most={})
        assert "`zzzzzzzz:`" in found(data)["databases.billing.namespace"].nearest

    @pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.place)
    def test_every_place_of_the_table_is_a_field(self, reference: Any) -> None:
        section = reference.place.split(".")[0]
        assert section in RegionSpec.model_fields
        target = reference.target
        assert target in {*RegionSpec.model_fields, "accelerators", "releases", "/profiles", "/data_classes"}

    def test_factory_wide_names(self) -> None:
        data = changed() | {
            "profiles": {"bank": {"dated": "2026-01-01", "title": "rules of the bank", "extends": ["nome"]}},
            "differences": {"d": {"field": "operators", "regions": ["her"], "reason": "an older cluster"}},
        }
        assert found(data)["profiles.bank.extends[0]"].nearest == "none"
        assert found(data)["differences.d.regions[0]"].nearest == "here"

    def test_a_profile_of_ones_own_is_known(self) -> None:
        data = changed(profiles=["bank"]) | {"profiles": {"bank": {"dated": "2026-01-01", "title": "rules of the bank"}}}
        assert not found(data)


class TestSums:
    """Prevents promises of GPUs that do not exist, and blocks without what makes them work."""

    @pytest.mark.parametrize(
        ("change", "place", "words"),
        [
            ({"tenants__science__guaranteed": {"h100": 15}}, "tenants", "model assistant 2 + science 15 = 17"),
            ({"tenants__science__guaranteed": {"h100": 9}}, "tenants.science.guaranteed", "allow research 8 = 8"),
            ({"namespaces__research": {"gpu_quota": 13}}, "namespaces", "the pools have 16"),
            ({"virtualization__permitted_gpus": {}}, "virtual_machines.old-billing.gpus[0]", "never start"),
            ({"virtualization": None}, "virtualization", "no virtual machine runs"),
            ({"gpu_operator": None}, "gpu_operator", "what the GPU nodes run"),
        ],
    )
    def test_each_is_refused_with_the_sums_shown(self, change: dict[str, Any], place: str, words: str) -> None:
        problems = found(changed(**change))
        assert place in problems, problems
        assert words in problems[place].rule

    @pytest.mark.parametrize("operator", sorted(OPERATORS))
    def test_every_block_needs_its_operator(self, operator: str) -> None:
        operators = {name: spec for name, spec in OPERATORS.items() if name != operator}
        problems = found(changed(operators=operators))
        assert operator in problems["operators"].rule

    def test_a_namespace_has_one_tenant(self) -> None:
        tenants = FULL["tenants"] | {"other": {"namespaces": ["research"]}}
        assert "tenant science's already" in found(changed(tenants=tenants))["tenants.other.namespaces[0]"].rule

    def test_two_blocks_of_one_name_in_one_namespace_would_share_a_service(self) -> None:
        machine = FULL["virtual_machines"]["old-billing"] | {"namespace": "data"}
        problems = found(changed(virtual_machines={"billing": machine}))
        assert "both would own one Service" in problems["virtual_machines.billing"].rule

    @pytest.mark.parametrize(
        ("change", "place", "words"),
        [
            ({"operators__kueue": {"install": "helm"}}, "operators.kueue.install", "no container runs in a local region"),
            ({"operators__kueue": {"install": "adopt", "version": "0.1.0"}}, "operators.kueue.version", "0.19.2"),
            ({"virtual_machines__old-billing__ports": {}}, "virtual_machines.old-billing.ports", "no port to be reached at"),
            (
                {"virtual_machines__old-billing__root": {"size_gib": 20, "source": "pvc://golden/rhel"}},
                "virtual_machines.old-billing.root.source",
                "does not have",
            ),
            (
                {
                    "virtualization__live_migration": False,
                    "virtual_machines__old-billing__eviction": "LiveMigrate",
                    "virtual_machines__old-billing__gpus": [],
                },
                "virtual_machines.old-billing.eviction",
                "would never end",
            ),
            ({"databases__9lives": {"namespace": "data"}}, "databases.9lives", "start with a letter"),
            (
                {"databases__billing__pooler": {}, "databases__billing-pooler": {"namespace": "data"}},
                "databases.billing-pooler",
                "billing's pooler",
            ),
            (
                {
                    "gpu_operator__sharing": {"mode": "time-slicing", "replicas": 2},
                    "models": {"m": {"namespace": "ai", "source": "pvc://w/m", "gpus_per_replica": 2}},
                },
                "models.m.gpus_per_replica",
                "refuses a pod that wants several shares",
            ),
            (
                {
                    "gpu_operator__mig": "single",
                    "gpu_pools": {"h100": {"accelerator": "l40s-48gb", "nodes": 2, "gpus_per_node": 8}},
                },
                "gpu_operator.mig",
                "no partition would ever be offered",
            ),
        ],
    )
    def test_parts_that_do_not_go_together(self, change: dict[str, Any], place: str, words: str) -> None:
        problems = found(changed(**change))
        assert place in problems, problems
        assert words in f"{problems[place].rule} {problems[place].nearest}"

    def test_an_operator_of_somebody_else_needs_no_settings(self) -> None:
        operators = OPERATORS | {"gpu-operator": {"install": "external"}}
        assert not found(changed(operators=operators, gpu_operator=None))


class TestBesideWrongShapes:
    """Prevents mending shapes first, and only then hearing of names and sums, one run after another."""

    def problems(self, data: dict[str, Any]) -> set[str]:
        with pytest.raises(SpecError) as caught:
            parse_factory(yaml.safe_dump(data))
        return {problem.where.removeprefix("regions.here.") for problem in caught.value.problems}

    def test_a_wrong_field_hides_neither_a_broken_name_nor_a_sum(self) -> None:
        data = changed(
            databases__billing={"namespace": "dta", "instnces": 3},
            site={"provider": "locl", "location": "x", "country": "DE", "operator": "self"},
            tenants__science__guaranteed={"h100": 9},
        )
        assert {
            "databases.billing.instnces",
            "databases.billing.namespace",
            "site.provider",
            "tenants.science.guaranteed",
        } <= self.problems(data)

    def test_a_namespace_with_a_wrong_field_is_still_a_namespace(self) -> None:
        assert self.problems(changed(namespaces__data={"gpu_qota": 1})) == {"namespaces.data.gpu_qota"}

    def test_a_sum_over_a_wrong_section_is_not_guessed(self) -> None:
        """The pool has no number of nodes, so how many GPUs there are is not known."""
        pools = {"h100": {"accelerator": "h100-sxm-80gb", "nodes": "many", "gpus_per_node": 8}}
        assert self.problems(changed(gpu_pools=pools)) == {"gpu_pools.h100.nodes"}

    @pytest.mark.parametrize("shape", [None, [], "text", 3, {"regions": []}, {"regions": {"here": []}}, {"regions": 1}])
    def test_no_shape_makes_the_checks_fail(self, shape: Any) -> None:
        assert check_references(shape) == []

    @pytest.mark.parametrize("section", sorted(RegionSpec.model_fields))
    @pytest.mark.parametrize("value", [None, [], [[]], "text", 3, {"a": None}, {"a": []}, {"a": {"b": 1}}])
    def test_no_section_makes_the_checks_fail(self, section: str, value: Any) -> None:
        data = factory_values()
        data["regions"]["here"][section] = value
        for problem in check_references(data):
            assert problem.where.startswith("regions.here")
