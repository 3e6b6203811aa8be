"""Where the stand-in may be used."""

import pytest

from aifactory.local.plugins.kubernetes import guard
from aifactory.local.plugins.kubernetes.guard import NotLocalError
from tests.unit.local.plugins.kubernetes.fake_api import config

LOCAL = {guard.INSTANCE_VARIABLE: "region"}


class TestGuard:
    """Prevents a small test program from being let loose on a production cluster."""

    @pytest.mark.parametrize("server", ["https://127.0.0.1:6443", "https://[::1]:6443", "https://localhost:6443"])
    def test_this_machine(self, server):
        assert guard.require_local(config(server), LOCAL) == "region"

    @pytest.mark.parametrize("server", ["https://10.0.0.1", "https://api.example.com", "https://127.0.0.1.example.com"])
    def test_elsewhere(self, server):
        with pytest.raises(NotLocalError, match="refuses https://"):
            guard.require_local(config(server), LOCAL)

    def test_a_named_context(self):
        where = {**LOCAL, guard.CONTEXT_VARIABLE: "default"}
        assert guard.require_local(config("https://10.0.0.1"), where) == "region"

    def test_without_a_local_region(self):
        with pytest.raises(NotLocalError, match="only serves local regions"):
            guard.require_local(config(), {guard.CONTEXT_VARIABLE: "default"})

    def test_the_variables_are_those_that_the_engine_sets(self):
        from aifactory.local.engine import environment

        assert guard.INSTANCE_VARIABLE == environment.INSTANCE_VARIABLE
        assert guard.CONTEXT_VARIABLE == environment.CONTEXT_VARIABLE
