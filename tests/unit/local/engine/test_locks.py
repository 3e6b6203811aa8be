"""Locks of engines that are gone, and of such that are not."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from aifactory.errors import EngineError
from aifactory.local.engine import Stack, locks, unlock


@pytest.fixture
def stack(engine):
    return Stack("local", "shop", engine.home, engine.home / "Pulumi.local.yaml")


@pytest.fixture
def lock(engine):
    """Write a lock as pulumi 3.258 does."""

    def write(pid, *, host=None, when=None, name="f3f9"):
        directory = engine.backend / ".pulumi/locks/organization/shop/local"
        directory.mkdir(parents=True, exist_ok=True)
        when = when or datetime.now(UTC)
        content = {
            "pid": pid,
            "username": "me",
            "hostname": host or socket.gethostname(),
            # Go writes nanoseconds and a zone.
            "timestamp": when.strftime("%Y-%m-%dT%H:%M:%S.%f") + "789+00:00",
        }
        path = directory / f"{name}.json"
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.fixture
def dead():
    """The pid of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


class TestIsHeld:
    """Guards both errors: a lock kept for ever, and one taken from an engine at work."""

    def test_by_a_living_process(self, engine, stack, lock):
        lock(os.getpid())
        (found,) = locks(engine, stack)
        assert found.is_held
        assert str(found) == f"process {os.getpid()} on {socket.gethostname()}"

    def test_by_one_that_is_gone(self, engine, stack, lock, dead):
        lock(dead)
        assert not locks(engine, stack)[0].is_held

    def test_a_number_that_was_given_to_another_process(self, engine, stack, lock):
        lock(os.getpid(), when=datetime.now(UTC) - timedelta(days=30))
        assert not locks(engine, stack)[0].is_held

    def test_on_another_machine_nobody_can_tell(self, engine, stack, lock, dead):
        lock(dead, host="elsewhere")
        assert locks(engine, stack)[0].is_held

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
    def test_one_that_was_cut_off_while_it_was_written(self, engine, stack, lock, content):
        lock(os.getpid()).write_text(content)
        assert not locks(engine, stack)[0].is_held

    def test_none(self, engine, stack):
        assert locks(engine, stack) == []


class TestUnlock:
    """Guards the second engine: it goes on after a kill, and is refused while the first works."""

    def test_dead_ones_are_removed_by_the_clis_own_command(self, engine, stack, lock, dead, fake, tmp_path):
        lock(dead)
        fake(f"import sys; open({str(tmp_path / 'asked')!r}, 'w').write(' '.join(sys.argv[1:]))")
        assert [found.pid for found in unlock(engine, stack)] == [dead]
        assert (tmp_path / "asked").read_text() == "cancel --yes --stack local --non-interactive"

    def test_none_is_removed_while_one_is_held(self, engine, stack, lock, dead, fake, tmp_path):
        lock(dead, name="a")
        lock(os.getpid(), name="b")
        fake(f"open({str(tmp_path / 'asked')!r}, 'w')")
        with pytest.raises(EngineError, match=rf"worked on by process {os.getpid()} on"):
            unlock(engine, stack)
        assert not (tmp_path / "asked").exists()

    def test_nothing_to_do(self, engine, stack, fake, tmp_path):
        fake(f"open({str(tmp_path / 'asked')!r}, 'w')")
        assert unlock(engine, stack) == []
        assert not (tmp_path / "asked").exists()
