"""The Postgres block under Pulumi's mocks."""

import inspect
import json
import typing
from collections.abc import Callable
from typing import Any

import pulumi
import pytest
from pydantic import BaseModel

from aifactory.errors import Problem, SpecError
from aifactory.model import BackupSpec, DatabaseSpec, ObjectStoreSpec, PoolerSpec
from aifactory.owner import OwnerArgs
from aifactory.postgres import BackupArgs, ObjectStoreArgs, PoolerArgs, Postgres, PostgresArgs
from aifactory.sovereignty import FlowKind
from tests.unit.pulumi_program import Ran, run

SITE = {"provider": "on-prem", "location": "hall-2", "country": "DE", "operator": "self"}
OWNER: dict[str, Any] = {"factory": "demo", "region": "here", "site": SITE, "profiles": ["none"]}
STORE: dict[str, Any] = {
    "destination": "s3://backups/eu",
    "country": "DE",
    "operator": "self",
    "endpoint": "https://s3.lan:9000",
    "identity": "keys",
    "secret": "canary-secret-name",
}
SMALL: dict[str, Any] = {"namespace": "data"}
FULL: dict[str, Any] = SMALL | {"backup": {}, "store": STORE, "pooler": {}, "clients": ["ai"]}
OUTPUTS = [name for name, hint in Postgres.__annotations__.items() if typing.get_origin(hint) is pulumi.Output]
modes = pytest.mark.parametrize("preview", [False, True], ids=["up", "preview"])


def program(args: dict[str, Any], seen: list[Postgres] | None = None) -> Callable[[], dict[str, pulumi.Output[Any]]]:
    def make() -> dict[str, pulumi.Output[Any]]:
        made = Postgres("it", typing.cast("PostgresArgs", OWNER | args))
        if seen is not None:
            seen.append(made)
        return {name: getattr(made, name) for name in OUTPUTS}

    return make


def ran(args: dict[str, Any] = FULL, *, preview: bool = False, **changed: Any) -> Ran:
    return run(program(args | changed), preview=preview)


def inputs(made: Ran) -> dict[str, dict[str, Any]]:
    """Return what each resource was made with, by its name: steps are registered in no fixed order within."""
    return {resource.name: resource.inputs for resource in made.registered}


def refused(args: dict[str, Any] = FULL, **changed: Any) -> dict[str, Problem]:
    with pytest.raises(SpecError) as caught:
        ran(args, **changed)
    assert caught.value.source == "Postgres it"
    return {problem.where: problem for problem in caught.value.problems}


class TestProtection:
    """Prevents a database, or the record of where its backups are, that a careless plan deletes."""

    @modes
    def test_what_holds_data_is_protected_and_retained_and_nothing_else_is(self, preview: bool) -> None:
        made = ran(preview=preview).registered[1:]
        kept = {r.type.rpartition(":")[2] for r in made if r.protect or r.retain}
        assert kept == {"Cluster", "ObjectStore"}
        assert all(r.protect == r.retain for r in made)

    @modes
    def test_protection_can_be_given_up_in_so_many_words(self, preview: bool) -> None:
        made = ran(preview=preview, protect=False).registered
        assert not any(r.protect or r.retain for r in made)


class TestOrder:
    """Prevents a database that is reachable before its policy, and one that archives to a store that is not there."""

    @modes
    def test_each_step_comes_after_all_before_it(self, preview: bool) -> None:
        made = ran(preview=preview)
        policies = {r.urn for r in made.of_type(":NetworkPolicy")}
        store, cluster = made.one(":ObjectStore"), made.one(":Cluster")
        assert len(policies) == 2
        assert policies <= set(store.depends_on)
        assert policies | {store.urn} <= set(cluster.depends_on)
        for last in (made.one(":Pooler"), made.one(":ScheduledBackup")):
            assert policies | {store.urn, cluster.urn} <= set(last.depends_on)

    def test_pooler_and_schedule_do_not_wait_for_each_other(self) -> None:
        made = ran()
        pooler, schedule = made.one(":Pooler"), made.one(":ScheduledBackup")
        assert pooler.urn not in schedule.depends_on
        assert schedule.urn not in pooler.depends_on

    @modes
    def test_all_are_its_children(self, preview: bool) -> None:
        component, *children = ran(preview=preview).registered
        assert component.type == "aifactory:index:Postgres"
        assert {child.parent_name for child in children} == {"it"}
        assert len({child.name for child in children}) == len(children) == 6

    @modes
    def test_a_small_one_is_two_objects(self, preview: bool) -> None:
        made = ran(SMALL, preview=preview).registered[1:]
        assert [r.type.rpartition(":")[2] for r in made] == ["NetworkPolicy", "Cluster"]


class TestOutputs:
    """Prevents an address that does not answer, and one that is given out before it does."""

    def test_of_a_small_one(self) -> None:
        assert ran(SMALL).outputs == {
            "host": "it-rw.data.svc",
            "read_only_host": "it-ro.data.svc",
            "pooler_host": "",
            "port": 5432,
            "database": "it",
            "secret_name": "it-app",
            "ca_secret_name": "it-ca",
            "backup_server_name": "",
        }

    def test_of_a_full_one(self) -> None:
        outputs = ran(backup={"generation": 3}).outputs
        assert outputs["pooler_host"] == "it-pooler.data.svc"
        assert outputs["backup_server_name"] == "here-it-3"

    def test_they_name_what_is_made(self) -> None:
        made = ran()
        assert made.outputs["pooler_host"].split(".")[0] == made.one(":Pooler").inputs["metadata"]["name"]
        (plugin,) = made.one(":Cluster").inputs["spec"]["plugins"]
        assert made.outputs["backup_server_name"] == plugin["parameters"]["serverName"]

    @modes
    @pytest.mark.parametrize("args", [SMALL, FULL], ids=["small", "full"])
    def test_each_has_a_value(self, args: dict[str, Any], preview: bool) -> None:
        assert set(ran(args, preview=preview).outputs) == set(OUTPUTS)
        assert all(value is not None for value in ran(args, preview=preview).outputs.values())

    def test_the_component_gives_out_what_it_declares(self) -> None:
        source = inspect.getsource(Postgres)
        assert all(f'"{name}": self.{name}' in source for name in OUTPUTS)


class TestArgs:
    """Prevents a backup that was asked for and is not made, and errors that come one at a time."""

    def test_backup_needs_no_name_of_a_store_where_there_is_no_factory(self) -> None:
        assert ran(backup={"schedule": "0 3 * * *"}).one(":ScheduledBackup").inputs["spec"]["schedule"] == "0 0 3 * * *"

    def test_the_name_of_a_store_that_a_region_passes_changes_nothing(self) -> None:
        assert inputs(ran(backup={"store": "eu"})) == inputs(ran(backup={}))

    def test_backup_without_a_store_is_refused(self) -> None:
        assert "nowhere for backups to go" in refused(SMALL, backup={})["store"].rule

    def test_a_store_without_backup_is_refused(self) -> None:
        assert "nothing would ever be written" in refused(SMALL, store=STORE)["store"].rule

    def test_all_that_is_wrong_is_said_at_once(self) -> None:
        found = refused(
            backup={"schedule": "@daily"},
            store={"destination": "nfs://x", "country": "Germany", "operator": "self", "regoin": "eu"},
            parameters={"ssl": "off"},
            instances=0,
        )
        assert set(found) == {
            "backup.schedule",
            "store.destination",
            "store.country",
            "store.regoin",
            "parameters.ssl",
            "instances",
        }

    def test_what_concerns_the_whole_store_says_so(self) -> None:
        assert "secret goes with identity keys" in refused(store=STORE | {"identity": "workload"})["store"].rule

    def test_a_misspelt_key_of_a_nested_arg_is_named(self) -> None:
        assert refused(pooler={"instnces": 2})["pooler.instnces"].nearest == "instances"
        assert refused(backup={"retension": "3d"})["backup.retension"].nearest == "retention"

    def test_a_backup_that_is_no_mapping_is_refused(self) -> None:
        assert "backup" in refused(backup="eu")

    def test_the_args_that_were_given_are_not_changed(self) -> None:
        before = json.dumps(FULL)
        ran(FULL)
        assert json.dumps(FULL) == before

    @modes
    def test_numbers_may_come_as_floats_as_the_plugin_host_sends_them(self, preview: bool) -> None:
        sent = {"pooler": {"instances": 3.0, "connections": 10.0}, "backup": {"generation": 2.0}, "memory_gib": 8.0}
        plain = {"pooler": {"instances": 3, "connections": 10}, "backup": {"generation": 2}, "memory_gib": 8}
        assert inputs(ran(preview=preview, **sent)) == inputs(ran(preview=preview, **plain))

    def test_parameters_and_overrides_reach_the_cluster(self) -> None:
        spec = ran(SMALL, parameters={"work_mem": "8MB"}, overrides={"logLevel": "debug"}).one(":Cluster").inputs["spec"]
        assert spec["postgresql"]["parameters"]["work_mem"] == "8MB"
        assert spec["logLevel"] == "debug"

    def test_no_key_is_in_what_is_made_only_the_name_of_its_secret(self) -> None:
        credentials = ran().one(":ObjectStore").inputs["spec"]["configuration"]["s3Credentials"]
        assert {selector["name"] for selector in credentials.values()} == {"canary-secret-name"}


class TestFlows:
    """Prevents a block whose data goes where it did not say."""

    def test_they_are_known_of_the_component(self) -> None:
        seen: list[Postgres] = []
        run(program(FULL | {"data_class": "personal"}, seen))
        kinds = {flow.kind for flow in seen[0].flows}
        assert kinds == {
            FlowKind.STORAGE, FlowKind.REPLICA, FlowKind.BACKUP, FlowKind.REQUEST, FlowKind.IMAGE_PULL,
        }  # fmt: skip

    def test_they_are_no_output(self) -> None:
        assert "flows" not in Postgres.__annotations__


PAIRS: list[tuple[Any, type[BaseModel], set[str]]] = [
    (PostgresArgs, DatabaseSpec, {"store", *OwnerArgs.__annotations__}),
    (BackupArgs, BackupSpec, set()),
    (PoolerArgs, PoolerSpec, set()),
    (ObjectStoreArgs, ObjectStoreSpec, set()),
]


class TestDoor:
    """Prevents a setting that only factory.yaml can reach, and an arg that nobody described."""

    @pytest.mark.parametrize(("args", "spec", "only_args"), PAIRS, ids=lambda value: getattr(value, "__name__", ""))
    def test_args_are_fields_and_fields_are_args(self, args: Any, spec: type[BaseModel], only_args: set[str]) -> None:
        assert set(args.__annotations__) - only_args == set(spec.model_fields)

    @pytest.mark.parametrize("args", [args for args, _, _ in PAIRS], ids=lambda value: value.__name__)
    def test_each_is_described(self, args: Any) -> None:
        lines = inspect.getsource(args).splitlines()
        keys = [
            index
            for index, line in enumerate(lines)
            if line.startswith("    ") and line.strip().split(":")[0].isidentifier()
        ]
        assert keys
        assert all(lines[index + 1].strip().startswith('"""') for index in keys)
