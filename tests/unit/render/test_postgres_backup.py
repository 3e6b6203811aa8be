"""Backups as the Barman Cloud plugin takes them."""

from typing import Any

import pytest

from aifactory.model import BackupSpec
from aifactory.render import Scope
from aifactory.render.postgres import server_name
from tests.unit.render.objects import pick
from tests.unit.render.postgres_objects import AWS, AZURE, BACKED, GOOGLE, S3, database, spec_of

KEYS = {"identity": "keys", "secret": "the-keys"}


def configuration(store: dict[str, Any]) -> dict[str, Any]:
    return spec_of("ObjectStore", store, **BACKED)["configuration"]


class TestObjectStore:
    """Prevents backups that cannot be written, that anybody can read, or that never end."""

    @pytest.mark.parametrize(
        ("store", "field", "credentials"),
        [
            (AWS, "s3Credentials", {"inheritFromIAMRole": True}),
            (AZURE, "azureCredentials", {"useDefaultAzureCredentials": True}),
            (GOOGLE, "googleCredentials", {"gkeEnvironment": True}),
        ],
    )
    def test_a_workload_identity_names_no_secret(
        self, store: dict[str, Any], field: str, credentials: dict[str, Any]
    ) -> None:
        assert configuration(store)[field] == credentials

    @pytest.mark.parametrize(
        ("store", "field", "keys"),
        [
            (AWS, "s3Credentials", {"accessKeyId": "ACCESS_KEY_ID", "secretAccessKey": "ACCESS_SECRET_KEY"}),
            (AZURE, "azureCredentials", {"connectionString": "AZURE_CONNECTION_STRING"}),
            (GOOGLE, "googleCredentials", {"applicationCredentials": "GOOGLE_CREDENTIALS"}),
        ],
    )
    def test_keys_are_read_from_the_secret(self, store: dict[str, Any], field: str, keys: dict[str, str]) -> None:
        expected = {name: {"name": "the-keys", "key": key} for name, key in keys.items()}
        assert configuration(store | KEYS)[field] == expected

    @pytest.mark.parametrize("store", [AWS, AZURE, GOOGLE, S3])
    def test_there_is_one_kind_of_credentials(self, store: dict[str, Any]) -> None:
        assert len([key for key in configuration(store) if key.endswith("Credentials")]) == 1

    def test_a_store_of_ones_own(self) -> None:
        found = configuration(S3 | {"ca_secret": "store-ca"})
        assert found["endpointURL"] == "https://s3.lan:9000"
        assert found["endpointCA"] == {"name": "store-ca", "key": "ca.crt"}
        assert not {"endpointURL", "endpointCA"} & set(configuration(AWS))

    def test_the_buckets_own_key_is_not_overruled(self) -> None:
        for part in ("wal", "data"):
            assert configuration(AWS)[part] == {"compression": "lz4"}

    def test_the_folder_is_the_clusters_to_name(self) -> None:
        assert "serverName" not in configuration(AWS), "the plugin forbids it here"

    def test_backups_end(self) -> None:
        spec = spec_of("ObjectStore", S3, backup={"store": "eu", "retention": "8w"})
        assert spec["retentionPolicy"] == "8w"

    def test_the_sidecar_keeps_the_pod_guaranteed(self) -> None:
        resources = spec_of("ObjectStore", S3, **BACKED)["instanceSidecarConfiguration"]["resources"]
        assert resources["requests"] == resources["limits"]
        assert set(resources["limits"]) == {"cpu", "memory"}

    def test_another_store_keeps_the_object_which_is_protected(self) -> None:
        names = {pick(database(S3, backup={"store": s}), "ObjectStore")["metadata"]["name"] for s in ("eu", "us")}
        assert names == {"billing-backup"}


class TestArchiving:
    """Prevents a database made anew that writes into the archive of the one before, and a log that goes nowhere."""

    def plugin(self, **backup: Any) -> dict[str, Any]:
        (plugin,) = spec_of("Cluster", S3, backup={"store": "eu"} | backup)["plugins"]
        return plugin

    def test_the_plugin_archives_the_log(self) -> None:
        assert (self.plugin()["name"], self.plugin()["isWALArchiver"]) == ("barman-cloud.cloudnative-pg.io", True)

    def test_it_names_the_store_that_is_made(self) -> None:
        made = pick(database(S3, **BACKED), "ObjectStore")["metadata"]
        assert self.plugin()["parameters"]["barmanObjectName"] == made["name"]

    def test_another_generation_is_another_folder(self) -> None:
        folders = [self.plugin(generation=g)["parameters"]["serverName"] for g in (1, 2)]
        assert folders == ["here-billing-1", "here-billing-2"]

    def test_another_region_is_another_folder(self) -> None:
        backup = BackupSpec(store="eu")
        folders = {server_name(Scope("demo", region, "billing"), "billing", backup) for region in ("north", "south")}
        assert folders == {"north-billing-1", "south-billing-1"}

    def test_the_store_is_there_before_the_cluster(self) -> None:
        kinds = [o["kind"] for o in database(S3, pooler={}, **BACKED)]
        assert kinds == ["NetworkPolicy", "NetworkPolicy", "ObjectStore", "Cluster", "Pooler", "ScheduledBackup"]

    def test_without_backup_there_is_none_of_it(self) -> None:
        assert [o["kind"] for o in database()] == ["NetworkPolicy", "Cluster"]
        assert "plugins" not in spec_of("Cluster")


class TestSchedule:
    """Prevents a base backup that is never taken, or every hour, or by a method that is about to go."""

    def test_it_runs_when_it_was_meant_to(self) -> None:
        assert spec_of("ScheduledBackup", S3, **BACKED)["schedule"] == "0 0 2 * * *"
        sundays = {"store": "eu", "schedule": "30 2 * * sun"}
        assert spec_of("ScheduledBackup", S3, backup=sundays)["schedule"] == "0 30 2 * * sun"

    def test_by_the_plugin_and_never_the_default(self) -> None:
        spec = spec_of("ScheduledBackup", S3, **BACKED)
        plugin = spec_of("Cluster", S3, **BACKED)["plugins"][0]["name"]
        assert (spec["method"], spec["pluginConfiguration"]) == ("plugin", {"name": plugin})

    def test_the_first_is_taken_at_once(self) -> None:
        assert spec_of("ScheduledBackup", S3, **BACKED)["immediate"] is True

    def test_records_of_backups_outlive_schedule_and_cluster(self) -> None:
        assert spec_of("ScheduledBackup", S3, **BACKED)["backupOwnerReference"] == "none"

    def test_it_is_of_this_cluster(self) -> None:
        assert spec_of("ScheduledBackup", S3, name="ledger", **BACKED)["cluster"] == {"name": "ledger"}

    def test_it_is_waited_for_until_the_operator_has_looked_at_it(self) -> None:
        annotations = pick(database(S3, **BACKED), "ScheduledBackup")["metadata"]["annotations"]
        assert annotations["pulumi.com/waitFor"] == "jsonpath={.status.lastCheckTime}"
