"""Where state lies, and what must not lie in its address."""

import pytest

from aifactory.errors import SpecError
from aifactory.model import StateSpec, validate


class TestPostgres:
    """Prevents a password of a state database from lying in git, or in the message that refuses it."""

    def test_a_database_keeps_state(self) -> None:
        values = {"backend": "postgres://db.internal/state?sslmode=verify-full", "secrets_provider": "passphrase"}
        assert not validate(StateSpec, values, "state").stays

    @pytest.mark.parametrize("scheme", ["postgres", "https", "s3"])
    def test_a_password_is_refused_and_not_repeated(self, scheme: str) -> None:
        values = {"backend": f"{scheme}://me:hunter2@db.internal/state", "secrets_provider": "passphrase"}
        with pytest.raises(SpecError) as refused:
            validate(StateSpec, values, "state")
        assert "PGPASSWORD" in str(refused.value)
        assert "hunter2" not in str(refused.value)


class TestStays:
    """Prevents a state that lies with somebody else from being taken for one's own."""

    @pytest.mark.parametrize(("backend", "stays"), [("local", True), ("file:///srv/state", True), ("s3://state", False)])
    def test_where_it_lies(self, backend: str, stays: bool) -> None:
        assert validate(StateSpec, {"backend": backend, "secrets_provider": "passphrase"}, "state").stays is stays
