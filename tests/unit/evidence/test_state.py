"""Reading a Pulumi state: what is there, never what is secret; and what it shows beside what is declared."""

import json
from pathlib import Path

import pytest

from aifactory.errors import SpecError
from aifactory.evidence.case import Case, names_in
from aifactory.evidence.registers import registers_of
from aifactory.evidence.state import HIDDEN_VALUE, parse_state, read_state
from aifactory.evidence.table import NO_CLUSTER, NO_STATE, Register
from tests.unit.evidence.samples import case
from tests.unit.evidence.states import SECRETS, resource, state_bytes

FILE = Path("state.json")


def register(made: Case, name: str) -> Register:
    return next(one for one in registers_of(made) if one.name == name)


def full_state(made: Case, *, without: str = "") -> bytes:
    """Return a state that has every declared object, but those of a name."""
    rows = [
        resource(
            f"kubernetes:x/v1:{kind}", f"{kind}-{namespace}-{name}", {"metadata": {"name": name, "namespace": namespace}}
        )
        for item in made.objects
        for kind, namespace, name in names_in(item)
        if name != without
    ]
    return state_bytes([resource("pulumi:pulumi:Stack", "acme-frankfurt"), *rows])


class TestReading:
    """Prevents secrets of a state from being held, and what is on its way out from counting as there."""

    def test_what_is_there(self) -> None:
        state = parse_state(state_bytes(), FILE)
        assert (state.stack, state.project, state.time, state.engine) == (
            "frankfurt",
            "acme",
            "2026-11-20T08:00:00Z",
            "v3.258.0",
        )
        assert set(state.objects()) == {
            ("Secret", "data", "backup-keys"),
            ("ConfigMap", "", "app"),
            ("Deployment", "data", "web"),
        }
        assert state.images() == ("ghcr.io/acme/web:1.0",)
        assert state.secrets_provider == "passphrase"

    def test_secrets_are_gone_in_clear_and_encrypted(self) -> None:
        state = parse_state(state_bytes(), FILE)
        held = {one.name: one.inputs for one in state.resources}
        assert held["keys"]["stringData"] is HIDDEN_VALUE
        assert held["keys"]["data"]["password"] is HIDDEN_VALUE
        assert held["cluster"]["kubeconfig"] is HIDDEN_VALUE

    def test_nothing_of_a_value_in_its_own_words(self) -> None:
        text = repr(parse_state(state_bytes(), FILE))
        assert not [secret for secret in SECRETS if secret in text]

    def test_a_checkpoint_of_a_backend_is_read_as_well(self) -> None:
        latest = json.loads(state_bytes())["deployment"]
        found = parse_state(json.dumps({"version": 3, "checkpoint": {"stack": "x", "latest": latest}}).encode(), FILE)
        assert found.stack == "frankfurt"

    @pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"null", b"\xff", b'{"deployment": []}', b"[" * 100_000])
    def test_what_is_no_state_is_refused_without_its_content(self, data: bytes) -> None:
        with pytest.raises(SpecError, match="pulumi stack export"):
            parse_state(data, FILE)

    def test_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(SpecError, match="cannot be read"):
            read_state(tmp_path / "none.json")

    def test_an_empty_stack(self) -> None:
        assert parse_state(state_bytes([]), FILE).stack == ""


class TestBesideTheDeclaration:
    """Prevents differences between file and state from staying unseen, and silence from looking like agreement."""

    def test_without_a_state_every_row_says_so(self, tmp_path: Path) -> None:
        for one in registers_of(case(tmp_path)):
            for row in one.rows:
                assert row.origin.state == NO_STATE
                assert row.origin.observed == NO_CLUSTER
                assert "line " in row.origin.declared or one.name in {"waiver-ledger", "differences"}

    def test_all_there_is_no_difference(self, tmp_path: Path) -> None:
        state = parse_state(full_state(case(tmp_path)), FILE)
        made = case(tmp_path, state=state)
        assert register(made, "differences").rows == ()
        billing = next(
            row for row in register(made, "data-map").rows if row.subject.startswith("frankfurt/database billing/")
        )
        assert billing.origin.state.endswith("objects in the state")
        assert billing.origin.differs == ()

    def test_a_declared_object_that_the_state_lacks(self, tmp_path: Path) -> None:
        made = case(tmp_path, state=parse_state(full_state(case(tmp_path), without="billing-pooler"), FILE))
        texts = [row.cells["difference"] for row in register(made, "differences").rows]
        assert any("not in the state: " in str(text) and "Pooler data/billing-pooler" in str(text) for text in texts), texts

    def test_an_object_that_nobody_declared(self, tmp_path: Path) -> None:
        made = case(tmp_path, state=parse_state(state_bytes(), FILE))
        texts = " ".join(str(row.cells["difference"]) for row in register(made, "differences").rows)
        assert "in the state, and not declared: ConfigMap app, Deployment data/web, Secret data/backup-keys" in texts

    def test_a_state_of_another_stack(self, tmp_path: Path) -> None:
        other = state_bytes().replace(b"urn:pulumi:frankfurt", b"urn:pulumi:paris")
        made = case(tmp_path, state=parse_state(other, FILE))
        assert any(
            "the state is of stack paris" in str(row.cells["difference"]) for row in register(made, "differences").rows
        )

    def test_another_secrets_provider_than_the_declared_one(self, tmp_path: Path) -> None:
        data = json.loads(state_bytes())
        data["deployment"]["secrets_providers"] = {"type": "cloud", "state": {"url": "awskms://canary"}}
        made = case(tmp_path, state=parse_state(json.dumps(data).encode(), FILE))
        texts = [str(row.cells["difference"]) for row in register(made, "differences").rows]
        assert "declared passphrase, and the state's secrets are encrypted with a service key" in texts
