"""Running the CLI: output, exit codes, one interrupt per Ctrl-C, and nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from aifactory.errors import EngineError
from aifactory.local.engine import capture, process, run
from aifactory.local.engine.process import run_told


class TestRun:
    """Guards what the CLI is given and what it gives back."""

    def test_output_line_by_line_and_the_exit_code(self, engine, fake, tmp_path):
        fake("import sys; print('out'); print('err', file=sys.stderr); print(*sys.argv[1:]); sys.exit(7)")
        lines = []
        assert run(engine, ["up", "--yes"], cwd=tmp_path, on_line=lines.append) == 7
        assert sorted(lines) == ["err", "out", "up --yes"]

    def test_directory_and_environment(self, engine, fake, tmp_path, monkeypatch):
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of the user")
        fake("""
        import os
        print(os.getcwd())
        print(os.environ["PULUMI_HOME"], os.environ.get("PULUMI_CONFIG_PASSPHRASE"), os.environ["MORE"])
        """)
        lines = []
        run(engine, [], cwd=tmp_path, on_line=lines.append, environment={"MORE": "1"})
        assert lines == [str(tmp_path), f"{engine.home} None 1"]

    def test_it_writes_to_our_own_output(self, engine, fake, tmp_path, capfd):
        fake("print('hello')")
        assert run(engine, [], cwd=tmp_path) == 0
        assert capfd.readouterr().out == "hello\n"

    def test_it_asks_nobody(self, engine, fake, tmp_path):
        fake("import sys; print(repr(sys.stdin.read()))")
        lines = []
        run(engine, [], cwd=tmp_path, on_line=lines.append)
        assert lines == ["''"]

    def test_no_cli(self, engine, tmp_path):
        assert run(engine, [], cwd=tmp_path, on_line=lambda _: None) != 0

    def test_no_directory(self, engine, fake, tmp_path):
        fake("")
        with pytest.raises(EngineError, match="cannot be run in"):
            run(engine, [], cwd=tmp_path / "absent")

    def test_a_failure_while_its_output_is_read_ends_it(self, engine, fake, tmp_path):
        fake("import time; print('x', flush=True); time.sleep(60)")

        def fail(_line):
            raise RuntimeError("reader")

        begun = time.monotonic()
        with pytest.raises(RuntimeError, match="reader"):
            run(engine, [], cwd=tmp_path, on_line=fail)
        assert time.monotonic() - begun < 20

    def test_from_another_thread(self, engine, fake, tmp_path):
        """Only the main thread may handle signals; elsewhere nothing may be tried."""
        fake("import sys; sys.exit(3)")
        codes = []
        thread = threading.Thread(target=lambda: codes.append(run(engine, [], cwd=tmp_path, on_line=lambda _: None)))
        thread.start()
        thread.join(30)
        assert codes == [3]


class TestCapture:
    """Guards short commands: their words are the only explanation of a failure."""

    def test_standard_output_alone(self, engine, fake, tmp_path):
        fake("import sys; print('{}'); print('warning', file=sys.stderr)")
        assert capture(engine, ["stack", "output"], cwd=tmp_path) == "{}\n"

    def test_a_failure_in_its_own_words(self, engine, fake, tmp_path):
        fake("import sys; print('error: no such stack', file=sys.stderr); sys.exit(255)")
        with pytest.raises(EngineError, match=r"`pulumi stack export` failed with exit code 255:\n  error: no such"):
            capture(engine, ["stack", "export", "--stack", "x"], cwd=tmp_path)

    def test_one_that_hangs(self, engine, fake, tmp_path, monkeypatch):
        monkeypatch.setattr(process, "QUERY_TIMEOUT_SECONDS", 0.5)
        fake("import time; time.sleep(60)")
        with pytest.raises(EngineError, match="did not end within"):
            capture(engine, ["cancel"], cwd=tmp_path)


COUNTING = r"""
import os, signal, sys, time
count = 0
def handle(*_):
    global count
    count += 1
    os.write(1, f"interrupted {{count}}\n".encode())
    if count == {enough}:
        time.sleep(0.3)
        sys.exit(9)
signal.signal(signal.SIGINT, handle)
os.write(1, b"ready\n")
while True:
    time.sleep(0.05)
"""


class TestInterrupt:
    """Guards Ctrl-C: twice means "at once" to the CLI, which leaves resources that nobody knows of."""

    def interrupted(self, engine, tmp_path, times, number=signal.SIGINT):
        lines = []

        def take(line):
            lines.append(line)
            given = sum(text != "ready" for text in lines)
            if given < times:
                os.kill(os.getpid(), number)

        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        ended = run_told(engine, [], cwd=tmp_path, on_line=take)
        assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
        return lines, ended

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
    def test_one_is_passed_on_once_and_the_end_is_waited_for(self, engine, fake, tmp_path, number):
        fake(COUNTING.format(enough=1))
        lines, ended = self.interrupted(engine, tmp_path, 1, number)
        assert lines == ["ready", "interrupted 1"]
        assert (ended.code, ended.interrupted) == (9, True)

    def test_a_second_one_is_passed_on_too(self, engine, fake, tmp_path):
        fake(COUNTING.format(enough=2))
        lines, ended = self.interrupted(engine, tmp_path, 2)
        assert lines == ["ready", "interrupted 1", "interrupted 2"]
        assert ended.code == 9

    def test_a_third_one_ends_it(self, engine, fake, tmp_path):
        fake(COUNTING.format(enough=99))
        _, ended = self.interrupted(engine, tmp_path, 3)
        assert ended.code == -signal.SIGKILL

    def test_without_one_it_was_not_interrupted(self, engine, fake, tmp_path):
        fake("")
        assert run_told(engine, [], cwd=tmp_path, on_line=lambda _: None).interrupted is False

    def test_the_terminals_group_is_not_the_clis(self, engine, fake, tmp_path):
        """A terminal signals its whole foreground group; the CLI in it would be interrupted twice."""
        fake("import os; print(os.getpgrp() == os.getpid())")
        lines = []
        run(engine, [], cwd=tmp_path, on_line=lines.append)
        assert lines == ["True"]


DRIVER = """
import sys
from pathlib import Path
from aifactory.local.engine import Engine, run
pulumi = Path(sys.argv[1])
engine = Engine(pulumi, pulumi.parent, pulumi.parent, pulumi, pulumi.parent, {}, ())
run(engine, [], cwd=pulumi.parent, on_line=lambda line: print(line, flush=True))
"""


class TestKilled:
    """Guards the state when `aifactory` itself is killed: the CLI must come to an orderly end by itself."""

    def test_the_cli_is_interrupted_by_the_kernel(self, engine, fake, tmp_path):
        fake(f"""
        import os, signal, time
        def handle(*_):
            open({str(tmp_path / "ended")!r}, "w").close()
            os._exit(0)
        signal.signal(signal.SIGINT, handle)
        print(os.getpid(), flush=True)
        while True:
            time.sleep(0.05)
        """)
        driver = subprocess.Popen([sys.executable, "-c", DRIVER, str(engine.pulumi)], stdout=subprocess.PIPE, text=True)
        assert driver.stdout is not None
        pid = int(driver.stdout.readline())
        driver.kill()
        driver.wait()
        driver.stdout.close()
        deadline = time.monotonic() + 20
        while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
            assert time.monotonic() < deadline, "the CLI works on for nobody"
            time.sleep(0.02)
        assert (tmp_path / "ended").exists()

    def test_a_parent_that_was_gone_before_is_noticed(self, engine, fake, tmp_path):
        fake(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
        trampoline = process._TRAMPOLINE
        done = subprocess.run([sys.executable, "-I", "-S", trampoline, "1", engine.pulumi], check=False)
        assert done.returncode == 130
        assert not (tmp_path / "ran").exists()
