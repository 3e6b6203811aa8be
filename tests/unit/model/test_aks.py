"""What an AKS cluster may be told."""

import inspect
from typing import Any

import pytest

from aifactory.clusters.aks import args as doors
from aifactory.errors import SpecError
from aifactory.model import aks as model
from aifactory.model import aks_network as network
from aifactory.model import validate
from aifactory.model.aks import AksSpec
from aifactory.owner import OwnerArgs

GUID = "00000000-0000-4000-8000-00000000000{}"
NET = f"/subscriptions/{GUID.format(1)}/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/spoke"
REGISTRY = f"/subscriptions/{GUID.format(1)}/resourceGroups/hub/providers/Microsoft.ContainerRegistry/registries/Cache"
POOL = {"size": "Standard_D8ds_v5", "nodes": 3}
GPUS = {"size": "Standard_ND96isr_H100_v5", "nodes": 1, "accelerator": "h100-sxm-80gb"}
LEAST: dict[str, Any] = {
    "subscription": GUID.format(1),
    "tenant": GUID.format(2),
    "admin_groups": [GUID.format(3)],
    "kubernetes": "1.34",
    "outbound": {"kind": "nat-gateway"},
    "vault": {"name": "demo-keys"},
    "system": POOL,
}
GIVEN = {"network": NET, **{name: f"{NET}/subnets/{name}" for name in ("nodes", "api", "endpoints")}}
STORE = {"account": "demobackups", "container": "postgres"}


def spec(**values: Any) -> AksSpec:
    return validate(AksSpec, LEAST | values, "AksCluster it")


def refused(**values: Any) -> str:
    with pytest.raises(SpecError) as caught:
        spec(**values)
    return " | ".join(f"{problem.where}: {problem.rule}" for problem in caught.value.problems)


class TestDefaults:
    """Prevents a cluster that is open, unencrypted or upgraded behind one's back because nobody said otherwise."""

    def test_it_is_private_and_changes_nothing_by_itself(self) -> None:
        made = spec()
        assert (made.private, made.upgrades, made.node_upgrades, made.protect) == (True, "none", "none", True)
        assert made.logs.retention_days == 90

    def test_copies_of_a_store_stay_in_the_place(self) -> None:
        assert spec(stores={"b": STORE}).stores["b"].redundancy == "zone"

    @pytest.mark.parametrize("field", sorted(LEAST))
    def test_what_cannot_be_guessed_is_required(self, field: str) -> None:
        with pytest.raises(SpecError, match=field):
            validate(AksSpec, {key: value for key, value in LEAST.items() if key != field}, "AksCluster it")

    def test_nobody_administers_it_is_refused(self) -> None:
        assert "admin_groups" in refused(admin_groups=[])


class TestReach:
    """Prevents an API that answers the world, and a way out that AKS cannot make."""

    def test_an_open_api_is_refused(self) -> None:
        assert "answer everybody" in refused(private=False)

    @pytest.mark.parametrize("cidr", ["0.0.0.0/0", "128.0.0.0/1"])
    def test_the_world_is_no_authorized_range(self, cidr: str) -> None:
        assert "much of the internet" in refused(private=False, authorized_ranges=[cidr])

    def test_ranges_of_a_private_api_are_refused(self) -> None:
        assert "private: false" in refused(authorized_ranges=["203.0.113.0/24"])

    def test_named_ranges_are_taken(self) -> None:
        assert spec(private=False, authorized_ranges=["203.0.113.0/24"]).authorized_ranges == ("203.0.113.0/24",)

    def test_no_way_out_needs_a_registry_to_start_from(self) -> None:
        assert "nodes start from it" in refused(outbound={"kind": "none"})
        assert spec(outbound={"kind": "none", "registry": REGISTRY}).outbound.registry == REGISTRY

    def test_a_firewall_needs_its_private_address(self) -> None:
        assert "private address" in refused(outbound={"kind": "firewall"})
        assert "not private" in refused(outbound={"kind": "firewall", "firewall": "203.0.113.4"})
        assert spec(outbound={"kind": "firewall", "firewall": "10.90.0.4"}).outbound.firewall == "10.90.0.4"

    def test_a_firewall_among_the_pods_is_refused(self) -> None:
        assert "pods and services have" in refused(outbound={"kind": "firewall", "firewall": "10.240.0.4"})

    def test_a_firewall_with_another_way_out_is_refused(self) -> None:
        assert "leave it out" in refused(outbound={"kind": "nat-gateway", "firewall": "10.90.0.4"})


class TestNetwork:
    """Prevents ranges that overlap, which Azure refuses after everything else was made."""

    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"nodes": "10.90.0.0/20"}, "not within addresses"),
            ({"api": "10.80.16.0/29"}, "AKS takes /28"),
            ({"api": "10.80.0.0/28"}, "nodes 10.80.0.0/20 overlaps api"),
            ({"pods": "10.80.0.0/14"}, "overlaps pods"),
            ({"services": "10.240.0.0/16"}, "overlaps services"),
            ({"pods": "100.64.0.0/10"}, "not private"),
            ({"pods": "10.240.0.1/12"}, "no address range"),
        ],
        ids=str,
    )
    def test_what_does_not_fit_is_refused(self, values: dict[str, str], words: str) -> None:
        assert words in refused(network=values)

    def test_dns_is_the_tenth_service(self) -> None:
        assert spec().network.dns_service == "172.16.0.10"

    def test_a_given_network_says_its_own_addresses(self) -> None:
        assert "its owner says them" in refused(network={"given": GIVEN, "nodes": "10.80.0.0/20"})
        assert spec(network={"given": GIVEN}).network.given is not None

    def test_a_subnet_of_another_network_is_refused(self) -> None:
        assert "no subnet of" in refused(network={"given": GIVEN | {"api": NET.replace("spoke", "hub") + "/subnets/api"}})

    def test_an_unknown_zone_is_refused(self) -> None:
        zone = NET.replace("virtualNetworks/spoke", "privateDnsZones/z")
        assert "there are api, vault, blob" in refused(network={"given": GIVEN | {"zones": {"apis": zone}}})


class TestPools:
    """Prevents pools that Azure refuses, and GPUs that are not what the file says."""

    def test_a_size_with_another_accelerator_is_refused(self) -> None:
        assert "has h100-sxm-80gb" in refused(gpu_pools={"a": GPUS | {"accelerator": "a100-sxm-40gb"}})

    def test_an_unknown_accelerator_is_refused_with_the_nearest(self) -> None:
        assert "h100-sxm-80gb" in refused(gpu_pools={"a": GPUS | {"accelerator": "h100-sxm-80g"}})

    def test_the_drivers_are_the_operators_by_default(self) -> None:
        assert spec(gpu_pools={"h100": GPUS}).gpu_pools["h100"].driver is model.GpuDriver.OPERATOR

    @pytest.mark.parametrize("name", ["h100-sxm", "H100", "1a", "averylongpoolname"])
    def test_names_that_aks_refuses_are_refused(self, name: str) -> None:
        assert name in refused(pools={name: POOL})

    def test_a_name_that_is_there_twice_is_refused(self) -> None:
        assert "names of their own: a" in refused(pools={"a": POOL}, gpu_pools={"a": GPUS})
        assert "names of their own: system" in refused(pools={"system": POOL})

    def test_the_system_pool_does_not_grow(self) -> None:
        assert "takes no max_nodes" in refused(system=POOL | {"max_nodes": 5})

    def test_fewer_at_most_than_at_least_is_refused(self) -> None:
        assert "no room to grow" in refused(pools={"a": POOL | {"max_nodes": 2}})

    @pytest.mark.parametrize("label", ["aifactory.dev/country", "kubernetes.azure.com/mode"])
    def test_labels_of_others_are_refused(self, label: str) -> None:
        assert "not yours to set" in refused(pools={"a": POOL | {"labels": {label: "x"}}})

    def test_zone_redundant_disks_need_zones(self) -> None:
        assert "pools in zones" in refused(disk_redundancy="zone")
        assert spec(disk_redundancy="zone", system=POOL | {"zones": ["1", "2"]}).disk_redundancy == "zone"


class TestStores:
    """Prevents stores that share what must be their own."""

    def test_two_of_one_account_are_refused(self) -> None:
        assert "account of their own" in refused(stores={"a": STORE, "b": STORE | {"container": "models"}})

    def test_a_service_account_without_namespace_is_refused(self) -> None:
        assert "service_accounts" in refused(stores={"a": STORE | {"service_accounts": ["billing"]}})

    def test_its_address_is_that_of_factory_yaml(self) -> None:
        assert spec(stores={"a": STORE}).stores["a"].destination == "https://demobackups.blob.core.windows.net/postgres"


DOORS = [
    (doors.AksClusterArgs, AksSpec),
    (doors.AksNetworkArgs, network.AksNetworkSpec),
    (doors.AksGivenNetworkArgs, network.AksGivenNetworkSpec),
    (doors.AksOutboundArgs, network.AksOutboundSpec),
    (doors.AksVaultArgs, model.AksVaultSpec),
    (doors.AksLogsArgs, model.AksLogsSpec),
    (doors.AksPoolArgs, model.AksPoolSpec),
    (doors.AksGpuPoolArgs, model.AksGpuPoolSpec),
    (doors.AksStoreArgs, model.AksStoreSpec),
]


class TestDoors:
    """Prevents an arg that the spec does not know, and a field that only factory.yaml can reach."""

    @pytest.mark.parametrize(("door", "made"), DOORS, ids=lambda each: each.__name__)
    def test_args_and_fields_are_the_same(self, door: Any, made: Any) -> None:
        owner = set(OwnerArgs.__annotations__) if made is AksSpec else set()
        assert set(door.__annotations__) - owner == set(made.model_fields)

    @pytest.mark.parametrize("door", [door for door, _ in DOORS], ids=lambda each: each.__name__)
    def test_every_arg_is_described(self, door: Any) -> None:
        source = inspect.getsource(door)
        own = [line for line in source.splitlines() if line.startswith("    ") and ": " in line and '"""' not in line]
        assert source.count('"""') // 2 == len(own) + 1
