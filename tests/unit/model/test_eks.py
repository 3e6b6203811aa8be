"""A cluster on EKS as it is described: what is refused, and in which words."""

import copy
from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import SiteSpec, validate
from aifactory.model.eks import ADDONS, EksSpec, eks_problems
from tests.unit.clusters.eks.programs import ADDONS as VERSIONS
from tests.unit.clusters.eks.programs import FULL, GPU, SITE, SMALL, SYSTEM

RESERVED = {"kind": "reservation", "reservation": "cr-0123456789abcdef0", "zone": "eu-central-1a", "max_nodes": 2}
ON_DEMAND = {"kind": "on-demand", "zone": "eu-central-1a", "max_nodes": 2}


def spec(**changes: Any) -> EksSpec:
    return validate(EksSpec, SMALL | changes, "cluster")


def pool(**changes: Any) -> dict[str, Any]:
    return {"h100": {key: value for key, value in (GPU | changes).items() if value is not None}}


def refused(words: str, **changes: Any) -> None:
    with pytest.raises(SpecError, match=words):
        spec(**changes)


class TestDefaults:
    """Prevents a default that opens, forgets, or upgrades by itself."""

    def test_what_is_promised(self) -> None:
        found = spec()
        assert found.public_cidrs == found.client_cidrs == ()
        assert (found.network.nat, found.network.endpoints) == (False, ())
        assert (found.protect, found.extended_support, found.log_retention_days) == (True, True, 365)
        assert (found.keys.rotation_days, found.keys.deletion_window_days) == (365, 30)
        assert set(found.stores) == {"backups", "models"}
        assert found.stores["backups"].old_versions_days == 90

    def test_everything_can_be_said_at_once(self) -> None:
        assert set(validate(EksSpec, copy.deepcopy(FULL), "cluster").all_pools) == {"system", "h100"}


class TestNetwork:
    """Prevents an API that is open to the world, and a network that is too small or lies across another."""

    @pytest.mark.parametrize("cidr", ["0.0.0.0/0", "0.0.0.0/1", "::/0"])
    def test_the_world_is_let_in_by_no_list(self, cidr: str) -> None:
        refused("much of the internet", public_cidrs=[cidr])

    @pytest.mark.parametrize("cidr", ["203.0.113.0/24", "8.8.8.8/32", "2001:db8::/32"])
    def test_clients_outside_are_private(self, cidr: str) -> None:
        refused("no private range", client_cidrs=[cidr])

    @pytest.mark.parametrize("cidr", ["10.0.0.0/12", "10.0.0.0/24"])
    def test_a_network_has_a_size_that_a_vpc_has(self, cidr: str) -> None:
        refused("from /16 to /20", network={"cidr": cidr})

    @pytest.mark.parametrize(
        ("network", "words"),
        [
            ({}, "one of both"),
            ({"cidr": "10.0.0.0/16", "vpc": "vpc-01234567", "subnets": {"eu-central-1a": "subnet-01234567"}}, "one of both"),
            ({"vpc": "vpc-01234567"}, "go together"),
            ({"cidr": "10.0.0.0/16", "subnets": {"eu-central-1a": "subnet-01234567"}}, "go together"),
            ({"vpc": "vpc-01234567", "subnets": {"eu-central-1a": "subnet-01234567"}, "nat": True}, "its owner's"),
            ({"vpc": "vpc-01234567", "subnets": {"eu-central-1a": "subnet-01234567"}}, "one for each of"),
            ({"cidr": "10.0.0.0/16", "endpoints": ["sts"]}, "no optional endpoint"),
            ({"cidr": "172.20.0.0/16"}, "service_cidr 172.20.0.0/16 lies in"),
        ],
    )
    def test_a_network_is_its_own_or_given(self, network: dict[str, Any], words: str) -> None:
        refused(words, network=network)

    def test_zones_are_named_once(self) -> None:
        refused("has one twice", zones=["eu-central-1a", "eu-central-1a"])
        refused("at least 2", zones=["eu-central-1a"])


class TestPins:
    """Prevents a version that nobody chose, and versions that do not go together."""

    @pytest.mark.parametrize("name", ADDONS)
    def test_each_add_on_is_required(self, name: str) -> None:
        refused(f"{name} is missing", addons={key: value for key, value in VERSIONS.items() if key != name})

    @pytest.mark.parametrize("version", ["latest", "", "1.20.1", "v1.20.1"])
    def test_a_version_is_whole(self, version: str) -> None:
        refused("is no version", addons=VERSIONS | {"coredns": version})

    def test_an_unknown_add_on_is_refused(self) -> None:
        refused("is none of", addons=VERSIONS | {"aws-efs-csi-driver": "v1.0.0-eksbuild.1"})

    @pytest.mark.parametrize("minor", ["1.20", "1.99", "latest", ""])
    def test_a_minor_that_eks_does_not_offer_is_refused(self, minor: str) -> None:
        refused("no minor that EKS is known to offer", kubernetes=minor)

    def test_kube_proxy_is_not_newer_than_the_cluster(self) -> None:
        refused("newer than Kubernetes 1.34", kubernetes="1.34", system=SYSTEM | {"release": "1.34.1-20260401"})

    @pytest.mark.parametrize("release", ["1.36.0-20260401", "1.31.9-20260401"])
    def test_nodes_are_not_newer_and_at_most_three_minors_older(self, release: str) -> None:
        refused("three minors older, and never newer", system=SYSTEM | {"release": release})

    @pytest.mark.parametrize(("image", "release"), [("al2023", "latest"), ("bottlerocket", "v1.50.0"), ("al2023", "1.35")])
    def test_a_release_has_the_form_of_its_image(self, image: str, release: str) -> None:
        refused("is no release of", system=SYSTEM | {"image": image, "release": release})

    def test_a_release_of_bottlerocket_names_no_minor(self) -> None:
        """Its hash may look like a day, and its first numbers are Bottlerocket's own."""
        assert spec(system=SYSTEM | {"image": "bottlerocket", "release": "1.19.0-20260401"}).system.kubernetes is None

    def test_an_unknown_image_is_refused_with_the_nearest(self) -> None:
        refused("use al2023", system=SYSTEM | {"image": "al203"})

    def test_retention_is_one_that_cloudwatch_takes(self) -> None:
        refused("use 120", log_retention_days=100)


class TestCapacity:
    """Prevents machines that are paid for and not used, and pools that no machine is ever found for."""

    def test_what_is_reserved_comes_first(self) -> None:
        refused("what is paid for already is used first", pools=pool(capacity=[ON_DEMAND, RESERVED]))

    def test_a_reservation_is_named_and_has_a_zone(self) -> None:
        refused("it names what is paid for", pools=pool(capacity=[RESERVED | {"reservation": None}]))
        refused("where nothing is reserved", pools=pool(capacity=[RESERVED | {"zone": None}]))
        refused("with no other", pools=pool(capacity=[ON_DEMAND | {"reservation": "cr-0123456789abcdef0"}]))

    def test_a_reservation_is_for_one_instance_type(self) -> None:
        types = ["p5.48xlarge", "p5e.48xlarge"]
        refused("for one instance type", pools=pool(capacity=[RESERVED], instance_types=types, efa=False))

    def test_a_rung_is_there_once(self) -> None:
        refused("the same rung twice", pools=pool(capacity=[ON_DEMAND, ON_DEMAND]))
        refused("the same rung twice", pools=pool(capacity=[RESERVED, RESERVED | {"zone": "eu-central-1b"}]))

    def test_nodes_fit_between(self) -> None:
        refused("more than max_nodes", pools=pool(capacity=[ON_DEMAND | {"nodes": 3}]))

    def test_a_zone_is_one_of_the_clusters(self) -> None:
        refused("zone eu-central-1d is none of", pools=pool(capacity=[ON_DEMAND | {"zone": "eu-central-1d"}]))

    def test_the_placement_trap_is_refused_with_its_reason(self) -> None:
        refused("InsufficientInstanceCapacity", pools=pool(capacity=[RESERVED], placement="cluster"))
        block = RESERVED | {"kind": "capacity-block"}
        refused("InsufficientInstanceCapacity", pools=pool(capacity=[block, ON_DEMAND], placement="cluster"))

    def test_placement_without_a_reservation_is_taken(self) -> None:
        assert spec(pools=pool(capacity=[ON_DEMAND], placement="cluster")).pools["h100"].placement == "cluster"

    def test_fabric_is_in_one_zone_and_of_one_known_type(self) -> None:
        bare = {"kind": "on-demand", "max_nodes": 2}
        refused("efa works within one zone", pools=pool(capacity=[bare]))
        refused("nobody has read how many", pools=pool(capacity=[ON_DEMAND], instance_types=["g6.xlarge"]))
        types = ["p5.48xlarge", "p5e.48xlarge"]
        refused("one instance type; name one alone", pools=pool(capacity=[ON_DEMAND], instance_types=types))

    def test_fabric_needs_a_network_plugin_that_knows_it(self) -> None:
        refused("must be 1.18.5 or newer for efa", pools=pool(), addons=VERSIONS | {"vpc-cni": "v1.18.4-eksbuild.1"})


class TestPools:
    """Prevents GPUs without a driver, and a cluster whose own pods find no node."""

    def test_gpus_and_their_image_go_together(self) -> None:
        refused("ends in -nvidia", pools=pool(image="al2023"))
        refused("ends in -nvidia", pools=pool(accelerator=None))

    def test_an_unknown_accelerator_is_refused(self) -> None:
        refused("no accelerator of the catalog", pools=pool(accelerator="h900"))

    def test_local_disks_are_a_setting_of_amazon_linux(self) -> None:
        refused(
            "Amazon Linux 2023",
            system=SYSTEM | {"image": "bottlerocket", "release": "1.50.0-0123abcd", "local_disks": "raid0"},
        )

    def test_the_system_has_nodes_and_neither_gpus_nor_taints(self) -> None:
        refused("always there", system=SYSTEM | {"capacity": [{"kind": "on-demand", "max_nodes": 3}]})
        refused("would find no node", system=SYSTEM | {"taints": [{"key": "a"}]})
        refused("would find no node", system=GPU)
        refused("choose another name", pools={"system": SYSTEM})

    @pytest.mark.parametrize("label", ["aifactory.dev/pool", "kubernetes.io/os", "eks.amazonaws.com/nodegroup"])
    def test_labels_of_others_are_not_taken(self, label: str) -> None:
        refused("a prefix of your own", system=SYSTEM | {"labels": {label: "x"}})


class TestAccessAndKeys:
    """Prevents a cluster that nobody can enter, or everybody."""

    ME = SMALL["access"]["pipeline"]

    def test_somebody_is_cluster_admin(self) -> None:
        refused("must name a cluster-admin", access={"me": self.ME | {"policy": "view"}})

    def test_a_principal_is_one_and_whole(self) -> None:
        refused("principal", access={"me": self.ME | {"principal": "*"}})
        refused("principal", access={"me": self.ME | {"principal": "arn:aws:iam::123456789012:role/*"}})
        refused("same principal twice", access={"me": self.ME, "again": self.ME})

    def test_cluster_admin_is_for_the_whole_cluster(self) -> None:
        refused("whole cluster", access={"me": self.ME | {"namespaces": ["ai"]}})

    def test_identities_name_stores_that_are_there_and_accounts_once(self) -> None:
        llm = {"namespace": "ai", "service_account": "llm"}
        refused("no such store logs", identities={"llm": llm | {"stores": {"logs": "read"}}})
        refused("same service account twice", identities={"llm": llm, "again": llm})

    @pytest.mark.parametrize(
        ("keys", "words"),
        [
            ({"external_keys": {"secrets": "a", "volumes": "b", "stores": "c", "logs": "d"}}, "name it in key_store"),
            ({"key_store": "cks-0123456789abcdef0", "external_keys": {"secrets": "a"}}, "must name each of"),
            (
                {
                    "key_store": "cks-0123456789abcdef0",
                    "external_keys": dict.fromkeys(("secrets", "volumes", "stores", "logs"), "a"),
                },
                "same key twice",
            ),
            ({"deletion_window_days": 1}, "at least 7"),
        ],
    )
    def test_keys(self, keys: dict[str, Any], words: str) -> None:
        refused(words, keys=keys)

    def test_a_lock_outlives_no_version(self) -> None:
        refused("what is locked cannot go", stores={"backups": {"lock_days": 100}})

    def test_names_leave_room_for_those_made_of_them(self) -> None:
        refused("cluster_name", cluster_name="a" * 33)
        refused("stores", stores={"a" * 17: {}})
        refused("pools", pools={"a" * 25: SYSTEM})

    def test_all_problems_between_parts_are_told_at_once(self) -> None:
        with pytest.raises(SpecError) as caught:
            spec(zones=["eu-central-1a", "eu-central-1a"], pools={"system": SYSTEM}, identities={})
        assert "has one twice" in str(caught.value)
        assert "choose another name" in str(caught.value)


class TestPlace:
    """Prevents a cluster in a place that is not its own."""

    def test_a_fitting_place_has_no_problems(self) -> None:
        assert list(eks_problems(spec(), SiteSpec.model_validate(SITE))) == []

    def test_each_zone_is_told_with_the_one_that_would_do(self) -> None:
        site = SiteSpec.model_validate(SITE | {"location": "eu-west-3", "country": "FR"})
        found = list(eks_problems(spec(), site))
        assert [problem.nearest for problem in found] == ["eu-west-3a", "eu-west-3b", "eu-west-3c"]
