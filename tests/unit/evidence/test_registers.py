"""Registers: what each of them says of the region, and that nothing that leaves is forgotten."""

from datetime import date
from pathlib import Path

import pytest

from aifactory.evidence.case import Case
from aifactory.evidence.registers import registers_of
from aifactory.evidence.table import Register, Row
from aifactory.sovereignty.flow import HERE
from tests.unit.evidence.samples import case, changed


@pytest.fixture
def made(tmp_path: Path) -> Case:
    return case(tmp_path)


def register(made: Case, name: str) -> Register:
    return next(one for one in registers_of(made) if one.name == name)


def row(made: Case, name: str, subject: str) -> Row:
    return next(one for one in register(made, name).rows if one.subject == subject)


class TestEveryRegister:
    """Prevents rows without a column, so that a page or a program trips over them."""

    def test_every_row_has_every_column_and_no_other(self, made: Case) -> None:
        for one in registers_of(made):
            for item in one.rows:
                assert list(item.cells) == list(one.columns), one.name

    def test_what_nobody_said_is_not_answered_and_never_empty(self, made: Case) -> None:
        for one in registers_of(made):
            for values in one.values()["rows"]:
                assert all(value != "" for value in values.values()), (one.name, values)


class TestDataMap:
    """Prevents flows that the map leaves out, or shows with another verdict than the rules'."""

    def test_has_a_row_for_each_flow_and_one_for_the_machines(self, made: Case) -> None:
        assert len(register(made, "data-map").rows) == len(made.flows) + 1

    def test_a_backup_in_another_country(self, made: Case) -> None:
        found = row(made, "data-map", "frankfurt/database billing/backup s3://acme-backups/postgres")
        assert found.cells["country"] == "CH"
        assert found.cells["personal"] == "yes"
        assert found.cells["custody"] == "customer"
        assert found.cells["seat"] == "US"
        assert "regions.frankfurt.databases.billing" in found.origin.declared
        assert "commit c0ffee" in found.origin.declared

    def test_verdicts_are_those_of_the_findings(self, made: Case) -> None:
        shown = {one.subject: one.verdict for one in register(made, "data-map").rows}
        assert shown["frankfurt/support aws IN aws"] == "deny"
        assert shown["frankfurt/support aws IE aws"] == "deny, advisory"
        assert shown["frankfurt/admin"] == ""


class TestTransfers:
    """Prevents a transfer that the record of Article 30 would miss, and mechanisms that do not hold on the day."""

    def test_has_everything_that_carries_data_out(self, made: Case) -> None:
        leaving = {
            fact.subject
            for flow in made.flows
            if flow.destination != HERE and not flow.kind.is_code and flow.kind.value not in {"admin", "key"}
            for fact in made.facts_of(flow)[:1]
        }
        assert leaving == {one.subject for one in register(made, "transfer-register").rows}
        assert len(leaving) >= 6

    def test_a_declared_mechanism_with_its_document(self, made: Case) -> None:
        found = row(made, "transfer-register", "frankfurt/traces traces https://otel.example.com")
        assert found.cells["mechanism"] == "scc (transfer logs-us)"
        assert found.cells["safeguards"] == "contract C-2026-14 with assessment TIA-7"
        assert found.cells["third_country"] == "yes"
        assert found.cells["until"] == "2026-12-31"
        assert found.cells["erasure"] == "7 days"

    @pytest.mark.parametrize(
        ("on", "there"),
        [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 12, 31), True), (date(2027, 1, 1), False)],
    )
    def test_a_mechanism_holds_from_its_first_to_its_last_day(self, on: date, there: bool, tmp_path: Path) -> None:
        found = row(case(tmp_path, on=on), "transfer-register", "frankfurt/traces traces https://otel.example.com")
        assert (found.cells["mechanism"] is not None) == there

    def test_adequacy_and_the_eea_need_no_contract(self, made: Case) -> None:
        swiss = row(made, "transfer-register", "frankfurt/database billing/backup s3://acme-backups/postgres")
        german = row(made, "transfer-register", "frankfurt/logs central https://logs.acme.internal")
        indian = row(made, "transfer-register", "frankfurt/support aws IN aws")
        assert swiss.cells["mechanism"] == "adequacy decision (Article 45)"
        assert german.cells["mechanism"] == "none needed inside of the EEA"
        assert indian.cells["mechanism"] is None


class TestOperatorExposure:
    """Prevents somebody who runs something from being left out, and unknown owners from looking like none."""

    def test_everyone_who_runs_something(self, made: Case) -> None:
        roles = {one.subject: one.cells["roles"] for one in register(made, "operator-exposure").rows}
        assert set(roles) == {"aws", "self", "microsoft"}
        assert roles["aws"] == "machines, Pulumi state, object store backups, key backups, sink traces, support aws"

    def test_who_stands_behind(self, made: Case) -> None:
        found = row(made, "operator-exposure", "aws").cells
        assert found["parent"] == "Amazon.com, Inc. (amazon)"
        assert str(found["countries"]).startswith("US")

    def test_whom_nobody_described(self, made: Case) -> None:
        found = row(made, "operator-exposure", "self").cells
        assert found["name"] is None
        assert found["unknown"] == "self"
        assert found["countries"] == "none known"


class TestKeysAndTelemetry:
    """Prevents keys that somebody else holds from looking like one's own, and reports to makers from being left out."""

    def test_custody_of_what_lies_somewhere(self, made: Case) -> None:
        found = row(made, "key-custody", "frankfurt/database billing/backup s3://acme-backups/postgres").cells
        assert (found["custody"], found["country"], found["apart"]) == ("customer", "DE", "no")

    def test_a_key_of_which_nobody_spoke(self, made: Case) -> None:
        found = row(made, "key-custody", "frankfurt/model assistant/storage scratch").cells
        assert (found["encrypted"], found["custody"]) == (None, None)

    def test_sinks_and_makers(self, made: Case) -> None:
        found = {str(one.cells["signal"]): one.cells for one in register(made, "telemetry-register").rows}
        assert set(found) == {"logs central", "metrics central", "traces traces", "telemetry"}
        assert found["telemetry"]["silenced"] == "yes"
        assert found["logs central"]["retention"] == "30 days"

    def test_nobody_said_what_leaves(self, tmp_path: Path) -> None:
        silent = case(tmp_path, factory=changed(telemetry=None))
        assert "Nobody said what leaves the cluster" in register(silent, "telemetry-register").notes[0]


class TestWaivers:
    """Prevents a ledger that shows an exception as holding when it does not, or leaves one out."""

    def test_holds_until_its_last_day(self, tmp_path: Path) -> None:
        def status(on: date) -> tuple[str | None, str | None]:
            found = row(case(tmp_path, on=on), "waiver-ledger", "frankfurt/support aws").cells
            return found["status"], found["days_left"]

        assert status(date(2026, 9, 30)) == ("not yet", "76")
        assert status(date(2026, 10, 1)) == ("holds", "75")
        assert status(date(2026, 12, 15)) == ("holds", "0")
        assert status(date(2026, 12, 16)) == ("expired", "none")

    def test_an_old_one_stays_in_the_ledger(self, made: Case) -> None:
        found = row(made, "waiver-ledger", "frankfurt/database legacy/storage").cells
        assert (found["status"], found["finding"]) == ("expired", "-")


class TestServices:
    """Prevents rows of the register of information that say who and not where, or count one's own services."""

    def test_each_service_of_somebody_else(self, made: Case) -> None:
        found = {one.subject: one.cells for one in register(made, "dora-services").rows}
        assert set(found) == {
            f"frankfurt/{name}"
            for name in ("site", "object store backups", "state", "key backups", "sink traces", "support aws")
        }
        store = found["frankfurt/object store backups"]
        assert (store["provision"], store["storage"], store["processing"]) == ("CH", "CH", "CH")
        assert store["exit_tested"] == "2026-05-01"
        assert store["sensitiveness"] is None
