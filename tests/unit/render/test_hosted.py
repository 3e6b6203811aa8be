"""What a hosted cluster is on its management cluster."""

from typing import Any

import pytest

from aifactory.render.hosted import kubeconfig_secret_name, pool_name, render_hosted
from aifactory.render.manifest import Manifest, Scope
from aifactory.render.registry import through_registry
from aifactory.render.schema import problems_of
from tests.unit.clusters.hosted.examples import DIGEST, RELEASE, hosts, site, spec
from tests.unit.golden import assert_golden

SCOPE = Scope("demo", "here", "lab")

GPUS = {"nvidia.com/GH100_H100_SXM5_80GB": 4}
TAINT = {"key": "nvidia.com/gpu"}


def render(made: Any) -> list[Manifest]:
    return render_hosted(SCOPE, "lab", made, site())


def cluster(**changes: Any) -> Any:
    return render(spec(**changes))[0]["spec"]


def pool(**changes: Any) -> Any:
    return render(spec(pools={"gpu": {"replicas": 2} | changes}))[1]["spec"]


CASES = {
    "machines": spec(),
    "gpu-machines": spec(
        pools={
            "system": {"replicas": 3},
            "gpu": {"autoscaling": {"min": 1, "max": 4}, "gpus": GPUS, "taints": [TAINT], "cpu": 64, "memory_gib": 512},
        },
        storage_classes={"fast": {"infra": "ceph-rbd", "key": "hall"}},
    ),
    "hosts": hosts(machine_cidr="192.168.7.0/24", ssh_key="ssh", etcd_storage_class="local-nvme"),
    "routed": spec(
        publishing="route",
        address="api.lab.example.com",
        allowed_cidrs=["10.20.0.0/16"],
        image_mirrors={"registry.example.com/ocp": ["mirror.internal:5000/ocp"]},
    ),
}


class TestGolden:
    """Prevents a change of any field of a hosted cluster that nobody looked at."""

    @pytest.mark.parametrize("case", CASES)
    def test_the_whole(self, case: str) -> None:
        assert_golden(f"hosted/{case}", render(CASES[case]))

    @pytest.mark.parametrize("case", CASES)
    def test_every_object_is_one_of_its_kind(self, case: str) -> None:
        assert [problem for manifest in render(CASES[case]) for problem in problems_of(manifest)] == []


class TestCluster:
    """Prevents a control plane that is open, unencrypted, unpinned, or with secrets in its object."""

    def test_secrets_in_etcd_are_encrypted(self) -> None:
        assert cluster()["secretEncryption"] == {"type": "aescbc", "aescbc": {"activeKey": {"name": "etcd-key"}}}

    def test_the_release_is_pinned_by_digest(self) -> None:
        assert cluster()["release"] == {"image": RELEASE}
        assert RELEASE.endswith(DIGEST)

    @pytest.mark.parametrize("case", CASES)
    def test_no_service_is_a_load_balancer(self, case: str) -> None:
        services = render(CASES[case])[0]["spec"]["services"]
        assert [service["service"] for service in services] == ["APIServer", "Ignition", "Konnectivity", "OAuthServer"]
        assert {service["servicePublishingStrategy"]["type"] for service in services} <= {"NodePort", "Route"}

    def test_at_a_port_of_nodes_the_api_has_an_address_and_no_router_of_its_own(self) -> None:
        """With a route that has a host name the operator makes a load balancer for it (HyperShift, LabelHCPRoutes)."""
        services = {each["service"]: each["servicePublishingStrategy"] for each in cluster()["services"]}
        assert services["APIServer"] == {"type": "NodePort", "nodePort": {"address": "10.0.0.10"}}
        assert services["OAuthServer"] == {"type": "Route"}

    def test_with_a_route_the_load_balancer_answers_named_addresses_alone(self) -> None:
        found = render(CASES["routed"])[0]["spec"]
        assert found["services"][0]["servicePublishingStrategy"]["route"] == {"hostname": "api.lab.example.com"}
        assert found["networking"]["apiServer"] == {"allowedCIDRBlocks": ["10.20.0.0/16"]}

    def test_secrets_are_named_and_never_written(self) -> None:
        found = cluster(ssh_key="ssh")
        assert found["pullSecret"] == {"name": "pull"}
        assert found["sshKey"] == {"name": "ssh"}

    def test_etcd_keeps_its_data_on_three_volumes(self) -> None:
        found = cluster(etcd_gib=32, etcd_storage_class="local-nvme")
        assert found["controllerAvailabilityPolicy"] == "HighlyAvailable"
        volume = found["etcd"]["managed"]["storage"]["persistentVolume"]
        assert volume == {"size": "32Gi", "storageClassName": "local-nvme"}

    def test_a_single_control_plane_is_said_so(self) -> None:
        assert cluster(highly_available=False)["controllerAvailabilityPolicy"] == "SingleReplica"

    def test_no_storage_class_is_handed_on_unless_named(self) -> None:
        assert cluster()["platform"]["kubevirt"] == {"storageDriver": {"type": "None"}}
        named = render(CASES["gpu-machines"])[0]["spec"]["platform"]["kubevirt"]["storageDriver"]
        mapping = [{"guestStorageClassName": "fast", "infraStorageClassName": "ceph-rbd"}]
        assert named == {"type": "Manual", "manual": {"storageClassMapping": mapping}}

    def test_hosts_are_looked_for_in_their_namespace(self) -> None:
        found = render(CASES["hosts"])[0]["spec"]["platform"]
        assert found == {"type": "Agent", "agent": {"agentNamespace": "inventory"}}

    def test_it_waits_for_the_control_plane(self) -> None:
        annotations = render(spec())[0]["metadata"]["annotations"]
        assert annotations["pulumi.com/waitFor"] == "condition=Available"
        assert annotations["pulumi.com/timeoutSeconds"] == "3600"

    def test_the_operators_secret_is_named_after_it(self) -> None:
        assert kubeconfig_secret_name("lab") == "lab-admin-kubeconfig"

    def test_a_mirror_takes_the_release_by_the_same_digest(self) -> None:
        from aifactory.model import RegistrySpec

        mirrored = list(through_registry(render(spec()), RegistrySpec(mirror="registry.internal")))
        images = {manifest["spec"]["release"]["image"] for manifest in mirrored}
        assert images == {f"registry.internal/{RELEASE}"}


class TestPool:
    """Prevents nodes that do not say where they stand, and GPU nodes that any workload lands on."""

    def test_nodes_say_in_which_country_and_pool_they_are(self) -> None:
        assert pool(labels={"rack": "7"})["nodeLabels"] == {
            "rack": "7",
            "aifactory.dev/country": "DE",
            "aifactory.dev/pool": "gpu",
        }

    def test_it_belongs_to_its_cluster_and_has_a_name_of_its_own(self) -> None:
        made = render(spec())[1]
        assert made["spec"]["clusterName"] == "lab"
        assert made["metadata"]["name"] == pool_name("lab", "system") == "lab-system"
        assert made["metadata"]["namespace"] == "clusters"

    def test_a_fixed_size(self) -> None:
        assert pool()["replicas"] == 2
        assert "autoScaling" not in pool()

    def test_a_size_between_bounds(self) -> None:
        made = pool(replicas=None, autoscaling={"min": 1, "max": 4})
        assert made["autoScaling"] == {"min": 1, "max": 4}
        assert "replicas" not in made

    def test_no_nodes_is_a_size_too(self) -> None:
        assert pool(replicas=0)["replicas"] == 0

    def test_devices_are_passed_through(self) -> None:
        devices = pool(gpus=GPUS)["platform"]["kubevirt"]["hostDevices"]
        assert devices == [{"deviceName": "nvidia.com/GH100_H100_SXM5_80GB", "count": 4}]

    def test_machines_own_what_they_ask_for(self) -> None:
        compute = pool(cpu=16, memory_gib=64)["platform"]["kubevirt"]["compute"]
        assert compute == {"cores": 16, "memory": "64Gi", "qosClass": "Guaranteed"}

    def test_disks_are_of_the_class_that_is_named(self) -> None:
        volume = pool(disk_gib=200, storage_class="ceph-rbd")["platform"]["kubevirt"]["rootVolume"]
        assert volume == {"type": "Persistent", "persistent": {"size": "200Gi", "storageClass": "ceph-rbd"}}

    def test_machines_stay_on_the_nodes_that_are_meant(self) -> None:
        assert pool(node_selector={"gpu": "yes"})["platform"]["kubevirt"]["nodeSelector"] == {"gpu": "yes"}

    def test_taints_keep_others_away(self) -> None:
        assert pool(taints=[TAINT])["taints"] == [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]

    def test_gpu_hosts_are_told_by_their_labels(self) -> None:
        platform = render(hosts())[1]["spec"]["platform"]
        assert platform == {"type": "Agent", "agent": {"agentLabelSelector": {"matchLabels": {"accelerator": "h100"}}}}

    def test_without_labels_any_host_will_do(self) -> None:
        platform = render(hosts(pools={"any": {"replicas": 1}}))[1]["spec"]["platform"]
        assert platform == {"type": "Agent", "agent": {}}

    @pytest.mark.parametrize(("made", "expected"), [(spec(), "Replace"), (hosts(), "InPlace")], ids=["machines", "hosts"])
    def test_machines_are_made_anew_and_hosts_are_changed_in_place(self, made: Any, expected: str) -> None:
        assert render(made)[1]["spec"]["management"] == {"upgradeType": expected, "autoRepair": False}

    def test_the_way_of_upgrading_can_be_chosen(self) -> None:
        assert pool(upgrade="in-place")["management"]["upgradeType"] == "InPlace"

    def test_a_pool_may_stay_behind_the_control_plane(self) -> None:
        older = f"quay.io/openshift-release-dev/ocp-release@sha256:{'b' * 64}"
        assert pool(release=older)["release"] == {"image": older}
        assert pool()["release"] == {"image": RELEASE}

    def test_it_waits_for_its_nodes(self) -> None:
        assert render(spec())[1]["metadata"]["annotations"]["pulumi.com/waitFor"] == "condition=Ready"
