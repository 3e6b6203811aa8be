"""Facts that people declare of a region: each part of a region to what rules ask of it, and what nobody said to unknown."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from aifactory.catalog.supply import supplies
from aifactory.model import RegionSpec
from aifactory.sovereignty.declared import DISK_EXPORT, POSTGRES_EXPORT, declared_facts
from aifactory.sovereignty.fact import (
    ALL_CLASSES,
    NO_CODE,
    Administered,
    Exported,
    Fact,
    Located,
    Managed,
    Operated,
    Place,
    Portable,
    Reported,
    Supported,
)
from aifactory.sovereignty.surroundings import surroundings_of

DAY = date(2026, 7, 8)
FILE = "factory.yaml: regions.hall."
HALL: dict[str, Any] = {
    "site": {"provider": "on-prem", "location": "hall-7", "country": "DE", "operator": "self"},
    "profiles": ["none"],
    "state": {"backend": "s3://state", "secrets_provider": "passphrase", "country": "FR", "operator": "aws"},
    "cluster": {"kind": "existing", "context": "hall", "managed": False},
    "access": {"kind": "runner", "countries": ["AT"], "identity": {"operator": "self", "country": "CH"}},
    "operators": {},
    "telemetry": {},
}
LOCAL: dict[str, Any] = HALL | {
    "site": {"provider": "local", "location": "here", "country": "DE", "operator": "self"},
    "state": {"backend": "local", "secrets_provider": "passphrase"},
    "cluster": {"kind": "local"},
    "access": None,
}
MACHINE: dict[str, Any] = {"namespace": "a", "cpu": 1, "memory_gib": 1, "root": {"size_gib": 1}, "data_class": "customers"}
SERVICE: dict[str, Any] = {
    "title": "our identity provider",
    "kind": "identity",
    "operator": "somebody",
    "country": "CH",
    "managed": True,
    "licence": "MIT",
    "exit_target": "another one",
    "export_format": "LDIF",
    "data_class": "customers",
}
POOL: dict[str, Any] = {"accelerator": "h100-sxm-80gb", "nodes": 1, "gpus_per_node": 8}


def facts(base: Mapping[str, Any] = HALL, **parts: Any) -> tuple[Fact, ...]:
    """Return the facts of a region that differs in these parts; None takes one out."""
    values = {name: value for name, value in {**deepcopy(dict(base)), **parts}.items() if value is not None}
    region = RegionSpec.model_validate(values)
    return tuple(declared_facts(surroundings_of("hall", region), region, DAY))


def of(kind: type[Any], found: tuple[Fact, ...], subject: str = "hall/") -> list[Any]:
    return [fact for fact in found if isinstance(fact, kind) and fact.subject.startswith(subject)]


class TestAdministration:
    """Prevents a way to the cluster that nobody described from counting as one from near by."""

    def test_it_is_as_it_was_said(self) -> None:
        (found,) = of(Administered, facts())
        assert (found.public, found.countries, found.identity_country) == (False, ("AT",), "CH")
        assert (found.subject, found.source, found.data_class) == ("hall/access", FILE + "access", ALL_CLASSES)

    @pytest.mark.parametrize("kind", ["runner", "tunnel"])
    def test_what_nobody_said_is_unknown(self, kind: str) -> None:
        (found,) = of(Administered, facts(access={"kind": kind}))
        assert (found.countries, found.identity_country) == (None, None)

    def test_from_inside_it_is_where_the_region_is(self) -> None:
        (found,) = of(Administered, facts(access={"kind": "in-cluster"}))
        assert (found.countries, found.identity_country) == (("DE",), None)

    def test_from_inside_too_people_may_be_elsewhere(self) -> None:
        (found,) = of(Administered, facts(access={"kind": "in-cluster", "countries": ["US"]}))
        assert found.countries == ("US",)

    def test_an_allow_list_is_not_the_open_internet(self) -> None:
        (found,) = of(Administered, facts(access={"kind": "allow-list", "cidrs": ["203.0.113.7/32"]}))
        assert (found.public, found.countries) == (False, None)

    def test_a_local_region_is_administered_from_where_it_is(self) -> None:
        (found,) = of(Administered, facts(LOCAL))
        assert (found.public, found.countries, found.identity_country) == (False, ("DE",), "DE")


class TestManaged:
    """Prevents a service that somebody else runs from passing as one's own."""

    @pytest.mark.parametrize("managed", [True, False, None])
    def test_a_cluster_is_what_was_said_of_it(self, managed: bool | None) -> None:
        cluster = {"kind": "existing", "context": "hall"} | ({} if managed is None else {"managed": managed})
        (found,) = of(Managed, facts(cluster=cluster), "hall/cluster")
        assert (found.service, found.managed, found.operator) == ("kubernetes", managed, "self")

    def test_a_local_cluster_is_nobodys_service(self) -> None:
        (found,) = of(Managed, facts(LOCAL), "hall/cluster")
        assert found.managed is False

    @pytest.mark.parametrize(("operator", "managed"), [("self", False), ("aws", True)])
    def test_a_store_is_managed_by_whoever_else_runs_it(self, operator: str, managed: bool) -> None:
        store = {"destination": "s3://backups", "country": "DE", "operator": operator}
        (found,) = of(Managed, facts(object_stores={"backups": store}), "hall/object store backups")
        assert (found.service, found.managed, found.operator) == ("object-store", managed, operator)
        assert found.source == FILE + "object_stores.backups"

    @pytest.mark.parametrize(("operator", "managed"), [("self", False), ("aws", True), (None, None)])
    def test_so_is_the_state(self, operator: str | None, managed: bool | None) -> None:
        state = HALL["state"] | {"operator": operator}
        (found,) = of(Managed, facts(state=state), "hall/state")
        assert (found.service, found.managed, found.operator) == ("state", managed, operator)

    @pytest.mark.parametrize("backend", ["file:///mnt/state", "local"])
    def test_state_that_stays_is_no_service(self, backend: str) -> None:
        state = {"backend": backend, "secrets_provider": "passphrase"}
        assert of(Managed, facts(LOCAL if backend == "local" else HALL, state=state), "hall/state") == []

    @pytest.mark.parametrize(("operator", "managed"), [("self", False), ("aws", True)])
    def test_whoever_holds_a_key_is_an_operator_too(self, operator: str, managed: bool) -> None:
        found = facts(keys={"vault": {"custody": "hsm", "country": "DE", "operator": operator}})
        (service,), (held,) = of(Managed, found, "hall/key vault"), of(Operated, found, "hall/key vault")
        assert (service.service, service.managed, service.operator) == ("key-management", managed, operator)
        assert (held.operator, held.source) == (operator, FILE + "keys.vault")

    def test_a_passphrase_is_no_service(self) -> None:
        """Its key is among the surroundings of every region; nobody runs it."""
        assert of(Managed, facts(), "hall/key") == of(Operated, facts(), "hall/key") == []


class TestCode:
    """Prevents a licence that is guessed, and an operator or a model that nobody asks it of."""

    def test_an_operators_is_that_of_the_catalog(self) -> None:
        (found,) = of(Portable, facts(operators={"kueue": {"install": "adopt"}}))
        assert (found.subject, found.source) == ("hall/operator kueue", FILE + "operators.kueue")
        assert found.licence == supplies()["kueue"].licence is not None

    def test_one_that_nobody_read_is_unknown(self) -> None:
        unread = [name for name, known in supplies().items() if known.licence is None]
        operators = {name: {"install": "adopt"} for name in ("hyperconverged", "kueue")}
        found = {fact.subject: fact.licence for fact in of(Portable, facts(operators=operators))}
        assert "hyperconverged" in unread
        assert found["hall/operator hyperconverged"] is None

    @pytest.mark.parametrize("licence", ["Apache-2.0", None])
    def test_a_models_is_what_was_said_of_it(self, licence: str | None) -> None:
        model = {"namespace": "ai", "source": "pvc://weights", "data_class": "customers", "licence": licence}
        gateway = {"class_name": "istio", "issuer": "authority", "domain": "example.com"}
        (found,) = of(Portable, facts(models={"assistant": model}, gateway=gateway))
        assert (found.licence, found.data_class) == (licence, "customers")
        assert (found.source, found.needs_exit) == (FILE + "models.assistant.licence", False)


class TestLeaving:
    """Prevents data that can never be taken out, and an exit that counts as tried although nobody did."""

    EXIT = "a second hall of our own"

    @pytest.mark.parametrize(
        ("tested", "ago"), [("2026-07-08", 0), ("2026-07-07", 1), ("2025-07-08", 365), ("2026-07-09", -1), (None, None)]
    )
    def test_how_long_ago_it_was_tried(self, tested: str | None, ago: int | None) -> None:
        leaving = {"target": self.EXIT, "plan": "documents/exit-1", "tested": tested}
        found = facts(
            exit=leaving,
            databases={"billing": {"namespace": "a"}},
            virtual_machines={"old": MACHINE},
            services={"login": SERVICE},
        )
        assert [(fact.subject, fact.tested_days_ago) for fact in of(Portable, found)] == [
            ("hall/database billing", ago),
            ("hall/virtual machine old", ago),
            ("hall/service login", ago),
        ]

    def test_a_database_goes_out_as_a_dump(self) -> None:
        leaving = {"target": self.EXIT, "plan": "documents/exit-1"}
        (found,) = of(Portable, facts(exit=leaving, databases={"billing": {"namespace": "a", "data_class": "customers"}}))
        assert (found.licence, found.export_format, found.exit_target) == ("PostgreSQL", POSTGRES_EXPORT, self.EXIT)
        assert (found.needs_exit, found.data_class, found.source) == (True, "customers", FILE + "databases.billing")

    def test_a_guest_goes_out_as_its_disk_and_is_no_code(self) -> None:
        (found,) = of(Portable, facts(virtual_machines={"old": MACHINE}))
        assert (found.licence, found.export_format, found.exit_target) == (NO_CODE, DISK_EXPORT, None)
        assert (found.needs_exit, found.data_class, found.source) == (True, "customers", FILE + "virtual_machines.old")

    def test_without_an_exit_there_is_none(self) -> None:
        (found,) = of(Portable, facts(databases={"billing": {"namespace": "a"}}))
        assert (found.exit_target, found.tested_days_ago, found.data_class) == (None, None, None)


class TestServices:
    """Prevents a service beside ours of which only half is asked."""

    def test_every_question_is_asked_of_it(self) -> None:
        found = facts(services={"login": SERVICE})
        asked = [fact for fact in found if fact.subject == "hall/service login"]
        assert [type(fact) for fact in asked] == [Managed, Operated, Located, Portable]
        assert {fact.source for fact in asked} == {FILE + "services.login"}
        assert {fact.data_class for fact in asked} == {"customers"}

    def test_each_is_told_what_was_said(self) -> None:
        found = facts(services={"login": SERVICE})
        (managed,), (operated,) = (of(kind, found, "hall/service") for kind in (Managed, Operated))
        (located,), (portable,) = (of(kind, found, "hall/service") for kind in (Located, Portable))
        assert (managed.service, managed.managed, managed.operator) == ("identity", True, "somebody")
        assert operated.operator == "somebody"
        assert (located.kind, located.place) == ("compute", Place(country="CH"))
        assert (portable.licence, portable.exit_target, portable.export_format) == ("MIT", "another one", "LDIF")

    def test_its_own_exit_counts_and_not_the_regions(self) -> None:
        leaving = {"target": "a second hall of our own", "plan": "documents/exit-1"}
        (found,) = of(Portable, facts(exit=leaving, services={"login": SERVICE | {"exit_target": None}}))
        assert found.exit_target is None

    def test_one_of_no_said_class_is_of_none(self) -> None:
        found = facts(services={"login": SERVICE | {"data_class": None}})
        assert {fact.data_class for fact in found if fact.subject == "hall/service login"} == {None}

    def test_one_of_our_own_is_not_managed(self) -> None:
        (found,) = of(Managed, facts(services={"login": SERVICE | {"managed": False}}), "hall/service")
        assert found.managed is False


class TestExports:
    """Prevents GPUs that reach somebody of whom no rule was asked."""

    def test_each_pool_reaches_each_user(self) -> None:
        export = {"end_users": ["self", "somebody"], "reference": "licence 4711"}
        found = of(Exported, facts(gpu_pools={"a": POOL, "b": POOL}, export=export))
        assert [(fact.subject, fact.end_user) for fact in found] == [
            ("hall/gpu pool a/self", "self"),
            ("hall/gpu pool a/somebody", "somebody"),
            ("hall/gpu pool b/self", "self"),
            ("hall/gpu pool b/somebody", "somebody"),
        ]
        assert {(fact.accelerator, fact.reference) for fact in found} == {("h100-sxm-80gb", "licence 4711")}

    def test_whom_nobody_named_is_unknown(self) -> None:
        (found,) = of(Exported, facts(gpu_pools={"a": POOL}))
        assert (found.subject, found.end_user, found.reference) == ("hall/gpu pool a/end user", None, None)

    def test_without_gpus_there_is_no_question(self) -> None:
        assert of(Exported, facts(export={"end_users": ["self"]})) == []


class TestSupportAndTelemetry:
    """Prevents silence from being taken for `nobody helps` and `nothing leaves`."""

    def test_nobody_said_whether_anybody_helps(self) -> None:
        (found,) = of(Supported, facts())
        assert (found.subject, found.countries, found.access) == ("hall/support", None, None)

    def test_nobody_helps(self) -> None:
        assert of(Supported, facts(support={})) == []

    def test_each_contract_is_asked_and_names_who_attests_it(self) -> None:
        desk = {"vendor": "somebody", "countries": ["DE", "AT"], "access": "supervised", "reference": "contract 9"}
        found = of(Supported, facts(support={"desk": desk, "night": desk | {"countries": ["US"]}}))
        assert [(fact.subject, fact.countries) for fact in found] == [
            ("hall/support desk", ("DE", "AT")),
            ("hall/support night", ("US",)),
        ]
        assert {fact.access for fact in found} == {"supervised"}
        assert found[0].source == FILE + "support.desk, attested by contract 9"

    def test_nobody_said_what_leaves(self) -> None:
        (found,) = of(Reported, facts(telemetry=None))
        assert (found.subject, found.source) == ("hall/telemetry", FILE + "telemetry")
        assert (found.declared, found.vendor, found.country) == (True, None, None)

    def test_nothing_leaves(self) -> None:
        assert of(Reported, facts(telemetry={})) == []


class TestAllOfThem:
    """Prevents two facts of one identity, and a place in the file that is not there."""

    def test_of_each_rule_and_subject_there_is_one(self) -> None:
        store = {"destination": "s3://backups", "country": "DE", "operator": "aws"}
        key = {"custody": "hsm", "country": "DE", "operator": "aws"}
        found = facts(
            object_stores={"one": store, "two": store},
            keys={"one": key, "two": key},
            services={"one": SERVICE, "two": SERVICE},
            operators={"kueue": {"install": "adopt"}, "cdi": {"install": "adopt"}},
            gpu_pools={"one": POOL, "two": POOL},
        )
        identities = [(fact.rule, fact.subject) for fact in found]
        assert len(identities) == len(set(identities)) == 22
        assert {fact.source.removeprefix(FILE).split(".")[0].split(",")[0] for fact in found} <= set(RegionSpec.model_fields)
