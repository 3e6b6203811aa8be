"""The component: what it tells the engine."""

import base64
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from aifactory.clusters.openshift import (
    OpenShiftCluster,
    OpenShiftClusterArgs,
    OpenShiftNetworkArgs,
    OpenShiftSubnetsArgs,
    OpenShiftWorkersArgs,
)
from aifactory.errors import DeniedError, SpecError
from aifactory.model.openshift import OpenShiftNetworkSpec, OpenShiftSpec, OpenShiftSubnetsSpec, OpenShiftWorkersSpec
from aifactory.owner import OwnerArgs
from tests.unit import pulumi_program
from tests.unit.clusters.openshift.examples import (
    CLIENT,
    GIVEN_SUBNETS,
    GROUP,
    KEYS,
    NETWORKS,
    OWN_NETWORK,
    OWNER,
    PROVIDER,
    ROUTES,
    SITE,
    SUBNETS,
)
from tests.unit.pulumi_program import SECRET, Ran, Registered, run

KUBECONFIG = "canary-kubeconfig"
CLIENT_SECRET = "canary-client"
SIGNATURE = "4dabf18193072939515e22adb298388d"
BOTH = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])
EACH = pytest.mark.parametrize("args", [OWN_NETWORK, GIVEN_SUBNETS], ids=["own-network", "given-subnets"])


class Azure:
    """What Azure answers: ids, and the administrator's kubeconfig to who asks for it."""

    def __init__(self) -> None:
        self.asked: list[mocks.MockCallArgs] = []
        self.there = True
        self.kubeconfig: str | None = base64.b64encode(KUBECONFIG.encode()).decode()

    def made(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id" if self.there else "", dict(args.inputs)

    def call(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        self.asked.append(args)
        return {"kubeconfig": self.kubeconfig}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Azure:
    answers = Azure()
    monkeypatch.setattr(pulumi_program._Echo, "new_resource", lambda _self, args: answers.made(args))
    monkeypatch.setattr(pulumi_program._Echo, "call", lambda _self, args: answers.call(args))
    return answers


def program(args: dict[str, Any]) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = OpenShiftCluster("aro", OWNER | {"client_secret": CLIENT_SECRET} | args)  # type: ignore[typeddict-item]
        names = ("identifier", "kubeconfig", "issuer", "storage_classes", "object_stores")
        return {name: getattr(made, name) for name in names}

    return make


def up(args: dict[str, Any] = OWN_NETWORK, *, preview: bool = False) -> Ran:
    return run(program(args), preview=preview)


def cluster(ran: Ran) -> Registered:
    return ran.one("redhatopenshift:OpenShiftCluster")


@pytest.mark.usefixtures("azure")
class TestCluster:
    """Prevents a cluster that is reached from everywhere, encrypted with somebody else's key, or deleted by a plan."""

    @BOTH
    @EACH
    def test_all_is_its_child(self, args: dict[str, Any], preview: bool) -> None:
        component, *children = up(args, preview=preview).registered
        assert component.type == "aifactory:index:OpenShiftCluster"
        assert all(child.parent_name == "aro" and child.name.startswith("aro-") for child in children)

    @BOTH
    @EACH
    def test_api_and_ingress_are_private(self, args: dict[str, Any], preview: bool) -> None:
        inputs = cluster(up(args, preview=preview)).inputs
        assert inputs["apiserverProfile"] == {"visibility": "Private"}
        assert inputs["ingressProfiles"] == [{"name": "default", "visibility": "Private"}]
        assert "Public" not in str(inputs)

    @BOTH
    def test_disks_are_encrypted_with_ones_own_key_and_at_the_host(self, preview: bool) -> None:
        inputs = cluster(up(preview=preview)).inputs
        for machines in (inputs["masterProfile"], *inputs["workerProfiles"]):
            assert machines["diskEncryptionSetId"] == KEYS
            assert machines["encryptionAtHost"] == "Enabled"

    def test_it_has_no_public_address_of_its_own(self) -> None:
        assert cluster(up()).inputs["networkProfile"]["outboundType"] == "UserDefinedRouting"

    def test_a_public_load_balancer_is_for_who_asks_for_it(self) -> None:
        network = {key: value for key, value in OWN_NETWORK["network"].items() if key != "route_table"}
        inputs = cluster(up(OWN_NETWORK | {"outbound": "load-balancer", "network": network})).inputs
        assert inputs["networkProfile"]["outboundType"] == "Loadbalancer"

    def test_the_version_is_pinned_and_fips_is_a_choice(self) -> None:
        profile = cluster(up(OWN_NETWORK | {"fips": True})).inputs["clusterProfile"]
        assert (profile["version"], profile["fipsValidatedModules"]) == ("4.20.3", "Enabled")
        assert cluster(up()).inputs["clusterProfile"]["fipsValidatedModules"] == "Disabled"

    def test_names_are_fixed(self) -> None:
        inputs = cluster(up()).inputs
        assert inputs["resourceName"] == "aro"
        assert inputs["location"] == "swedencentral"
        assert inputs["clusterProfile"]["resourceGroupId"] == GROUP.replace("factory", "aro-managed")

    @BOTH
    @EACH
    def test_secrets_are_secret(self, args: dict[str, Any], preview: bool) -> None:
        ran = up(args | {"pull_secret": "canary-pull"}, preview=preview)
        inputs = cluster(ran).inputs
        assert inputs["servicePrincipalProfile"]["clientSecret"][SIGNATURE] == SECRET
        assert inputs["clusterProfile"]["pullSecret"][SIGNATURE] == SECRET
        assert inputs["servicePrincipalProfile"]["clientId"] == args["client_id"]
        assert "canary" not in str(
            [each.inputs for each in ran.registered if each.name not in {"aro-cluster", "aro-provider"}]
        )

    @BOTH
    def test_cluster_and_network_are_protected_and_roles_are_not(self, preview: bool) -> None:
        ran = up(preview=preview)
        protected = {each.type.rpartition(":")[2] for each in ran.registered if each.protect}
        assert protected == {"OpenShiftCluster", "VirtualNetwork", "Subnet"}
        assert all(each.retain == each.protect for each in ran.registered)

    def test_without_protection_all_can_go(self) -> None:
        assert not any(each.protect or each.retain for each in up(OWN_NETWORK | {"protect": False}).registered)

    def test_it_comes_after_its_network_and_its_roles(self) -> None:
        ran = up()
        before = {each.urn for each in (*ran.of_type(":Subnet"), *ran.of_type(":RoleAssignment"))}
        assert before <= set(cluster(ran).depends_on)


@pytest.mark.usefixtures("azure")
class TestNetwork:
    """Prevents a network that is open, and one that takes the subnets of others away."""

    @BOTH
    def test_subnets_have_no_way_out_but_the_one_that_is_given(self, preview: bool) -> None:
        subnets = {each.inputs["subnetName"]: each.inputs for each in up(preview=preview).of_type("network:Subnet")}
        assert set(subnets) == {"control-plane", "worker"}
        for inputs in subnets.values():
            assert inputs["defaultOutboundAccess"] is False
            assert inputs["routeTable"] == {"id": ROUTES}

    def test_the_service_may_put_its_link_into_the_control_planes_subnet_alone(self) -> None:
        subnets = up().of_type("network:Subnet")
        policies = {each.inputs["subnetName"]: each.inputs["privateLinkServiceNetworkPolicies"] for each in subnets}
        assert policies == {"control-plane": "Disabled", "worker": "Enabled"}

    def test_given_subnets_are_used_and_nothing_of_a_network_is_made(self) -> None:
        ran = up(GIVEN_SUBNETS)
        assert not ran.of_type("network:Subnet")
        assert not ran.of_type("network:VirtualNetwork")
        inputs = cluster(ran).inputs
        assert inputs["masterProfile"]["subnetId"] == f"{SUBNETS}/control-plane"
        assert inputs["workerProfiles"][0]["subnetId"] == f"{SUBNETS}/worker"

    def test_roles_are_the_least_that_do_and_on_single_things(self) -> None:
        roles = [each.inputs for each in up().of_type(":RoleAssignment")]
        reader, contributor = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "4d97b98b-1d4f-4787-a291-c67834d212e7"
        found = {(each["scope"], each["roleDefinitionId"].rpartition("/")[2], each["principalId"]) for each in roles}
        assert found == {
            (scope, role, principal)
            for scope, role in (
                (KEYS, reader),
                (f"{NETWORKS}/virtualNetworks/aro-network", contributor),
                (ROUTES, contributor),
            )
            for principal in (CLIENT, PROVIDER)
        }

    def test_in_anothers_network_only_the_key_is_ours_to_show(self) -> None:
        roles = up(GIVEN_SUBNETS).of_type(":RoleAssignment")
        assert {each.inputs["scope"] for each in roles} == {KEYS}

    def test_names_of_roles_are_the_same_every_time_and_differ(self) -> None:
        runs = (up().of_type(":RoleAssignment") for _ in range(2))
        first, second = (sorted(each.inputs["roleAssignmentName"] for each in roles) for roles in runs)
        assert first == second
        assert len(set(first)) == len(first) == 6


class TestKubeconfig:
    """Prevents a kubeconfig in clear, one that replaces all when it rotates, and a preview that asks too early."""

    def test_the_administrators_is_asked_for_and_a_secret(self, azure: Azure) -> None:
        ran = up()
        assert ran.outputs["kubeconfig"] == KUBECONFIG
        assert [call.token for call in azure.asked] == ["azure-native:redhatopenshift:listOpenShiftClusterAdminCredentials"]
        assert azure.asked[0].args == {"resourceGroupName": "factory", "resourceName": "aro"}
        provider = ran.one("providers:kubernetes")
        assert provider.inputs["kubeconfig"][SIGNATURE] == SECRET

    def test_with_one_of_lesser_rights_nobody_asks(self, azure: Azure) -> None:
        ran = up(OWN_NETWORK | {"kubeconfig": "canary-lesser"})
        assert azure.asked == []
        assert ran.outputs["kubeconfig"] == "canary-lesser"
        assert ran.one("providers:kubernetes").inputs["kubeconfig"][SIGNATURE] == SECRET

    def test_a_preview_before_the_cluster_asks_nobody(self, azure: Azure) -> None:
        azure.there = False
        ran = up(preview=True)
        assert azure.asked == []
        assert ran.outputs["kubeconfig"] == ran.outputs["identifier"] == rpc.UNKNOWN

    def test_a_new_one_is_the_same_cluster(self, azure: Azure) -> None:
        before = up().one("providers:kubernetes").inputs
        azure.kubeconfig = base64.b64encode(b"rotated").decode()
        after = up().one("providers:kubernetes").inputs
        assert before["clusterIdentifier"] == after["clusterIdentifier"] == "aro-cluster-id"
        assert before["kubeconfig"] != after["kubeconfig"]

    def test_no_answer_is_an_error_in_words(self, azure: Azure) -> None:
        azure.kubeconfig = None
        with pytest.raises(pulumi.RunError, match="Azure gave no kubeconfig"):
            up()


@pytest.mark.usefixtures("azure")
class TestRefusals:
    """Prevents a cluster at a wrong place, and one that rules deny."""

    def test_outside_of_azure(self) -> None:
        with pytest.raises(SpecError, match="HostedCluster"):
            up(OWN_NETWORK | {"site": SITE | {"provider": "on-prem", "location": "hall-2"}})

    def test_without_the_applications_secret(self) -> None:
        with pytest.raises(SpecError, match="client_secret"):
            up(OWN_NETWORK | {"client_secret": None})

    def test_rules_are_asked_before_the_first_resource(self) -> None:
        with pytest.raises(DeniedError):
            up(OWN_NETWORK | {"profiles": ["eu-gdpr"], "data_class": "records"})

    def test_outputs(self) -> None:
        outputs = up(OWN_NETWORK | {"key": "disks-key"}).outputs
        assert outputs["identifier"] == "aro-cluster-id"
        assert outputs["storage_classes"] == {"managed-csi-encrypted-cmk": "encrypted with disks-key"}
        assert outputs["issuer"] == "https://kubernetes.default.svc"
        assert outputs["object_stores"] == {}

    def test_the_clouds_sdk_is_imported_for_a_cluster_only(self) -> None:
        code = "import sys, aifactory.clusters.openshift; print(any(m.startswith('pulumi_azure') for m in sys.modules))"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == "False"


SPECS: list[tuple[Any, Any, set[str]]] = [
    (OpenShiftClusterArgs, OpenShiftSpec, {"client_secret", "pull_secret", "kubeconfig"}),
    (OpenShiftNetworkArgs, OpenShiftNetworkSpec, set()),
    (OpenShiftSubnetsArgs, OpenShiftSubnetsSpec, set()),
    (OpenShiftWorkersArgs, OpenShiftWorkersSpec, set()),
]


class TestDoor:
    """Prevents an arg that the spec does not know, and a field that only factory.yaml can reach."""

    @pytest.mark.parametrize(("args", "spec", "more"), SPECS, ids=lambda value: getattr(value, "__name__", ""))
    def test_args_and_fields_are_the_same(self, args: Any, spec: Any, more: set[str]) -> None:
        assert set(args.__annotations__) - set(OwnerArgs.__annotations__) - more == set(spec.model_fields)
