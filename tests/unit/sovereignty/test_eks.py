"""Where data goes because of a cluster on EKS."""

from typing import Any

import pytest

from aifactory.model import SiteSpec, validate
from aifactory.model.eks import EksSpec
from aifactory.sovereignty.eks import eks_flows
from aifactory.sovereignty.flow import Flow, FlowKind
from tests.unit.clusters.eks.programs import FULL, SITE, SMALL


def flows(site: dict[str, str] | None = None, **changes: Any) -> tuple[Flow, ...]:
    return eks_flows("fra", validate(EksSpec, FULL | changes, "cluster"), SiteSpec.model_validate(SITE | (site or {})))


def of(kind: FlowKind, site: dict[str, str] | None = None, **changes: Any) -> list[Flow]:
    return [flow for flow in flows(site, **changes) if flow.kind is kind]


class TestFlows:
    """Prevents data of a cluster that goes somewhere no rule has looked at."""

    def test_logs_say_where_how_long_and_under_which_key(self) -> None:
        (logs,) = of(FlowKind.LOGS, log_data_class="operations")
        assert (logs.country, logs.operator, logs.location) == ("DE", "aws", "aws/eu-central-1")
        assert (logs.retention_days, logs.key, logs.data_class) == (365, "fra-kms", "operations")

    def test_every_store_is_told_with_its_class(self) -> None:
        found = {flow.part: flow for flow in of(FlowKind.STORAGE)}
        assert found["backups"].destination == "s3://demo-fra-123456789012-backups"
        assert (found["backups"].data_class, found["models"].data_class) == ("personal", None)
        assert {(flow.country, flow.key, flow.operator) for flow in found.values()} == {("DE", "fra-kms", "aws")}
        assert "locked for 30 days" in found["backups"].note

    def test_nothing_is_copied(self) -> None:
        assert not [flow for flow in flows() if flow.kind in {FlowKind.COPY, FlowKind.REPLICA}]

    def test_each_key_is_told(self) -> None:
        found = of(FlowKind.KEY)
        assert [flow.part for flow in found] == ["secrets", "volumes", "stores", "logs"]
        assert {(flow.destination, flow.operator, flow.country) for flow in found} == {("kms eu-central-1", "aws", "DE")}

    def test_where_an_own_key_store_stands_is_unknown(self) -> None:
        found = of(FlowKind.KEY, keys={"key_store": "cks-0123456789abcdef0"})
        assert {(flow.destination, flow.operator, flow.country) for flow in found} == {("cks-0123456789abcdef0", None, None)}

    def test_a_key_that_nobody_declared_stays_unknown(self) -> None:
        assert {flow.key for flow in eks_flows("fra", validate(EksSpec, SMALL, "c"), SiteSpec.model_validate(SITE))} == {
            None
        }

    @pytest.mark.parametrize(
        ("site", "operator", "host"),
        [
            ({}, "aws", "dkr.ecr.eu-central-1.amazonaws.com"),
            (
                {"location": "eusc-de-east-1", "operator": "aws-european-sovereign-cloud"},
                "aws-european-sovereign-cloud",
                "dkr.ecr.eusc-de-east-1.amazonaws.eu",
            ),
            ({"location": "cn-north-1", "country": "CN"}, "sinnet", "dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ],
    )
    def test_whoever_runs_the_place_runs_its_services(self, site: dict[str, str], operator: str, host: str) -> None:
        assert {flow.operator for flow in flows(site)} == {operator}
        (pull,) = of(FlowKind.IMAGE_PULL, site)
        assert pull.destination == host

    def test_administration_names_addresses_and_administrators(self) -> None:
        (admin,) = of(FlowKind.ADMIN, public_cidrs=["203.0.113.7/32"])
        assert admin.destination == "203.0.113.7/32, 10.99.0.0/24"
        assert "pipeline may do everything" in admin.note
        assert "science" not in admin.note

    def test_without_clients_the_network_is_all_that_reaches_the_api(self) -> None:
        (admin,) = of(FlowKind.ADMIN, client_cidrs=[])
        assert admin.destination == "its own network alone"
