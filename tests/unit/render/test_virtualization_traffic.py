"""What a machine and the pods that fill its disks may reach and be reached by."""

from typing import Any

import pytest

from aifactory.model import VirtualMachineSpec, validate
from aifactory.render.manifest import PRIVATE_CIDRS, Manifest, Scope
from aifactory.render.virtualization import render_virtual_machine
from tests.unit.render.objects import pick

SCOPE = Scope("demo", "here", "billing")
DIGEST = "sha256:" + "a" * 64
SMALL: dict[str, Any] = {"namespace": "legacy", "cpu": 2, "memory_gib": 8, "root": {"size_gib": 40}}
LABEL = {"aifactory.dev/virtual-machine": "billing"}


def machine_objects(**changes: Any) -> list[Manifest]:
    return render_virtual_machine(SCOPE, "billing", validate(VirtualMachineSpec, SMALL | changes, "machine"))


def policies(**changes: Any) -> dict[str, Manifest]:
    return {m["metadata"]["name"]: m["spec"] for m in machine_objects(**changes) if m["kind"] == "NetworkPolicy"}


def disk(source: str, **more: Any) -> dict[str, Any]:
    return {"size_gib": 40, "source": source} | more


class TestMachine:
    """Prevents a machine that everybody reaches, or that reaches everybody."""

    def test_nobody_reaches_it_and_it_reaches_nobody_unless_named(self) -> None:
        for changes in ({}, {"ports": {"http": 80}}, {"clients": ["ai"]}):
            policy = policies(**changes)["billing-machine"]
            assert policy["podSelector"] == {"matchLabels": LABEL}
            assert policy["policyTypes"] == ["Ingress", "Egress"]
            assert set(policy) == {"podSelector", "policyTypes"}, "named without rules: denied"

    def test_clients_reach_its_ports_and_no_others(self) -> None:
        policy = policies(ports={"http": 8080, "db": 1521}, clients=["ai", "data"])["billing-machine"]
        (rule,) = policy["ingress"]
        names = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
        assert names == ["ai", "data"]
        assert "egress" not in policy
        assert rule["ports"] == [{"protocol": "TCP", "port": 8080}, {"protocol": "TCP", "port": 1521}]

    def test_the_policy_selects_the_pod_that_the_machine_runs_in(self) -> None:
        made = machine_objects()
        labels = pick(made, "VirtualMachine")["spec"]["template"]["metadata"]["labels"]
        assert policies()["billing-machine"]["podSelector"]["matchLabels"].items() <= labels.items()

    def test_a_machine_named_like_a_part_of_another_has_policies_of_its_own(self) -> None:
        values = SMALL | {"root": disk("https://images.internal/x")}
        made = [
            manifest["metadata"]["name"]
            for name in ("billing", "billing-import", "billing-clone")
            for manifest in render_virtual_machine(SCOPE, name, validate(VirtualMachineSpec, values, "machine"))
            if manifest["kind"] == "NetworkPolicy"
        ]
        assert len(made) == len(set(made)) == 6

    def test_two_machines_do_not_share_a_label(self) -> None:
        other = render_virtual_machine(SCOPE, "billing-2", validate(VirtualMachineSpec, SMALL, "machine"))
        labels = pick(other, "VirtualMachine")["spec"]["template"]["metadata"]["labels"]
        assert not LABEL.items() <= labels.items()


class TestImport:
    """Prevents imports that a denying namespace holds for ever, and importers that reach the whole internet."""

    def test_a_blank_disk_needs_no_way_out(self) -> None:
        assert set(policies()) == {"billing-machine"}

    @pytest.mark.parametrize(
        ("root", "port"),
        [
            (disk(f"registry://mirror.internal:5000/rhel@{DIGEST}"), 5000),
            (disk(f"registry://mirror.internal/rhel@{DIGEST}"), 443),
            (disk("https://images.internal/rhel.qcow2"), 443),
            (disk("https://images.internal:8443/rhel.qcow2"), 8443),
            (disk("s3://dumps/rhel.img", endpoint="https://s3.internal:9000"), 9000),
            (disk("s3://dumps/rhel.img", endpoint="https://s3.internal"), 443),
        ],
        ids=lambda value: value["source"] if isinstance(value, dict) else str(value),
    )
    def test_importers_reach_the_port_of_the_source(self, root: dict[str, Any], port: int) -> None:
        policy = policies(root=root)["billing-import"]
        (rule,) = policy["egress"]
        assert rule["ports"] == [{"protocol": "TCP", "port": port}]
        assert policy["podSelector"]["matchLabels"] == {
            "app": "containerized-data-importer",
            "cdi.kubevirt.io": "importer",
        }

    def test_by_default_only_at_private_addresses(self) -> None:
        (rule,) = policies(root=disk("https://images.internal/x"))["billing-import"]["egress"]
        assert [peer["ipBlock"]["cidr"] for peer in rule["to"]] == list(PRIVATE_CIDRS)

    def test_others_are_named(self) -> None:
        made = policies(root=disk("https://images.test/x"), import_cidrs=["203.0.113.0/24"])
        (rule,) = made["billing-import"]["egress"]
        assert rule["to"] == [{"ipBlock": {"cidr": "203.0.113.0/24"}}]

    def test_each_port_is_said_once(self) -> None:
        made = policies(
            root=disk("https://images.internal/x"),
            data_disks={"a": disk("https://images.internal/y"), "b": disk("https://images.internal:8443/z")},
        )
        assert [entry["port"] for entry in made["billing-import"]["egress"][0]["ports"]] == [443, 8443]

    def test_only_the_importers_own_controllers_ask_them_how_far_they_are(self) -> None:
        (rule,) = policies(root=disk("https://images.internal/x"))["billing-import"]["ingress"]
        names = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
        assert names == ["cdi", "openshift-cnv"]
        assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]


class TestClone:
    """Prevents clones that hang in a denying namespace where the storage cannot make them by itself."""

    def test_the_receiver_takes_them_from_the_namespace_of_the_source(self) -> None:
        made = policies(root=disk("pvc://golden/rhel"))
        assert set(made) == {"billing-machine", "billing-clone"}
        (rule,) = made["billing-clone"]["ingress"]
        (peer,) = rule["from"]
        assert peer["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "golden"}
        assert peer["podSelector"]["matchLabels"]["cdi.kubevirt.io"] == "cdi-clone-source"
        assert made["billing-clone"]["podSelector"]["matchLabels"]["cdi.kubevirt.io"] == "cdi-upload-server"

    def test_within_one_namespace_the_sender_is_let_out_too(self) -> None:
        made = policies(root=disk("snapshot://legacy/last-night"))
        assert set(made) == {"billing-machine", "billing-clone", "billing-clone-source"}
        (rule,) = made["billing-clone-source"]["egress"]
        assert rule["to"][0]["podSelector"]["matchLabels"]["cdi.kubevirt.io"] == "cdi-upload-server"
        assert rule["ports"] == [{"protocol": "TCP", "port": 8443}]


class TestService:
    """Prevents an address that leads nowhere, or out of the cluster."""

    def test_without_ports_there_is_none(self) -> None:
        assert not [m for m in machine_objects() if m["kind"] == "Service"]

    def test_it_leads_to_the_machine_inside_the_cluster(self) -> None:
        made = machine_objects(ports={"http": 8080})
        service = pick(made, "Service")
        assert service["metadata"]["name"] == "billing"
        assert service["spec"]["type"] == "ClusterIP"
        assert service["spec"]["selector"] == LABEL
        assert service["spec"]["ports"] == [{"name": "http", "port": 8080, "targetPort": 8080, "protocol": "TCP"}]

    def test_nobody_waits_for_its_endpoints(self) -> None:
        annotations = pick(machine_objects(ports={"http": 8080}), "Service")["metadata"]["annotations"]
        assert annotations["pulumi.com/skipAwait"] == "true"
