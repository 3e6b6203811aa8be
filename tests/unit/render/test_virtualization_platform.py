"""The platform of virtual machines as KubeVirt, CDI and HyperConverged take it."""

import pytest

from aifactory.model import VirtualizationSpec, validate
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.virtualization import render_virtual_machine_platform
from tests.unit.golden import assert_golden
from tests.unit.render.objects import pick

SCOPE = Scope("demo", "here", "machines")
GPUS = {"nvidia.com/GH100_H100_SXM5_80GB": "10DE:2330", "nvidia.com/GA100_A100_SXM4_40GB": "10DE:20B0"}


def platform(**values: object) -> list[Manifest]:
    return render_virtual_machine_platform(SCOPE, validate(VirtualizationSpec, values, "platform"))


def kubevirt(**values: object) -> Manifest:
    return pick(platform(**values), "KubeVirt")["spec"]


def hyperconverged(**values: object) -> Manifest:
    return pick(platform(distribution="hco", **values), "HyperConverged")["spec"]


class TestObjects:
    """Prevents custom resources under names or in places that the operators never look at."""

    def test_upstream_is_kubevirt_and_its_importer(self) -> None:
        made = platform()
        assert [(m["apiVersion"], m["kind"], m["metadata"]["name"]) for m in made] == [
            ("kubevirt.io/v1", "KubeVirt", "kubevirt"),
            ("cdi.kubevirt.io/v1beta1", "CDI", "cdi"),
        ]
        assert made[0]["metadata"]["namespace"] == "kubevirt"
        assert "namespace" not in made[1]["metadata"], "CDI is a resource of the cluster"

    def test_hco_is_one_object_under_the_only_name_that_its_schema_takes(self) -> None:
        (made,) = platform(distribution="hco")
        assert (made["apiVersion"], made["kind"]) == ("hco.kubevirt.io/v1beta1", "HyperConverged")
        assert made["metadata"]["name"] == "kubevirt-hyperconverged"
        assert made["metadata"]["namespace"] == "openshift-cnv"

    @pytest.mark.parametrize("distribution", ["upstream", "hco"])
    def test_each_is_waited_for_and_given_time_to_fetch_its_images(self, distribution: str) -> None:
        for made in platform(distribution=distribution):
            annotations = made["metadata"]["annotations"]
            assert "condition=Available" in annotations["pulumi.com/waitFor"]
            assert int(annotations["pulumi.com/timeoutSeconds"]) == 1200

    def test_a_deployment_that_is_still_going_on_is_not_enough(self) -> None:
        for made in platform():
            assert "jsonpath={.status.phase}=Deployed" in made["metadata"]["annotations"]["pulumi.com/waitFor"]


class TestSafety:
    """Prevents a platform that takes its machines with it, or lets what is in them out."""

    @pytest.mark.parametrize("distribution", ["upstream", "hco"])
    def test_it_cannot_be_uninstalled_under_its_machines(self, distribution: str) -> None:
        for made in platform(distribution=distribution):
            assert made["spec"]["uninstallStrategy"] == "BlockUninstallIfWorkloadsExist"

    def test_machines_run_under_a_seccomp_profile_so_that_restricted_namespaces_take_them(self) -> None:
        profile = kubevirt()["configuration"]["seccompConfiguration"]["virtualMachineInstanceProfile"]
        assert profile == {"customProfile": {"runtimeDefaultProfile": True}}

    def test_what_that_profile_forbids_is_off(self) -> None:
        assert kubevirt()["configuration"]["migrations"] == {"allowPostCopy": False}
        assert hyperconverged()["liveMigrationConfig"] == {"allowPostCopy": False}

    def test_no_registry_is_insecure(self) -> None:
        assert pick(platform(), "CDI")["spec"]["config"] == {"featureGates": ["HonorWaitForFirstConsumer"]}
        assert "storageImport" not in hyperconverged()

    def test_hco_fetches_nothing_by_itself_and_sends_no_memory_to_other_clusters(self) -> None:
        assert hyperconverged()["enableCommonBootImageImport"] is False
        assert hyperconverged()["featureGates"] == {"decentralizedLiveMigration": False}


class TestLiveMigration:
    """Prevents drains that stop machines which could move, and updates that wait for moves that cannot be."""

    def test_on(self) -> None:
        for spec in (kubevirt(), hyperconverged()):
            assert spec["workloadUpdateStrategy"] == {"workloadUpdateMethods": ["LiveMigrate"]}
        assert kubevirt()["configuration"]["evictionStrategy"] == "LiveMigrateIfPossible"
        assert hyperconverged()["evictionStrategy"] == "LiveMigrateIfPossible"

    def test_off_is_said_and_not_left_to_the_default(self) -> None:
        for spec in (kubevirt(live_migration=False), hyperconverged(live_migration=False)):
            assert spec["workloadUpdateStrategy"] == {"workloadUpdateMethods": []}, "HyperConverged's default is LiveMigrate"
        assert kubevirt(live_migration=False)["configuration"]["evictionStrategy"] == "None"
        assert hyperconverged(live_migration=False)["evictionStrategy"] == "None"


class TestGpus:
    """Prevents GPUs that two device plugins offer at once, and names that no node has."""

    def test_kubevirt_names_them_by_vendor_selector(self) -> None:
        devices = kubevirt(permitted_gpus=GPUS)["configuration"]["permittedHostDevices"]["pciHostDevices"]
        assert devices[0] == {
            "pciVendorSelector": "10DE:2330",
            "resourceName": "nvidia.com/GH100_H100_SXM5_80GB",
            "externalResourceProvider": True,
        }
        assert [device["resourceName"] for device in devices] == list(GPUS)

    def test_hco_names_them_by_device_selector(self) -> None:
        devices = hyperconverged(permitted_gpus=GPUS)["permittedHostDevices"]["pciHostDevices"]
        assert devices[1] == {
            "pciDeviceSelector": "10DE:20B0",
            "resourceName": "nvidia.com/GA100_A100_SXM4_40GB",
            "externalResourceProvider": True,
        }

    def test_the_gpu_operator_keeps_what_gpus_are_cut_into(self) -> None:
        assert kubevirt(permitted_gpus=GPUS)["configuration"]["mediatedDevicesConfiguration"] == {"enabled": False}

    def test_without_gpus_nothing_is_said_of_them(self) -> None:
        assert not {"permittedHostDevices", "mediatedDevicesConfiguration"} & set(kubevirt()["configuration"])
        assert "permittedHostDevices" not in hyperconverged()


class TestEmulation:
    """Prevents machines that are ten times slower without anybody having asked."""

    def test_off_by_default(self) -> None:
        assert "developerConfiguration" not in kubevirt()["configuration"]

    def test_on(self) -> None:
        assert kubevirt(emulation=True)["configuration"]["developerConfiguration"] == {"useEmulation": True}


class TestGolden:
    """Prevents changes of what is made that no reviewer sees."""

    def test_upstream_keeps_its_machines(self) -> None:
        made = platform()
        assert_golden("virtualization/platform-upstream", made)
        assert {m["spec"]["uninstallStrategy"] for m in made} == {"BlockUninstallIfWorkloadsExist"}

    def test_gpus_come_from_the_gpu_operator(self) -> None:
        made = platform(permitted_gpus=GPUS)
        assert_golden("virtualization/platform-gpus", made)
        devices = pick(made, "KubeVirt")["spec"]["configuration"]["permittedHostDevices"]["pciHostDevices"]
        assert all(device["externalResourceProvider"] for device in devices)

    def test_trying_needs_neither_hardware_nor_migration(self) -> None:
        made = platform(emulation=True, live_migration=False)
        assert_golden("virtualization/platform-emulation", made)
        configuration = pick(made, "KubeVirt")["spec"]["configuration"]
        assert configuration["developerConfiguration"]["useEmulation"] is True
        assert configuration["evictionStrategy"] == "None"

    def test_hco_has_its_own_field_names(self) -> None:
        made = platform(distribution="hco", permitted_gpus=GPUS)
        assert_golden("virtualization/platform-hco", made)
        (device, _) = made[0]["spec"]["permittedHostDevices"]["pciHostDevices"]
        assert "pciDeviceSelector" in device
        assert "pciVendorSelector" not in device
