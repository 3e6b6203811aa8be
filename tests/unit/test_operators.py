"""Operators as a component: what the engine is told."""

from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from aifactory import SpecError
from aifactory.operators import Operators
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}

ALL: dict[str, Any] = {
    "barman-cloud": {"install": "helm"},
    "cloudnative-pg": {"install": "helm"},
    "cert-manager": {"install": "adopt"},
    "kueue": {"install": "olm"},
    "llm-d": {"install": "external"},
}
both = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(operators: dict[str, Any], **opts: Any) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = Operators("it", OWNER | {"operators": operators}, pulumi.ResourceOptions(**opts) if opts else None)  # type: ignore[arg-type]
        return {"names": made.names, "versions": made.versions, "namespaces": made.namespaces}

    return make


def ran(operators: dict[str, Any], *, preview: bool = False) -> Ran:
    return run(program(operators), preview=preview)


def chart(found: Ran, name: str) -> Any:
    (release,) = [resource for resource in found.of_type("helm.sh/v3:Release") if resource.inputs["name"] == name]
    return release


class TestReleases:
    """Prevents a chart that is installed as another, in another place, or before what it needs."""

    @both
    def test_what_helm_is_told(self, preview: bool) -> None:
        inputs = chart(ran(ALL, preview=preview), "cloudnative-pg").inputs
        assert inputs["chart"] == "cloudnative-pg"
        assert inputs["version"] == "0.29.0"
        assert inputs["namespace"] == "cnpg-system"
        assert inputs["repositoryOpts"] == {"repo": "https://cloudnative-pg.github.io/charts"}
        assert inputs["values"] == {"image": {"tag": "1.30.0"}}
        assert (inputs["atomic"], inputs["timeout"]) == (True, 600)
        assert not {"skipAwait", "skipCrds", "createNamespace"} & inputs.keys()

    def test_a_registry_takes_no_repository(self) -> None:
        inputs = chart(ran({"keda": {"install": "helm"}, "kueue": {"install": "helm"}}), "kueue").inputs
        assert inputs["chart"] == "oci://registry.k8s.io/kueue/charts/kueue"
        assert "repositoryOpts" not in inputs

    @both
    def test_the_namespace_comes_first_and_what_is_required_before_all(self, preview: bool) -> None:
        found = ran(ALL, preview=preview)
        operator, plugin = chart(found, "cloudnative-pg"), chart(found, "plugin-barman-cloud")
        assert found.one(":Namespace", "cnpg-system").urn in operator.depends_on
        assert operator.urn in plugin.depends_on

    @both
    def test_several_charts_wait_each_for_the_one_before(self, preview: bool) -> None:
        needs = {name: {"install": "adopt"} for name in ("cert-manager", "gateway-api", "leaderworkerset", "llm-d")}
        values = {"kserve-llmisvc-resources": {"kserve": {"llmisvc": {"controller": {"replicas": 2.0}}}}}
        found = ran(needs | {"kserve": {"install": "helm", "values": values}}, preview=preview)
        definitions = chart(found, "kserve-llmisvc-crd")
        resources, presets = chart(found, "kserve-llmisvc-resources"), chart(found, "kserve-runtime-configs")
        assert found.one(":Namespace", "kserve").urn in definitions.depends_on
        assert definitions.urn in resources.depends_on
        assert {definitions.urn, resources.urn} <= set(presets.depends_on)
        assert {release.inputs["namespace"] for release in (definitions, resources, presets)} == {"kserve"}
        assert resources.inputs["values"]["kserve"]["llmisvc"]["controller"]["replicas"] == 2
        assert "replicas" not in str(presets.inputs["values"])

    def test_those_that_need_nothing_of_each_other_do_not_wait(self) -> None:
        found = ran({"keda": {"install": "helm"}, "kueue": {"install": "helm"}})
        assert chart(found, "keda").urn not in chart(found, "kueue").depends_on

    def test_values_reach_helm_as_whole_numbers(self) -> None:
        inputs = chart(ran({"keda": {"install": "helm", "values": {"operator": {"replicaCount": 2.0}}}}), "keda").inputs
        assert inputs["values"]["operator"]["replicaCount"] == 2


class TestSubscriptions:
    """Prevents a subscription without its group, which would never install anything."""

    @both
    def test_namespace_then_group_then_subscription(self, preview: bool) -> None:
        found = ran(ALL, preview=preview)
        namespace = found.one(":Namespace", "openshift-kueue-operator")
        group, subscription = found.one(":OperatorGroup"), found.one(":Subscription")
        assert namespace.urn in group.depends_on
        assert {namespace.urn, group.urn} <= set(subscription.depends_on)

    @both
    def test_its_version_is_waited_for_and_is_not_ours_to_own(self, preview: bool) -> None:
        found = ran(ALL, preview=preview)
        version, subscription = found.one(":ClusterServiceVersionPatch"), found.one(":Subscription")
        assert subscription.urn in version.depends_on
        assert version.inputs["metadata"]["namespace"] == "openshift-kueue-operator"
        annotations = version.inputs["metadata"]["annotations"]
        assert annotations["pulumi.com/waitFor"] == "jsonpath={.status.phase}=Succeeded"
        assert annotations["pulumi.com/timeoutSeconds"] == "600"
        # OLM names it anew with every upgrade: protected, the next run could not follow.
        assert (version.protect, version.retain) == (False, False)

    def test_what_it_requires_comes_before(self) -> None:
        found = ran({"kueue": {"install": "olm"}, "cert-manager": {"install": "olm"}})
        subscriptions = {resource.inputs["spec"]["name"]: resource for resource in found.of_type(":Subscription")}
        before = subscriptions["openshift-cert-manager-operator"]
        assert before.urn in subscriptions["kueue-operator"].depends_on


class TestChannels:
    """Prevents an output or a subscription with another channel than the one that was chosen."""

    @both
    def test_the_chosen_one_is_subscribed_to_and_told(self, preview: bool) -> None:
        found = ran({"openshift-ai": {"install": "olm", "olm": {"channel": "fast-3.x"}}}, preview=preview)
        assert found.one(":Subscription").inputs["spec"]["channel"] == "fast-3.x"
        if not preview:
            assert found.outputs["versions"] == {"openshift-ai": "channel fast-3.x"}

    def test_none_is_refused_before_anything_is_made(self) -> None:
        with pytest.raises(SpecError, match=r"openshift-ai\.olm\.channel: is needed"):
            ran({"openshift-ai": {"install": "olm"}})


class TestPlaceInTheProgram:
    """Prevents resources beside the component, under names that change, or on another cluster."""

    @both
    def test_all_are_its_children_and_bear_its_name(self, preview: bool) -> None:
        component, *children = ran(ALL, preview=preview).registered
        assert component.type == "aifactory:index:Operators"
        assert len(children) == 7
        assert {child.parent_name for child in children} == {"it"}
        assert all(child.name.startswith("it-") for child in children)

    def test_names_are_fixed(self) -> None:
        assert chart(ran(ALL), "plugin-barman-cloud").name == "it-release-cnpg-system-plugin-barman-cloud"

    def test_charts_go_to_the_components_cluster(self) -> None:
        def make() -> dict[str, pulumi.Output[Any]]:
            import pulumi_kubernetes

            provider = pulumi_kubernetes.Provider("lab", context="lab")
            args: Any = OWNER | {"operators": {"kueue": {"install": "helm"}}}
            return {"names": Operators("it", args, pulumi.ResourceOptions(providers={"kubernetes": provider})).names}

        found = run(make)
        assert "::lab::" in chart(found, "kueue").provider
        assert chart(found, "kueue").provider == found.one(":Namespace").provider


class TestProtection:
    """Prevents a careless plan from uninstalling an operator, and with it all that its definitions describe."""

    @both
    def test_charts_subscriptions_and_their_namespaces_are_protected_and_retained(self, preview: bool) -> None:
        _, *children = ran(ALL, preview=preview).registered
        ours = [child for child in children if not child.type.endswith(":ClusterServiceVersionPatch")]
        assert {(child.protect, child.retain) for child in ours} == {(True, True)}

    def test_protection_can_be_given_up_in_so_many_words(self) -> None:
        _, *children = ran({"kueue": {"install": "helm", "protect": False}}).registered
        assert {(child.protect, child.retain) for child in children} == {(False, False)}


class TestAdopted:
    """Prevents an operator that is somebody else's from being touched."""

    @both
    def test_nothing_is_made_and_the_outputs_are_there(self, preview: bool) -> None:
        found = ran({"cert-manager": {"install": "adopt"}, "keda": {"install": "external"}}, preview=preview)
        assert len(found.registered) == 1
        assert found.outputs == {
            "names": ["cert-manager", "keda"],
            "versions": {"cert-manager": "1.21.2"},
            "namespaces": {"cert-manager": "cert-manager", "keda": "keda"},
        }


class TestOutputs:
    """Prevents blocks that are told of operators which are not there."""

    @both
    def test_names_versions_and_namespaces(self, preview: bool) -> None:
        assert ran(ALL, preview=preview).outputs == {
            "names": ["cert-manager", "cloudnative-pg", "llm-d", "barman-cloud", "kueue"],
            "versions": {
                "barman-cloud": "0.14.0",
                "cloudnative-pg": "1.30.0",
                "cert-manager": "1.21.2",
                "kueue": "channel stable-v1.2",
            },
            "namespaces": {
                "barman-cloud": "cnpg-system",
                "cloudnative-pg": "cnpg-system",
                "cert-manager": "cert-manager",
                "kueue": "openshift-kueue-operator",
            },
        }

    def test_flows_are_those_of_what_is_installed(self) -> None:
        found: list[Operators] = []

        def make() -> dict[str, pulumi.Output[Any]]:
            args: Any = OWNER | {"operators": ALL}
            found.append(Operators("it", args))
            return {"names": found[0].names}

        run(make)
        assert {flow.block for flow in found[0].flows} == {
            "operator it/barman-cloud",
            "operator it/cloudnative-pg",
            "operator it/kueue",
        }


class TestRefusals:
    """Prevents anything from being made when something cannot be."""

    @pytest.mark.parametrize(
        ("operators", "words"),
        [
            ({}, "at least 1"),
            ({"kueue": {}}, "install"),
            ({"kueue": {"install": "kustomize"}}, "must be one of helm, olm, manifests, adopt, external"),
            ({"kubevirt": {"install": "helm"}}, "these can: adopt, external, manifests"),
            ({"kueue": {"install": "manifests"}}, "needs a bundle with the manifests of Kueue 0.19.2, and there is none"),
            ({"kueue": {"install": "helm", "version": "0.1.0"}}, "use 0.19.2"),
            ({"kubvirt": {"install": "adopt"}}, "use kubevirt"),
            ({"kueue": {"install": "adopt", "values": {"a": 1}}}, "values are a chart's"),
            ({"barman-cloud": {"install": "helm"}}, "requires cert-manager"),
            ({"kubevirt": {"install": "adopt"}, "hyperconverged": {"install": "olm"}}, "may not be installed beside"),
            ({"kueue": {"install": "helm", "namspace": "x"}}, "namspace"),
        ],
    )
    def test_wrong_args(self, operators: dict[str, Any], words: str) -> None:
        with pytest.raises(SpecError, match=words):
            ran(operators)

    def test_all_at_once(self) -> None:
        with pytest.raises(SpecError) as caught:
            ran({"barman-cloud": {"install": "helm"}, "kubevirt": {"install": "helm"}})
        assert {problem.where for problem in caught.value.problems} == {"barman-cloud.install", "kubevirt.install"}
