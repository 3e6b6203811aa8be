"""A whole region rendered before the engine starts: what is wrong with any object of it is said in words, all at once."""

from datetime import date
from pathlib import Path
from typing import Any

import pulumi
import pytest
import yaml

from aifactory import Region
from aifactory.errors import SpecError
from aifactory.model import load_factory, parse_factory
from aifactory.render.admission import PROTECT_ANNOTATION
from aifactory.render.connections import connected_namespaces
from aifactory.render.region import check_factory, check_region, operator_namespaces, render_region, served, tenancy_of
from tests.unit.factories import factory
from tests.unit.model.test_references import FULL, changed
from tests.unit.pulumi_program import run

DAY = date(2026, 11, 22)
SHIPPED = Path(__file__).parents[3] / "stacks" / "factory.yaml"


def problems(**change: Any) -> dict[str, Any]:
    spec = parse_factory(yaml.safe_dump(changed(**change)))
    with pytest.raises(SpecError) as caught:
        check_region(spec, "here")
    return {problem.where: problem for problem in caught.value.problems}


class TestCheck:
    """Prevents what the API server would only warn about, and what no preview of a new cluster would show at all."""

    def test_the_shipped_region_passes(self) -> None:
        check_factory(load_factory(SHIPPED), "factory.yaml")

    def test_a_misspelt_field_of_a_custom_resource_is_named_with_the_near_one(self) -> None:
        found = problems(databases__billing__overrides={"logLevl": "debug"})
        (place,) = found
        assert "logLevl" in place
        assert found[place].nearest == "logLevel"

    def test_faults_of_two_blocks_are_listed_together(self) -> None:
        found = problems(
            databases__billing__overrides={"logLevl": "debug"},
            gpu_operator__overrides={"toolkt": {"enabled": False}},
        )
        assert len(found) == 2

    def test_a_namespace_that_is_not_there_is_named(self) -> None:
        region = factory(**FULL).region("here")
        spec = factory(**FULL)
        lost = region.databases["billing"].model_copy(update={"namespace": "dta"})
        broken = region.model_copy(update={"databases": {"billing": lost}})
        with pytest.raises(SpecError) as caught:
            check_region(spec.model_copy(update={"regions": {"here": broken}}), "here")
        assert {(problem.value, problem.nearest) for problem in caught.value.problems} >= {("dta", "data")}

    def test_a_pod_that_no_node_could_take_is_named(self) -> None:
        spec = factory(**FULL)
        region = spec.region("here")
        huge = region.models["assistant"].model_copy(update={"gpus_per_replica": 16})
        broken = region.model_copy(update={"models": {"assistant": huge}})
        with pytest.raises(SpecError, match="has 8; it would wait for ever"):
            check_region(spec.model_copy(update={"regions": {"here": broken}}), "here")

    def test_the_command_says_it_before_the_engine_starts(self, tmp_path: Path) -> None:
        file = tmp_path / "factory.yaml"
        file.write_text(yaml.safe_dump(changed(databases__billing__overrides={"logLevl": "debug"})))
        with pytest.raises(SpecError, match="logLevel"):
            run(lambda: {"x": Region("here", {"factory_file": str(file), "as_of": DAY.isoformat()}).endpoints})


class TestComposition:
    """Prevents a render that is checked and another one that is made."""

    @pytest.mark.parametrize("region", [{}, FULL], ids=["small", "full"])
    def test_what_is_rendered_is_what_is_registered(self, tmp_path: Path, region: dict[str, Any]) -> None:
        file = tmp_path / "factory.yaml"
        spec = factory(**region)
        text = yaml.safe_dump(changed() if region else yaml.safe_load(factory_yaml()))
        file.write_text(text)

        def program() -> dict[str, pulumi.Output]:
            return {"x": Region("here", {"factory_file": str(file), "as_of": DAY.isoformat()}).endpoints}

        made = [r.inputs for r in run(program).registered if r.type.startswith("kubernetes:")]
        rendered = [manifest for block in render_region(spec, "here", on=DAY) for manifest in block.manifests]
        assert {key(m) for m in made} == {key(m) for m in rendered}
        by_key = {key(manifest): manifest for manifest in made}
        for manifest in rendered:
            assert as_sent(manifest) == as_sent(by_key[key(manifest)])

    def test_no_object_is_rendered_twice(self) -> None:
        objects = [key(m) for block in render_region(load_factory(SHIPPED), "local") for m in block.manifests]
        assert len(objects) == len(set(objects))

    def test_blocks_come_in_the_order_in_which_they_can_stand(self) -> None:
        blocks = [block.block for block in render_region(load_factory(SHIPPED), "local")]
        assert blocks == [
            "Operators", "Guardrails", "GpuOperator", "Tenancy", "Postgres", "VirtualMachinePlatform", "VirtualMachine",
            "InferenceService",
        ]  # fmt: skip


def factory_yaml() -> str:
    from tests.unit.factories import factory_text

    return factory_text()


def key(manifest: dict[str, Any]) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return str(manifest["kind"]), metadata.get("namespace", ""), metadata["name"]


def as_sent(value: Any) -> Any:
    """Return a value as it comes out of the wire, where every number is a double; without the mark of what is protected."""
    if isinstance(value, dict):
        left_out = {"status", PROTECT_ANNOTATION}
        return {name: as_sent(inner) for name, inner in value.items() if inner is not None and name not in left_out}
    if isinstance(value, list | tuple):
        return [as_sent(inner) for inner in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


class TestWhoseItIs:
    """Prevents custom resources of an operator that is somebody else's, and models that no tenant is charged for."""

    def test_an_external_operator_leaves_its_block_out(self) -> None:
        operators = FULL["operators"] | {"gpu-operator": {"install": "external"}, "kueue": {"install": "external"}}
        blocks = {block.block for block in render_region(factory(**FULL | {"operators": operators}), "here")}
        assert "GpuOperator" not in blocks
        assert "Tenancy" not in blocks
        assert "Postgres" in blocks

    def test_a_model_in_a_tenants_namespace_is_counted_by_its_queue(self) -> None:
        tenants = {"science": {"namespaces": ["ai"], "guaranteed": {"h100": 4}}}
        region = factory(**FULL | {"tenants": tenants}).region("here")
        assert served(region, region.models["assistant"]).queue == "gpus"
        assert tenancy_of(region) is not None

    def test_one_outside_is_not(self) -> None:
        region = factory(**FULL).region("here")
        model = served(region, region.models["assistant"])
        assert (model.queue, model.pool) == (None, "h100")

    def test_namespaces_of_operators_are_known(self) -> None:
        assert {"cnpg-system", "kubevirt", "gpu-operator"} <= operator_namespaces(factory(**FULL).region("here"))


class TestConnections:
    """Prevents a client that is let in at one end and not out at the other: all namespaces deny both ways."""

    def test_each_client_may_leave_for_what_lists_it(self) -> None:
        region = factory(**FULL).region("here")
        namespaces = connected_namespaces(region)
        assert namespaces["ai"].reaches["data-billing"].ports == (5432,)
        assert namespaces["ai"].reaches["data-billing"].labels == {"cnpg.io/cluster": "billing"}
        assert namespaces["data"].reaches["legacy-old-billing"].ports == (80,)
        assert namespaces["research"].reaches == {}

    def test_it_becomes_a_policy_in_the_clients_namespace(self) -> None:
        (guardrails,) = [b for b in render_region(factory(**FULL), "here") if b.block == "Guardrails"]
        (policy,) = [m for m in guardrails.manifests if m["metadata"]["name"] == "to-data-billing"]
        assert policy["metadata"]["namespace"] == "ai"
        assert policy["spec"]["policyTypes"] == ["Egress"]
        (rule,) = policy["spec"]["egress"]
        assert rule["to"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "data"}
        assert rule["ports"] == [{"protocol": "TCP", "port": 5432}]

    def test_what_a_namespace_says_itself_stays(self) -> None:
        reaches = {"bucket": {"namespace": "storage", "ports": [443]}}
        namespaces = FULL["namespaces"] | {"ai": {"gpu_quota": 4, "reaches": reaches}}
        found = connected_namespaces(factory(**FULL | {"namespaces": namespaces}).region("here"))["ai"].reaches
        assert set(found) == {"bucket", "data-billing"}
