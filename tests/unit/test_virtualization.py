"""The blocks of virtual machines, as the engine is told of them."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from aifactory.errors import SpecError
from aifactory.sovereignty import FlowKind
from aifactory.virtualization import VirtualMachine, VirtualMachinePlatform
from tests.unit.pulumi_program import run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
DIGEST = "sha256:" + "a" * 64
SMALL: dict[str, Any] = {"namespace": "legacy", "cpu": 2, "memory_gib": 8, "root": {"size_gib": 40}}
BILLING: dict[str, Any] = SMALL | {
    "root": {"size_gib": 40, "source": f"registry://mirror.internal/os/rhel@{DIGEST}", "secret": "mirror-login"},
    "data_disks": {"data": {"size_gib": 100}},
    "cloud_init_secret": "billing-init",
    "ports": {"http": 8080},
    "clients": ["ai"],
}
GPUS = {"nvidia.com/GH100_H100_SXM5_80GB": "10DE:2330"}

both = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(block: Any, args: dict[str, Any]) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = block("it", OWNER | args)
        return {name: getattr(made, name) for name in block.__annotations__}

    return make


def flows(block: Any, args: dict[str, Any]) -> Any:
    seen: list[Any] = []

    def make() -> dict[str, pulumi.Output[Any]]:
        seen.append(block("it", OWNER | args).flows)
        return {}

    run(make)
    return seen[0]


class TestPlatform:
    """Prevents a plan that takes KubeVirt away from under its machines, and answers before it is available."""

    @both
    @pytest.mark.parametrize(
        ("args", "kinds"),
        [({}, ["CDI", "KubeVirt"]), ({"distribution": "hco"}, ["HyperConverged"])],
        ids=["upstream", "hco"],
    )
    def test_its_objects_are_its_children_protected_and_retained(
        self, args: dict[str, Any], kinds: list[str], preview: bool
    ) -> None:
        component, *children = run(program(VirtualMachinePlatform, args), preview=preview).registered
        assert component.type == "aifactory:index:VirtualMachinePlatform"
        assert sorted(child.type.rpartition(":")[2] for child in children) == kinds
        assert {child.parent_name for child in children} == {"it"}
        assert all(child.protect and child.retain for child in children)

    def test_protection_can_be_given_up_in_so_many_words(self) -> None:
        children = run(program(VirtualMachinePlatform, {"protect": False})).registered[1:]
        assert not any(child.protect or child.retain for child in children)

    @both
    def test_outputs(self, preview: bool) -> None:
        args = {"permitted_gpus": GPUS, "live_migration": False}
        outputs = run(program(VirtualMachinePlatform, args), preview=preview).outputs
        assert set(outputs) == {"permitted_gpus", "live_migration", "distribution"}
        if not preview:
            assert outputs == {"permitted_gpus": list(GPUS), "live_migration": False, "distribution": "upstream"}

    def test_type_tokens_are_those_of_the_operators(self) -> None:
        ran = run(program(VirtualMachinePlatform, {}))
        assert ran.one(":KubeVirt").type == "kubernetes:kubevirt.io/v1:KubeVirt"
        assert ran.one(":CDI").type == "kubernetes:cdi.kubevirt.io/v1beta1:CDI"

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            ({"distribution": "okd"}, "must be one of"),
            ({"distribution": "hco", "emulation": True}, "KVM_EMULATION=true"),
            ({"permitted_gpus": {"nvidia.com/H100": "10de:2330"}}, "must match"),
            ({"permited_gpus": {}}, "permitted_gpus"),
        ],
    )
    def test_wrong_args_are_refused_before_anything_is_made(self, args: dict[str, Any], words: str) -> None:
        with pytest.raises(SpecError, match="VirtualMachinePlatform it") as caught:
            run(program(VirtualMachinePlatform, args))
        assert words in str(caught.value)

    def test_its_flows_are_known(self) -> None:
        assert [(f.kind, f.destination) for f in flows(VirtualMachinePlatform, {})] == [(FlowKind.IMAGE_PULL, "quay.io")]


class TestMachine:
    """Prevents disks that a careless plan deletes, machines before their disks, and addresses before they answer."""

    @both
    def test_everything_is_its_child(self, preview: bool) -> None:
        component, *children = run(program(VirtualMachine, BILLING), preview=preview).registered
        assert component.type == "aifactory:index:VirtualMachine"
        assert {child.parent_name for child in children} == {"it"}
        assert sorted(child.name for child in children) == [
            "it-datavolume-legacy-it-data",
            "it-datavolume-legacy-it-root",
            "it-networkpolicy-legacy-it-import",
            "it-networkpolicy-legacy-it-machine",
            "it-service-legacy-it",
            "it-virtualmachine-legacy-it",
        ]

    @both
    def test_machine_and_disks_are_protected_and_retained_and_nothing_else_is(self, preview: bool) -> None:
        ran = run(program(VirtualMachine, BILLING), preview=preview)
        kept = [r.type.rpartition(":")[2] for r in ran.registered if r.protect and r.retain]
        assert sorted(kept) == ["DataVolume", "DataVolume", "VirtualMachine"]
        assert [r for r in ran.registered if r.protect != r.retain] == []

    def test_protection_can_be_given_up_in_so_many_words(self) -> None:
        ran = run(program(VirtualMachine, BILLING | {"protect": False}))
        assert not any(r.protect or r.retain for r in ran.registered)

    @both
    def test_order(self, preview: bool) -> None:
        ran = run(program(VirtualMachine, BILLING), preview=preview)
        policies = {r.urn for r in ran.of_type(":NetworkPolicy")}
        disks = ran.of_type(":DataVolume")
        machine = ran.one(":VirtualMachine", "it")
        assert len(policies) == len(disks) == 2
        assert all(policies <= set(disk.depends_on) for disk in disks), "an importer needs its way out"
        assert policies | {disk.urn for disk in disks} <= set(machine.depends_on)
        assert machine.urn in ran.one(":Service").depends_on

    def test_outputs(self) -> None:
        assert run(program(VirtualMachine, BILLING)).outputs == {
            "host": "it.legacy.svc",
            "ports": {"http": 8080},
            "disks": {"root": "it-root", "data": "it-data"},
        }

    def test_without_ports_there_is_no_address(self) -> None:
        ran = run(program(VirtualMachine, SMALL))
        assert ran.outputs == {"host": "", "ports": {}, "disks": {"root": "it-root"}}
        assert ran.of_type(":Service") == []

    def test_the_disks_that_it_names_are_the_ones_that_are_made(self) -> None:
        ran = run(program(VirtualMachine, BILLING))
        made = {r.inputs["metadata"]["name"] for r in ran.of_type(":DataVolume")}
        volumes = ran.one(":VirtualMachine", "it").inputs["spec"]["template"]["spec"]["volumes"]
        assert {v["dataVolume"]["name"] for v in volumes if "dataVolume" in v} == made == set(ran.outputs["disks"].values())

    def test_credentials_are_named_and_never_read(self) -> None:
        ran = run(program(VirtualMachine, BILLING))
        words = str([r.inputs for r in ran.registered])
        assert "billing-init" in words
        assert "mirror-login" in words
        assert not {"userData", "userDataBase64", "accessKeyId", "secretKey"} & set(words.replace("'", " ").split())

    def test_user_data_in_clear_is_refused(self) -> None:
        with pytest.raises(SpecError) as caught:
            run(program(VirtualMachine, SMALL | {"cloud_init": "#cloud-config\npassword: canary-pw"}))
        assert "cloud_init_secret" in str(caught.value)

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (SMALL | {"instancetype": "u1.large"}, "leave cpu and memory_gib out"),
            (SMALL | {"root": {"size_gib": 40, "source": "registry://rhel:9"}}, "root.source"),
            (SMALL | {"root": {}}, "size_gib"),
            (SMALL | {"run_strategy": "Sometimes"}, "must be one of"),
            (SMALL | {"overrides": {"runStrategy": "Halted"}}, "overrides.runStrategy"),
            ({"namespace": "legacy", "cpu": 2, "memory_gib": 8}, "root"),
        ],
    )
    def test_wrong_args_are_refused_and_named(self, args: dict[str, Any], words: str) -> None:
        with pytest.raises(SpecError) as caught:
            run(program(VirtualMachine, args))
        assert words in str(caught.value)

    def test_a_refused_override_leaves_nothing_half_made(self) -> None:
        names: list[str] = []

        def make() -> dict[str, pulumi.Output[Any]]:
            with pytest.raises(SpecError):
                VirtualMachine("it", {**OWNER, **SMALL, "overrides": {"runStrategy": "Halted"}})
            return {}

        names += [r.type for r in run(make).registered]
        assert names == ["aifactory:index:VirtualMachine"], "only the component itself, no object of it"

    def test_numbers_may_come_as_floats(self) -> None:
        floats = BILLING | {"cpu": 2.0, "memory_gib": 8.0, "ports": {"http": 8080.0}}
        as_sent, plain = run(program(VirtualMachine, floats)), run(program(VirtualMachine, BILLING))
        assert {r.name: r.inputs for r in as_sent.registered} == {r.name: r.inputs for r in plain.registered}

    def test_its_flows_are_known(self) -> None:
        kinds = [flow.kind for flow in flows(VirtualMachine, BILLING)]
        assert kinds == [FlowKind.STORAGE, FlowKind.IMAGE_PULL, FlowKind.STORAGE, FlowKind.REQUEST]
