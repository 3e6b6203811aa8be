"""What installs operators."""

import dataclasses
import json
from typing import Any

import pytest

from aifactory.catalog import releases
from aifactory.errors import SpecError
from aifactory.model import OperatorsSpec, RegistrySpec, validate
from aifactory.render import Manifest
from aifactory.render.operators import HelmRelease, OperatorInstall, plan_operators, render_operators
from aifactory.render.schema import problems_of
from tests.unit.golden import assert_golden
from tests.unit.render.objects import SCOPE, pick


def spec(**modes: Any) -> OperatorsSpec:
    """Return operators by name; `_` stands for `-`, and a value is a mode or all of a spec."""
    found = {key.replace("_", "-"): {"install": value} if isinstance(value, str) else value for key, value in modes.items()}
    return validate(OperatorsSpec, {"operators": found}, "test")


def plan(**modes: Any) -> dict[str, OperatorInstall]:
    return {install.operator: install for install in plan_operators(SCOPE, "operators", spec(**modes))}


def rendered(**modes: Any) -> list[Manifest]:
    return render_operators(SCOPE, "operators", spec(**modes))


def charted(**modes: Any) -> list[Manifest]:
    """Return objects and charts in the order in which they are installed; a chart in the shape of an object."""
    every: list[Manifest] = []
    for install in plan_operators(SCOPE, "operators", spec(**modes)):
        every += [install.namespace] if install.namespace else []
        every += install.objects
        every += [
            {"kind": "HelmRelease", "after": list(install.after)} | dataclasses.asdict(release)
            for release in install.releases
        ]
    return every


def release(found: OperatorInstall) -> HelmRelease:
    (made,) = found.releases
    return made


class TestGolden:
    """Prevents a change of what is installed that nobody has read."""

    def test_adopted_operators_make_nothing(self) -> None:
        assert charted(cert_manager="adopt", cloudnative_pg="external", llm_d="adopt") == []

    def test_charts_in_the_order_in_which_they_need_each_other(self) -> None:
        objects = charted(barman_cloud="helm", cloudnative_pg="helm", cert_manager="helm")
        assert_golden("operators/postgres", objects)
        assert [found["name"] for found in objects if found["kind"] == "HelmRelease"] == [
            "cert-manager",
            "cloudnative-pg",
            "plugin-barman-cloud",
        ]

    def test_gpu_nodes_find_their_features_once(self) -> None:
        objects = charted(gpu_operator="helm", node_feature_discovery="helm", kueue="helm")
        assert_golden("operators/gpu", objects)
        (gpu,) = [found for found in objects if found.get("chart") == "gpu-operator"]
        assert gpu["values"]["nfd"] == {"enabled": False}
        assert gpu["after"] == ["node-feature-discovery"]

    def test_subscriptions_on_openshift(self) -> None:
        objects = charted(
            gpu_operator="olm", node_feature_discovery="olm", hyperconverged="olm", kueue="olm", cert_manager="olm"
        )
        assert_golden("operators/openshift", objects)
        assert [found["metadata"]["name"] for found in objects if found["kind"] == "Subscription"] == [
            "openshift-cert-manager-operator",
            "hco-operatorhub",
            "nfd",
            "gpu-operator-certified",
            "kueue-operator",
        ]

    def test_values_of_the_user_over_ours(self) -> None:
        values = {"controllerManager": {"replicas": 2, "manager": {"image": {"repository": "mirror.test/kueue"}}}}
        objects = charted(kueue={"install": "helm", "values": values, "namespace": "queues"})
        assert_golden("operators/values", objects)
        image = objects[-1]["values"]["controllerManager"]["manager"]["image"]
        assert image == {"repository": "mirror.test/kueue", "tag": "v0.19.2", "pullPolicy": "IfNotPresent"}


class TestCharts:
    """Prevents a chart whose version or images move, and one that takes another place than its clients expect."""

    @pytest.mark.parametrize("name", sorted(name for name, found in releases().items() if found.charts))
    def test_each_is_pinned_and_goes_where_its_documents_put_it(self, name: str) -> None:
        needs = {need: {"install": "adopt"} for need in releases()[name].requires}
        found = validate(OperatorsSpec, {"operators": needs | {name: {"install": "helm"}}}, "test")
        (install,) = plan_operators(SCOPE, "operators", found)
        for made, chart in zip(install.releases, releases()[name].charts, strict=True):
            assert (made.version, made.namespace) == (chart.version, releases()[name].namespace)
            assert made.name == chart.release_name
            assert "latest" not in str(made.values)

    def test_one_from_a_registry_is_named_in_full_and_has_no_repository(self) -> None:
        made = release(plan(kueue="helm")["kueue"])
        assert (made.chart, made.repo) == ("oci://registry.k8s.io/kueue/charts/kueue", "")

    def test_one_from_an_index_has_its_repository(self) -> None:
        made = release(plan(keda="helm")["keda"])
        assert (made.chart, made.repo) == ("keda", "https://kedacore.github.io/charts")

    def test_merging_changes_neither_the_catalog_nor_the_users_values(self) -> None:
        given = {"crds": {"keep": False}}
        before = str(releases()["cert-manager"].chart)
        made = release(plan(cert_manager={"install": "helm", "values": given})["cert-manager"])
        assert made.values["crds"] == {"enabled": True, "keep": False}
        assert str(releases()["cert-manager"].chart) == before
        assert given == {"crds": {"keep": False}}

    def test_a_value_that_is_no_map_replaces_a_whole_map(self) -> None:
        made = release(plan(cert_manager={"install": "helm", "values": {"crds": None}})["cert-manager"])
        assert made.values == {"crds": None}


class TestSeveralCharts:
    """Prevents a controller before its definitions, presets before its webhook, and values that reach another chart."""

    def test_one_release_each_in_their_order_with_the_values_of_each(self) -> None:
        needs = dict.fromkeys(("cert_manager", "gateway_api", "leaderworkerset", "llm_d"), "adopt")
        values = {"kserve-llmisvc-resources": {"kserve": {"llmisvc": {"controller": {"replicas": 2}}}}}
        objects = charted(**needs, kserve={"install": "helm", "values": values})
        assert_golden("operators/kserve", objects)
        charts = [found for found in objects if found["kind"] == "HelmRelease"]
        repo = "oci://ghcr.io/kserve/charts"
        assert [found["chart"] for found in charts] == [
            f"{repo}/kserve-llmisvc-crd",
            f"{repo}/kserve-llmisvc-resources",
            f"{repo}/kserve-runtime-configs",
        ]
        llmisvc = charts[1]["values"]["kserve"]["llmisvc"]
        assert (llmisvc["controller"]["replicas"], llmisvc["createGIECRDs"]) == (2, False)
        assert (charts[0]["values"], "replicas" in str(charts[2]["values"])) == ({}, False)

    def test_istio_is_named_as_its_documents_name_it(self) -> None:
        objects = charted(istio="helm")
        assert_golden("operators/istio", objects)
        charts = [found for found in objects if found["kind"] == "HelmRelease"]
        assert [(found["name"], found["chart"], found["namespace"]) for found in charts] == [
            ("istio-base", "base", "istio-system"),
            ("istiod", "istiod", "istio-system"),
        ]
        assert charts[1]["values"]["global"] == {"hub": "docker.io/istio", "tag": "1.29.0"}

    def test_a_registry_reaches_each_of_them(self) -> None:
        registry = RegistrySpec(mirrors={"docker.io": "registry.internal/hub"}, only=False, pull_secret="own")
        (install,) = plan_operators(SCOPE, "operators", spec(istio="helm"), registry=registry)
        base, istiod = install.releases
        assert istiod.values["global"]["hub"] == "registry.internal/hub/istio"
        assert istiod.values["global"]["imagePullSecrets"] == ["own"]
        assert base.values == {}

    def test_presets_that_no_mirror_reaches_are_refused(self) -> None:
        needs = dict.fromkeys(("cert_manager", "gateway_api", "leaderworkerset", "llm_d"), "adopt")
        registry = RegistrySpec(mirror="registry.internal")
        with pytest.raises(SpecError, match=r"operators\.kserve.*no value of its chart changes"):
            plan_operators(SCOPE, "operators", spec(**needs, kserve="helm"), registry=registry)

    def test_values_for_no_chart_and_another_namespace_are_refused(self) -> None:
        with pytest.raises(SpecError) as caught:
            rendered(istio={"install": "helm", "values": {"global": {}}, "namespace": "mesh"})
        assert {problem.where: problem.nearest for problem in caught.value.problems} == {
            "istio.values.global": "",
            "istio.namespace": "istio-system",
        }


class TestChannels:
    """Prevents a subscription to a channel that nobody chose, or to another than what blocks render for."""

    def test_the_one_that_is_given_where_the_catalog_has_none(self) -> None:
        objects = charted(openshift_ai={"install": "olm", "olm": {"channel": "fast-3.x"}})
        assert_golden("operators/openshift-ai", objects)
        group, subscription = objects[1:]
        assert group["spec"] == {}
        assert subscription["spec"]["channel"] == "fast-3.x"
        assert subscription["spec"]["config"] == {"env": [{"name": "DISABLE_DSC_CONFIG", "value": "true"}]}

    def test_none_is_refused(self) -> None:
        with pytest.raises(SpecError) as caught:
            rendered(openshift_ai="olm")
        (problem,) = caught.value.problems
        assert problem.where == "openshift-ai.olm.channel"
        assert "oc get packagemanifest rhods-operator" in problem.nearest

    def test_another_than_the_catalogs_is_refused(self) -> None:
        rendered(kueue={"install": "olm", "olm": {"channel": "stable-v1.2"}}, cert_manager="adopt")
        with pytest.raises(SpecError) as caught:
            rendered(kueue={"install": "olm", "olm": {"channel": "stable-v1.1"}}, cert_manager="adopt")
        (problem,) = caught.value.problems
        assert (problem.where, problem.nearest) == ("kueue.olm.channel", "stable-v1.2")


class TestNamespaces:
    """Prevents operators in namespaces that allow more than they need, and namespaces that somebody else made."""

    @pytest.mark.parametrize(
        ("name", "level"),
        [("kueue", "restricted"), ("cert-manager", "restricted"), ("node-feature-discovery", "privileged")],
    )
    def test_the_level_is_what_the_operator_needs(self, name: str, level: str) -> None:
        namespace = plan(**{name.replace("-", "_"): "helm"})[name].namespace
        assert namespace
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == level
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce-version"].startswith("v1.")

    def test_a_shared_one_has_the_level_of_the_least_strict_and_is_made_once(self) -> None:
        shared = {"install": "helm", "namespace": "ops"}
        found = plan(kueue=shared, node_feature_discovery=shared)
        assert [key for key, install in found.items() if install.namespace] == ["kueue"]
        namespace = found["kueue"].namespace
        assert namespace
        assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "privileged"

    def test_who_shares_one_waits_for_the_one_who_makes_it(self) -> None:
        shared = {"install": "helm", "namespace": "ops"}
        assert plan(kueue=shared, node_feature_discovery=shared)["node-feature-discovery"].after == ("kueue",)

    def test_that_of_an_adopted_operator_is_there_already(self) -> None:
        found = plan(barman_cloud="helm", cloudnative_pg="adopt", cert_manager="adopt")
        assert found["barman-cloud"].namespace is None
        assert release(found["barman-cloud"]).namespace == "cnpg-system"

    def test_it_is_kept_while_one_in_it_is_protected(self) -> None:
        loose, shared = {"install": "helm", "namespace": "ops", "protect": False}, {"install": "helm", "namespace": "ops"}
        found = plan(kueue=loose, node_feature_discovery=shared)
        assert (found["kueue"].protect, found["kueue"].protect_namespace) == (False, True)
        assert found["node-feature-discovery"].protect is True

    def test_objects_say_whose_they_are(self) -> None:
        for manifest in rendered(kueue="olm", cert_manager="adopt", keda="helm"):
            assert manifest["metadata"]["annotations"]["aifactory.dev/owner"] == "demo/here/test"


class TestSubscriptions:
    """Prevents a subscription that nobody waits for, or that watches other namespaces than the operator can."""

    def test_it_waits_until_the_newest_of_its_channel_is_installed(self) -> None:
        found = pick(rendered(node_feature_discovery="olm"), "Subscription")
        annotations = found["metadata"]["annotations"]
        waits = json.loads(annotations["pulumi.com/waitFor"])
        assert waits == ["jsonpath={.status.state}=AtLatestKnown", "jsonpath={.status.installedCSV}"]
        assert annotations["pulumi.com/timeoutSeconds"] == "600"

    def test_it_names_package_channel_and_catalog(self) -> None:
        found = pick(rendered(gpu_operator="olm", node_feature_discovery="adopt"), "Subscription")
        assert found["spec"] == {
            "name": "gpu-operator-certified",
            "channel": "v26.7",
            "source": "certified-operators",
            "sourceNamespace": "openshift-marketplace",
            "installPlanApproval": "Automatic",
        }

    def test_a_mirrors_catalog_is_named_and_approvals_are_waited_for_once(self) -> None:
        how = {"source": "mirror", "source_namespace": "catalogs", "approval": "manual"}
        found = pick(rendered(node_feature_discovery={"install": "olm", "olm": how}), "Subscription")
        assert (found["spec"]["source"], found["spec"]["sourceNamespace"]) == ("mirror", "catalogs")
        assert found["spec"]["installPlanApproval"] == "Manual"
        # A later version that nobody has approved yet must not fail a run in which nothing of it changed.
        assert found["metadata"]["annotations"]["pulumi.com/waitFor"] == "jsonpath={.status.installedCSV}"

    @pytest.mark.parametrize("mode", ["helm", "adopt", "external"])
    def test_how_to_subscribe_goes_with_olm_only(self, mode: str) -> None:
        with pytest.raises(SpecError, match="olm is how to subscribe"):
            spec(node_feature_discovery={"install": mode, "olm": {"source": "mirror"}})

    def test_it_is_not_put_into_a_namespace_that_is_somebody_elses(self) -> None:
        with pytest.raises(SpecError, match="is where keda is, which is not ours"):
            rendered(node_feature_discovery={"install": "olm", "namespace": "keda"}, keda="adopt")

    def test_a_first_version_is_named_when_somebody_has_read_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        known = dict(releases())
        package = known["node-feature-discovery"].olm
        assert package
        read = package.model_copy(update={"csv": "nfd.4.20.0"})
        known["node-feature-discovery"] = known["node-feature-discovery"].model_copy(update={"olm": read})
        monkeypatch.setattr("aifactory.render.operators.plan.releases", lambda: known)
        assert pick(rendered(node_feature_discovery="olm"), "Subscription")["spec"]["startingCSV"] == "nfd.4.20.0"

    def test_the_group_watches_its_own_namespace(self) -> None:
        group = pick(rendered(node_feature_discovery="olm"), "OperatorGroup")
        assert group["spec"] == {"targetNamespaces": ["openshift-nfd"]}
        assert group["metadata"]["namespace"] == "openshift-nfd"

    def test_one_that_cannot_do_with_its_own_watches_all(self) -> None:
        assert pick(rendered(kueue="olm", cert_manager="adopt"), "OperatorGroup")["spec"] == {}


class TestSchemas:
    """Prevents objects that the API server or OLM would refuse."""

    def test_each_is_what_its_definition_asks_for(self) -> None:
        names = (name.replace("-", "_") for name, found in releases().items() if found.olm and found.olm.channel)
        ai = {"install": "olm", "olm": {"channel": "fast-3.x"}}
        objects = rendered(**dict.fromkeys(names, "olm"), cloudnative_pg="helm", openshift_ai=ai)
        assert {found["kind"] for found in objects} == {"Namespace", "OperatorGroup", "Subscription"}
        assert [problem for found in objects for problem in problems_of(found)] == []


class TestRefusals:
    """Prevents objects of a region whose operators cannot work."""

    def test_all_problems_are_told_at_once_and_by_whom(self) -> None:
        with pytest.raises(SpecError) as caught:
            rendered(barman_cloud="helm", kubevirt="helm")
        assert {problem.where for problem in caught.value.problems} == {"barman-cloud.install", "kubevirt.install"}
        assert "Operators operators" in str(caught.value)
