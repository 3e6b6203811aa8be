import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from aifactory.local import processes
from aifactory.local.processes import ProcessId

SLEEP = "import time; time.sleep(60)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print("up", flush=True)
time.sleep(60)
"""


class Starter:
    """Starts processes and gets rid of them at the end."""

    def __init__(self) -> None:
        self.children: list[subprocess.Popen[str]] = []

    def __call__(self, code: str, *, ready: bool = False, **environment: str) -> ProcessId:
        child = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, **environment},
        )
        self.children.append(child)
        if ready:
            assert child.stdout is not None
            child.stdout.readline()
        identity = processes.identify(child.pid)
        assert identity is not None
        return identity


@pytest.fixture
def start() -> Iterator[Starter]:
    starter = Starter()
    yield starter
    for child in starter.children:
        child.kill()
        child.wait()
        assert child.stdout is not None
        child.stdout.close()


class TestIdentity:
    """Prevents the worst: a stranger's process killed because it got the pid of one of ours."""

    def test_a_running_process_is_alive(self, start: Starter) -> None:
        assert processes.is_alive(start(SLEEP))

    def test_the_same_pid_with_another_start_time_is_somebody_else(self, start: Starter) -> None:
        identity = start(SLEEP)
        stranger = ProcessId(identity.pid, identity.started - 10)
        assert not processes.is_alive(stranger)
        assert processes.process(stranger) is None

    def test_a_stranger_with_the_pid_is_never_signalled(self, start: Starter) -> None:
        identity = start(SLEEP)
        stranger = ProcessId(identity.pid, identity.started - 10)
        assert processes.stop([stranger], grace_seconds=0.1) == []
        processes.stop_group(stranger, grace_seconds=0.1)
        assert processes.is_alive(identity)

    def test_a_process_that_ended_is_not_alive_even_while_nobody_has_reaped_it(self, start: Starter) -> None:
        identity = start("pass")
        deadline = time.monotonic() + 10
        while processes.is_alive(identity) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert start.children[0].returncode is None, "the zombie is still there"
        assert not processes.is_alive(identity)

    def test_nobody_has_no_identity(self) -> None:
        assert processes.identify(2**22 + 1) is None

    def test_memory_of_a_process_is_known_and_that_of_a_dead_one_is_nothing(self, start: Starter) -> None:
        identity = start(PARENT, ready=True)
        assert processes.resident_bytes(identity) > 1 << 20
        processes.stop([identity], grace_seconds=5)
        assert processes.resident_bytes(identity) == 0


class TestStop:
    """Prevents processes that stay after `down`."""

    def test_all_are_asked_at_once_and_gone_afterwards(self, start: Starter) -> None:
        identities = [start(SLEEP) for _ in range(3)]
        begun = time.monotonic()
        assert processes.stop(identities, grace_seconds=10) == []
        assert not any(processes.is_alive(one) for one in identities)
        assert time.monotonic() - begun < 5

    def test_one_that_does_not_listen_is_killed_after_its_grace(self, start: Starter) -> None:
        deaf = start(DEAF, ready=True)
        assert processes.stop([deaf], grace_seconds=0.3) == [deaf]
        assert not processes.is_alive(deaf)

    def test_what_is_gone_already_is_no_error(self, start: Starter) -> None:
        identity = start(SLEEP)
        os.kill(identity.pid, signal.SIGKILL)
        start.children[0].wait()
        assert processes.stop([identity], grace_seconds=1) == []


class TestStopGroup:
    """Prevents compilers that go on for minutes after Ctrl-C, on behalf of nobody."""

    def test_the_children_go_with_their_leader(self, start: Starter) -> None:
        leader = start(PARENT, ready=True)
        parent = processes.process(leader)
        assert parent is not None
        children = [processes.identify(child.pid) for child in parent.children()]
        assert len(children) == 1
        processes.stop_group(leader, grace_seconds=5)
        assert not processes.is_alive(leader)
        deadline = time.monotonic() + 5
        while any(one is not None and processes.is_alive(one) for one in children) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not any(one is not None and processes.is_alive(one) for one in children)


class TestMarkedProcesses:
    """Prevents an orphan that no record speaks of, when the starter was killed before it could write one."""

    def test_it_is_found_by_its_environment(self, start: Starter) -> None:
        identity = start(PARENT, ready=True, AIFACTORY_TEST_MARK="this one")
        start(SLEEP)
        found = {one.pid: value for one, value in processes.with_environment("AIFACTORY_TEST_MARK")}
        assert found[identity.pid] == "this one"
        assert set(found.values()) == {"this one"}
