import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aifactory.errors import ControlPlaneError
from aifactory.local import processes
from aifactory.local.controlplane import health, lifecycle, pki, supervise
from aifactory.local.controlplane.parts import START_ORDER, Part, PartName
from aifactory.local.paths import Instance, Paths
from tests.unit.local.reporters import Recorder

SLEEP = "import time; time.sleep(60)"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    instance = Paths.at(tmp_path).instance("local")
    instance.create()
    yield instance
    supervise.stop_parts(instance)


def part(name: PartName, code: str = SLEEP) -> Part:
    return Part(name, Path(sys.executable), ("-c", code), 1)


def gone(instance: Instance, name: str) -> None:
    deadline = time.monotonic() + 10
    while (record := supervise.read_record(instance, name)) is not None and record.alive:
        assert time.monotonic() < deadline
        time.sleep(0.02)


class TestSpawn:
    """Prevents a part that dies with the terminal, reads the user's configuration, or hides what it says."""

    def test_it_leads_a_session_of_its_own(self, instance: Instance) -> None:
        record = supervise.spawn(instance, part("etcd"))
        assert os.getsid(record.pid) == record.pid != os.getsid(0)

    def test_its_record_tells_it_from_whoever_gets_its_pid(self, instance: Instance) -> None:
        record = supervise.spawn(instance, part("etcd"))
        assert supervise.read_record(instance, "etcd") == record
        assert record.process == processes.identify(record.pid)
        assert record.alive

    def test_it_sees_nothing_of_the_environment(self, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org")
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "canary")
        supervise.spawn(instance, part("kwok", "import os, json; print(json.dumps(dict(os.environ)))"))
        gone(instance, "kwok")
        seen = json.loads((instance.logs / "kwok.log").read_text())
        assert set(seen) - {"LC_CTYPE"} == {"PATH", "HOME", supervise.MARKER}
        assert seen["HOME"] == str(instance.run)

    def test_it_holds_none_of_the_starter_s_files_open(self, instance: Instance) -> None:
        read, write = os.pipe()
        os.set_inheritable(write, True)
        supervise.spawn(instance, part("kwok"))
        os.close(write)
        assert os.read(read, 1) == b"", "a pipe (`make up | tee`) ends with the command"
        os.close(read)

    def test_both_of_its_streams_are_logged_after_what_was_said_before(self, instance: Instance) -> None:
        (instance.logs / "kwok.log").write_text("earlier\n")
        supervise.spawn(instance, part("kwok", "import sys; print('out'); print('err', file=sys.stderr)"))
        gone(instance, "kwok")
        assert sorted((instance.logs / "kwok.log").read_text().split()) == ["earlier", "err", "out"]

    def test_a_long_log_is_put_aside(self, instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(supervise, "_ROTATE_BYTES", 10)
        (instance.logs / "kwok.log").write_text("more than ten bytes\n")
        supervise.spawn(instance, part("kwok", "print('new')"))
        gone(instance, "kwok")
        assert (instance.logs / "kwok.log").read_text() == "new\n"
        assert (instance.logs / "kwok.log.1").read_text() == "more than ten bytes\n"

    def test_a_program_that_is_not_there_is_an_error_that_names_the_part(self, instance: Instance) -> None:
        with pytest.raises(ControlPlaneError, match=r"etcd cannot be started: .*No such file"):
            supervise.spawn(instance, Part("etcd", Path("/nowhere/etcd"), (), 1))


class TestWait:
    """Prevents two minutes of waiting for the dead, and an error without a reason."""

    def test_one_that_ends_is_an_error_at_once_with_its_last_words(self, instance: Instance) -> None:
        keys = pki.ensure(instance.pki)
        dying = part("etcd", "import sys; print('listen: address in use'); sys.exit(1)")
        begun = time.monotonic()
        supervise.spawn(instance, dying)
        with pytest.raises(ControlPlaneError) as caught:
            supervise.wait_ready(instance, [dying], keys)
        assert time.monotonic() - begun < 10
        assert "etcd ended while it started; its last lines:\n    listen: address in use" in caught.value.message
        assert str(instance.logs / "etcd.log") in caught.value.fix

    def test_one_that_never_gets_well_is_an_error_that_says_what_is_wrong(
        self, instance: Instance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(supervise, "_READY_SECONDS", 0.3)
        monkeypatch.setattr(health, "complaint", lambda *_: "/readyz answers 500: etcd failed")
        supervise.spawn(instance, part("kube-apiserver"))
        with pytest.raises(ControlPlaneError, match=r"is not ready after 0 s: /readyz answers 500: etcd failed"):
            supervise.wait_ready(instance, [part("kube-apiserver")], pki.Pki(instance.pki))

    def test_last_words_are_few_and_short_and_not_a_stack_trace(self, instance: Instance) -> None:
        log = instance.logs / "etcd.log"
        trace = ["goroutine 1 [running]:", "main.main()", "\t/src/main.go:12 +0x1a5", "created by main.main in goroutine 1"]
        log.write_text("\n".join([*(f"line {n}" for n in range(50)), "panic: disk full", "", *trace, "x" * 1000]) + "\n")
        said = supervise.last_words(instance, "etcd").splitlines()
        assert len(said) == 12
        assert said[-2] == "panic: disk full"
        assert len(said[-1]) == 400

    def test_silence_has_no_last_words(self, instance: Instance) -> None:
        assert supervise.last_words(instance, "etcd") == ""


class TestStop:
    """Prevents an API server without its database, a stranger's death, and a part that stays."""

    def test_the_api_server_goes_before_etcd_and_its_clients_before_both(
        self, instance: Instance, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pids = {name: supervise.spawn(instance, part(name)).pid for group in START_ORDER for name in group}
        order: list[set[int]] = []
        real = processes.stop

        def stop(identities: list[processes.ProcessId], *, grace_seconds: float) -> list[processes.ProcessId]:
            order.append({one.pid for one in identities})
            return real(identities, grace_seconds=grace_seconds)

        monkeypatch.setattr(processes, "stop", stop)
        supervise.stop_parts(instance)
        assert order == [
            {pids["kube-controller-manager"], pids["kube-scheduler"], pids["kwok"]},
            {pids["kube-apiserver"]},
            {pids["etcd"]},
        ]

    def test_only_those_that_are_named_are_stopped(self, instance: Instance) -> None:
        etcd = supervise.spawn(instance, part("etcd"))
        supervise.spawn(instance, part("kwok"))
        assert supervise.stop_parts(instance, ["kwok"]) == ["kwok"]
        assert etcd.alive
        assert supervise.read_record(instance, "kwok") is None

    def test_one_without_a_record_is_found_and_stopped(self, instance: Instance) -> None:
        record = supervise.spawn(instance, part("kwok"))
        supervise.forget(instance, "kwok")
        assert supervise.strays(instance) == ["kwok"]
        assert supervise.stop_parts(instance) == ["kwok"]
        assert not record.alive
        assert supervise.strays(instance) == []

    def test_one_with_a_record_is_no_stray(self, instance: Instance) -> None:
        supervise.spawn(instance, part("kwok"))
        assert supervise.strays(instance) == []

    def test_another_instance_s_parts_are_left_alone(self, instance: Instance, tmp_path: Path) -> None:
        other = Paths.at(tmp_path).instance("local-2")
        other.create()
        record = supervise.spawn(other, part("kwok"))
        try:
            assert supervise.stop_parts(instance) == []
            assert record.alive
        finally:
            supervise.stop_parts(other)

    def test_a_stranger_with_the_pid_of_a_record_lives_on(self, instance: Instance) -> None:
        with subprocess.Popen([sys.executable, "-c", SLEEP]) as stranger:
            record = {"name": "etcd", "pid": stranger.pid, "started": 1.0, "port": 1, "signature": "x"}
            (instance.run / "etcd.json").write_text(json.dumps(record))
            assert supervise.stop_parts(instance) == []
            assert stranger.poll() is None
            stranger.kill()


class TestRecords:
    """Prevents a crash over a record that was cut short, when it is needed most."""

    @pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"surprise": 1}'])
    def test_a_damaged_record_is_none(self, instance: Instance, content: str) -> None:
        (instance.run / "etcd.json").write_text(content)
        assert supervise.read_record(instance, "etcd") is None


class TestStatus:
    """Prevents a status that hides a dead part, or says of a living one that it is well without asking."""

    def test_what_never_ran_is_said_to(self, instance: Instance) -> None:
        found = lifecycle.status(instance)
        assert [part.name for part in found] == [name for group in START_ORDER for name in group]
        assert {part.reason for part in found} == {"it does not run"}
        assert not any(part.healthy for part in found)

    def test_one_that_crashed_is_reported_with_its_last_lines(self, instance: Instance) -> None:
        supervise.spawn(instance, part("kwok", "print('no stages found')"))
        gone(instance, "kwok")
        found = {part.name: part for part in lifecycle.status(instance)}["kwok"]
        assert found.pid is None
        assert not found.healthy
        assert found.reason == "it has ended by itself; its last lines:\nno stages found"

    def test_one_that_runs_and_does_not_answer_is_not_well(self, instance: Instance) -> None:
        pki.ensure(instance.pki)
        record = supervise.spawn(instance, part("kwok"))
        found = {part.name: part for part in lifecycle.status(instance)}["kwok"]
        assert (found.pid, found.healthy) == (record.pid, False)
        assert found.reason.startswith("it does not answer on port 1 (")
        assert found.memory_bytes > 0
        assert found.since == record.started


class TestStopOfAnInstance:
    """Prevents `down` from failing on what is half there or not there."""

    def test_an_instance_that_is_not_there_is_no_error_and_makes_nothing(self, tmp_path: Path) -> None:
        absent = Paths.at(tmp_path / "x").instance("local")
        lifecycle.stop(absent, purge=True, reporter=Recorder())
        assert not (tmp_path / "x").exists()

    def test_purge_removes_the_root_and_nothing_beside_it(self, instance: Instance) -> None:
        (instance.data / "member").mkdir()
        neighbour = instance.root.parent / "other"
        neighbour.mkdir()
        lifecycle.stop(instance, purge=True, reporter=Recorder())
        assert not instance.root.exists()
        assert neighbour.exists()

    def test_without_purge_the_state_stays(self, instance: Instance) -> None:
        (instance.data / "member").mkdir()
        lifecycle.stop(instance, reporter=Recorder())
        assert (instance.data / "member").exists()
