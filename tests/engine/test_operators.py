"""Operators from bundles of the real charts, by Helm and by manifests: installed, upgraded with definitions, removed."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from aifactory.bundles import load_bundle
from aifactory.catalog import releases
from aifactory.kube.api import ApiRefusalError, connect
from aifactory.local import controlplane, simulate
from aifactory.local.controlplane import ControlPlane
from aifactory.local.paths import Instance
from aifactory.local.progress import Reporter
from aifactory.local.tools import Toolset
from tests.engine.support.operators_stack import OperatorsStack, everything, module_of

pytestmark = pytest.mark.engine

CHARTS = {
    "leaderworkerset": "charts/lws",
    "kueue": "charts/kueue",
    "node-feature-discovery": "deployment/helm/node-feature-discovery",
}

HELM = {"install": "helm", "protect": False}

LWS_CRD = "leaderworkersets.leaderworkerset.x-k8s.io"

RELEASE = "operators-release-lws-system-lws"


@pytest.fixture(scope="module")
def plane(new_instance: Callable[[str], Instance], toolset: Toolset, reporter: Reporter) -> ControlPlane:
    """A control plane of its own, without definitions: here they are the operators' to bring."""
    plane = controlplane.start(new_instance("operators"), toolset, reporter)
    simulate.apply_nodes(plane.kubeconfig, [], reporter)
    return plane


@pytest.fixture
def stack(tmp_path: Path, toolset: Toolset, plane: ControlPlane) -> Iterator[OperatorsStack]:
    """A stack; when the test is over, nothing of it is in the cluster that was not there before."""
    before = everything(plane.kubeconfig)
    stack = OperatorsStack(tmp_path, toolset, plane)
    yield stack
    gone = stack.destroy()
    assert not gone.failed, gone.words
    assert everything(plane.kubeconfig) - before == set()


def fetched(stack: OperatorsStack, operator: str) -> None:
    stack.fetch(operator, chart=module_of(operator) / CHARTS[operator])


def get(plane: ControlPlane, path: str) -> dict[str, Any]:
    with connect(plane.kubeconfig) as api:
        return api.request("GET", path)


def definition(plane: ControlPlane, name: str) -> dict[str, Any]:
    return get(plane, f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")


def spec_fields(crd: dict[str, Any]) -> dict[str, Any]:
    return crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]


def names(done: Any, op: str) -> list[str]:
    return [name for step, name in done.steps if step == op]


def definitions(stack: OperatorsStack, operator: str) -> tuple[dict[str, Any], ...]:
    bundle = load_bundle(stack.bundles, operator, releases()[operator].version)
    assert bundle
    return bundle.crds


def without(crds: tuple[dict[str, Any], ...], name: str, field: str) -> tuple[dict[str, Any], ...]:
    """Return definitions as an older version had them: one without a field."""
    older = copy.deepcopy(crds)
    (one,) = [crd for crd in older if crd["metadata"]["name"] == name]
    del spec_fields(one)[field]
    return older


class TestHelm:
    """Prevents definitions that stay behind at an upgrade, and operators that leave something when they are removed."""

    def test_definitions_come_first_and_are_upgraded_in_place(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "leaderworkerset")
        crds = definitions(stack, "leaderworkerset")
        stack.rewrite("leaderworkerset", crds=without(crds, LWS_CRD, "startupPolicy"))
        stack.give(leaderworkerset=HELM)

        done = stack.up()
        assert not done.failed, done.words
        created = names(done, "create")
        assert created.index(f"operators-customresourcedefinition-{LWS_CRD}") < created.index(RELEASE)
        assert "startupPolicy" not in spec_fields(definition(plane, LWS_CRD))
        uid = definition(plane, LWS_CRD)["metadata"]["uid"]
        assert stack.up().steps == []

        stack.rewrite("leaderworkerset", crds=crds)
        stack.give(leaderworkerset=HELM | {"values": {"replicaCount": 2}})
        done = stack.up()
        assert not done.failed, done.words
        assert names(done, "update") == [f"operators-customresourcedefinition-{LWS_CRD}", RELEASE]
        assert "startupPolicy" in spec_fields(definition(plane, LWS_CRD))
        assert definition(plane, LWS_CRD)["metadata"]["uid"] == uid
        deployment = get(plane, "/apis/apps/v1/namespaces/lws-system/deployments/lws-controller-manager")
        assert deployment["status"]["readyReplicas"] == 2
        assert stack.up().steps == []

    def test_definitions_among_a_charts_own_objects_are_upgraded_by_helm(
        self, stack: OperatorsStack, plane: ControlPlane, tmp_path: Path
    ) -> None:
        fetched(stack, "kueue")
        assert definitions(stack, "kueue") == ()
        name, chart = "cohorts.kueue.x-k8s.io", tmp_path / "newer"
        shutil.copytree(stack.chart("kueue"), chart)
        file = stack.chart("kueue") / "templates" / "crd" / "kueue.x-k8s.io_cohorts.yaml"
        older = tmp_path / "older"
        shutil.copytree(chart, older)
        text = file.read_text()
        assert text.count("parentName:") > 0
        (older / "templates" / "crd" / file.name).write_text(text.replace("parentName:", "formerName:"))
        stack.rewrite("kueue", chart=older)
        stack.give(kueue=HELM)
        done = stack.up()
        assert not done.failed, done.words
        assert "parentName" not in spec_fields(definition(plane, name))
        assert stack.up().steps == []

        stack.rewrite("kueue", chart=chart)
        done = stack.up()
        assert not done.failed, done.words
        assert names(done, "update") == ["operators-release-kueue-system-kueue"]
        assert "parentName" in spec_fields(definition(plane, name))

    def test_one_whose_removal_runs_a_hook_goes_as_well(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "node-feature-discovery")
        assert len(definitions(stack, "node-feature-discovery")) == 3
        stack.give(node_feature_discovery=HELM)
        done = stack.up()
        assert not done.failed, done.words
        place = "/apis/apps/v1/namespaces/node-feature-discovery/daemonsets/node-feature-discovery-worker"
        assert get(plane, place)["status"]["numberReady"] == 3
        assert stack.up().steps == []

    def test_what_is_protected_is_not_removed(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "leaderworkerset")
        stack.give(leaderworkerset={"install": "helm"})
        assert not stack.up().failed
        refused = stack.destroy()
        assert refused.failed
        assert "protect" in refused.words
        assert definition(plane, LWS_CRD)["status"]["conditions"]
        stack.give(leaderworkerset=HELM)
        assert not stack.up().failed


class TestManifests:
    """Prevents operators without Helm from coming in a wrong order, or from leaving something."""

    def test_installed_changed_and_removed(
        self, stack: OperatorsStack, plane: ControlPlane, toolset: Toolset, tmp_path: Path
    ) -> None:
        manifests = tmp_path / "lws.yaml"
        manifests.write_text(rendered(toolset))
        stack.fetch("leaderworkerset", manifests=manifests)
        assert {crd["metadata"]["name"] for crd in definitions(stack, "leaderworkerset")} >= {LWS_CRD}
        stack.give(leaderworkerset={"install": "manifests", "protect": False})
        done = stack.up()
        assert not done.failed, done.words
        created = names(done, "create")
        place = [
            created.index(f"operators-{name}")
            for name in (
                "namespace-lws-system",
                f"customresourcedefinition-{LWS_CRD}",
                "serviceaccount-lws-system-lws-controller-manager",
                "deployment-lws-system-lws-controller-manager",
                "validatingwebhookconfiguration-lws-validating-webhook-configuration",
            )
        ]
        assert place == sorted(place)
        path = "/apis/apps/v1/namespaces/lws-system/deployments/lws-controller-manager"
        assert get(plane, path)["status"]["readyReplicas"] == 1
        assert stack.up().steps == []

        manifests.write_text(rendered(toolset, "--set", "replicaCount=2"))
        stack.fetch("leaderworkerset", manifests=manifests)
        done = stack.up()
        assert not done.failed, done.words
        assert names(done, "update") == ["operators-deployment-lws-system-lws-controller-manager"]
        assert get(plane, path)["status"]["readyReplicas"] == 2


def rendered(toolset: Toolset, *more: str) -> str:
    """Return the objects of LeaderWorkerSet's chart, as `helm template` gives them with the catalog's values."""
    chart = releases()["leaderworkerset"].chart
    assert chart
    command = [str(toolset.path("helm")), "template", "lws", str(module_of("leaderworkerset") / CHARTS["leaderworkerset"])]
    command += ["--namespace", "lws-system", "--include-crds", "--no-hooks", "--values", "-", *more]
    done = subprocess.run(command, input=json.dumps(chart.values), capture_output=True, text=True, check=True)
    return done.stdout


HOOK = """
apiVersion: batch/v1
kind: Job
metadata:
  name: lws-before
  namespace: {{ .Release.Namespace }}
  annotations: {helm.sh/hook: "pre-install,pre-upgrade", helm.sh/hook-delete-policy: "before-hook-creation,hook-failed"}
spec:
  activeDeadlineSeconds: 3
  backoffLimit: 0
  template:
    metadata:
      annotations: {aifactory.dev/withhold-status: "true"}
    spec:
      restartPolicy: Never
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
        - name: it
          image: registry.invalid/it:v1
          securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
"""

RIVAL = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "rivals.leaderworkerset.x-k8s.io"},
    "spec": {
        "group": "leaderworkerset.x-k8s.io",
        "names": {"plural": "rivals", "kind": "LeaderWorkerSet", "listKind": "LeaderWorkerSetList"},
        "scope": "Namespaced",
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}],
    },
}

GROUP_OF_WORKERS = {
    "apiVersion": "leaderworkerset.x-k8s.io/v1",
    "kind": "LeaderWorkerSet",
    "metadata": {"name": "workers", "namespace": "default"},
    "spec": {
        "replicas": 1,
        "leaderWorkerTemplate": {
            "size": 2,
            "workerTemplate": {"spec": {"containers": [{"name": "it", "image": "registry.invalid/it:v1"}]}},
        },
    },
}


class TestFaults:
    """Prevents a run that fails without saying whose fault it is, and one that cannot be repeated."""

    def test_a_failing_hook(self, stack: OperatorsStack, tmp_path: Path) -> None:
        fetched(stack, "leaderworkerset")
        good = tmp_path / "good"
        shutil.copytree(stack.chart("leaderworkerset"), good)
        bad = tmp_path / "bad"
        shutil.copytree(good, bad)
        (bad / "templates" / "hook.yaml").write_text(HOOK)
        stack.rewrite("leaderworkerset", chart=bad)
        stack.give(leaderworkerset=HELM)
        failed = stack.up()
        assert failed.failed
        assert RELEASE in failed.words
        assert "lws-system/lws" in failed.words
        assert "DeadlineExceeded" in failed.words
        assert "kubectl get pods,jobs,events --namespace lws-system" in failed.words
        stack.rewrite("leaderworkerset", chart=good)
        done = stack.up()
        assert not done.failed, done.words

    def test_a_chart_that_does_not_come_up_in_time(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "leaderworkerset")
        withheld = {"podAnnotations": {"aifactory.dev/withhold-status": "true"}}
        stack.give(leaderworkerset=HELM | {"values": withheld}, seconds=15)
        failed = stack.up()
        assert failed.failed
        assert RELEASE in failed.words
        assert "kubectl get pods,jobs,events --namespace lws-system" in failed.words
        with pytest.raises(ApiRefusalError, match="not found"):  # taken back
            get(plane, "/apis/apps/v1/namespaces/lws-system/deployments/lws-controller-manager")
        stack.give(leaderworkerset=HELM)
        done = stack.up()
        assert not done.failed, done.words

    def test_a_definition_whose_names_are_taken(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "leaderworkerset")
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        with connect(plane.kubeconfig) as api:
            api.apply(f"{path}/{RIVAL['metadata']['name']}", RIVAL)
            try:
                stack.give(leaderworkerset=HELM, seconds=8)
                failed = stack.up()
            finally:
                api.request("DELETE", f"{path}/{RIVAL['metadata']['name']}")
        assert failed.failed
        assert LWS_CRD in failed.words
        assert "NamesAccepted" in failed.words
        assert "already in use" in failed.words
        stack.give(leaderworkerset=HELM)
        done = stack.up()
        assert not done.failed, done.words

    def test_a_webhook_that_is_down(self, stack: OperatorsStack, plane: ControlPlane) -> None:
        fetched(stack, "leaderworkerset")
        stack.give([GROUP_OF_WORKERS], leaderworkerset=HELM)
        failed = stack.up()
        assert failed.failed
        assert "mleaderworkerset.kb.io" in failed.words
        assert "lws-webhook-service.lws-system" in failed.words
        with connect(plane.kubeconfig) as api:  # its server is back, as far as the API server can tell
            for kind in ("mutating", "validating"):
                path = f"/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/lws-{kind}-webhook-configuration"
                webhooks = [
                    hook | {"failurePolicy": "Ignore", "timeoutSeconds": 1} for hook in api.request("GET", path)["webhooks"]
                ]
                kind_of_patch = {"Content-Type": "application/merge-patch+json"}
                api.request("PATCH", path, json={"webhooks": webhooks}, headers=kind_of_patch)
        done = stack.up()
        assert not done.failed, done.words
