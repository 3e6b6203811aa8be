"""A Postgres cluster as CloudNativePG takes it."""

import json
from typing import Any

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import DatabaseSpec
from aifactory.render.postgres import ca_secret_name, database_name, render_database
from tests.unit.render.objects import SCOPE, pick
from tests.unit.render.postgres_objects import AWS, AZURE, BACKED, GOOGLE, S3, database, spec_of


def cluster(store: dict[str, Any] | None = None, **values: Any) -> dict[str, Any]:
    return spec_of("Cluster", store, **values)


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

    def test_volumes(self) -> None:
        spec = cluster(storage_gib=30, wal_storage_gib=5, storage_class="fast")
        assert spec["storage"] == {"size": "30Gi", "storageClass": "fast"}
        assert spec["walStorage"] == {"size": "5Gi", "storageClass": "fast"}
        assert cluster()["storage"] == {"size": "20Gi"}
        assert "walStorage" not in cluster()

    def test_a_name_with_hyphens_makes_a_database_that_needs_no_quotes(self) -> None:
        initdb = cluster(name="legacy-billing")["bootstrap"]["initdb"]
        assert initdb == {"database": "legacy_billing", "owner": "legacy_billing"}
        assert database_name("legacy-billing") == "legacy_billing"

    def test_nobody_is_superuser_over_the_network(self) -> None:
        assert cluster()["enableSuperuserAccess"] is False

    def test_passwords_never_go_over_a_connection_in_clear(self) -> None:
        # The operator appends `host all all all`, which takes both; the first rule that fits decides.
        assert cluster()["postgresql"]["pg_hba"] == ["hostnossl all all all reject"]

    def test_the_authority_for_clients_is_the_operators_secret(self) -> None:
        assert ca_secret_name("billing") == "billing-ca"


class TestParameters:
    """Prevents a user's value that is lost, and a default that is lost because of another value."""

    def test_a_quarter_of_the_memory_is_shared_buffers(self) -> None:
        assert cluster(memory_gib=8)["postgresql"]["parameters"] == {"shared_buffers": "2048MB"}

    def test_the_users_value_wins(self) -> None:
        parameters = cluster(memory_gib=8, parameters={"shared_buffers": "3GB"})["postgresql"]["parameters"]
        assert parameters == {"shared_buffers": "3GB"}

    def test_others_stand_beside_it_in_one_order(self) -> None:
        given = {"work_mem": "16MB", "max_connections": "200"}
        parameters = cluster(parameters=given)["postgresql"]["parameters"]
        assert list(parameters.items()) == [("max_connections", "200"), ("shared_buffers", "1024MB"), ("work_mem", "16MB")]


class TestOverrides:
    """Prevents two owners of one field."""

    def test_they_add(self) -> None:
        added = {"logLevel": "debug", "affinity": {"nodeSelector": {"disk": "nvme"}}}
        spec = cluster(overrides=added)
        assert spec["logLevel"] == "debug"
        assert spec["affinity"]["nodeSelector"] == {"disk": "nvme"}
        assert spec["affinity"]["podAntiAffinityType"] == "required"

    def test_they_never_change_what_is_decided(self) -> None:
        wrong = {"enableSuperuserAccess": True, "postgresql": {"pg_hba": ["host all all all trust"]}, "instances": 1}
        with pytest.raises(SpecError, match="Postgres billing") as caught:
            cluster(overrides=wrong)
        assert {problem.where for problem in caught.value.problems} == {
            "overrides.enableSuperuserAccess",
            "overrides.postgresql.pg_hba",
            "overrides.instances",
        }


class TestName:
    """Prevents a name that a Service, a database or the operator cannot have, found out in the middle of an update."""

    @pytest.mark.parametrize(
        ("name", "nearest"),
        [
            ("2fa", "db-2fa"),
            ("My_DB", "my-db"),
            ("billing-", "billing"),
            ("a" * 41, "a" * 40),
            ("-", "db"),
            ("1" * 60, "db-" + "1" * 37),
            ("billing\n", "billing"),
        ],
    )
    def test_a_wrong_one_is_refused_with_the_near_one(self, name: str, nearest: str) -> None:
        with pytest.raises(SpecError) as caught:
            database(name=name)
        (problem,) = caught.value.problems
        assert (problem.where, problem.nearest) == ("name", nearest)
        assert database(name=nearest), "the near one works"

    def test_the_longest_works(self) -> None:
        assert all(len(o["metadata"]["name"]) <= 50 for o in database(S3, name="a" * 40, pooler={}, **BACKED))


class TestStore:
    """Prevents a database that is thought to be backed up and is not."""

    def refused(self, store: dict[str, Any] | None, **values: Any) -> Problem:
        with pytest.raises(SpecError) as caught:
            database(store, **values)
        (problem,) = caught.value.problems
        return problem

    def test_backup_without_a_store_is_refused(self) -> None:
        problem = self.refused(None, **BACKED)
        assert (problem.where, "nowhere" in problem.rule) == ("store", True)
        assert "destination" in problem.nearest

    def test_a_store_without_backup_is_refused(self) -> None:
        assert "nothing would ever be written" in self.refused(S3).rule

    def test_it_is_said_together_with_a_wrong_name(self) -> None:
        spec = DatabaseSpec.model_validate({"namespace": "data"} | BACKED)
        with pytest.raises(SpecError) as caught:
            render_database(SCOPE, "2fa", spec)
        assert [problem.where for problem in caught.value.problems] == ["name", "store"]


class TestWaits:
    """Prevents a green update whose database is not there, or whose first log never arrived."""

    def waits(self, store: dict[str, Any] | None = None, **values: Any) -> tuple[list[str], str | None]:
        annotations = pick(database(store, **values), "Cluster")["metadata"]["annotations"]
        text = annotations["pulumi.com/waitFor"]
        return json.loads(text) if text.startswith("[") else [text], annotations.get("pulumi.com/timeoutSeconds")

    def test_a_database_without_backups_is_waited_for(self) -> None:
        assert self.waits() == (["condition=Ready"], None)

    def test_with_backups_the_first_log_must_have_arrived(self) -> None:
        assert self.waits(S3, **BACKED) == (["condition=Ready", "condition=ContinuousArchiving"], "1200")


class TestIdentity:
    """Prevents pods that the store does not know, because an annotation or a label is missing on them."""

    @pytest.mark.parametrize(
        ("store", "role", "annotation"),
        [
            (AWS, "arn:aws:iam::1:role/backup", "eks.amazonaws.com/role-arn"),
            (AZURE, "0000-client-id", "azure.workload.identity/client-id"),
            (GOOGLE, "backup@project.iam.gserviceaccount.com", "iam.gke.io/gcp-service-account"),
        ],
    )
    def test_the_role_is_an_annotation_of_the_service_account(
        self, store: dict[str, Any], role: str, annotation: str
    ) -> None:
        template = cluster(store | {"role": role}, **BACKED)["serviceAccountTemplate"]
        assert template == {"metadata": {"annotations": {annotation: role}}}

    @pytest.mark.parametrize("store", [AWS, AZURE, GOOGLE, S3])
    def test_without_a_role_the_service_account_is_the_operators(self, store: dict[str, Any]) -> None:
        assert "serviceAccountTemplate" not in cluster(store, **BACKED)

    def test_azures_webhook_needs_its_label_on_the_pods(self) -> None:
        label = "azure.workload.identity/use"
        assert cluster(AZURE, **BACKED)["inheritedMetadata"]["labels"][label] == "true"
        keys = {"identity": "keys", "secret": "az"}
        assert all(label not in cluster(s, **BACKED)["inheritedMetadata"]["labels"] for s in (AZURE | keys, AWS, S3))
