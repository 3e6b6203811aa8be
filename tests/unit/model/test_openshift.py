"""What an OpenShift cluster on Azure may be."""

from typing import Any

import pytest

from aifactory.errors import SpecError
from aifactory.model import validate
from aifactory.model.openshift import OpenShiftSpec
from tests.unit.clusters.openshift.examples import GIVEN_SUBNETS, OWN_NETWORK, SUBNETS

NETWORK: dict[str, Any] = OWN_NETWORK["network"]


def refused(match: str, base: dict[str, Any] = OWN_NETWORK, **changes: Any) -> None:
    with pytest.raises(SpecError, match=match):
        validate(OpenShiftSpec, base | changes, "OpenShiftCluster aro")


class TestOpenShiftSpec:
    """Prevents a cluster that fails after half an hour, or comes up with less than one's own keys and networks."""

    @pytest.mark.parametrize("base", [OWN_NETWORK, GIVEN_SUBNETS], ids=["own-network", "given-subnets"])
    def test_what_is_right_is_taken(self, base: dict[str, Any]) -> None:
        spec = validate(OpenShiftSpec, base, "x")
        assert spec.encryption_at_host is True
        assert spec.outbound == "user-defined-routing"

    @pytest.mark.parametrize("required", ["version", "disk_encryption_set", "client_id", "workers", "control_plane_size"])
    def test_what_is_required(self, required: str) -> None:
        refused(required, {key: value for key, value in OWN_NETWORK.items() if key != required})

    @pytest.mark.parametrize("version", ["latest", "4.20", "4", "stable-4.20"])
    def test_a_version_is_written_in_full(self, version: str) -> None:
        refused("version", version=version)

    def test_an_own_key_is_a_disk_encryption_set(self) -> None:
        refused("disk_encryption_set", disk_encryption_set="/subscriptions/x/disks")

    def test_a_public_api_is_no_choice(self) -> None:
        refused("visibility", visibility="Public")

    def test_one_network_and_not_two(self) -> None:
        refused("either network", subnets=GIVEN_SUBNETS["subnets"])
        refused("either network", network=None)

    def test_without_routes_there_is_no_way_to_images(self) -> None:
        refused("route_table", network={key: value for key, value in NETWORK.items() if key != "route_table"})

    def test_a_load_balancer_has_no_routes(self) -> None:
        refused("route_table", outbound="load-balancer")

    @pytest.mark.parametrize(
        ("changes", "match"),
        [
            ({"worker_cidr": "10.50.0.0/24"}, "not inside"),
            ({"worker_cidr": "10.40.0.128/25"}, "overlap"),
            ({"worker_cidr": "10.40.4.0/28"}, "too small"),
            ({"cidr": "8.8.0.0/16"}, "private"),
            ({"cidr": "0.0.0.0/0"}, "private"),
            ({"cidr": "10.40.0.1/20"}, "no network"),
        ],
        ids=str,
    )
    def test_subnets_lie_apart_inside_of_a_private_network(self, changes: dict[str, str], match: str) -> None:
        refused(match, network=NETWORK | changes)

    def test_pods_have_addresses_of_their_own(self) -> None:
        refused("overlap", pod_cidr="10.40.0.0/14")

    def test_roles_have_subnets_of_their_own(self) -> None:
        same = f"{SUBNETS}/one"
        refused("same subnet", GIVEN_SUBNETS, subnets={"control_plane": same, "worker": same})

    def test_subnets_of_two_networks(self) -> None:
        other = f"{SUBNETS}/worker".replace("/hub/", "/spoke/")
        refused("two virtual networks", GIVEN_SUBNETS, subnets={"control_plane": f"{SUBNETS}/a", "worker": other})

    @pytest.mark.parametrize(("field", "value"), [("count", 2), ("count", 51), ("disk_gib", 127), ("size", "D8s_v5")])
    def test_workers_that_the_service_does_not_take(self, field: str, value: Any) -> None:
        refused(field, workers=OWN_NETWORK["workers"] | {field: value})

    def test_a_secret_has_no_field(self) -> None:
        """It would stand in factory.yaml."""
        refused("client_secret", client_secret="x")
