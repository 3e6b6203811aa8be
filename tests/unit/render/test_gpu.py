"""A ClusterPolicy as the GPU Operator 26.7 takes it."""

import json
from importlib.resources import files
from typing import Any

import pytest
import yaml

from aifactory.catalog.gpu_operands import gpu_operands
from aifactory.errors import SpecError
from aifactory.local.plugins.kubernetes.waitfor import both, parse
from aifactory.model import GpuOperatorSpec, GpuPlatform
from aifactory.render import Manifest
from aifactory.render.gpu import driver_version, render_gpu_operator, runtime_class
from tests.unit.golden import assert_golden
from tests.unit.render.objects import SCOPE, pick

PLATFORMS = [platform.value for platform in GpuPlatform]
REQUIRED = {
    "daemonsets", "dcgm", "dcgmExporter", "devicePlugin", "driver", "gfd", "nodeStatusExporter", "operator", "toolkit",
}  # fmt: skip
"""Fields that the definition of ClusterPolicy requires."""


def spec_of(platform: str = "bare-metal", **values: Any) -> GpuOperatorSpec:
    return GpuOperatorSpec.model_validate({"platform": platform} | values)


def objects(platform: str = "bare-metal", namespace: str = "gpu-operator", **values: Any) -> list[Manifest]:
    return render_gpu_operator(SCOPE, "gpus", spec_of(platform, **values), namespace)


def policy(platform: str = "bare-metal", **values: Any) -> Manifest:
    return pick(objects(platform, **values), "ClusterPolicy")["spec"]


class TestPlatforms:
    """Prevents a driver on nodes that have one, and operands that look for one where it is not."""

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_the_definitions_required_fields_are_all_there(self, platform: str) -> None:
        assert set(policy(platform)) >= REQUIRED

    @pytest.mark.parametrize(
        ("platform", "brought"),
        [
            ("bare-metal", True),
            ("openshift", True),
            ("eks-al2023", False),
            ("aks-stock", False),
            ("talos", False),
            ("simulated", False),
        ],
    )
    def test_driver_and_toolkit(self, platform: str, brought: bool) -> None:
        made = policy(platform)
        assert made["driver"]["enabled"] is brought
        assert made["toolkit"]["enabled"] is brought

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_what_is_off_names_no_image(self, platform: str) -> None:
        made = policy(platform, monitoring=False)
        off = [part for part in made.values() if isinstance(part, dict) and part.get("enabled") is False]
        assert off
        assert all(set(part) == {"enabled"} for part in off)

    def test_on_openshift_the_policy_has_its_own_name_and_the_driver_toolkit(self) -> None:
        made = pick(objects("openshift"), "ClusterPolicy")
        assert made["metadata"]["name"] == "gpu-cluster-policy"
        assert made["spec"]["operator"]["use_ocp_driver_toolkit"] is True
        assert "use_ocp_driver_toolkit" not in policy("bare-metal")["operator"]
        assert pick(objects("talos"), "ClusterPolicy")["metadata"]["name"] == "cluster-policy"

    def test_on_talos_the_driver_is_where_its_extension_puts_it(self) -> None:
        made = policy("talos")
        assert made["hostPaths"]["driverInstallDir"] == "/usr/local"
        assert made["psa"]["enabled"] is True, "Talos enforces the baseline, and operands load drivers"
        assert policy("bare-metal")["hostPaths"]["driverInstallDir"] == "/run/nvidia/driver"
        assert policy("bare-metal")["psa"]["enabled"] is False

    def test_azures_image_has_a_runtime_of_another_name(self) -> None:
        assert policy("aks-stock")["operator"]["runtimeClass"] == "nvidia-container-runtime"
        assert runtime_class(GpuPlatform.AKS_STOCK) == "nvidia-container-runtime"
        assert policy("talos")["operator"]["runtimeClass"] == runtime_class(GpuPlatform.TALOS) == "nvidia"

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_virtual_machines_are_left_to_others(self, platform: str) -> None:
        assert policy(platform)["sandboxWorkloads"] == {"enabled": False}


class TestImages:
    """Prevents an operand without an image, which stops the operator, and one that changes under its name."""

    @pytest.mark.parametrize("platform", sorted(set(PLATFORMS) - {"openshift"}))
    def test_everything_that_runs_has_its_image_of_the_catalog(self, platform: str) -> None:
        made = policy(platform)
        roles = {
            "validator": "validator",
            "devicePlugin": "device-plugin",
            "gfd": "feature-discovery",
            "dcgmExporter": "dcgm-exporter",
            "migManager": "mig-manager",
        }
        if platform == "bare-metal":
            roles |= {"driver": "driver", "toolkit": "toolkit"}
        for part, role in roles.items():
            operand = gpu_operands()[role]
            assert {"repository", "image", "version"} <= set(made[part]), part
            assert f"{made[part]['repository']}/{made[part]['image']}:{made[part]['version']}" == operand.reference

    def test_the_driver_has_its_manager(self) -> None:
        assert policy()["driver"]["manager"]["image"] == "k8s-driver-manager"

    def test_on_openshift_olm_hands_them_over_by_digest(self) -> None:
        text = json.dumps(policy("openshift"))
        assert "repository" not in text
        assert "version" not in text

    def test_a_driver_version_comes_with_repository_and_image_also_there(self) -> None:
        driver = policy("openshift", driver={"version": "580.95.05"})["driver"]
        assert (driver["repository"], driver["image"], driver["version"]) == ("nvcr.io/nvidia", "driver", "580.95.05")


class TestDriver:
    """Prevents an upgrade that stops at the first node, and a version that nobody chose."""

    def test_a_version_is_passed_on(self) -> None:
        assert policy(driver={"version": "580.95.05"})["driver"]["version"] == "580.95.05"
        assert driver_version(spec_of(driver={"version": "580.95.05"})) == "580.95.05"

    def test_without_one_it_is_the_releases(self) -> None:
        assert policy()["driver"]["version"] == driver_version(spec_of()) == gpu_operands()["driver"].version

    @pytest.mark.parametrize("platform", ["openshift", "talos", "eks-al2023", "aks-stock", "simulated"])
    def test_where_others_decide_it_none_is_given_out(self, platform: str) -> None:
        assert driver_version(spec_of(platform)) == ""

    def test_precompiled(self) -> None:
        driver = policy(driver={"precompiled": True, "version": "580"})["driver"]
        assert (driver["usePrecompiled"], driver["version"]) == (True, "580")
        assert policy()["driver"]["usePrecompiled"] is False

    def test_an_upgrade_goes_node_by_node_and_may_evict_pods_with_scratch_data(self) -> None:
        upgrades = policy()["driver"]["upgradePolicy"]
        assert upgrades["maxParallelUpgrades"] == 1
        assert upgrades["podDeletion"]["deleteEmptyDir"] is True
        assert upgrades["drain"] == {"enable": False}, "only pods with GPUs have to go"


class TestPartitions:
    """Prevents GPUs that stay cut up, and partitioning that fails where it takes a restart."""

    @pytest.mark.parametrize("strategy", ["none", "single", "mixed"])
    def test_the_strategy_is_passed_on_and_unlabelled_nodes_are_whole(self, strategy: str) -> None:
        made = policy(mig=strategy)
        assert made["mig"] == {"strategy": strategy}
        assert made["migManager"]["enabled"] is True
        assert made["migManager"]["config"] == {"default": "all-disabled"}

    def test_on_amazons_image_partitioning_may_restart_the_node(self) -> None:
        assert policy("eks-al2023", mig="single")["migManager"]["env"] == [{"name": "WITH_REBOOT", "value": "true"}]

    def test_nothing_is_restarted_for_whole_gpus_nor_elsewhere(self) -> None:
        assert "env" not in policy("eks-al2023")["migManager"]
        assert "env" not in policy("bare-metal", mig="single")["migManager"]


class TestSharing:
    """Prevents a configuration that the plugin never reads: in the wrong place, or under a name that it has read before."""

    def test_time_slicing_is_in_the_operators_namespace_under_the_name_that_the_policy_says(self) -> None:
        made = objects(namespace="gpus-here", sharing={"mode": "time-slicing", "replicas": 4})
        config = pick(made, "ConfigMap")
        reference = pick(made, "ClusterPolicy")["spec"]["devicePlugin"]["config"]
        assert config["metadata"]["namespace"] == "gpus-here"
        assert reference["name"] == config["metadata"]["name"]
        assert list(config["data"]) == [reference["default"]]

    @pytest.mark.parametrize(("mode", "key"), [("time-slicing", "timeSlicing"), ("mps", "mps")])
    def test_what_the_plugin_reads(self, mode: str, key: str) -> None:
        (text,) = pick(objects(sharing={"mode": mode, "replicas": 3}), "ConfigMap")["data"].values()
        config = yaml.safe_load(text)
        assert config["version"] == "v1"
        (shared,) = config["sharing"].values()
        assert list(config["sharing"]) == [key]
        assert shared["resources"] == [{"name": "nvidia.com/gpu", "replicas": 3}]
        assert shared["failRequestsGreaterThanOne"] is True

    def test_other_settings_have_another_name_since_the_content_is_not_watched(self) -> None:
        def name(**sharing: Any) -> str:
            return policy(sharing=sharing)["devicePlugin"]["config"]["default"]

        names = {name(mode=mode, replicas=count) for mode in ("time-slicing", "mps") for count in (2, 4)}
        assert len(names) == 4

    def test_the_configuration_is_there_before_the_policy(self) -> None:
        assert [made["kind"] for made in objects(sharing={"mode": "mps", "replicas": 2})] == ["ConfigMap", "ClusterPolicy"]

    def test_without_sharing_there_is_none(self) -> None:
        assert [made["kind"] for made in objects()] == ["ClusterPolicy"]
        assert "config" not in policy()["devicePlugin"]


class TestMonitoring:
    """Prevents metrics that were switched off and go on, and ones that nobody collects."""

    def test_on_by_default_with_its_monitor(self) -> None:
        assert policy()["dcgmExporter"]["serviceMonitor"] == {"enabled": True}

    def test_off(self) -> None:
        assert policy(monitoring=False)["dcgmExporter"] == {"enabled": False}


class TestWaiting:
    """Prevents a region that counts as up without a single GPU: the operator is `ready` also when it found no GPU node."""

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_it_waits_for_the_reason_that_only_gpu_nodes_give(self, platform: str) -> None:
        annotations = pick(objects(platform), "ClusterPolicy")["metadata"]["annotations"]
        assert json.loads(annotations["pulumi.com/waitFor"]) == [
            "jsonpath={.status.state}=ready",
            "condition=Ready",
            'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=Reconciled',
        ]

    @pytest.mark.parametrize(("reason", "ready"), [("Reconciled", True), ("NoGPUNodes", False), ("NFDLabelsMissing", False)])
    def test_a_cluster_without_gpu_nodes_is_not_ready_although_state_and_condition_are(
        self, reason: str, ready: bool
    ) -> None:
        annotations = pick(objects(), "ClusterPolicy")["metadata"]["annotations"]
        check = both(parse(json.loads(annotations["pulumi.com/waitFor"])))
        conditions = [
            {"type": "Error", "status": "False", "reason": "Ready"},
            {"type": "Ready", "status": "True", "reason": reason},
        ]
        status = {"state": "ready", "namespace": "gpu-operator", "conditions": conditions}
        assert check({"metadata": {"generation": 1}, "status": status}).ready is ready

    def test_the_simulated_operator_gives_that_reason(self) -> None:
        stages = yaml.safe_load(files("aifactory.local.simulate").joinpath("operators/nvidia.yaml").read_text())
        (row,) = [row for row in stages["kinds"] if row["kind"] == "ClusterPolicy"]
        assert {"type": "Ready", "reason": "Reconciled"}.items() <= row["conditions"][0].items()
        assert yaml.safe_load(row["status"])["state"] == "ready"

    def test_a_driver_that_is_built_gets_the_time_that_its_own_probe_allows(self) -> None:
        def seconds(platform: str) -> int:
            metadata = pick(objects(platform), "ClusterPolicy")["metadata"]
            return int(metadata["annotations"]["pulumi.com/timeoutSeconds"])

        assert seconds("bare-metal") > 60 + 120 * 10
        assert seconds("talos") < seconds("openshift")


class TestOverrides:
    """Prevents a field that two decide, and one that cannot be set at all."""

    def test_they_add(self) -> None:
        made = policy(overrides={"driver": {"rdma": {"enabled": True}}, "gdrcopy": {"enabled": False}})
        assert made["driver"]["rdma"] == {"enabled": True}
        assert made["driver"]["enabled"] is True
        assert made["gdrcopy"] == {"enabled": False}

    def test_they_never_change_what_is_decided(self) -> None:
        with pytest.raises(SpecError) as caught:
            policy("talos", overrides={"driver": {"enabled": True}, "mig": {"strategy": "single"}})
        assert {problem.where for problem in caught.value.problems} == {
            "overrides.driver.enabled", "overrides.mig.strategy",
        }  # fmt: skip
        assert caught.value.source == "GpuOperator gpus"


class TestGolden:
    """Prevents a change of the whole that no assertion above looks at."""

    @pytest.mark.parametrize("platform", PLATFORMS)
    def test_platform(self, platform: str) -> None:
        assert_golden(f"gpu/{platform}", objects(platform))

    def test_time_slicing_on_partitions(self) -> None:
        values: dict[str, Any] = {"mig": "single", "sharing": {"mode": "time-slicing", "replicas": 4}}
        assert_golden("gpu/time-slicing", objects("eks-al2023", **values))

    def test_mps_without_metrics(self) -> None:
        assert_golden("gpu/mps", objects(monitoring=False, sharing={"mode": "mps", "replicas": 10}))

    def test_openshift_with_a_driver_of_ones_own_choice(self) -> None:
        made = objects("openshift", "nvidia-gpu-operator", driver={"version": "580.95.05"})
        assert_golden("gpu/openshift-driver", made)
