"""A served model: every object refers to the others by the right name, and nothing leaves the region."""

from typing import Any

import pytest
import yaml

from aifactory.render import render_model
from aifactory.render.inference.workload import OFFLINE
from tests.unit.factories import factory
from tests.unit.render.objects import SCOPE, model_objects, pick

DIGEST = "sha256:" + "0" * 64


def objects(**model: Any) -> list[dict[str, Any]]:
    values = {"namespace": "ai", "source": "pvc://weights/assistant", "replicas": 2} | model
    return model_objects(factory(models={"assistant": values}))


def pod(**model: Any) -> dict[str, Any]:
    return pick(objects(**model), "Deployment", "assistant")["spec"]["template"]["spec"]


class TestReferences:
    """Prevents a chain with a broken link: each object of the way finds the next."""

    def test_the_route_leads_over_the_gateway_to_the_pool(self) -> None:
        made = objects()
        route, gateway = pick(made, "HTTPRoute")["spec"], pick(made, "Gateway")
        assert route["parentRefs"][0]["name"] == gateway["metadata"]["name"]
        assert route["parentRefs"][0]["sectionName"] == gateway["spec"]["listeners"][0]["name"]
        assert route["hostnames"] == [gateway["spec"]["listeners"][0]["hostname"]]
        backend = route["rules"][0]["backendRefs"][0]
        assert (backend["kind"], backend["name"]) == ("InferencePool", pick(made, "InferencePool")["metadata"]["name"])

    def test_the_pool_selects_the_replicas_and_not_the_picker(self) -> None:
        made = objects()
        selector = pick(made, "InferencePool")["spec"]["selector"]["matchLabels"].items()
        replica = pick(made, "Deployment", "assistant")["spec"]["template"]["metadata"]["labels"].items()
        picker = pick(made, "Deployment", "assistant-epp")["spec"]["template"]["metadata"]["labels"].items()
        assert selector <= replica
        assert not selector <= picker

    def test_the_pool_asks_the_picker_at_its_port_and_closes_when_it_is_down(self) -> None:
        made = objects()
        reference, service = pick(made, "InferencePool")["spec"]["endpointPickerRef"], pick(made, "Service")
        assert reference["name"] == service["metadata"]["name"]
        assert reference["port"]["number"] in {port["port"] for port in service["spec"]["ports"]}
        assert reference["failureMode"] == "FailClose"

    def test_the_picker_watches_this_pool_with_its_own_account_and_config(self) -> None:
        made = objects()
        spec = pick(made, "Deployment", "assistant-epp")["spec"]["template"]["spec"]
        arguments = spec["containers"][0]["args"]
        assert "--pool-name=assistant" in arguments
        assert "--pool-namespace=ai" in arguments
        assert spec["serviceAccountName"] == pick(made, "ServiceAccount")["metadata"]["name"]
        assert spec["volumes"][0]["configMap"]["name"] == pick(made, "ConfigMap")["metadata"]["name"]
        binding = pick(made, "RoleBinding")
        assert binding["roleRef"]["name"] == pick(made, "Role")["metadata"]["name"]

    def test_the_pickers_config_only_refers_to_plugins_that_it_declares(self) -> None:
        config = yaml.safe_load(pick(objects(), "ConfigMap")["data"]["picker.yaml"])
        declared = {plugin["type"] for plugin in config["plugins"]}
        used = {plugin["pluginRef"] for profile in config["schedulingProfiles"] for plugin in profile["plugins"]}
        assert used < declared

    def test_the_pickers_service_is_not_waited_for_since_its_deployment_is(self) -> None:
        made = objects()
        assert pick(made, "Service")["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"
        assert "pulumi.com/skipAwait" not in pick(made, "Deployment", "assistant-epp")["metadata"]["annotations"]

    def test_other_settings_of_the_picker_make_another_pod(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def mark() -> str:
            template = pick(objects(), "Deployment", "assistant-epp")["spec"]["template"]
            return template["metadata"]["annotations"]["aifactory.dev/config-hash"]

        before = mark()
        monkeypatch.setattr("aifactory.render.inference.picker._SCORERS", {"queue-scorer": 1})
        assert mark() != before

    def test_the_certificate_is_for_the_host_and_in_the_gateways_secret(self) -> None:
        made = objects()
        certificate, listener = pick(made, "Certificate")["spec"], pick(made, "Gateway")["spec"]["listeners"][0]
        assert certificate["dnsNames"] == [listener["hostname"]] == ["assistant.ai.test.internal"]
        assert certificate["secretName"] == listener["tls"]["certificateRefs"][0]["name"]

    def test_the_url_is_the_routes_host(self) -> None:
        region = factory().region("here")
        assert region.gateway is not None
        made = render_model(SCOPE, "assistant", region.models["assistant"], "h100", region.gpu_pools["h100"], region.gateway)
        assert made.url == f"https://{made.route[0]['spec']['hostnames'][0]}/v1"


class TestPlacement:
    """Prevents replicas on the wrong GPUs, rollouts that wait for a spare one, and restarts while weights load."""

    def test_replicas_go_to_their_pool_and_product_with_their_gpus(self) -> None:
        spec = pod(gpus_per_replica=2)
        assert spec["nodeSelector"] == {"aifactory.dev/pool": "h100", "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3"}
        resources = spec["containers"][0]["resources"]
        assert resources["requests"]["nvidia.com/gpu"] == resources["limits"]["nvidia.com/gpu"] == "2"
        assert "--tensor-parallel-size=2" in spec["containers"][0]["args"]

    def test_a_rollout_needs_no_spare_gpu(self) -> None:
        rolling = pick(objects(), "Deployment", "assistant")["spec"]["strategy"]["rollingUpdate"]
        assert rolling == {"maxSurge": 0, "maxUnavailable": 1}

    @pytest.mark.parametrize(("seconds", "attempts"), [(1800, 180), (35, 4), (30, 3)])
    def test_all_times_follow_from_the_startup_time(self, seconds: int, attempts: int) -> None:
        deployment = pick(objects(startup_timeout_seconds=seconds), "Deployment", "assistant")
        probe = deployment["spec"]["template"]["spec"]["containers"][0]["startupProbe"]
        assert probe["failureThreshold"] == attempts
        assert probe["failureThreshold"] * probe["periodSeconds"] >= seconds
        assert deployment["spec"]["progressDeadlineSeconds"] == seconds
        assert int(deployment["metadata"]["annotations"]["pulumi.com/timeoutSeconds"]) > seconds

    def test_no_environment_of_services_confuses_vllm(self) -> None:
        assert pod()["enableServiceLinks"] is False


class TestSovereignty:
    """Prevents weights from a hub, usage reports to a vendor, and replicas that open connections."""

    def test_every_offline_switch_is_set(self) -> None:
        environment = {entry["name"]: entry["value"] for entry in pod()["containers"][0]["env"]}
        assert environment.items() >= OFFLINE.items()
        assert {"HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS", "DO_NOT_TRACK"} <= set(OFFLINE)

    def test_replicas_open_no_connection(self) -> None:
        policy = pick(objects(), "NetworkPolicy", "assistant-replicas")["spec"]
        assert policy["egress"] == []
        assert "Egress" in policy["policyTypes"]

    def test_replicas_have_no_token_for_the_api_server(self) -> None:
        assert pod()["automountServiceAccountToken"] is False

    def test_the_gateway_speaks_tls_and_takes_routes_of_its_namespace_alone(self) -> None:
        (listener,) = pick(objects(), "Gateway")["spec"]["listeners"]
        assert (listener["protocol"], listener["port"]) == ("HTTPS", 443)
        assert listener["allowedRoutes"] == {"namespaces": {"from": "Same"}}

    def test_the_picker_can_read_and_write_nothing_else(self) -> None:
        verbs = {verb for rule in pick(objects(), "Role")["rules"] for verb in rule["verbs"]}
        assert verbs == {"get", "list", "watch"}

    @pytest.mark.parametrize("name", ["assistant", "assistant-epp"])
    def test_containers_fit_the_restricted_standard(self, name: str) -> None:
        spec = pick(objects(), "Deployment", name)["spec"]["template"]["spec"]
        assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
        for container in spec["containers"]:
            assert container["securityContext"]["allowPrivilegeEscalation"] is False
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


class TestWeights:
    """Prevents a replica that starts without weights, or with others than were named."""

    def test_from_a_claim_that_is_there(self) -> None:
        assert not [m for m in objects() if m["kind"] == "PersistentVolumeClaim"]
        assert pod()["volumes"][0]["persistentVolumeClaim"] == {"claimName": "weights", "readOnly": True}
        assert pod()["containers"][0]["command"] == ["vllm", "serve", "/models/assistant"]

    def test_from_a_claim_that_is_made(self) -> None:
        claim = pick(objects(claim_gib=200), "PersistentVolumeClaim", "weights")["spec"]
        assert claim["resources"]["requests"]["storage"] == "200Gi"
        assert claim["accessModes"] == ["ReadWriteMany"]

    def test_from_the_root_of_a_claim(self) -> None:
        assert pod(source="pvc://weights")["containers"][0]["command"][-1] == "/models"

    def test_from_an_image_by_digest(self) -> None:
        volume = pod(source=f"oci://registry.internal/m@{DIGEST}")["volumes"][0]
        assert volume["image"] == {"reference": f"registry.internal/m@{DIGEST}", "pullPolicy": "IfNotPresent"}

    def test_a_context_length_is_passed_on_only_when_given(self) -> None:
        assert "--max-model-len=4096" in pod(max_model_len=4096)["containers"][0]["args"]
        assert not any("max-model-len" in argument for argument in pod()["containers"][0]["args"])


class TestClients:
    """Prevents everyone in the cluster from talking past the gateway to the replicas."""

    def test_only_gateway_and_picker_by_default(self) -> None:
        (rule,) = pick(objects(), "NetworkPolicy", "assistant-replicas")["spec"]["ingress"]
        assert all("namespaceSelector" not in peer for peer in rule["from"])
        assert len(rule["from"]) == 2

    def test_named_namespaces_besides(self) -> None:
        (rule,) = pick(objects(clients=["data"]), "NetworkPolicy", "assistant-replicas")["spec"]["ingress"]
        assert rule["from"][-1]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "data"}


class TestQueue:
    """Prevents a tenant's model that nobody counts, and a picker that waits for the GPUs of another tenant."""

    def test_the_deployment_names_its_queue(self) -> None:
        labels = pick(objects(queue="gpus"), "Deployment", "assistant")["metadata"]["labels"]
        assert labels["kueue.x-k8s.io/queue-name"] == "gpus"

    def test_kueue_labels_the_pods_itself(self) -> None:
        template = pick(objects(queue="gpus"), "Deployment", "assistant")["spec"]["template"]
        assert "kueue.x-k8s.io/queue-name" not in template["metadata"]["labels"]

    def test_only_the_replicas_are_counted(self) -> None:
        named = [each["metadata"]["name"] for each in objects(queue="gpus") if "kueue" in str(each["metadata"])]
        assert named == ["assistant"]

    def test_without_one_nothing_is_queued(self) -> None:
        assert "kueue" not in str(objects())
