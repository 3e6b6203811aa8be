"""The cluster: who reaches it, what encrypts it, who it is, what its nodes are."""

import json
import re
import sys
from typing import Any

import pulumi
import pytest

from aifactory.clusters.aks import AksCluster
from aifactory.clusters.aks.kubeconfig import authority_of, write_kubeconfig
from aifactory.errors import SpecError
from aifactory.sovereignty import Flow
from tests.unit.clusters.aks.azure import (
    AUTHORITY,
    CANARY,
    GROUP,
    HOST,
    ISSUER,
    PUBLIC_HOST,
    TENANT,
    Azure,
    user_kubeconfig,
)  # fmt: skip
from tests.unit.clusters.aks.programs import ADMINS, ARGS, GPUS, OWNER, POOL, REGISTRY, SITE, made, named, program
from tests.unit.pulumi_program import SECRET, run

IDENTIFIER = f"{GROUP}/providers/Microsoft.ContainerService/managedClusters/it"
both = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def cluster(**values: Any) -> dict[str, Any]:
    return made(**values).one(":ManagedCluster").inputs


class TestReach:
    """Prevents an API that somebody reaches whom nobody named."""

    @both
    def test_it_is_private_with_a_name_in_a_zone_of_its_own(self, preview: bool) -> None:
        api = cluster(preview=preview)["apiServerAccessProfile"]
        assert api["enablePrivateCluster"] is True
        assert api["enablePrivateClusterPublicFQDN"] is False
        assert api["disableRunCommand"] is True
        assert api["privateDNSZone"].endswith("/privateDnsZones/privatelink.swedencentral.azmk8s.io")
        assert "authorizedIPRanges" not in api

    def test_when_it_is_not_private_the_named_addresses_reach_it_and_no_others(self) -> None:
        found = cluster(private=False, authorized_ranges=["203.0.113.0/24"])
        assert found["apiServerAccessProfile"]["authorizedIPRanges"] == ["203.0.113.0/24"]
        assert found["apiServerAccessProfile"]["enablePrivateCluster"] is False

    def test_the_api_server_has_a_delegated_subnet(self) -> None:
        ran = made()
        assert ran.one(":ManagedCluster").inputs["apiServerAccessProfile"]["subnetId"].endswith("/subnets/api")
        (api,) = [s for s in ran.one(":VirtualNetwork").inputs["subnets"] if s["name"] == "api"]
        assert [d["serviceName"] for d in api["delegations"]] == ["Microsoft.ContainerService/managedClusters"]

    def test_entra_alone_tells_who_somebody_is(self) -> None:
        found = cluster()
        assert found["disableLocalAccounts"] is True
        entra = {"managed": True, "enableAzureRBAC": True, "tenantID": TENANT, "adminGroupObjectIDs": [ADMINS]}
        assert found["aadProfile"] == entra

    @pytest.mark.parametrize(
        ("outbound", "kind"),
        [
            ({"kind": "nat-gateway"}, "userAssignedNATGateway"),
            ({"kind": "firewall", "firewall": "10.90.0.4"}, "userDefinedRouting"),
            ({"kind": "none", "registry": REGISTRY}, "none"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_the_way_out_is_the_one_that_was_asked_for(self, outbound: dict[str, str], kind: str) -> None:
        ran = made(outbound=outbound)
        assert ran.one(":ManagedCluster").inputs["networkProfile"]["outboundType"] == kind
        assert bool(ran.of_type(":NatGateway")) is (kind == "userAssignedNATGateway")
        assert bool(ran.of_type(":RouteTable")) is (kind == "userDefinedRouting")
        (nodes,) = [s for s in ran.one(":VirtualNetwork").inputs["subnets"] if s["name"] == "nodes"]
        assert ("natGateway" in nodes, "routeTable" in nodes) == (
            bool(ran.of_type(":NatGateway")),
            bool(ran.of_type(":RouteTable")),
        )

    def test_without_a_way_out_nodes_start_from_the_registry_by_a_private_endpoint(self) -> None:
        ran = made(outbound={"kind": "none", "registry": REGISTRY})
        found = ran.one(":ManagedCluster")
        assert found.inputs["bootstrapProfile"] == {"artifactSource": "Cache", "containerRegistryId": REGISTRY}
        pull = named(ran, "it-registry-acr-pull")
        assert (pull.inputs["scope"], pull.inputs["principalId"]) == (REGISTRY, "principal-it-kubelet")
        assert {pull.urn, named(ran, "it-registry-endpoint-zone").urn} <= set(found.depends_on)

    def test_pods_have_an_overlay_with_cilium(self) -> None:
        network = cluster()["networkProfile"]
        assert (network["networkPlugin"], network["networkPluginMode"]) == ("azure", "overlay")
        assert (network["networkDataplane"], network["networkPolicy"]) == ("cilium", "cilium")


class TestEncryption:
    """Prevents data under a key that is not the customer's, and a cluster that starts before it may use the keys."""

    @both
    def test_etcd_is_encrypted_with_a_key_of_the_vault_by_a_private_way(self, preview: bool) -> None:
        kms = cluster(preview=preview)["securityProfile"]["azureKeyVaultKms"]
        assert (kms["enabled"], kms["keyVaultNetworkAccess"]) == (True, "Private")
        assert kms["keyId"] == "https://v/keys/etcd/1"
        assert kms["keyVaultResourceId"].endswith("/vaults/demo-here-keys")

    def test_disks_are_encrypted_with_the_set_and_its_key(self) -> None:
        ran = made()
        disks = ran.one(":DiskEncryptionSet")
        assert ran.one(":ManagedCluster").inputs["diskEncryptionSetID"].endswith("/diskEncryptionSets/it-disks")
        assert disks.inputs["activeKey"]["keyUrl"] == "https://v/keys/disks/1"
        assert disks.inputs["rotationToLatestKeyVersionEnabled"] is True
        parameters = ran.one(":StorageClass").inputs["parameters"]
        assert parameters["diskEncryptionSetID"] == f"{GROUP}/providers/Microsoft.Compute/diskEncryptionSets/it-disks"
        assert parameters["networkAccessPolicy"] == "DenyAll"

    def test_the_vault_cannot_be_emptied_and_has_no_public_network(self) -> None:
        vault = made().one(":Vault").inputs["properties"]
        assert (vault["enablePurgeProtection"], vault["enableRbacAuthorization"]) == (True, True)
        assert (vault["publicNetworkAccess"], vault["networkAcls"]["defaultAction"]) == ("disabled", "Deny")
        assert vault["softDeleteRetentionInDays"] == 90

    @pytest.mark.parametrize(("hsm", "tier", "kind"), [(False, "standard", "RSA"), (True, "premium", "RSA-HSM")])
    def test_keys_lie_in_hardware_when_asked(self, hsm: bool, tier: str, kind: str) -> None:
        ran = made(vault={"name": "demo-here-keys", "hsm": hsm})
        assert ran.one(":Vault").inputs["properties"]["sku"]["name"] == tier
        assert {key.inputs["properties"]["kty"] for key in ran.of_type(":Key")} == {kind}
        assert all(key.inputs["properties"]["attributes"]["exportable"] is False for key in ran.of_type(":Key"))

    def test_the_cluster_comes_after_its_roles_and_the_way_to_the_vault(self) -> None:
        ran = made()
        before = set(ran.one(":ManagedCluster").depends_on)
        own = [role for role in ran.of_type(":RoleAssignment") if "store" not in role.name]
        assert {role.urn for role in own} <= before
        assert named(ran, "it-vault-endpoint-zone").urn in before

    def test_each_key_opens_for_one(self) -> None:
        """Whoever may use the key of the disks cannot read etcd."""
        crypto = [r for r in made().of_type(":RoleAssignment") if "-key-" in r.name]
        opened = {(r.inputs["scope"].rpartition("/")[2], r.inputs["principalId"]) for r in crypto}
        assert opened == {
            ("etcd", "principal-it-cluster"),
            ("disks", "principal-it-disks"),
            ("stores", "principal-it-stores"),
        }

    def test_volumes_that_would_have_no_key_of_ours_are_off(self) -> None:
        storage = cluster()["storageProfile"]
        assert {key: value["enabled"] for key, value in storage.items()} == {
            "diskCSIDriver": True, "fileCSIDriver": False, "blobCSIDriver": False, "snapshotController": True,
        }  # fmt: skip


class TestIdentity:
    """Prevents a cluster that acts as somebody whom nobody gave it roles for."""

    def test_control_plane_and_nodes_are_two_identities_of_ours(self) -> None:
        found = cluster()
        place = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities"
        assert found["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [f"{place}/it-cluster"]}
        assert found["identityProfile"]["kubeletidentity"] == {
            "resourceId": f"{place}/it-kubelet", "clientId": "client-it-kubelet", "objectId": "principal-it-kubelet",
        }  # fmt: skip

    def test_pods_have_identities_by_tokens_of_the_cluster(self) -> None:
        found = cluster()
        assert found["oidcIssuerProfile"] == {"enabled": True}
        assert found["securityProfile"]["workloadIdentity"] == {"enabled": True}

    def test_nobody_changes_nodes_past_the_cluster(self) -> None:
        found = cluster()
        assert found["nodeResourceGroup"] == "demo-here-it-nodes"
        assert found["nodeResourceGroupProfile"] == {"restrictionLevel": "ReadOnly"}


class TestNodes:
    """Prevents nodes without encryption, and two drivers on one GPU."""

    @both
    def test_every_pool_is_encrypted_at_the_host_and_has_no_public_address(self, preview: bool) -> None:
        ran = made(preview=preview, pools={"general": POOL | {"max_nodes": 9}})
        pools = [ran.one(":ManagedCluster").inputs["agentPoolProfiles"][0], *(p.inputs for p in ran.of_type(":AgentPool"))]
        assert len(pools) == 3
        for pool in pools:
            assert (pool["enableEncryptionAtHost"], pool["enableNodePublicIP"]) == (True, False)
            assert pool["orchestratorVersion"] == "1.34"
            assert pool["securityProfile"]["sshAccess"] == "Disabled"
            assert pool["vnetSubnetID"].endswith("/subnets/nodes")

    @pytest.mark.parametrize(("driver", "told"), [("operator", "None"), ("image", "Install")])
    def test_the_driver_is_whose_it_was_said_to_be(self, driver: str, told: str) -> None:
        ran = made(gpu_pools={"h100": GPUS | {"driver": driver}})
        assert ran.one(":AgentPool").inputs["gpuProfile"] == {"driver": told}

    def test_gpu_nodes_are_labelled_and_tainted(self) -> None:
        pool = made(gpu_pools={"h100": GPUS | {"labels": {"team": "a"}, "taints": ["x=y:NoExecute"]}}).one(":AgentPool")
        assert pool.inputs["nodeLabels"] == {
            "team": "a", "aifactory.dev/pool": "h100", "aifactory.dev/region": "here", "aifactory.dev/country": "SE",
        }  # fmt: skip
        assert pool.inputs["nodeTaints"] == ["x=y:NoExecute", "nvidia.com/gpu=present:NoSchedule"]

    def test_the_pool_that_grows_has_its_bounds(self) -> None:
        pool = made(gpu_pools={}, pools={"general": POOL | {"max_nodes": 9}}).one(":AgentPool").inputs
        assert (pool["enableAutoScaling"], pool["minCount"], pool["maxCount"]) == (True, 3, 9)
        assert "gpuProfile" not in pool

    def test_a_reservation_is_taken_from(self) -> None:
        group = REGISTRY.replace("Microsoft.ContainerRegistry/registries", "Microsoft.Compute/capacityReservationGroups")
        pool = made(gpu_pools={"h100": GPUS | {"reservation": group}}).one(":AgentPool").inputs
        assert pool["capacityReservationGroupID"] == group

    def test_nothing_is_upgraded_behind_ones_back(self) -> None:
        assert cluster()["autoUpgradeProfile"] == {"upgradeChannel": "none", "nodeOSUpgradeChannel": "None"}
        asked = cluster(upgrades="patch", node_upgrades="security-patch")["autoUpgradeProfile"]
        assert asked == {"upgradeChannel": "patch", "nodeOSUpgradeChannel": "SecurityPatch"}


class TestOutputs:
    """Prevents a kubeconfig in clear, a credential in it, and a provider that takes a rotation for another cluster."""

    @both
    def test_they_are_those_that_every_cluster_has(self, preview: bool) -> None:
        outputs = made(preview=preview).outputs
        assert outputs["identifier"] == IDENTIFIER
        assert outputs["issuer"] == ISSUER
        assert outputs["storage_classes"] == {"encrypted": "encrypted with demo-here-keys/disks"}
        assert outputs["object_stores"] == {
            "backups": {
                "destination": "https://demobackups.blob.core.windows.net/postgres",
                "identity": "client-it-store-backups",
                "key": "demo-here-keys/stores",
            }
        }

    def test_the_regions_key_is_named_where_there_is_one(self) -> None:
        outputs = made(vault={"name": "demo-here-keys", "key": "cmk"}).outputs
        assert outputs["storage_classes"] == {"encrypted": "encrypted with cmk"}
        assert outputs["object_stores"]["backups"]["key"] == "cmk"

    @both
    def test_the_kubeconfig_is_secret_and_asks_kubelogin(self, preview: bool) -> None:
        ran = made(preview=preview)
        given = ran.one("pulumi:providers:kubernetes").inputs["kubeconfig"]
        assert given["4dabf18193072939515e22adb298388d"] == SECRET
        config = json.loads(given["value"])
        assert config["clusters"][0]["cluster"] == {"server": f"https://{HOST}:443", "certificate-authority-data": AUTHORITY}
        assert config["users"][0]["user"]["exec"]["command"] == "kubelogin"
        assert CANARY not in str([resource.inputs for resource in ran.registered])

    def test_a_secret_output_stays_one(self) -> None:
        async def is_secret(output: pulumi.Output[str]) -> None:
            assert await output.is_secret()

        def make() -> dict[str, pulumi.Output[Any]]:
            return {"checked": pulumi.Output.from_input(is_secret(AksCluster("it", OWNER | ARGS).kubeconfig))}

        run(make)

    def test_an_open_api_is_reached_by_its_public_name(self) -> None:
        outputs = made(private=False, authorized_ranges=["203.0.113.0/24"]).outputs
        assert json.loads(outputs["kubeconfig"])["clusters"][0]["cluster"]["server"] == f"https://{PUBLIC_HOST}:443"

    def test_the_provider_knows_the_cluster_by_its_identity(self) -> None:
        provider = made().one("pulumi:providers:kubernetes")
        assert provider.inputs["clusterIdentifier"] == IDENTIFIER
        assert provider.inputs["enableServerSideApply"] == "true"

    def test_azure_is_asked_for_the_users_kubeconfig_and_nothing_else(self, azure: Azure) -> None:
        run(program())
        assert azure.asked == ["azure-native:containerservice:listManagedClusterUserCredentials"]

    def test_a_kubeconfig_is_written_for_each_way_to_log_in(self) -> None:
        config = json.loads(write_kubeconfig("it", "host", "CA", "msi"))
        arguments = config["users"][0]["user"]["exec"]["args"]
        assert arguments[arguments.index("--login") + 1] == "msi"
        assert not re.search(r"admin|\"token\"|password|client-key", json.dumps(config))

    def test_the_authority_is_read_from_what_azure_gives(self) -> None:
        assert authority_of(user_kubeconfig()) == AUTHORITY


class TestRefusals:
    """Prevents a cluster in a place that it is not made for, and half a cluster."""

    def test_another_provider_is_refused(self) -> None:
        site = {"provider": "on-prem", "location": "hall", "country": "DE", "operator": "self"}
        with pytest.raises(SpecError, match="makes clusters on Azure"):
            made(site=site)

    def test_a_cloud_with_other_addresses_is_refused(self) -> None:
        with pytest.raises(SpecError, match="other addresses"):
            made(site=SITE | {"location": "chinanorth3", "country": "CN"})

    def test_a_group_whose_nodes_group_would_be_too_long_is_refused(self) -> None:
        with pytest.raises(SpecError, match="at most 80"):
            made(resource_group="g" * 75)

    def test_a_name_that_azure_refuses_is_refused(self) -> None:
        with pytest.raises(SpecError, match="lower-case letters"):
            run(lambda: {"i": AksCluster("It", OWNER | ARGS).identifier})

    def test_without_the_sdk_it_says_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for module in [name for name in sys.modules if name.startswith("aifactory.clusters.aks.")]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, "pulumi_azure_native", None)
        with pytest.raises(SpecError, match=r"aifactory\[azure\]"):
            run(program())

    def test_its_flows_are_declared_in_plain_values(self) -> None:
        seen: list[Flow] = []

        def make() -> dict[str, pulumi.Output[Any]]:
            seen.extend(AksCluster("it", OWNER | ARGS).flows)
            return {}

        run(make, preview=True)
        assert {flow.kind for flow in seen} == {"storage", "key", "admin", "logs", "image-pull"}
