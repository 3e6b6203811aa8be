"""The operators' definitions on a real API server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from aifactory.kube.api import Api, ApiRefusalError, connect
from aifactory.local import crds
from aifactory.local.controlplane import ControlPlane
from aifactory.local.crds.installation import HASH_ANNOTATION
from aifactory.local.paths import Paths
from aifactory.local.progress import Reporter

pytestmark = pytest.mark.engine

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass
class Installation:
    """What was installed, the cluster that it is in, and how to do it again."""

    installed: list[crds.InstalledCrd]
    api: Api
    again: Callable[[], list[crds.InstalledCrd]]


@pytest.fixture(scope="module")
def installation(control_plane: ControlPlane, paths: Paths, reporter: Reporter) -> Iterator[Installation]:
    def install() -> list[crds.InstalledCrd]:
        return crds.install(control_plane.kubeconfig, paths.crds, reporter, crds.reference_from_environment())

    with connect(control_plane.kubeconfig) as api:
        yield Installation(install(), api, install)


class TestInstalled:
    """Prevents a region whose objects meet 'no matches for kind', or are accepted unchecked."""

    def test_every_definition_is_established(self, installation: Installation) -> None:
        live = installation.api.request("GET", DEFINITIONS)["items"]
        states = {
            (item["spec"]["group"], item["spec"]["names"]["kind"]): {
                condition["type"]: condition["status"] for condition in item["status"]["conditions"]
            }
            for item in live
        }
        wanted = {(crd.group, crd.kind) for crd in installation.installed}
        assert len(wanted) > 70
        assert {pair for pair in wanted if states[pair].get("Established") != "True"} == set()
        assert {pair for pair in wanted if states[pair].get("NonStructuralSchema") == "True"} == set()

    def test_the_kinds_that_the_blocks_need_are_served(self, installation: Installation) -> None:
        served = installation.api.served()
        assert {
            ("postgresql.cnpg.io/v1", "Cluster"),
            ("barmancloud.cnpg.io/v1", "ObjectStore"),
            ("serving.kserve.io/v1alpha2", "LLMInferenceService"),
            ("llm-d.ai/v1alpha2", "InferenceObjective"),
            ("inference.networking.k8s.io/v1", "InferencePool"),
            ("gateway.networking.k8s.io/v1", "HTTPRoute"),
            ("kueue.x-k8s.io/v1beta2", "ClusterQueue"),
            ("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet"),
            ("keda.sh/v1alpha1", "ScaledObject"),
            ("monitoring.coreos.com/v1", "PodMonitor"),
            ("cert-manager.io/v1", "Certificate"),
            ("nvidia.com/v1", "ClusterPolicy"),
            ("kubevirt.io/v1", "VirtualMachine"),
            ("cdi.kubevirt.io/v1beta1", "DataVolume"),
            ("pulumi.com/v1", "Stack"),
        } <= served

    def test_schema_only_kinds_stay_out_of_the_cluster(self, installation: Installation) -> None:
        assert ("monitoring.coreos.com/v1", "Prometheus") not in installation.api.served()

    def test_strict_or_open_as_the_reference_says(self, installation: Installation) -> None:
        strictness = {(crd.group, crd.kind): crd.strictness for crd in installation.installed}
        strict = crds.reference_from_environment() is not None
        assert strictness["nvidia.com", "ClusterPolicy"] == ("strict" if strict else "open")
        assert strictness["cdi.kubevirt.io", "DataVolume"] == "open"
        assert strictness["kubevirt.io", "VirtualMachine"] == "strict"


class TestSecondRun:
    """Prevents a `make up` that sends 8 MB of definitions each time, or misses that one was changed behind its back."""

    def test_nothing_is_sent_again(self, installation: Installation) -> None:
        assert [crd.kind for crd in installation.again() if crd.applied] == []

    def test_a_definition_of_another_content_is_sent_again(self, installation: Installation) -> None:
        name = "scaledobjects.keda.sh"
        patch = {"metadata": {"annotations": {HASH_ANNOTATION: "of-an-older-version"}}}
        kind = {"Content-Type": "application/merge-patch+json"}
        installation.api.request("PATCH", f"{DEFINITIONS}/{name}", json=patch, headers=kind)
        assert [crd.kind for crd in installation.again() if crd.applied] == ["ScaledObject"]
        assert [crd.kind for crd in installation.again() if crd.applied] == []


class TestChecks:
    """Prevents definitions that were mangled on their way: a strict one must refuse, an open one must keep."""

    def dry_run(self, api: Api, path: str, obj: dict[str, object]) -> dict[str, object]:
        return api.request("POST", path, json=obj, params={"dryRun": "All", "fieldValidation": "Strict"})

    def test_a_field_that_cloudnativepg_does_not_know_is_refused(self, installation: Installation) -> None:
        cluster = {
            "apiVersion": "postgresql.cnpg.io/v1",
            "kind": "Cluster",
            "metadata": {"name": "db"},
            "spec": {"instances": 1, "storage": {"size": "1Gi"}, "instnces": 3},
        }
        with pytest.raises(ApiRefusalError, match="instnces"):
            self.dry_run(installation.api, "/apis/postgresql.cnpg.io/v1/namespaces/default/clusters", cluster)

    def test_a_value_that_the_inference_extension_forbids_is_refused(self, installation: Installation) -> None:
        # The chart's README says FailClosed; the definition accepts only FailClose.
        pool = {
            "apiVersion": "inference.networking.k8s.io/v1",
            "kind": "InferencePool",
            "metadata": {"name": "m"},
            "spec": {
                "selector": {"matchLabels": {"app": "m"}},
                "targetPorts": [{"number": 8000}],
                "endpointPickerRef": {"name": "epp", "port": {"number": 9002}, "failureMode": "FailClosed"},
            },
        }
        path = "/apis/inference.networking.k8s.io/v1/namespaces/default/inferencepools"
        with pytest.raises(ApiRefusalError, match="FailClose"):
            self.dry_run(installation.api, path, pool)

    def test_definitions_made_of_kubevirts_schemas_check_too(self, installation: Installation) -> None:
        machine = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "metadata": {"name": "vm"},
            "spec": {"runStrategy": "Always", "template": {"spec": {"domain": {"devices": {}}, "gpus": 1}}},
        }
        with pytest.raises(ApiRefusalError, match="gpus"):
            self.dry_run(installation.api, "/apis/kubevirt.io/v1/namespaces/default/virtualmachines", machine)

    def test_an_open_definition_keeps_any_field(self, installation: Installation) -> None:
        discovery = {
            "apiVersion": "nfd.openshift.io/v1",
            "kind": "NodeFeatureDiscovery",
            "metadata": {"name": "nfd"},
            "spec": {"operand": {"image": "example.test/nfd:1", "anything": [1, {"two": 3}]}},
        }
        path = "/apis/nfd.openshift.io/v1/namespaces/default/nodefeaturediscoveries"
        kept = self.dry_run(installation.api, path, discovery)
        assert kept["spec"] == discovery["spec"]
