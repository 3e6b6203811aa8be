"""What a platform and a virtual machine may be."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import VirtualizationSpec, VirtualMachineSpec, validate

DIGEST = "sha256:" + "a" * 64
SMALL: dict[str, Any] = {"namespace": "legacy", "cpu": 2, "memory_gib": 8, "root": {"size_gib": 40}}
ONE_NODE: dict[str, Any] = {"root": {"size_gib": 40, "access_mode": "ReadWriteOnce"}}
GPU: dict[str, Any] = {"gpus": ["nvidia.com/H100"]}


def machine(**changes: Any) -> VirtualMachineSpec:
    values = {key: value for key, value in (SMALL | changes).items() if value is not None}
    return validate(VirtualMachineSpec, values, "machine")


def disk(**values: Any) -> VirtualMachineSpec:
    return machine(root={"size_gib": 40} | values)


def refusal(**changes: Any) -> str:
    with pytest.raises(SpecError) as caught:
        machine(**changes)
    return str(caught.value)


class TestPlatform:
    """Prevents settings that an operator would drop in silence, and devices with two names."""

    def test_a_platform_is_protected_unless_said_otherwise(self) -> None:
        assert validate(VirtualizationSpec, {}, "platform").protect is True

    def test_emulation_of_hco_is_refused_with_where_it_is_set(self) -> None:
        with pytest.raises(SpecError, match="KVM_EMULATION=true"):
            validate(VirtualizationSpec, {"distribution": "hco", "emulation": True}, "platform")

    def test_emulation_upstream_is_ours(self) -> None:
        assert validate(VirtualizationSpec, {"emulation": True}, "platform").emulation is True

    def test_one_device_under_two_names_is_refused(self) -> None:
        gpus = {"nvidia.com/H100": "10DE:2330", "nvidia.com/GH100": "10DE:2330"}
        with pytest.raises(SpecError, match=r"nvidia.com/H100 and nvidia.com/GH100 are both PCI device 10DE:2330"):
            validate(VirtualizationSpec, {"permitted_gpus": gpus}, "platform")

    @pytest.mark.parametrize(
        ("resource", "device"),
        [
            ("nvidia.com/H100", "10de:2330"),
            ("nvidia.com/H100", "10DE-2330"),
            ("nvidia.com/H100", "10DE:233"),
            ("H100", "10DE:2330"),
            ("nvidia.com/", "10DE:2330"),
        ],
    )
    def test_a_wrong_name_or_pci_id_is_refused(self, resource: str, device: str) -> None:
        with pytest.raises(SpecError, match="must match"):
            validate(VirtualizationSpec, {"permitted_gpus": {resource: device}}, "platform")


class TestSize:
    """Prevents a machine whose size nobody knows, or that two places decide."""

    def test_an_instance_type_is_enough_and_may_have_dots(self) -> None:
        spec = machine(instancetype="u1.xlarge", preference="rhel.9", cpu=None, memory_gib=None)
        assert (spec.instancetype, spec.preference) == ("u1.xlarge", "rhel.9")

    @pytest.mark.parametrize("name", ["u1..xlarge", ".u1", "U1.xlarge", "u1_xlarge", ""])
    def test_a_wrong_name_of_one_is_refused(self, name: str) -> None:
        assert "instancetype" in refusal(instancetype=name, cpu=None, memory_gib=None)

    @pytest.mark.parametrize("changes", [{"cpu": None}, {"memory_gib": None}, {"cpu": None, "memory_gib": None}])
    def test_half_a_size_is_refused(self, changes: dict[str, Any]) -> None:
        assert "nobody knows how large it is" in refusal(**changes)

    @pytest.mark.parametrize("changes", [{"cpu": None}, {"memory_gib": None}, {}])
    def test_both_are_refused(self, changes: dict[str, Any]) -> None:
        assert "leave cpu and memory_gib out" in refusal(instancetype="u1.xlarge", **changes)


class TestSources:
    """Prevents sources that cannot be fetched, are not pinned, or carry a password."""

    @pytest.mark.parametrize(
        ("values", "url"),
        [
            ({}, ""),
            ({"source": "blank"}, ""),
            ({"source": f"registry://quay.io/os/rhel@{DIGEST}"}, f"docker://quay.io/os/rhel@{DIGEST}"),
            ({"source": "https://images.internal:8443/a.qcow2"}, "https://images.internal:8443/a.qcow2"),
            ({"source": "s3://b/k/x.img", "endpoint": "https://s3.internal:9000"}, "https://s3.internal:9000/b/k/x.img"),
            ({"source": "pvc://golden/rhel"}, ""),
            ({"source": "snapshot://golden/rhel.1"}, ""),
        ],
    )
    def test_where_the_contents_are_fetched(self, values: dict[str, Any], url: str) -> None:
        assert disk(**values).root.source_url == url

    def test_what_is_cloned(self) -> None:
        assert disk(source="snapshot://golden/rhel.1").root.source_object == ("golden", "rhel.1")
        assert disk(source="pvc://golden/rhel").root.source_object == ("golden", "rhel")
        assert disk().root.source_object is None

    @pytest.mark.parametrize(
        "source",
        [
            "registry://quay.io/os/rhel:9",
            "registry://quay.io/os/rhel",
            "http://images.internal/a.qcow2",
            "docker://quay.io/os/rhel",
            "pvc://golden",
            "s3://bucket",
            "ftp://images.internal/a",
            "",
        ],
    )
    def test_what_is_unpinned_or_unencrypted_or_unknown_is_refused(self, source: str) -> None:
        assert "root.source" in refusal(root={"size_gib": 40, "source": source})

    @pytest.mark.parametrize(
        "source",
        [
            "https://user:canary-pw@images.internal/a.qcow2",
            "http://user:canary-pw@images.internal/a.qcow2",
            f"registry://user:canary-pw@quay.io/os/rhel@{DIGEST}",
            "https://images.internal/a.qcow2?sig=canary-pw",
            "s3://canary-pw@bucket/key",
        ],
    )
    def test_a_credential_in_it_is_refused_and_never_shown(self, source: str) -> None:
        words = refusal(root={"size_gib": 40, "source": source})
        assert "name a Secret in secret" in words
        assert "canary-pw" not in words

    def test_nor_in_its_endpoint(self) -> None:
        words = refusal(root={"size_gib": 40, "source": "s3://b/k", "endpoint": "https://me:canary-pw@s3.internal"})
        assert "endpoint holds a user or password" in words
        assert "canary-pw" not in words

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"checksum": DIGEST}, "checksum goes with an https:// source"),
            ({"source": f"registry://quay.io/rhel@{DIGEST}", "checksum": DIGEST}, "an image has its digest"),
            ({"source": f"registry://rhel@{DIGEST}"}, "needs the host of its registry"),
            ({"source": f"registry://library/rhel@{DIGEST}"}, "needs the host of its registry"),
            ({"source": f"registry://quay.io:99999/rhel@{DIGEST}"}, "a port from 1 to 65535"),
            ({"source": "s3://b/k"}, "endpoint goes with an s3:// source"),
            ({"source": "https://a.internal/b", "endpoint": "https://s3.internal"}, "endpoint goes with an s3:// source"),
            ({"secret": "keys"}, "secret goes with a source that is fetched"),
            ({"source": "pvc://golden/rhel", "ca_config_map": "ca"}, "ca_config_map goes with a source that is fetched"),
            ({"source": "https://a.internal:99999/b"}, "a port from 1 to 65535"),
            ({"source": "https:///b"}, "need a host"),
        ],
    )
    def test_parts_that_do_not_fit_the_source_are_refused(self, values: dict[str, Any], words: str) -> None:
        assert words in refusal(root={"size_gib": 40} | values)

    def test_all_misfits_come_at_once(self) -> None:
        words = refusal(root={"size_gib": 40, "checksum": DIGEST, "secret": "keys", "ca_config_map": "ca"})
        assert all(field in words for field in ("checksum goes", "secret goes", "ca_config_map goes"))


class TestDisks:
    """Prevents two disks of one name, in the machine or in the cluster."""

    def test_the_root_comes_first(self) -> None:
        spec = machine(data_disks={"data": {"size_gib": 10}, "log": {"size_gib": 5}})
        assert list(spec.disks) == ["root", "data", "log"]

    @pytest.mark.parametrize("name", ["root", "cloud-init"])
    def test_a_name_that_is_taken_is_refused(self, name: str) -> None:
        assert f"cannot be called {name}" in refusal(data_disks={name: {"size_gib": 10}})


class TestEviction:
    """Prevents drains that never end."""

    @pytest.mark.parametrize(
        ("changes", "movable", "eviction"),
        [
            ({}, True, "LiveMigrate"),
            (ONE_NODE, False, "None"),
            (GPU, False, "None"),
            ({"data_disks": {"data": ONE_NODE["root"]}}, False, "None"),
            (GPU | {"eviction": "LiveMigrateIfPossible"}, False, "LiveMigrateIfPossible"),
            ({"eviction": "None"}, True, "None"),
        ],
    )
    def test_what_can_move_moves(self, changes: dict[str, Any], movable: bool, eviction: str) -> None:
        spec = machine(**changes)
        assert (spec.movable, spec.eviction_strategy.value) == (movable, eviction)

    @pytest.mark.parametrize(("changes", "cause"), [(ONE_NODE, "a ReadWriteOnce disk"), (GPU, "a GPU")])
    def test_moving_what_cannot_is_refused_with_the_cause(self, changes: dict[str, Any], cause: str) -> None:
        words = refusal(eviction="LiveMigrate", **changes)
        assert f"LiveMigrate with {cause}" in words
        assert "LiveMigrateIfPossible or None" in words


class TestAddress:
    """Prevents a Service that the API server refuses, and importers that a wrong range keeps from their source."""

    def test_one_port_under_two_names_is_refused(self) -> None:
        assert "ports web and http are both 80" in refusal(ports={"web": 80, "http": 80})

    @pytest.mark.parametrize("port", [0, 65536])
    def test_an_impossible_port_is_refused(self, port: int) -> None:
        assert "ports.web" in refusal(ports={"web": port})

    @pytest.mark.parametrize("cidr", ["203.0.113.7/24", "images.internal", "10.0.0.0/33"])
    def test_what_is_no_range_is_refused(self, cidr: str) -> None:
        assert "is no address range" in refusal(import_cidrs=[cidr])

    def test_ranges(self) -> None:
        assert machine(import_cidrs=["203.0.113.0/24", "2001:db8::/32"]).import_cidrs == ("203.0.113.0/24", "2001:db8::/32")


class TestDefaults:
    """Prevents a default that deletes, opens or cuts off."""

    def test_they_are_the_safe_ones(self) -> None:
        spec = machine()
        assert spec.protect is True
        assert (spec.ports, spec.clients, spec.import_cidrs, spec.cloud_init_secret) == ({}, (), (), None)
        assert (spec.termination_grace_seconds, spec.import_timeout_seconds) == (180, 3600)
        assert spec.root.source == "blank"
