"""A Postgres cluster as CloudNativePG takes it."""

import pytest

from tests.unit.factories import factory
from tests.unit.render.objects import database_objects, pick


def cluster(**database: object) -> dict:
    spec = factory(databases={"billing": {"namespace": "data"} | database})
    return pick(database_objects(spec), "Cluster")["spec"]


class TestDurability:
    """Prevents a failover that loses commits which had been acknowledged."""

    def test_three_instances_wait_for_one_standby(self) -> None:
        synchronous = cluster()["postgresql"]["synchronous"]
        assert synchronous == {"method": "any", "number": 1, "dataDurability": "required"}

    @pytest.mark.parametrize("instances", [1, 2])
    def test_fewer_do_not(self, instances: int) -> None:
        assert "synchronous" not in cluster(instances=instances)["postgresql"]

    def test_instances_never_share_a_node(self) -> None:
        assert cluster()["affinity"]["podAntiAffinityType"] == "required"
        assert cluster()["affinity"]["topologyKey"] == "kubernetes.io/hostname"

    def test_a_node_is_drained_one_instance_at_a_time(self) -> None:
        assert cluster()["enablePDB"] is True
        assert cluster(instances=1)["enablePDB"] is False, "with one instance a drain would never end"


class TestShape:
    """Prevents specs that the operator changes behind our back, or that a neighbour starves."""

    def test_the_image_is_named_from_the_start(self) -> None:
        assert cluster()["imageName"].startswith("ghcr.io/cloudnative-pg/postgresql:18")

    def test_requests_equal_limits(self) -> None:
        resources = cluster(cpu=1.5, memory_gib=8)["resources"]
        assert resources["requests"] == resources["limits"] == {"cpu": "1500m", "memory": "8Gi"}

    def test_a_quarter_of_the_memory_is_shared_buffers(self) -> None:
        assert cluster(memory_gib=8)["postgresql"]["parameters"]["shared_buffers"] == "2048MB"

    def test_volumes(self) -> None:
        spec = cluster(storage_gib=30, wal_storage_gib=5, storage_class="fast")
        assert spec["storage"] == {"size": "30Gi", "storageClass": "fast"}
        assert spec["walStorage"] == {"size": "5Gi", "storageClass": "fast"}
        assert cluster()["storage"] == {"size": "20Gi"}
        assert "walStorage" not in cluster()

    def test_a_name_with_hyphens_makes_a_database_that_needs_no_quotes(self) -> None:
        spec = factory(databases={"legacy-billing": {"namespace": "data"}})
        initdb = pick(database_objects(spec, "legacy-billing"), "Cluster")["spec"]["bootstrap"]["initdb"]
        assert initdb == {"database": "legacy_billing", "owner": "legacy_billing"}

    def test_nobody_is_superuser_over_the_network(self) -> None:
        assert cluster()["enableSuperuserAccess"] is False


class TestTraffic:
    """Prevents a database that the operator cannot reach, and one that everybody can."""

    def test_only_the_operator_and_the_peers_reach_it_by_default(self) -> None:
        policy = pick(database_objects(), "NetworkPolicy")["spec"]
        assert policy["podSelector"]["matchLabels"] == {"cnpg.io/cluster": "billing"}
        sources = [rule["from"][0] for rule in policy["ingress"]]
        assert sources[0] == {"podSelector": {"matchLabels": {"cnpg.io/cluster": "billing"}}}
        assert sources[1]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "cnpg-system"}
        assert len(sources) == 2

    def test_clients_are_named(self) -> None:
        spec = factory(databases={"billing": {"namespace": "data", "clients": ["ai"]}})
        rule = pick(database_objects(spec), "NetworkPolicy")["spec"]["ingress"][-1]
        assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ai"}}}]
        assert rule["ports"] == [{"protocol": "TCP", "port": 5432}]
