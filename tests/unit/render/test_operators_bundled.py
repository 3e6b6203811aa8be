"""What bundles bring, as objects: in which order, whose, and what becomes of their namespaces."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import OperatorsSpec, validate
from aifactory.render.operators import Brought, OperatorInstall, plan_operators
from tests.unit.bundles.objects import crd, deployment, thing
from tests.unit.golden import assert_golden
from tests.unit.render.objects import SCOPE

RBAC, WEBHOOKS = "rbac.authorization.k8s.io/v1", "admissionregistration.k8s.io/v1"

OBJECTS = (
    thing("ValidatingWebhookConfiguration", "hooks", None, WEBHOOKS),
    thing("APIService", "v1.test.dev", None, "apiregistration.k8s.io/v1"),
    thing("Thing", "own", "kueue-system", "test.dev/v1"),
    deployment("manager", "kueue-system"),
    thing("Service", "webhook", "kueue-system"),
    thing("Certificate", "serving", "kueue-system", "cert-manager.io/v1"),
    thing("ClusterRoleBinding", "manager", None, RBAC),
    thing("ClusterRole", "manager", None, RBAC),
    thing("ServiceAccount", "manager", "kueue-system"),
    thing("Namespace", "kueue-system") | {"metadata": {"name": "kueue-system", "labels": {"control-plane": "kueue"}}},
)
"""An operator's objects in the worst of all orders."""


def plan(brought: dict[str, Brought], **operators: Any) -> dict[str, OperatorInstall]:
    named = {key.replace("_", "-"): spec if isinstance(spec, dict) else {"install": spec} for key, spec in operators.items()}
    spec = validate(OperatorsSpec, {"operators": named}, "test")
    return {install.operator: install for install in plan_operators(SCOPE, "operators", spec, brought)}


def called(manifests: Any) -> list[str]:
    return [f"{manifest['kind']} {manifest['metadata']['name']}" for manifest in manifests]


class TestCharts:
    """Prevents a chart that is fetched though it lies at hand, and definitions that two install."""

    def test_a_bundled_one_with_definitions(self) -> None:
        found = plan({"kueue": Brought("bundles/kueue-0.19.2/chart.tgz", (crd(),))}, kueue="helm")["kueue"]
        (made,) = found.releases
        assert (made.chart, made.repo, made.version) == ("bundles/kueue-0.19.2/chart.tgz", "", "")
        assert made.skip_crds
        assert called(found.definitions) == ["CustomResourceDefinition things.test.dev"]
        assert found.stages == ()

    def test_several_lie_in_it_each_under_its_name(self) -> None:
        brought = {"istio": Brought("bundles/istio-1.29.0/chart", (crd(),))}
        base, istiod = plan(brought, istio="helm")["istio"].releases
        assert (base.chart, istiod.chart) == ("bundles/istio-1.29.0/chart/base", "bundles/istio-1.29.0/chart/istiod")
        assert {(made.repo, made.version, made.skip_crds) for made in (base, istiod)} == {("", "", True)}

    def test_definitions_alone_leave_the_chart_where_it_is(self) -> None:
        found = plan({"kueue": Brought(crds=(crd(),))}, kueue="helm")["kueue"]
        (made,) = found.releases
        assert made.chart.startswith("oci://")
        assert (made.version, made.skip_crds) == ("0.19.2", True)

    def test_a_chart_that_makes_its_definitions_itself_is_left_to_do_so(self) -> None:
        found = plan({"kueue": Brought("bundles/kueue-0.19.2/chart")}, kueue="helm")["kueue"]
        (made,) = found.releases
        assert not made.skip_crds

    def test_a_bundle_of_what_is_adopted_or_subscribed_to_is_left_alone(self) -> None:
        brought = {"kueue": Brought("chart", (crd(),)), "cert-manager": Brought("chart", (crd("others"),))}
        found = plan(brought, kueue="olm", cert_manager="adopt")
        assert set(found) == {"kueue"}
        assert (found["kueue"].definitions, found["kueue"].releases) == ((), ())


class TestDefinitions:
    """Prevents custom resources before their kind is served, and definitions that nobody can tell whose they are."""

    def test_each_is_waited_for_and_ours_and_otherwise_as_it_was_written(self) -> None:
        theirs = crd(size="string")
        theirs["metadata"] |= {"annotations": {"theirs": "1"}, "labels": {"app.kubernetes.io/managed-by": "Helm", "a": "b"}}
        theirs["metadata"]["creationTimestamp"] = None
        theirs["status"] = {"conditions": []}
        (made,) = plan({"kueue": Brought(crds=(theirs,))}, kueue="helm")["kueue"].definitions
        assert_golden("operators/definition", [made])
        notes, labels = made["metadata"]["annotations"], made["metadata"]["labels"]
        assert notes["pulumi.com/waitFor"] == "condition=Established"
        assert (notes["theirs"], notes["aifactory.dev/operator"]) == ("1", "kueue")
        assert notes["aifactory.dev/owner"] == SCOPE.annotations()["aifactory.dev/owner"]
        assert (labels["a"], labels["app.kubernetes.io/managed-by"]) == ("b", "aifactory")
        assert made["spec"] == theirs["spec"]
        assert "status" not in made
        assert "creationTimestamp" not in made["metadata"]


class TestManifests:
    """Prevents pods before their accounts, webhooks before their server, and a namespace with two owners."""

    def test_the_order(self) -> None:
        found = plan({"kueue": Brought(crds=(crd(),), manifests=OBJECTS)}, kueue="manifests")["kueue"]
        assert_golden("operators/manifests", found.manifests)
        assert [called(stage) for stage in found.stages] == [
            ["ClusterRole manager", "ServiceAccount manager"],
            ["Service webhook", "Certificate serving", "ClusterRoleBinding manager"],
            ["Deployment manager"],
            ["APIService v1.test.dev", "Thing own"],
            ["ValidatingWebhookConfiguration hooks"],
        ]
        assert found.releases == ()

    def test_a_service_is_not_waited_for_as_its_pods_come_later(self) -> None:
        found = plan({"kueue": Brought(manifests=OBJECTS)}, kueue="manifests")["kueue"]
        (service,) = [thing for stage in found.stages for thing in stage if thing["kind"] == "Service"]
        assert service["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"

    def test_its_namespace_is_ours_with_the_labels_of_its_makers(self) -> None:
        found = plan({"kueue": Brought(manifests=OBJECTS)}, kueue="manifests")["kueue"]
        assert found.namespace
        labels = found.namespace["metadata"]["labels"]
        assert labels["control-plane"] == "kueue"
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
        assert found.extra == ()

    def test_a_namespace_of_two_is_made_by_the_first_and_awaited_by_the_second(self) -> None:
        shared = thing("Namespace", "shared")
        lws = (deployment("lws", "lws-system"), shared)
        brought = {"kueue": Brought(manifests=(*OBJECTS, shared)), "leaderworkerset": Brought(manifests=lws)}
        found = plan(brought, kueue="manifests", leaderworkerset="manifests")
        assert called(found["kueue"].extra) == ["Namespace shared"]
        assert found["leaderworkerset"].extra == ()
        assert "kueue" in found["leaderworkerset"].after

    def test_the_namespace_of_an_adopted_operator_is_left_alone(self) -> None:
        manifests = (*OBJECTS, thing("Namespace", "cert-manager"))
        found = plan({"kueue": Brought(manifests=manifests)}, kueue="manifests", cert_manager="adopt")["kueue"]
        assert found.extra == ()

    def test_definitions_alone_install_what_is_nothing_else(self) -> None:
        found = plan({"gateway-api": Brought(crds=(crd(),))}, gateway_api="manifests")["gateway-api"]
        assert called(found.manifests) == ["CustomResourceDefinition things.test.dev"]

    @pytest.mark.parametrize("brought", [{}, {"kueue": Brought("chart")}, {"kueue": Brought(crds=(crd(),))}])
    def test_without_manifests(self, brought: dict[str, Brought]) -> None:
        with pytest.raises(SpecError, match="use `aifactory operators fetch kueue --manifests FILE`"):
            plan(brought, kueue="manifests")

    def test_in_another_namespace_than_its_objects(self) -> None:
        wanted = {"install": "manifests", "namespace": "queues"}
        with pytest.raises(SpecError, match="its bundle's objects go into kueue-system"):
            plan({"kueue": Brought(manifests=OBJECTS)}, kueue=wanted)
