"""Where a hosted cluster's data goes."""

from typing import Any

import pytest

from aifactory.model.hosted import HostedSpec
from aifactory.sovereignty import HERE, Flow, FlowKind
from aifactory.sovereignty.flow import NODE_DISKS
from aifactory.sovereignty.hosted import RED_HAT_TELEMETRY, hosted_flows
from tests.unit.clusters.hosted.examples import DIGEST, RELEASE, hosts, site, spec


def flows(made: HostedSpec, kind: FlowKind) -> list[Flow]:
    return [flow for flow in hosted_flows("lab", made, site()) if flow.kind is kind]


class TestHostedFlows:
    """Prevents data on a management cluster abroad that no rule hears of."""

    def test_etcd_and_every_pool_keep_data(self) -> None:
        found = {flow.part: flow for flow in flows(spec(data_class="records"), FlowKind.STORAGE)}
        assert set(found) == {"etcd", "pool system"}
        assert {flow.data_class for flow in found.values()} == {"records"}
        assert {flow.destination for flow in found.values()} == {HERE}

    def test_the_storage_class_is_the_one_that_rules_look_up(self) -> None:
        made = spec(etcd_storage_class="nvme", pools={"a": {"replicas": 1, "storage_class": "ceph"}, "b": {"replicas": 1}})
        assert {flow.part: flow.storage_class for flow in flows(made, FlowKind.STORAGE)} == {
            "etcd": "nvme",
            "pool a": "ceph",
            "pool b": "",
        }

    def test_hosts_write_to_disks_of_their_own(self) -> None:
        found = {flow.part: flow.storage_class for flow in flows(hosts(), FlowKind.STORAGE)}
        assert found == {"etcd": "", "pool gpu": NODE_DISKS}

    @pytest.mark.parametrize("kind", [FlowKind.STORAGE, FlowKind.KEY, FlowKind.LOGS, FlowKind.ADMIN])
    def test_a_management_cluster_abroad_is_a_place_abroad(self, kind: FlowKind) -> None:
        abroad = [flow for flow in flows(hosts(management_country="CH"), kind) if flow.destination != HERE]
        assert "CH" in {flow.country for flow in abroad}
        assert "management cluster hub-1" in {flow.destination for flow in abroad}

    def test_the_hosts_stay_where_they_are(self) -> None:
        (disks,) = [flow for flow in flows(hosts(management_country="CH"), FlowKind.STORAGE) if flow.part == "pool gpu"]
        assert disks.destination == HERE

    def test_whoever_runs_the_management_cluster_is_named(self) -> None:
        etcd = next(flow for flow in flows(spec(management_operator="acme"), FlowKind.STORAGE) if flow.part == "etcd")
        assert (etcd.operator, etcd.country) == ("acme", "DE")

    def test_the_key_is_the_one_that_is_declared(self) -> None:
        assert [flow.key for flow in flows(spec(key="hall"), FlowKind.KEY)] == ["hall"]

    @pytest.mark.parametrize(
        ("changes", "where"),
        [
            ({}, "10.0.0.10"),
            ({"publishing": "route", "address": "api.x.example.com", "allowed_cidrs": ["10.2.0.0/16"]}, "10.2.0.0/16"),
        ],
        ids=["ports", "route"],
    )
    def test_who_reaches_the_api(self, changes: dict[str, Any], where: str) -> None:
        assert where in {flow.destination for flow in flows(spec(**changes), FlowKind.ADMIN)}

    def test_each_release_is_pulled(self) -> None:
        older = f"registry.internal/ocp@{DIGEST}"
        made = spec(pools={"a": {"replicas": 1}, "b": {"replicas": 1, "release": older}})
        pulled = {flow.destination: flow.images for flow in flows(made, FlowKind.IMAGE_PULL)}
        assert pulled == {"quay.io": (RELEASE,), "registry.internal": (older,)}

    @pytest.mark.parametrize(("reports", "silenced"), [(None, None), (True, False), (False, True)])
    def test_red_hat_is_told_unless_somebody_said_no(self, reports: bool | None, silenced: bool | None) -> None:
        (flow,) = flows(spec(reports=reports), FlowKind.TELEMETRY)
        assert (flow.destination, flow.operator, flow.silenced) == (RED_HAT_TELEMETRY, "red-hat", silenced)
