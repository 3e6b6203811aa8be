"""What a block makes and what it declares: a flow that nobody declared is one that no rule judges."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aifactory.catalog.telemetry_switch import telemetry_switches
from aifactory.model import FactorySpec, load_factory
from aifactory.render import Manifest
from aifactory.render.region import render_region
from aifactory.sovereignty import HERE, Flow, FlowKind
from aifactory.sovereignty.flow import registry_host
from aifactory.sovereignty.region import own_flows, region_flows
from tests.unit.factories import factory
from tests.unit.model.test_references import FULL

SHIPPED = Path(__file__).parents[3] / "stacks" / "factory.yaml"


def full_factory() -> FactorySpec:
    return factory(**FULL)


FACTORIES = {"shipped": (load_factory(SHIPPED), "local"), "full": (full_factory(), "here")}
each = pytest.mark.parametrize("name", FACTORIES)


def values_of(key: str, value: Any) -> Iterator[Any]:
    """Yield every value that stands under a key, at any depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == key:
                yield inner
            yield from values_of(key, inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from values_of(key, inner)


def manifests_of(name: str) -> list[Manifest]:
    spec, region = FACTORIES[name]
    return [manifest for block in render_region(spec, region) for manifest in block.manifests]


def flows_of(name: str) -> tuple[Flow, ...]:
    spec, region = FACTORIES[name]
    return region_flows(region, spec.region(region))


def destinations(name: str, kind: FlowKind) -> set[str]:
    return {flow.destination for flow in flows_of(name) if flow.kind is kind}


STORES = {"PersistentVolumeClaim", "DataVolume"}
NO_DATA = {
    "Namespace", "NetworkPolicy", "ResourceQuota", "ServiceAccount", "Role", "RoleBinding", "ConfigMap", "ClusterPolicy",
    "Topology", "ResourceFlavor", "Cohort", "ClusterQueue", "LocalQueue", "WorkloadPriorityClass", "InferencePool",
    "InferenceObjective", "Certificate", "ScheduledBackup", "KubeVirt", "CDI",
}  # fmt: skip
"""Kinds that by themselves keep, send and answer nothing; images of what runs because of them are looked at apart."""

ANSWERS = {"Deployment", "HTTPRoute", "Gateway", "Service", "Pooler", "Cluster", "VirtualMachine"}


class TestEveryObject:
    """Prevents an object that stores, sends or reads data while its block says that nothing flows."""

    @each
    def test_every_kind_has_been_thought_about(self, name: str) -> None:
        kinds = {str(manifest["kind"]) for manifest in manifests_of(name)}
        assert kinds <= STORES | NO_DATA | ANSWERS | {"ObjectStore"}, "say which flows the new kind causes"

    @each
    def test_every_image_comes_from_a_declared_registry(self, name: str) -> None:
        images = {image for m in manifests_of(name) for key in ("image", "imageName") for image in values_of(key, m)}
        hosts = {registry_host(image) for image in images if isinstance(image, str) and "/" in image}
        hosts |= {registry_host(f"{repository}/x") for m in manifests_of(name) for repository in values_of("repository", m)}
        assert hosts
        assert hosts <= destinations(name, FlowKind.IMAGE_PULL)

    @each
    def test_every_object_store_is_a_declared_backup(self, name: str) -> None:
        paths = {path for m in manifests_of(name) if m["kind"] == "ObjectStore" for path in values_of("destinationPath", m)}
        assert paths == destinations(name, FlowKind.BACKUP)

    @each
    def test_every_volume_is_declared_by_its_block(self, name: str) -> None:
        spec, region = FACTORIES[name]
        stored = {flow.block for flow in flows_of(name) if flow.kind is FlowKind.STORAGE}
        titles = {"Postgres": "database", "VirtualMachine": "virtual machine", "InferenceService": "model"}
        for block in render_region(spec, region):
            kinds = {manifest["kind"] for manifest in block.manifests}
            if kinds & STORES or "Cluster" in kinds:
                assert f"{titles[block.block]} {block.name}" in stored

    @each
    def test_whoever_is_let_in_is_declared(self, name: str) -> None:
        spec, region = FACTORIES[name]
        requests = {flow.block for flow in flows_of(name) if flow.kind is FlowKind.REQUEST}
        for key, database in spec.region(region).databases.items():
            assert not database.clients or f"database {key}" in requests
        for key, machine in spec.region(region).virtual_machines.items():
            assert not machine.clients or f"virtual machine {key}" in requests
        assert {f"model {key}" for key in spec.region(region).models} <= requests

    @each
    def test_what_programs_report_to_their_makers_is_declared_as_it_is_rendered(self, name: str) -> None:
        rendered = set(reports_of(name))
        declared = {(f.block, f.operator, f.silenced) for f in flows_of(name) if f.kind is FlowKind.TELEMETRY}
        assert rendered == declared
        assert rendered, "neither factory runs a program that reports: the test would see nothing"

    @each
    def test_a_pooler_is_declared(self, name: str) -> None:
        spec, region = FACTORIES[name]
        poolers = {f.block for f in flows_of(name) if f.kind is FlowKind.REQUEST and f.part == "pooler"}
        assert poolers == {f"database {key}" for key, item in spec.region(region).databases.items() if item.pooler}


def reports_of(name: str) -> Iterator[tuple[str, str, bool]]:
    """Yield block, maker and whether it is switched off, of every container whose program reports to its maker."""
    spec, region = FACTORIES[name]
    for block in render_region(spec, region):
        for containers in (found for m in block.manifests for found in values_of("containers", m)):
            for container in containers:
                path = container.get("image", "").partition("/")[2].partition("@")[0].partition(":")[0]
                env = {item["name"]: item.get("value") for item in container.get("env", ())}
                for switch in telemetry_switches().values():
                    if path in switch.images:
                        off = all(any(env.get(k) == v for k, v in one.items()) for one in switch.switches)
                        yield f"model {block.name}", switch.maker, off


class TestOwnFlows:
    """Prevents state, the key to its secrets, and the way to the API from escaping the rules."""

    def test_a_local_region_keeps_all_three_here(self) -> None:
        flows = {flow.kind: flow for flow in own_flows("local", FACTORIES["shipped"][0].region("local"))}
        assert {flow.destination for flow in flows.values()} == {HERE}
        assert set(flows) == {FlowKind.STATE, FlowKind.KEY, FlowKind.ADMIN}

    def test_elsewhere_each_goes_where_factory_yaml_says(self) -> None:
        spec = factory(
            site={"provider": "on-prem", "location": "x", "country": "DE", "operator": "self"},
            cluster={"kind": "existing", "context": "lab"},
            access={"kind": "allow-list", "cidrs": ["203.0.113.7/32"]},
            state={"backend": "s3://state-eu", "secrets_provider": "awskms://alias/eu"},
        )
        flows = {flow.kind: flow.destination for flow in own_flows("here", spec.region("here"))}
        assert flows == {
            FlowKind.STATE: "s3://state-eu",
            FlowKind.KEY: "awskms://alias/eu",
            FlowKind.ADMIN: "203.0.113.7/32",
        }

    def test_classes_of_data_are_carried_along(self) -> None:
        classes = {flow.block: flow.data_class for flow in flows_of("shipped") if flow.kind is FlowKind.STORAGE}
        assert classes["database billing"] == "customer-records"
        assert classes["virtual machine billing-legacy"] == "customer-records"
