"""Databases: what cannot work is refused before the operator sees it."""

from typing import Any

import pytest

from aifactory.errors import Problem, SpecError
from aifactory.model import DatabaseSpec, validate
from aifactory.model.postgres_parameters import FIXED


def spec(**values: Any) -> DatabaseSpec:
    return validate(DatabaseSpec, {"namespace": "data"} | values, "Postgres billing")


def problems(**values: Any) -> dict[str, Problem]:
    with pytest.raises(SpecError) as caught:
        spec(**values)
    return {problem.where: problem for problem in caught.value.problems}


def problem(**values: Any) -> Problem:
    (only,) = problems(**values).values()
    return only


class TestDefaults:
    """Prevents a database that is less safe than its documentation says."""

    def test_they_are_the_safe_ones(self) -> None:
        assert (spec().instances, spec().required_standbys, spec().protect, spec().clients) == (3, 1, True, ())

    def test_a_backup_is_nightly_kept_a_month_and_the_first_of_its_kind(self) -> None:
        backup = spec(backup={"store": "eu"}).backup
        assert backup is not None
        assert (backup.schedule, backup.retention, backup.generation) == ("0 2 * * *", "30d", 1)

    def test_a_pooler_survives_one_failure(self) -> None:
        pooler = spec(pooler={}).pooler
        assert pooler is not None
        assert (pooler.instances, pooler.mode.value) == (2, "session")

    @pytest.mark.parametrize(("instances", "required", "advice"), [(2, 1, "use 0"), (3, 2, "use 1"), (1, 1, "use 0")])
    def test_one_failure_may_not_stop_writes(self, instances: int, required: int, advice: str) -> None:
        assert advice in problem(instances=instances, synchronous_standbys=required).rule


class TestBackup:
    """Prevents a retention that the store does not know, and an archive that two lives of a database write to."""

    @pytest.mark.parametrize("retention", ["30", "0d", "30 d", "1y", "-3d", "30D"])
    def test_a_wrong_retention_is_refused(self, retention: str) -> None:
        assert set(problems(backup={"store": "eu", "retention": retention})) == {"backup.retention"}

    @pytest.mark.parametrize("generation", [0, -1, "two", 1.5])
    def test_a_wrong_generation_is_refused(self, generation: object) -> None:
        assert set(problems(backup={"store": "eu", "generation": generation})) == {"backup.generation"}

    def test_a_generation_may_come_as_the_plugin_host_sends_it(self) -> None:
        backup = spec(backup={"store": "eu", "generation": 2.0}).backup
        assert backup is not None
        assert backup.generation == 2

    def test_wrong_schedule_and_wrong_retention_are_said_at_once(self) -> None:
        found = problems(backup={"store": "eu", "schedule": "@daily", "retention": "y"}, instances=0)
        assert set(found) == {"backup.schedule", "backup.retention", "instances"}
        assert "write 0 0 * * *" in found["backup.schedule"].rule


class TestFixedParameters:
    """Prevents a cluster that the operator refuses as a whole, minutes later, because of one parameter."""

    @pytest.mark.parametrize("name", sorted(FIXED))
    def test_what_the_operator_keeps_is_refused_by_name_with_the_reason(self, name: str) -> None:
        found = problem(parameters={name: "on"})
        assert found.where == f"parameters.{name}"
        assert FIXED[name] in found.rule
        assert len(FIXED[name]) > 40

    def test_the_list_is_the_operators(self) -> None:
        # CloudNativePG 1.30.0 has 65 of them; an upgrade that adds one must be read.
        assert len(FIXED) == 65
        assert {"archive_command", "ssl", "listen_addresses", "port", "synchronous_standby_names"} <= set(FIXED)

    def test_two_wrong_ones_are_two_problems(self) -> None:
        assert set(problems(parameters={"ssl": "off", "port": "1"})) == {"parameters.ssl", "parameters.port"}

    def test_where_there_is_another_way_it_is_named(self) -> None:
        assert "`backup`" in problem(parameters={"archive_mode": "off"}).rule
        assert "`synchronous_standbys`" in problem(parameters={"synchronous_standby_names": "x"}).rule
        assert "overrides" in problem(parameters={"shared_preload_libraries": "x"}).rule

    @pytest.mark.parametrize("name", ["Work_Mem", "a b", "a.b.c", "1a", "x\ny", "", "x" * 64])
    def test_what_is_no_name_of_a_parameter_is_refused(self, name: str) -> None:
        assert problems(parameters={name: "on"})

    @pytest.mark.parametrize("name", ["work_mem", "pg_stat_statements.max", "h3.strict", "max_connections"])
    def test_the_users_own_are_taken(self, name: str) -> None:
        assert spec(parameters={name: "1"}).parameters == {name: "1"}

    def test_they_have_one_door(self) -> None:
        found = problem(overrides={"postgresql": {"parameters": {"ssl": "off"}}})
        assert (found.where, "use parameters" in found.rule) == ("overrides", True)

    def test_other_overrides_of_postgresql_are_taken(self) -> None:
        libraries = {"postgresql": {"shared_preload_libraries": ["timescaledb"]}}
        assert spec(overrides=libraries).overrides == libraries


class TestParameterValues:
    """Prevents values with which Postgres does not start, or means something else than the operator checked."""

    @pytest.mark.parametrize("value", ["1GB", "4GB", "4096MB", "512 MB", "1048576kB"])
    def test_shared_buffers_up_to_the_memory(self, value: str) -> None:
        assert spec(memory_gib=4, parameters={"shared_buffers": value}).parameters["shared_buffers"] == value

    @pytest.mark.parametrize("value", ["1024", "1G", "a lot", "1.5GB", "25%"])
    def test_shared_buffers_need_a_unit(self, value: str) -> None:
        found = problem(memory_gib=8, parameters={"shared_buffers": value})
        assert (found.where, "use 2048MB" in found.rule) == ("parameters", True)

    @pytest.mark.parametrize("value", ["4097MB", "5GB", "1TB"])
    def test_shared_buffers_never_exceed_the_memory(self, value: str) -> None:
        assert "more than the memory" in problem(memory_gib=4, parameters={"shared_buffers": value}).rule

    def test_a_log_that_nobody_could_follow_is_refused(self) -> None:
        assert "logical (the default) or replica" in problem(parameters={"wal_level": "minimal"}).rule
        assert spec(parameters={"wal_level": "replica"})

    @pytest.mark.parametrize("value", ["off", "OFF", "false", "0"])
    def test_a_former_primary_can_be_rewound(self, value: str) -> None:
        assert "rewound" in problem(parameters={"wal_log_hints": value}).rule
        assert spec(instances=1, parameters={"wal_log_hints": value})

    def test_several_wrong_values_are_all_said(self) -> None:
        rule = problem(parameters={"wal_level": "minimal", "shared_buffers": "9"}).rule
        assert "wal_level" in rule
        assert "shared_buffers" in rule


class TestPooledConnections:
    """Prevents a pooler that Postgres turns away under load, when it is needed."""

    def test_what_does_not_fit_is_refused_with_the_sum(self) -> None:
        rule = problem(pooler={"instances": 5, "connections": 20}).rule
        assert "5 instances of 20 connections are 100" in rule
        assert 'max_connections: "103"' in rule

    def test_the_last_that_fits_is_taken(self) -> None:
        assert spec(pooler={"instances": 1, "connections": 97})
        assert problems(pooler={"instances": 1, "connections": 98})

    def test_more_connections_make_room(self) -> None:
        assert spec(pooler={"instances": 5, "connections": 20}, parameters={"max_connections": "103"})
        assert problems(pooler={"instances": 5, "connections": 20}, parameters={"max_connections": "102"})

    def test_a_wrong_mode_is_refused_with_the_near_one(self) -> None:
        found = problems(pooler={"mode": "transactions"})
        assert found["pooler.mode"].nearest == "transaction"
