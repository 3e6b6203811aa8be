"""What a hosted cluster may be."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.hosted import HostedSpec
from tests.unit.clusters.hosted.examples import HOSTS, MACHINES


def refused(base: dict[str, Any], match: str, **changes: Any) -> None:
    with pytest.raises(SpecError, match=match):
        validate(HostedSpec, base | changes, "HostedCluster lab")


class TestHostedSpec:
    """Prevents a cluster that is open, unpinned or split over platforms, found out when its control plane is half made."""

    @pytest.mark.parametrize("base", [MACHINES, HOSTS], ids=["machines", "hosts"])
    def test_what_is_right_is_taken(self, base: dict[str, Any]) -> None:
        assert validate(HostedSpec, base, "x").release == base["release"]

    @pytest.mark.parametrize(
        "release", ["quay.io/ocp/release:4.20.1-x86_64", "quay.io/ocp/release", "release@sha256:" + "a" * 64, "a/b@sha256:1"]
    )
    def test_a_release_without_its_digest_is_refused(self, release: str) -> None:
        refused(MACHINES, "release", release=release)

    def test_a_pools_release_needs_its_digest_too(self) -> None:
        refused(MACHINES, "release", pools={"system": {"replicas": 3, "release": "quay.io/ocp/release:4.20"}})

    @pytest.mark.parametrize(
        "required", ["context", "management", "release", "pull_secret", "encryption_key", "address", "pools"]
    )
    def test_what_is_required(self, required: str) -> None:
        refused({key: value for key, value in MACHINES.items() if key != required}, required)

    def test_a_route_without_addresses_would_answer_anybody(self) -> None:
        refused(MACHINES, "allowed_cidrs", publishing="route", address="api.lab.example.com")

    def test_the_whole_internet_is_no_network_of_ones_own(self) -> None:
        refused(
            MACHINES, "much of the internet", publishing="route", address="api.x.example.com", allowed_cidrs=["0.0.0.0/0"]
        )

    def test_ports_of_nodes_have_no_load_balancer_to_bound(self) -> None:
        refused(MACHINES, "allowed_cidrs", allowed_cidrs=["10.0.0.0/8"])

    def test_a_route_has_a_host_name(self) -> None:
        refused(MACHINES, "host name", publishing="route", allowed_cidrs=["10.0.0.0/8"])

    def test_networks_that_overlap(self) -> None:
        refused(MACHINES, "overlap", pod_cidr="10.0.0.0/8", machine_cidr="10.7.0.0/16")

    def test_a_network_that_is_none(self) -> None:
        refused(MACHINES, "10.0.0.1/8", pod_cidr="10.0.0.1/8")

    @pytest.mark.parametrize("size", [{}, {"replicas": 2, "autoscaling": {"min": 1, "max": 2}}], ids=["none", "two"])
    def test_a_pool_has_one_size(self, size: dict[str, Any]) -> None:
        refused(MACHINES, "either replicas or autoscaling", pools={"system": size})

    def test_bounds_the_wrong_way_round(self) -> None:
        refused(MACHINES, "above max", pools={"system": {"autoscaling": {"min": 3, "max": 2}}})

    def test_on_ones_own_machines_nothing_comes_back_from_no_nodes(self) -> None:
        """HyperShift takes a minimum of 0 on AWS and Azure alone (validation of NodePoolSpec)."""
        refused(MACHINES, "min", pools={"system": {"autoscaling": {"min": 0, "max": 2}}})

    @pytest.mark.parametrize(
        "field",
        [{"gpus": {"nvidia.com/x": 1}}, {"cpu": 8}, {"node_selector": {"a": "b"}}, {"storage_class": "fast"}],
        ids=str,
    )
    def test_hosts_are_no_machines(self, field: dict[str, Any]) -> None:
        refused(HOSTS, next(iter(field)), pools={"gpu": {"replicas": 1} | field})

    def test_machines_are_no_hosts(self) -> None:
        refused(MACHINES, "agent_labels", pools={"gpu": {"replicas": 1, "agent_labels": {"a": "b"}}})

    def test_hosts_need_the_place_in_which_they_are_registered(self) -> None:
        refused(HOSTS, "agent_namespace", agent_namespace=None)

    def test_hosts_need_the_country_of_their_control_plane(self) -> None:
        refused(HOSTS, "management_country", management_country=None)

    def test_hosts_have_no_storage_classes_of_the_management_cluster(self) -> None:
        refused(HOSTS, "storage_classes", storage_classes={"fast": {"infra": "ceph-rbd"}})

    @pytest.mark.parametrize("label", ["aifactory.dev/country", "aifactory.dev/pool"])
    def test_where_a_node_stands_is_not_a_matter_of_labels(self, label: str) -> None:
        refused(MACHINES, "must be true", pools={"system": {"replicas": 1, "labels": {label: "FR"}}})

    def test_every_misplaced_field_is_named_at_once(self) -> None:
        with pytest.raises(SpecError) as caught:
            validate(
                HostedSpec, HOSTS | {"pools": {"a": {"replicas": 1, "cpu": 8}, "b": {"replicas": 1, "disk_gib": 99}}}, "x"
            )
        text = str(caught.value)
        assert "pool a: cpu" in text
        assert "pool b: disk_gib" in text
