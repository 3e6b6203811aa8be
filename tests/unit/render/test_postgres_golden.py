"""Whole databases, each with what it must show."""

from typing import Any

from aifactory.render import Manifest
from tests.unit.golden import assert_golden
from tests.unit.render.objects import pick
from tests.unit.render.postgres_objects import AWS, AZURE, BACKED, S3, database


def kinds(objects: list[Manifest]) -> list[str]:
    return [o["kind"] for o in objects]


def pooled() -> dict[str, Any]:
    return {"clients": ["ai"], "pooler": {"mode": "transaction", "connections": 25}}


class TestGolden:
    """Prevents a change of what is made that nobody looked at."""

    def test_a_small_database_is_a_cluster_and_its_policy(self) -> None:
        objects = database()
        assert kinds(objects) == ["NetworkPolicy", "Cluster"]
        assert_golden("postgres/small", objects)

    def test_one_instance_has_no_standbys_to_wait_for(self) -> None:
        objects = database(instances=1, memory_gib=1, cpu=0.5, storage_gib=5)
        assert "synchronous" not in pick(objects, "Cluster")["spec"]["postgresql"]
        assert_golden("postgres/one-instance", objects)

    def test_a_store_of_ones_own_is_reached_by_keys_and_a_private_authority(self) -> None:
        objects = database(S3 | {"ca_secret": "store-ca"}, **BACKED)
        assert pick(objects, "ObjectStore")["spec"]["configuration"]["endpointCA"]["name"] == "store-ca"
        assert_golden("postgres/backup-on-prem", objects)

    def test_a_clouds_store_is_reached_by_a_role_at_named_addresses(self) -> None:
        store = AWS | {"role": "arn:aws:iam::111122223333:role/billing-backup", "egress_cidrs": ["52.219.0.0/16"]}
        backup = {"store": "eu", "schedule": "30 2 * * sun", "retention": "8w", "generation": 2}
        objects = database(store, backup=backup)
        (plugin,) = pick(objects, "Cluster")["spec"]["plugins"]
        assert plugin["parameters"]["serverName"] == "here-billing-2"
        assert_golden("postgres/backup-aws", objects)

    def test_a_store_on_azure_needs_a_label_on_the_pods(self) -> None:
        objects = database(AZURE | {"role": "00000000-0000-0000-0000-000000000000"}, **BACKED)
        labels = pick(objects, "Cluster")["spec"]["inheritedMetadata"]["labels"]
        assert labels["azure.workload.identity/use"] == "true"
        assert_golden("postgres/backup-azure", objects)

    def test_a_pooled_database_lets_clients_to_both(self) -> None:
        objects = database(**pooled())
        assert [o["spec"]["ingress"][-1]["from"] for o in objects if o["kind"] == "NetworkPolicy"] == [
            [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ai"}}}]
        ] * 2
        assert_golden("postgres/pooled", objects)

    def test_everything_at_once_comes_in_order(self) -> None:
        own = {"parameters": {"work_mem": "32MB"}, "overrides": {"logLevel": "debug"}, "wal_storage_gib": 10}
        objects = database(S3, **BACKED, **pooled(), **own)
        assert kinds(objects)[-4:] == ["ObjectStore", "Cluster", "Pooler", "ScheduledBackup"]
        assert_golden("postgres/everything", objects)
