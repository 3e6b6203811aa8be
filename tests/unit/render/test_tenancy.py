"""Tenants as Kueue 0.19 takes them."""

import json
import math
from typing import Any

import pytest

from aifactory.model import TenancySpec
from aifactory.render import Manifest
from aifactory.render.tenancy import COVERED, render_tenancy, tenancy_objects
from tests.unit.golden import assert_golden
from tests.unit.render.objects import SCOPE, pick

POOLS: dict[str, Any] = {
    "h100": {"accelerator": "h100-sxm-80gb", "nodes": 2, "gpus_per_node": 8},
    "l40s": {
        "accelerator": "l40s-48gb", "nodes": 3, "gpus_per_node": 3, "cpus_per_node": 64, "memory_gib_per_node": 1000,
    },
}  # fmt: skip
"""The second pool's CPUs and memory do not divide by its GPUs."""
TENANTS: dict[str, Any] = {
    "science": {"namespaces": ["lab", "notebooks"], "guaranteed": {"h100": 8, "l40s": 1}, "lend_limit": {"h100": 4}},
    "product": {"namespaces": ["serving"], "guaranteed": {"h100": 4, "l40s": 1}, "borrow_limit": {"h100": 2}, "weight": 2.5},
    "guests": {"namespaces": ["guests"]},
}
UNITS = {"m": 0.001, "": 1, "k": 1e3, "M": 1e6, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50}


def objects(pools: dict[str, Any] | None = None, **changed: Any) -> list[Manifest]:
    values = {"tenants": TENANTS, "pools": pools or POOLS} | changed
    return render_tenancy(SCOPE, "tenancy", TenancySpec.model_validate(values))


def queue(name: str, **changed: Any) -> Manifest:
    return pick(objects(**changed), "ClusterQueue", name)["spec"]


def number(quantity: str) -> float:
    digits = quantity.rstrip("mkMGTPi")
    return float(digits) * UNITS[quantity[len(digits) :]]


def quota(spec: Manifest, pool: str, resource: str) -> dict[str, str]:
    (flavor,) = [found for found in spec["resourceGroups"][0]["flavors"] if found["name"] == pool]
    (found,) = [found for found in flavor["resources"] if found["name"] == resource]
    return {key: value for key, value in found.items() if key != "name"}


class TestReferences:
    """Prevents a chain with a broken link, and an object that is made before what it names."""

    def test_each_object_names_only_what_was_made_before(self) -> None:
        made: set[tuple[str, str]] = set()
        for each in objects():
            spec, kind = each.get("spec", {}), each["kind"]
            named = {
                ("Topology", spec.get("topologyName")),
                ("Cohort", spec.get("cohortName")),
                ("ClusterQueue", spec.get("clusterQueue")),
                *(("ResourceFlavor", f["name"]) for group in spec.get("resourceGroups", []) for f in group["flavors"]),
            }
            missing = {one for one in named if one[1] is not None} - made
            assert not missing, f"{kind} {each['metadata']['name']} names {missing} too early"
            made.add((kind, each["metadata"]["name"]))

    def test_a_flavor_is_the_nodes_of_its_pool(self) -> None:
        flavor = pick(objects(), "ResourceFlavor", "l40s")["spec"]
        assert flavor["nodeLabels"] == {"aifactory.dev/pool": "l40s"}

    def test_nodes_are_told_apart_so_that_nothing_is_admitted_that_fits_on_none(self) -> None:
        made = objects()
        topology = pick(made, "Topology")
        assert topology["spec"]["levels"] == [{"nodeLabel": "kubernetes.io/hostname"}]
        flavors = [each for each in made if each["kind"] == "ResourceFlavor"]
        assert {flavor["spec"]["topologyName"] for flavor in flavors} == {topology["metadata"]["name"]}

    def test_every_namespace_has_a_queue_to_its_tenant(self) -> None:
        queues = [each for each in objects() if each["kind"] == "LocalQueue"]
        assert {each["metadata"]["namespace"]: each["spec"]["clusterQueue"] for each in queues} == {
            "lab": "science", "notebooks": "science", "serving": "product", "guests": "guests",
        }  # fmt: skip
        assert {each["metadata"]["name"] for each in queues} == {"gpus"}

    def test_a_tenants_queue_admits_its_namespaces_and_no_other(self) -> None:
        (expression,) = queue("science")["namespaceSelector"]["matchExpressions"]
        assert expression == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["lab", "notebooks"]}

    def test_all_share_in_one_cohort(self) -> None:
        made = objects(cohort="berlin")
        assert pick(made, "Cohort")["metadata"]["name"] == "berlin"
        assert {each["spec"]["cohortName"] for each in made if each["kind"] == "ClusterQueue"} == {"berlin"}


class TestQuotas:
    """Prevents GPUs that nobody may use, and guarantees that are worth nothing for want of CPUs."""

    def test_the_guarantee_is_the_tenants_own(self) -> None:
        assert quota(queue("science"), "h100", "nvidia.com/gpu")["nominalQuota"] == "8"
        assert quota(queue("guests"), "h100", "nvidia.com/gpu")["nominalQuota"] == "0"

    def test_what_is_guaranteed_to_nobody_is_the_cohorts_to_lend(self) -> None:
        cohort = pick(objects(), "Cohort")["spec"]
        assert quota(cohort, "h100", "nvidia.com/gpu") == {"nominalQuota": "4"}
        assert quota(cohort, "l40s", "nvidia.com/gpu") == {"nominalQuota": "7"}

    @pytest.mark.parametrize(("pool", "nodes"), [("h100", 2), ("l40s", 3)])
    @pytest.mark.parametrize(
        ("resource", "per_node"),
        [
            ("nvidia.com/gpu", {"h100": 8, "l40s": 3}),
            ("cpu", {"h100": 192, "l40s": 64}),
            ("memory", {"h100": 2048 * 2**30, "l40s": 1000 * 2**30}),
        ],
    )
    def test_nothing_of_a_pool_is_lost_or_promised_twice(
        self, pool: str, nodes: int, resource: str, per_node: dict[str, int]
    ) -> None:
        made = [each["spec"] for each in objects() if each["kind"] in {"Cohort", "ClusterQueue"}]
        total = sum(number(quota(spec, pool, resource)["nominalQuota"]) for spec in made)
        assert math.isclose(total, nodes * per_node[pool], rel_tol=1e-12)

    def test_a_gpu_comes_with_its_share_of_cpus_and_memory(self) -> None:
        science = queue("science")
        assert quota(science, "h100", "cpu")["nominalQuota"] == "192"
        assert quota(science, "h100", "memory")["nominalQuota"] == "2Ti"
        assert quota(science, "l40s", "cpu")["nominalQuota"] == "21333m"

    def test_borrowing_has_a_limit_only_where_one_is_given(self) -> None:
        product = queue("product")
        assert quota(product, "h100", "nvidia.com/gpu") == {"nominalQuota": "4", "borrowingLimit": "2"}
        assert quota(product, "h100", "cpu")["borrowingLimit"] == "48"
        assert "borrowingLimit" not in quota(product, "l40s", "nvidia.com/gpu")

    def test_lending_has_a_limit_only_where_one_is_given_and_never_above_the_guarantee(self) -> None:
        science = queue("science")
        assert quota(science, "h100", "nvidia.com/gpu") == {"nominalQuota": "8", "lendingLimit": "4"}
        for resource in COVERED:
            limits = quota(science, "h100", resource)
            assert number(limits["lendingLimit"]) <= number(limits["nominalQuota"])
        assert "lendingLimit" not in quota(science, "l40s", "nvidia.com/gpu")

    def test_a_limit_of_none_is_a_limit(self) -> None:
        tenants = {"a": {"namespaces": ["x"], "borrow_limit": {"h100": 0}, "lend_limit": {"h100": 0}}}
        found = quota(queue("a", tenants=tenants), "h100", "nvidia.com/gpu")
        assert found == {"nominalQuota": "0", "borrowingLimit": "0", "lendingLimit": "0"}

    def test_the_cohort_itself_has_no_limits_since_nobody_is_above_it(self) -> None:
        assert "Limit" not in json.dumps(pick(objects(), "Cohort")["spec"])

    def test_resources_stand_in_the_order_of_their_group_as_the_webhook_demands(self) -> None:
        for each in objects():
            for group in each.get("spec", {}).get("resourceGroups", []):
                assert group["coveredResources"] == list(COVERED)
                assert all([r["name"] for r in flavor["resources"]] == list(COVERED) for flavor in group["flavors"])


class TestQuantities:
    """Prevents an object that differs from what was asked for as soon as Kueue's webhook has written it back."""

    @pytest.mark.parametrize(
        ("nodes", "gpus", "cpus", "memory", "expected"),
        [
            (1, 1, 1, 1, ("1", "1Gi", "1")),
            (125, 8, 16, 1024, ("2k", "125Ti", "1k")),
            (1, 8, 192, 2048, ("192", "2Ti", "8")),
            (3, 16, 100, 1536, ("300", "4608Gi", "48")),
            (1000, 16, 1000, 65536, ("1M", "64000Ti", "16k")),
        ],
    )
    def test_the_shortest_form(self, nodes: int, gpus: int, cpus: int, memory: int, expected: tuple[str, ...]) -> None:
        pool = {
            "accelerator": "x", "nodes": nodes, "gpus_per_node": gpus, "cpus_per_node": cpus, "memory_gib_per_node": memory,
        }  # fmt: skip
        made = objects(pools={"p": pool}, tenants={"a": {"namespaces": ["x"]}})
        cohort = pick(made, "Cohort")["spec"]
        assert tuple(quota(cohort, "p", resource)["nominalQuota"] for resource in COVERED) == expected

    @pytest.mark.parametrize(("weight", "written"), [(1, "1"), (2.5, "2500m"), (0.001, "1m"), (1000, "1k"), (1 / 3, "333m")])
    def test_weights(self, weight: float, written: str) -> None:
        tenants = {"a": {"namespaces": ["x"], "weight": weight}}
        assert queue("a", tenants=tenants)["fairSharing"] == {"weight": written}


class TestPreemption:
    """Prevents a guarantee that its owner has to wait for, and tenants who throw each other out for what is nobody's."""

    @pytest.mark.parametrize("tenant", sorted(TENANTS))
    def test_what_is_lent_comes_back(self, tenant: str) -> None:
        assert queue(tenant)["preemption"] == {
            "reclaimWithinCohort": "Any",
            "borrowWithinCohort": {"policy": "Never"},
            "withinClusterQueue": "LowerPriority",
        }

    def test_priorities_are_classes_of_kueue(self) -> None:
        made = [each for each in objects(priorities={"batch": -5, "live": 70}) if each["kind"] == "WorkloadPriorityClass"]
        assert {each["metadata"]["name"]: each["value"] for each in made} == {"batch": -5, "live": 70}

    def test_there_are_three_by_default(self) -> None:
        made = [each for each in objects() if each["kind"] == "WorkloadPriorityClass"]
        assert [each["metadata"]["name"] for each in sorted(made, key=lambda each: each["value"])] == [
            "low", "normal", "high",
        ]  # fmt: skip


class TestWaiting:
    """Prevents work that is sent to a queue which does not take any yet."""

    def test_queues_are_waited_for_and_nothing_else_is(self) -> None:
        waits = {(each["kind"], each["metadata"]["annotations"].get("pulumi.com/waitFor")) for each in objects()}
        assert {one for one in waits if one[1]} == {
            ("ClusterQueue", "condition=Active"), ("LocalQueue", "condition=Active"),
        }  # fmt: skip
        assert not waits & {("ClusterQueue", None), ("LocalQueue", None)}


class TestStages:
    """Prevents an object that is rendered and never made, or made twice."""

    def test_the_stages_hold_everything_once(self) -> None:
        spec = TenancySpec.model_validate({"tenants": TENANTS, "pools": POOLS})
        made = tenancy_objects(SCOPE, "tenancy", spec)
        names = [(each["kind"], each["metadata"]["name"], each["metadata"].get("namespace")) for each in objects()]
        assert len(names) == len(set(names)) == sum(len(stage) for stage in made.stages())
        assert {kind for kind, _, _ in names} == {
            "Topology", "ResourceFlavor", "Cohort", "ClusterQueue", "LocalQueue", "WorkloadPriorityClass",
        }  # fmt: skip


class TestGolden:
    """Prevents a change of the whole that no assertion above looks at."""

    def test_three_tenants_on_two_pools(self) -> None:
        assert_golden("tenancy/three-tenants", objects())

    def test_one_tenant_that_has_everything(self) -> None:
        tenants = {"only": {"namespaces": ["ai"], "guaranteed": {"h100": 16}}}
        made = objects(pools={"h100": POOLS["h100"]}, tenants=tenants)
        assert quota(pick(made, "Cohort")["spec"], "h100", "nvidia.com/gpu") == {"nominalQuota": "0"}
        assert_golden("tenancy/one-tenant", made)

    def test_nobody_is_sure_of_anything(self) -> None:
        tenants = {"a": {"namespaces": ["x"]}, "b": {"namespaces": ["y"], "weight": 3}}
        made = objects(pools={"h100": POOLS["h100"]}, tenants=tenants)
        assert quota(pick(made, "Cohort")["spec"], "h100", "nvidia.com/gpu") == {"nominalQuota": "16"}
        assert_golden("tenancy/no-guarantees", made)

    def test_nobody_lends_or_borrows(self) -> None:
        limits = {"guaranteed": {"h100": 8}, "borrow_limit": {"h100": 0}, "lend_limit": {"h100": 0}}
        tenants = {name: {"namespaces": [name]} | limits for name in ("a", "b")}
        made = objects(pools={"h100": POOLS["h100"]}, tenants=tenants, cohort="apart", priorities={"only": 0})
        assert quota(pick(made, "ClusterQueue", "a")["spec"], "h100", "nvidia.com/gpu") == {
            "nominalQuota": "8", "borrowingLimit": "0", "lendingLimit": "0",
        }  # fmt: skip
        assert_golden("tenancy/apart", made)
