"""Where the data of virtual machines goes."""

from typing import Any

import pytest

from aifactory.model import VirtualizationSpec, VirtualMachineSpec, validate
from aifactory.render.manifest import Scope
from aifactory.render.virtualization import render_virtual_machine
from aifactory.sovereignty import Flow, FlowKind
from aifactory.sovereignty.flow import HERE
from aifactory.sovereignty.virtualization import virtual_machine_flows, virtual_machine_platform_flows

DIGEST = "sha256:" + "a" * 64
SMALL: dict[str, Any] = {"namespace": "legacy", "cpu": 2, "memory_gib": 8, "root": {"size_gib": 40}, "data_class": "bills"}


def spec_of(**changes: Any) -> VirtualMachineSpec:
    return validate(VirtualMachineSpec, SMALL | changes, "machine")


def flows(kind: FlowKind, **changes: Any) -> list[Flow]:
    return [flow for flow in virtual_machine_flows("billing", spec_of(**changes)) if flow.kind is kind]


def root(source: str, **more: Any) -> dict[str, Any]:
    return {"size_gib": 40, "source": source} | more


class TestPlatform:
    """Prevents images of every machine's launcher from passing as ones of nobody."""

    @pytest.mark.parametrize(("distribution", "host"), [("upstream", "quay.io"), ("hco", "registry.redhat.io")])
    def test_its_images_come_from_its_makers(self, distribution: str, host: str) -> None:
        spec = validate(VirtualizationSpec, {"distribution": distribution}, "platform")
        (flow,) = virtual_machine_platform_flows("machines", spec)
        assert (flow.kind, flow.destination) == (FlowKind.IMAGE_PULL, host)
        assert flow.block == "virtual machine platform machines"


class TestDisks:
    """Prevents data that lies or is fetched somewhere without any rule having seen it."""

    def test_every_disk_that_is_made_is_a_flow(self) -> None:
        spec = spec_of(data_disks={"data": {"size_gib": 5}, "log": {"size_gib": 5, "storage_class": "fast"}})
        made = [m for m in render_virtual_machine(Scope("d", "r", "b"), "billing", spec) if m["kind"] == "DataVolume"]
        stored = [flow for flow in virtual_machine_flows("billing", spec) if flow.kind is FlowKind.STORAGE]
        assert len(stored) == len(made) == 3
        assert {flow.destination for flow in stored} == {HERE}
        assert {flow.data_class for flow in stored} == {"bills"}
        assert {flow.encrypted for flow in stored} == {None}, "the storage class decides, and nobody asked it"
        assert "fast" in stored[2].note

    def test_an_image_is_code_from_its_registry(self) -> None:
        (flow,) = flows(FlowKind.IMAGE_PULL, root=root(f"registry://mirror.internal:5000/rhel@{DIGEST}"))
        assert (flow.destination, flow.data_class) == ("mirror.internal:5000", None)
        assert not flows(FlowKind.DISK_PULL, root=root(f"registry://mirror.internal:5000/rhel@{DIGEST}"))

    @pytest.mark.parametrize(
        ("disk", "host"),
        [
            (root("https://images.test:8443/a.qcow2", checksum=DIGEST), "images.test"),
            (root("s3://dumps/a.img", endpoint="https://s3.eu-central-1.amazonaws.com"), "s3.eu-central-1.amazonaws.com"),
        ],
        ids=["https", "s3"],
    )
    def test_contents_are_data_from_their_host(self, disk: dict[str, Any], host: str) -> None:
        (flow,) = flows(FlowKind.DISK_PULL, root=disk)
        assert (flow.destination, flow.data_class, flow.encrypted) == (host, "bills", True)

    def test_what_is_not_pinned_is_said(self) -> None:
        (loose,) = flows(FlowKind.DISK_PULL, root=root("https://images.test/a"))
        (pinned,) = flows(FlowKind.DISK_PULL, root=root("https://images.test/a", checksum=DIGEST))
        assert "no checksum" in loose.note
        assert "no checksum" not in pinned.note

    @pytest.mark.parametrize("source", ["pvc://golden/rhel", "snapshot://golden/rhel"])
    def test_a_clone_stays_here(self, source: str) -> None:
        (flow,) = flows(FlowKind.DISK_PULL, root=root(source))
        assert flow.destination == HERE
        assert "golden/rhel" in flow.note

    def test_nothing_is_fetched_for_a_blank_disk(self) -> None:
        assert {flow.kind for flow in virtual_machine_flows("billing", spec_of())} == {FlowKind.STORAGE}


class TestRequests:
    """Prevents clients that no rule knows of."""

    def test_clients_are_named_with_what_they_reach(self) -> None:
        (flow,) = flows(FlowKind.REQUEST, ports={"http": 8080}, clients=["ai", "data"])
        assert (flow.destination, flow.data_class) == (HERE, "bills")
        assert "ai, data" in flow.note
        assert "http 8080" in flow.note
        assert flow.encrypted is None

    @pytest.mark.parametrize("changes", [{}, {"ports": {"http": 80}}, {"clients": ["ai"]}])
    def test_without_both_there_is_no_way_in_and_so_no_flow(self, changes: dict[str, Any]) -> None:
        assert flows(FlowKind.REQUEST, **changes) == []

    def test_an_unknown_class_stays_unknown(self) -> None:
        made = virtual_machine_flows("billing", spec_of(data_class=None, ports={"http": 80}, clients=["ai"]))
        assert {flow.data_class for flow in made} == {None}
