"""The stand-in refuses whatever is not a local region."""

import os
import subprocess
import sys

import pytest

from aifactory.errors import EngineError
from aifactory.local.plugins.language.guard import refuse_unless_local

LOCAL = {"AIFACTORY_LOCAL_INSTANCE": "local", "PULUMI_BACKEND_URL": "file:///somewhere"}


class TestRefusal:
    """Guards production stacks: a small stand-in must never run one."""

    def test_a_local_region_is_served(self):
        refuse_unless_local(LOCAL)

    @pytest.mark.parametrize("value", [None, ""])
    def test_no_instance(self, value):
        environment = {name: text for name, text in LOCAL.items() if name != "AIFACTORY_LOCAL_INSTANCE"}
        if value is not None:
            environment["AIFACTORY_LOCAL_INSTANCE"] = value
        with pytest.raises(EngineError, match="AIFACTORY_LOCAL_INSTANCE is not set"):
            refuse_unless_local(environment)

    @pytest.mark.parametrize(
        ("backend", "shown"),
        [
            ("s3://bucket?region=eu", "'s3'"),
            ("https://user:hunter2@api.pulumi.com", "'https'"),
            ("", "not set"),
            ("azblob://state", "'azblob'"),
        ],
    )
    def test_state_that_lies_elsewhere(self, backend, shown):
        with pytest.raises(EngineError) as caught:
            refuse_unless_local({**LOCAL, "PULUMI_BACKEND_URL": backend})
        assert shown in str(caught.value)
        assert "hunter2" not in str(caught.value)

    def test_the_program_ends_before_it_prints_a_port(self):
        """A port on standard output would be taken for a working host."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIFACTORY", "PULUMI"))}
        done = subprocess.run(
            [sys.executable, "-P", "-m", "aifactory.local.plugins.language", "127.0.0.1:1"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == EngineError.exit_code
        assert done.stdout == ""
        assert "fix: install the official Pulumi CLI" in done.stderr
        assert "Traceback" not in done.stderr
