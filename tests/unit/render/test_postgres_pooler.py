"""The pooler, and who reaches what."""

import json
from ipaddress import ip_network
from typing import Any

import pytest

from aifactory.render.manifest import PRIVATE_CIDRS
from tests.unit.render.objects import pick
from tests.unit.render.postgres_objects import AWS, BACKED, S3, database, policy, spec_of

INSTANCES = {
    "matchLabels": {"cnpg.io/cluster": "billing"},
    "matchExpressions": [{"key": "cnpg.io/podRole", "operator": "NotIn", "values": ["pooler"]}],
}
POOLERS = {"matchLabels": {"cnpg.io/poolerName": "billing-pooler"}}


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


class TestPooler:
    """Prevents a pooler that the operator refuses, that takes passwords in clear, or that a neighbour starves."""

    def pgbouncer(self, **pooler: Any) -> dict[str, Any]:
        return spec_of("Pooler", pooler=pooler)["pgbouncer"]

    def test_it_stands_before_the_primary_of_this_cluster(self) -> None:
        spec = spec_of("Pooler", pooler={"instances": 3})
        assert (spec["cluster"], spec["type"], spec["instances"]) == ({"name": "billing"}, "rw", 3)

    def test_its_name_is_not_the_clusters(self) -> None:
        assert pick(database(pooler={}), "Pooler")["metadata"]["name"] == "billing-pooler"

    def test_numbers_are_text_as_the_operator_wants_them(self) -> None:
        parameters = self.pgbouncer(max_client_connections=5000, connections=30)["parameters"]
        assert parameters["max_client_conn"] == "5000"
        assert parameters["default_pool_size"] == "30"

    def test_clients_come_by_tls_only(self) -> None:
        assert self.pgbouncer()["parameters"]["client_tls_sslmode"] == "require"

    @pytest.mark.parametrize("mode", ["session", "transaction"])
    def test_the_mode(self, mode: str) -> None:
        assert self.pgbouncer(mode=mode)["poolMode"] == mode

    def test_the_image_is_pinned_and_named(self) -> None:
        assert self.pgbouncer()["image"].startswith("ghcr.io/cloudnative-pg/pgbouncer:1.")

    def test_the_certificate_bears_its_names(self) -> None:
        names = spec_of("Cluster", pooler={})["certificates"]["serverAltDNSNames"]
        assert names == ["billing-pooler", "billing-pooler.data", "billing-pooler.data.svc"]
        assert "certificates" not in spec_of("Cluster")

    def test_each_container_is_guaranteed_what_it_may_use(self) -> None:
        template = spec_of("Pooler", pooler={})["template"]["spec"]
        containers = [*template["containers"], *template["initContainers"]]
        assert [c["name"] for c in containers] == ["pgbouncer", "bootstrap-controller"]
        for container in containers:
            assert container["resources"]["requests"] == container["resources"]["limits"]

    @pytest.mark.parametrize(("clients", "memory"), [(1, "129Mi"), (1000, "168Mi"), (100_000, "4035Mi")])
    def test_memory_grows_with_the_clients(self, clients: int, memory: str) -> None:
        template = spec_of("Pooler", pooler={"max_client_connections": clients})["template"]["spec"]
        assert template["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": memory}

    def test_its_pods_are_spread_and_nothing_makes_them_privileged(self) -> None:
        template = spec_of("Pooler", pooler={})["template"]["spec"]
        (spread,) = template["topologySpreadConstraints"]
        assert spread["labelSelector"] == POOLERS
        assert "securityContext" not in json.dumps(template), "the operator's own fits `restricted`"

    def test_it_is_waited_for_until_its_pods_are_made(self) -> None:
        annotations = pick(database(pooler={"instances": 3}), "Pooler")["metadata"]["annotations"]
        waits = json.loads(annotations["pulumi.com/waitFor"])
        assert waits == ["jsonpath={.status.phase}=active", "jsonpath={.status.instances}=3"]


class TestTrafficToPostgres:
    """Prevents a database that the operator or its own instances cannot reach, and one that everybody can."""

    def test_the_policy_is_of_the_instances_and_not_of_the_pooler(self) -> None:
        assert policy("billing-postgres", pooler={})["podSelector"] == INSTANCES

    def test_only_the_operator_and_the_peers_reach_it_by_default(self) -> None:
        rules = policy("billing-postgres")
        peers, operator = rules["ingress"]
        assert peers["from"] == [{"podSelector": INSTANCES}]
        assert operator["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "cnpg-system"}}}]
        assert rules["policyTypes"] == ["Ingress", "Egress"]

    def test_a_primary_can_ask_the_others_whether_it_is_cut_off(self) -> None:
        rules = policy("billing-postgres")
        assert ports(rules["ingress"][0]) == ports(rules["egress"][0]) == [5432, 8000]
        assert rules["egress"][0]["to"] == [{"podSelector": INSTANCES}]

    def test_clients_are_named_and_reach_postgres_only(self) -> None:
        rule = policy("billing-postgres", clients=["ai", "web"])["ingress"][-1]
        names = [peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for peer in rule["from"]]
        assert (names, ports(rule)) == (["ai", "web"], [5432])

    def test_the_pooler_reaches_postgres(self) -> None:
        rules = policy("billing-postgres", pooler={})["ingress"]
        assert {"from": [{"podSelector": POOLERS}], "ports": [{"protocol": "TCP", "port": 5432}]} in rules


class TestTrafficOfThePooler:
    """Prevents clients that cannot reach the pooler, and a pooler that reaches more than its database."""

    def test_clients_in_postgres_and_api_server_out(self) -> None:
        rules = policy("billing-pooler", clients=["ai"], pooler={})
        assert rules["podSelector"] == POOLERS
        (clients,) = rules["ingress"]
        assert clients == policy("billing-postgres", clients=["ai"])["ingress"][-1]
        postgres, api = rules["egress"]
        assert (postgres["to"], ports(postgres)) == ([{"podSelector": INSTANCES}], [5432])
        assert ports(api) == [443, 6443]

    def test_without_clients_nobody_comes_in(self) -> None:
        assert policy("billing-pooler", pooler={})["ingress"] == []

    def test_no_rule_is_without_a_peer(self) -> None:
        # An empty `from` or `to` would mean everybody.
        for manifest in database(S3, clients=["ai"], pooler={}, **BACKED):
            spec = manifest["spec"]
            for rule in [*spec.get("ingress", []), *spec.get("egress", [])]:
                assert rule.get("from") or rule.get("to")
                assert rule["ports"]


class TestTrafficToTheStore:
    """Prevents a way to the internet that nobody asked for, and backups that cannot leave."""

    def blocks(self, store: dict[str, Any]) -> tuple[list[str], list[int]]:
        rule = policy("billing-postgres", store, **BACKED)["egress"][-1]
        return [peer["ipBlock"]["cidr"] for peer in rule["to"]], ports(rule)

    def test_an_onprem_store_is_reached_at_its_port(self) -> None:
        assert self.blocks(S3) == (list(PRIVATE_CIDRS), [9000])

    def test_a_public_store_is_reached_at_the_addresses_that_were_named_and_no_others(self) -> None:
        assert self.blocks(AWS | {"egress_cidrs": ["52.219.0.0/16", "2a05:d018::/36"]}) == (
            ["52.219.0.0/16", "2a05:d018::/36"],
            [443],
        )

    def test_by_default_nothing_public_is_reached(self) -> None:
        for manifest in database(AWS, clients=["ai"], pooler={}, **BACKED):
            for rule in manifest["spec"].get("egress", []):
                blocks = [peer["ipBlock"]["cidr"] for peer in rule["to"] if "ipBlock" in peer]
                assert all(ip_network(block).is_private for block in blocks)

    def test_without_backups_there_is_no_way(self) -> None:
        assert len(policy("billing-postgres")["egress"]) == 2
