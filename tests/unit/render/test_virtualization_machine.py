"""A virtual machine and its disks as KubeVirt and CDI take them."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import VirtualMachineSpec, validate
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.virtualization import render_virtual_machine
from tests.unit.golden import assert_golden
from tests.unit.render.objects import pick

SCOPE = Scope("demo", "here", "billing")
DIGEST = "sha256:" + "a" * 64
IMAGE = f"registry://mirror.internal:5000/images/rhel@{DIGEST}"
H100 = "nvidia.com/GH100_H100_SXM5_80GB"
SMALL: dict[str, Any] = {"namespace": "legacy", "cpu": 2, "memory_gib": 8, "root": {"size_gib": 40}}
BILLING: dict[str, Any] = {
    "namespace": "legacy",
    "instancetype": "u1.xlarge",
    "preference": "rhel.7",
    "root": {"size_gib": 60, "source": IMAGE, "secret": "mirror-login", "ca_config_map": "mirror-ca"},
    "cloud_init_secret": "billing-init",
    "ports": {"http": 8080, "admin": 9090},
    "clients": ["ai"],
}
DATABASE: dict[str, Any] = {
    "namespace": "legacy",
    "cpu": 8,
    "memory_gib": 64,
    "root": {"size_gib": 40, "source": "https://images.internal/db.qcow2", "checksum": DIGEST, "storage_class": "fast"},
    "data_disks": {
        "data": {
            "size_gib": 500,
            "source": "s3://dumps/db/disk.img",
            "endpoint": "https://s3.internal:9000",
            "secret": "dumps-keys",
            "storage_class": "fast",
        },
        "log": {"size_gib": 100, "access_mode": "ReadWriteOnce"},
    },
    "ports": {"db": 1521},
    "clients": ["ai", "data"],
    "termination_grace_seconds": 600,
    "import_timeout_seconds": 14400,
}
GPU: dict[str, Any] = SMALL | {"gpus": [H100, H100]}
CLONE: dict[str, Any] = SMALL | {
    "run_strategy": "Halted",
    "root": {"size_gib": 40, "source": "pvc://golden/rhel-9"},
    "data_disks": {"data": {"size_gib": 10, "source": "snapshot://legacy/last-night"}},
}


def machine_objects(values: dict[str, Any] = SMALL, **changes: Any) -> list[Manifest]:
    spec = validate(VirtualMachineSpec, values | changes, "machine")
    return render_virtual_machine(SCOPE, "billing", spec)


def machine(values: dict[str, Any] = SMALL, **changes: Any) -> Manifest:
    return pick(machine_objects(values, **changes), "VirtualMachine")


def template(values: dict[str, Any] = SMALL, **changes: Any) -> Manifest:
    return machine(values, **changes)["spec"]["template"]["spec"]


def volume(values: dict[str, Any], disk: str) -> Manifest:
    return pick(machine_objects(values), "DataVolume", f"billing-{disk}")["spec"]


class TestDisks:
    """Prevents disks that die with their machine, are filled with something else, or are bound where it cannot run."""

    def test_they_are_objects_of_their_own_and_the_machine_only_names_them(self) -> None:
        made = machine_objects(DATABASE)
        assert "dataVolumeTemplates" not in pick(made, "VirtualMachine")["spec"], "templates die with the machine"
        volumes = template(DATABASE)["volumes"]
        assert [v["dataVolume"]["name"] for v in volumes] == ["billing-root", "billing-data", "billing-log"]
        assert [m["metadata"]["name"] for m in made if m["kind"] == "DataVolume"] == [
            v["dataVolume"]["name"] for v in volumes
        ]

    def test_they_are_made_before_the_machine_that_needs_them(self) -> None:
        kinds = [m["kind"] for m in machine_objects(DATABASE)]
        assert kinds == [
            "NetworkPolicy", "NetworkPolicy", "DataVolume", "DataVolume", "DataVolume", "VirtualMachine", "Service"
        ]  # fmt: skip

    def test_the_importer_chooses_the_volume_mode(self) -> None:
        spec = volume(DATABASE, "data")
        assert spec["storage"] == {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "500Gi"}},
            "storageClassName": "fast",
        }
        assert "pvc" not in spec

    def test_without_a_class_the_default_one_is_left_to_the_cluster(self) -> None:
        assert volume(DATABASE, "log")["storage"] == {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "100Gi"}},
        }

    def test_none_is_bound_before_the_machine_is_placed(self) -> None:
        for made in machine_objects(DATABASE):
            assert "cdi.kubevirt.io/storage.bind.immediate.requested" not in made["metadata"]["annotations"]

    def test_none_is_waited_for_by_itself(self) -> None:
        # One that is bound where its first user runs stays empty until the machine starts, so that wait would never end.
        for made in machine_objects(DATABASE):
            if made["kind"] == "DataVolume":
                assert "pulumi.com/waitFor" not in made["metadata"]["annotations"]


class TestSources:
    """Prevents sources that CDI refuses, or fetches from another place than the one that was named."""

    def test_an_image_by_digest(self) -> None:
        assert volume(BILLING, "root")["source"] == {
            "registry": {
                "url": f"docker://mirror.internal:5000/images/rhel@{DIGEST}",
                "secretRef": "mirror-login",
                "certConfigMap": "mirror-ca",
            }
        }

    def test_a_file_with_its_checksum(self) -> None:
        assert volume(DATABASE, "root")["source"] == {
            "http": {"url": "https://images.internal/db.qcow2", "checksum": DIGEST}
        }

    def test_an_object_at_its_endpoint_since_cdi_takes_no_s3_addresses(self) -> None:
        assert volume(DATABASE, "data")["source"] == {
            "s3": {"url": "https://s3.internal:9000/dumps/db/disk.img", "secretRef": "dumps-keys"}
        }

    def test_a_claim_and_a_snapshot(self) -> None:
        assert volume(CLONE, "root")["source"] == {"pvc": {"namespace": "golden", "name": "rhel-9"}}
        assert volume(CLONE, "data")["source"] == {"snapshot": {"namespace": "legacy", "name": "last-night"}}

    def test_nothing(self) -> None:
        assert volume(DATABASE, "log")["source"] == {"blank": {}}


class TestSize:
    """Prevents a machine whose size two places decide, or that its neighbours starve."""

    def test_an_instance_type_says_it_alone(self) -> None:
        spec = machine(BILLING)["spec"]
        assert spec["instancetype"] == {"kind": "VirtualMachineClusterInstancetype", "name": "u1.xlarge"}
        assert set(spec["template"]["spec"]["domain"]) == {"devices"}

    def test_cpus_are_requested_whole(self) -> None:
        domain = template(DATABASE)["domain"]
        assert domain["cpu"] == {"sockets": 1, "cores": 8, "threads": 1}
        assert domain["memory"] == {"guest": "64Gi"}
        assert domain["resources"] == {"requests": {"cpu": "8"}}

    def test_gpus_are_taken_one_by_one(self) -> None:
        assert template(GPU)["domain"]["devices"]["gpus"] == [
            {"name": "gpu-0", "deviceName": H100},
            {"name": "gpu-1", "deviceName": H100},
        ]
        assert "gpus" not in template()["domain"]["devices"]


class TestDevices:
    """Prevents guests that do not find their disk, and networks that no policy governs."""

    def test_disks_are_virtio_where_no_preference_knows_better(self) -> None:
        disks = template(DATABASE)["domain"]["devices"]["disks"]
        assert [disk["disk"] for disk in disks] == [{"bus": "virtio"}] * 3

    def test_a_preference_is_not_overruled(self) -> None:
        assert machine(BILLING)["spec"]["preference"] == {"kind": "VirtualMachineClusterPreference", "name": "rhel.7"}
        assert [disk["disk"] for disk in template(BILLING)["domain"]["devices"]["disks"]] == [{}, {}]

    def test_it_boots_from_its_root(self) -> None:
        assert [disk.get("bootOrder") for disk in template(DATABASE)["domain"]["devices"]["disks"]] == [1, None, None]

    def test_it_is_on_the_pod_network_behind_its_own_pod(self) -> None:
        assert template()["networks"] == [{"name": "default", "pod": {}}]
        assert template()["domain"]["devices"]["interfaces"] == [{"name": "default", "masquerade": {}}]

    def test_every_disk_has_a_volume_of_its_name(self) -> None:
        for values in (SMALL, BILLING, DATABASE, CLONE):
            spec = template(values)
            assert [d["name"] for d in spec["domain"]["devices"]["disks"]] == [v["name"] for v in spec["volumes"]]


class TestCloudInit:
    """Prevents passwords in clear in state, in previews and in the cluster."""

    def test_user_data_is_only_ever_named(self) -> None:
        assert template(BILLING)["volumes"][-1] == {
            "name": "cloud-init",
            "cloudInitNoCloud": {"secretRef": {"name": "billing-init"}},
        }

    def test_none_unless_asked_for(self) -> None:
        assert all("cloudInitNoCloud" not in v for v in template()["volumes"])


class TestLife:
    """Prevents drains that never end, databases that are cut off, and waits for what will not come."""

    @pytest.mark.parametrize(
        ("values", "eviction"),
        [(SMALL, "LiveMigrate"), (DATABASE, "None"), (GPU, "None"), (SMALL | {"eviction": "External"}, "External")],
        ids=["movable", "one-node-disk", "gpu", "asked-for"],
    )
    def test_a_drain_moves_what_can_move(self, values: dict[str, Any], eviction: str) -> None:
        assert template(values)["evictionStrategy"] == eviction

    def test_the_guest_has_time_to_shut_down(self) -> None:
        assert template()["terminationGracePeriodSeconds"] == 180
        assert template(DATABASE)["terminationGracePeriodSeconds"] == 600

    @pytest.mark.parametrize(
        ("strategy", "wait"),
        [
            ("Always", "condition=Ready"),
            ("Halted", "jsonpath={.status.printableStatus}=Stopped"),
            ("Manual", "jsonpath={.status.printableStatus}"),
            ("RerunOnFailure", "jsonpath={.status.printableStatus}"),
        ],
    )
    def test_it_is_waited_for_as_it_is_meant_to_run(self, strategy: str, wait: str) -> None:
        made = machine(run_strategy=strategy)
        assert made["spec"]["runStrategy"] == strategy
        assert made["metadata"]["annotations"]["pulumi.com/waitFor"] == wait

    def test_the_wait_is_as_long_as_an_import(self) -> None:
        assert machine()["metadata"]["annotations"]["pulumi.com/timeoutSeconds"] == "3600"
        assert machine(DATABASE)["metadata"]["annotations"]["pulumi.com/timeoutSeconds"] == "14400"

    def test_it_knows_its_name(self) -> None:
        assert template()["hostname"] == "billing"


class TestOverrides:
    """Prevents a field with two owners, and a need that only a fork could meet."""

    def test_they_add(self) -> None:
        made = machine(overrides={"template": {"spec": {"nodeSelector": {"rack": "7"}}}})["spec"]
        assert made["template"]["spec"]["nodeSelector"] == {"rack": "7"}
        assert made["template"]["spec"]["hostname"] == "billing"

    @pytest.mark.parametrize(
        ("overrides", "place"),
        [
            ({"runStrategy": "Halted"}, "overrides.runStrategy"),
            ({"template": {"spec": {"networks": [{"name": "host", "multus": {}}]}}}, "overrides.template.spec.networks"),
            ({"template": {"spec": {"volumes": [{"name": "x", "hostDisk": {}}]}}}, "overrides.template.spec.volumes"),
        ],
    )
    def test_they_change_nothing_that_is_decided(self, overrides: dict[str, Any], place: str) -> None:
        with pytest.raises(SpecError, match="virtual machine billing") as caught:
            machine(overrides=overrides)
        assert [problem.where for problem in caught.value.problems] == [place]


class TestGolden:
    """Prevents changes of what is made that no reviewer sees."""

    def test_legacy_billing_is_reached_like_a_pod(self) -> None:
        made = machine_objects(BILLING)
        assert_golden("virtualization/machine-billing", made)
        labels = pick(made, "VirtualMachine")["spec"]["template"]["metadata"]["labels"]
        assert pick(made, "Service")["spec"]["selector"].items() <= labels.items()

    def test_a_database_keeps_its_disks(self) -> None:
        made = machine_objects(DATABASE)
        assert_golden("virtualization/machine-database", made)
        assert sum(m["kind"] == "DataVolume" for m in made) == 3

    def test_a_machine_with_gpus_does_not_move(self) -> None:
        made = machine_objects(GPU)
        assert_golden("virtualization/machine-gpu", made)
        assert pick(made, "VirtualMachine")["spec"]["template"]["spec"]["evictionStrategy"] == "None"

    def test_a_clone_that_is_halted_is_waited_for_as_stopped(self) -> None:
        made = machine_objects(CLONE)
        assert_golden("virtualization/machine-clone", made)
        assert pick(made, "VirtualMachine")["metadata"]["annotations"]["pulumi.com/waitFor"].endswith("=Stopped")
