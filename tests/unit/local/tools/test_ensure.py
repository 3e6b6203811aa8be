import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aifactory.errors import ToolError
from aifactory.local import processes, tools
from aifactory.local.paths import CACHE_VARIABLE, Paths
from aifactory.local.tools import golang
from tests.unit.local.reporters import Recorder
from tests.unit.local.tools.fakes import FakeGo, program

ENSURE = """
import sys
from aifactory.local import tools
from aifactory.local.paths import Paths
from aifactory.local.progress import PlainReporter
print(tools.ensure(sys.argv[1:], Paths.default(), PlainReporter()).path(sys.argv[1]))
"""


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    return Paths.at(tmp_path / "cache")


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    fake = FakeGo(tmp_path)
    monkeypatch.setenv("PATH", str(fake.bin))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    return fake


def in_a_process(paths: Paths, *names: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", ENSURE, *names],
        env={**os.environ, CACHE_VARIABLE: str(paths.cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def compilers(fake: FakeGo) -> list[processes.ProcessId]:
    """Wait until the fake compiler runs; return it and its child."""
    file = fake.state / "compiling.json"
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if file.exists() and file.read_text():
            return [one for pid in json.loads(file.read_text()) if (one := processes.identify(pid)) is not None]
        time.sleep(0.02)
    pytest.fail("the compiler did not start")


def gone(identities: list[processes.ProcessId]) -> bool:
    deadline = time.monotonic() + 10
    while any(processes.is_alive(one) for one in identities) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not any(processes.is_alive(one) for one in identities)


class TestWhereProgramsComeFrom:
    """Prevents a build of what is there, and the use of what does not fit."""

    def test_found_and_built_ones_stand_side_by_side(self, fake: FakeGo, paths: Paths) -> None:
        on_path = program(fake.bin, "helm", "v3.19.0")
        toolset = tools.ensure(["helm", "kwok"], paths, Recorder())
        assert toolset.path("helm") == on_path
        assert toolset.entries["helm"].origin == "PATH"
        assert toolset.entries["kwok"].origin == "built"
        assert [argv[-1] for argv in fake.asked("build")] == ["sigs.k8s.io/kwok/cmd/kwok"], "helm is not built"

    def test_nothing_is_compiled_when_everything_is_installed(self, fake: FakeGo, paths: Paths) -> None:
        program(fake.bin, "helm", "v3.19.0")
        tools.ensure(["helm"], paths, Recorder())
        assert fake.calls == []
        assert not paths.tools.exists()

    def test_one_build_makes_all_that_is_wanted_of_a_module(self, fake: FakeGo, paths: Paths) -> None:
        tools.ensure([*tools.CONTROL_PLANE, "kubectl", "helm"], paths, Recorder())
        assert len(fake.asked("build")) == 1

    def test_a_build_is_never_repeated(self, fake: FakeGo, paths: Paths) -> None:
        tools.ensure(["pulumi", "kwok"], paths, Recorder())
        done = len(fake.calls)
        reporter = Recorder()
        tools.ensure(["pulumi", "kwok"], paths, reporter)
        assert len(fake.calls) == done
        assert reporter.titles == []

    def test_go_is_not_needed_for_what_was_built(
        self, fake: FakeGo, paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        before = tools.ensure(["kwok"], paths, Recorder()).path("kwok")
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        assert tools.ensure(["kwok"], paths, Recorder()).path("kwok") == before

    def test_a_newer_go_builds_nothing_anew(self, fake: FakeGo, paths: Paths) -> None:
        before = tools.ensure(["kwok"], paths, Recorder()).path("kwok")
        fake.wish(version="go1.28.0")
        assert tools.ensure(["kwok"], paths, Recorder()).path("kwok") == before

    def test_asking_a_toolset_for_something_else_says_what_it_has(self, fake: FakeGo, paths: Paths) -> None:
        toolset = tools.ensure(["kwok"], paths, Recorder())
        with pytest.raises(ToolError, match=r"helm is not among the tools at hand \(kwok\)"):
            toolset.path("helm")


class TestOneErrorForEverything:
    """Prevents the tour of errors: install one thing, run again, learn of the next."""

    def test_without_go_and_tools_one_error_lists_all_and_what_to_install(
        self, paths: Paths, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        program(tmp_path / "bin", "pulumi", "v3.100.0")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
        with pytest.raises(ToolError) as caught:
            tools.ensure(["pulumi", "helm", "etcd", "kwok"], paths, Recorder())
        text = str(caught.value)
        for name in ("pulumi:", "helm:", "etcd:", "kwok:"):
            assert name in text
        assert "Go is not installed" in text
        assert "https://go.dev/dl" in text
        assert "version 3.100.0, and >= 3.250, < 4.0 is needed" in text
        assert "helm >= 3.16, < 4.0" in caught.value.fix
        assert caught.value.exit_code == 3

    def test_an_old_go_is_told_once_for_each_module_that_needs_a_newer_one(self, fake: FakeGo, paths: Paths) -> None:
        fake.wish(version="go1.20.1")
        with pytest.raises(ToolError) as caught:
            tools.ensure(["pulumi", "kwok"], paths, Recorder())
        assert "go1.20.1 and too old" in str(caught.value)
        assert fake.asked("build") == []

    def test_a_machine_that_is_too_small_is_refused_before_the_first_minute(
        self, fake: FakeGo, paths: Paths, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(golang, "available_memory_gib", lambda: 0.25)
        with pytest.raises(ToolError, match=r"0\.2 GiB of memory are available"):
            tools.ensure(["kwok"], paths, Recorder())
        assert fake.asked("build") == []


class TestTwoAtOnce:
    """Prevents two processes from compiling the same for twenty minutes, each slowing down the other."""

    def test_the_second_waits_and_finds_what_the_first_has_built(self, fake: FakeGo, paths: Paths) -> None:
        fake.wish(seconds=2)
        both = [in_a_process(paths, "kwok"), in_a_process(paths, "kwok")]
        said = [process.communicate(timeout=60) for process in both]
        assert [process.returncode for process in both] == [0, 0]
        assert said[0][0] == said[1][0]
        assert len(fake.asked("build")) == 1
        assert sum("Waiting for process" in errors for _, errors in said) == 1
        assert sum("(building kwok" in errors for _, errors in said) == 1


class TestInterruption:
    """Prevents compilers without a master, half-made programs, and a cache that needs to be cleaned by hand."""

    def test_ctrl_c_ends_the_compiler_and_all_it_started_and_leaves_nothing(self, fake: FakeGo, paths: Paths) -> None:
        fake.wish(hang=True)
        builder = in_a_process(paths, "kwok")
        running = compilers(fake)
        assert len(running) == 2
        builder.send_signal(signal.SIGINT)
        builder.communicate(timeout=30)
        assert builder.returncode != 0
        assert gone(running)
        assert [path.name for path in paths.tools.iterdir()] == [".build.lock"]

    def test_after_kill_9_the_next_one_ends_the_orphan_clears_up_and_builds(self, fake: FakeGo, paths: Paths) -> None:
        fake.wish(hang=True)
        builder = in_a_process(paths, "kwok")
        running = compilers(fake)
        builder.kill()
        builder.communicate(timeout=30)
        fake.wish()
        toolset = tools.ensure(["kwok"], paths, Recorder())
        assert gone(running)
        assert toolset.path("kwok").exists()
        assert list(paths.tools.glob(".build-*")) == []

    def test_after_a_failure_the_next_one_builds(self, fake: FakeGo, paths: Paths) -> None:
        fake.wish(build_error="killed: out of memory")
        with pytest.raises(ToolError, match="out of memory"):
            tools.ensure(["kwok"], paths, Recorder())
        fake.wish()
        assert tools.ensure(["kwok"], paths, Recorder()).path("kwok").exists()
