"""The processes of the language host: started, asked to end, ended, and never left behind."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pytest

from aifactory.local.plugins.language.children import Children
from aifactory.local.plugins.language.output import stream


def gone(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process ends within that time; a zombie has ended."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def children():
    made = Children()
    yield made
    made.stop(grace_seconds=0.1)


@pytest.fixture
def start(children, tmp_path):
    """Start a plugin whose ``__main__.py`` is this text."""

    def run(text, *, kind="plugin", args=(), pipes=True, environment=None):
        program = tmp_path / "program"
        program.mkdir(exist_ok=True)
        (program / "__main__.py").write_text(textwrap.dedent(text))
        return children.start(
            kind,
            {"mode": "plugin", "program": str(program), "args": list(args)},
            interpreter=Path(sys.executable),
            directory=tmp_path,
            environment=dict(os.environ) if environment is None else environment,
            pipes=pipes,
        )

    return run


def collect(child, children):
    """All output of a child, and its exit code."""
    parts = {"stdout": b"", "stderr": b""}
    code = None
    for piece in stream(child, children.wait):
        if isinstance(piece, int):
            code = piece
        else:
            parts[piece[0]] += piece[1]
    return parts["stdout"].decode(), parts["stderr"].decode(), code


def first_line(pieces):
    """Read pieces up to the end of the first line; unbuffered, `print` writes text and newline apart."""
    line = b""
    while not line.endswith(b"\n"):
        line += next(pieces)[1]
    return line


class TestStart:
    """Guards what a child is given: arguments, environment, directory, and nothing that others can read."""

    def test_arguments_directory_and_environment(self, start, children, tmp_path):
        text = "import os, sys; print(sys.argv[1:], os.getcwd(), os.environ['WORD'], sys.path[0])"
        child = start(text, args=["--flag", "127.0.0.1:1"], environment={**os.environ, "WORD": "x"})
        out, err, code = collect(child, children)
        program = tmp_path / "program"
        assert (out, err, code) == (f"['--flag', '127.0.0.1:1'] {tmp_path} x {program}\n", "", 0)

    def test_the_command_line_tells_nothing(self, start, children):
        child = start("import time; time.sleep(60)", args=["hunter2"])
        assert "hunter2" not in " ".join(psutil.Process(child.pid).cmdline())

    def test_settings_larger_than_a_pipe(self, start, children):
        """A pipe takes 64 KiB; configuration may be more."""
        word = "x" * 1_000_000
        out, _, code = collect(start("import sys; print(len(sys.argv[1]))", args=[word]), children)
        assert (out, code) == ("1000000\n", 0)

    def test_a_child_that_ends_before_it_reads(self, children, tmp_path):
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\nexit 9\n")
        python.chmod(0o755)
        child = children.start(
            "plugin",
            {"args": ["x" * 1_000_000]},
            interpreter=python,
            directory=tmp_path,
            environment={},
            pipes=True,
        )
        assert collect(child, children) == ("", "", 9)

    def test_standard_input_is_empty(self, start, children):
        """A program that asks a question must not wait for an answer that cannot come."""
        assert collect(start("import sys; print(repr(sys.stdin.read()))"), children)[0] == "''\n"

    def test_no_interpreter(self, children, tmp_path):
        with pytest.raises(OSError, match="No such file"):
            children.start("plugin", {}, interpreter=tmp_path / "none", directory=tmp_path, environment={})

    def test_none_after_the_stop(self, children, start):
        children.stop()
        with pytest.raises(RuntimeError, match="stopping"):
            start("")

    def test_the_pipe_does_not_reach_what_the_program_starts(self, start, children):
        """Else a daemon of the program's would keep the host's pipe, and see the end of a host that is not its own."""
        text = """
        import os, subprocess, sys
        code = "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd') if int(fd) > 2))"
        print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, close_fds=False).stdout)
        """
        assert len(json.loads(collect(start(text), children)[0])) <= 1  # the directory that is listed


class TestOutput:
    """Guards the port line: the engine reads it before the plugin has said anything else."""

    def test_each_line_comes_when_it_is_written(self, start, children):
        child = start("import time\nprint(4711)\ntime.sleep(60)")
        begun = time.monotonic()
        assert first_line(stream(child, children.wait)) == b"4711\n"
        assert time.monotonic() - begun < 30

    def test_both_streams_and_the_code(self, start, children):
        text = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(5)"
        assert collect(start(text), children) == ("out\n", "err\n", 5)

    def test_much_output_does_not_block(self, start, children):
        out, _, code = collect(start("print('x' * 5_000_000)"), children)
        assert (len(out), code) == (5_000_001, 0)

    def test_a_grandchild_that_left_the_group_does_not_hold_the_end(self, start, children):
        text = """
        import subprocess
        print(subprocess.Popen(['sleep', '60'], start_new_session=True).pid)
        """
        begun = time.monotonic()
        out, _, code = collect(start(text), children)
        os.kill(int(out), signal.SIGKILL)
        assert code == 0
        assert time.monotonic() - begun < 20


class TestStop:
    """Guards the end that the engine asks for: in order where that works, certain in any case."""

    READY = "import signal, sys, time\nprint('ready')\n"

    def ready(self, child, children):
        pieces = stream(child, children.wait)
        assert first_line(pieces) == b"ready\n"
        return pieces

    def test_a_plugin_ends_by_an_interrupt_without_a_word(self, start, children):
        child = start(self.READY + "time.sleep(60)")
        pieces = self.ready(child, children)
        child.stop()
        rest = list(pieces)
        assert [piece for piece in rest if not isinstance(piece, int)] == []
        assert child.interrupted

    def test_what_the_plugin_wants_to_do_at_the_end_is_done(self, start, children):
        # It says that it is ready from inside of `try`: an interrupt before would find nothing to do at the end.
        text = (
            "import atexit, time\natexit.register(lambda: print('atexit'))\n"
            "try:\n    print('ready')\n    time.sleep(60)\nfinally:\n    print('bye')"
        )
        child = start(text)
        pieces = self.ready(child, children)
        child.stop()
        assert b"".join(piece[1] for piece in pieces if not isinstance(piece, int)) == b"bye\natexit\n"

    def test_one_that_does_not_listen_is_killed_after_the_grace(self, start, children):
        text = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
        child = start("import signal, time\n" + text)
        pieces = self.ready(child, children)
        begun = time.monotonic()
        child.stop(grace_seconds=0.3)
        assert list(pieces)[-1] == -signal.SIGKILL
        assert time.monotonic() - begun < 10

    def test_what_it_has_started_ends_with_it(self, start, children):
        text = "import subprocess\nprint('ready', subprocess.Popen(['sleep', '60']).pid)\ntime.sleep(60)"
        child = start("import time\n" + text)
        pieces = stream(child, children.wait)
        pid = int(first_line(pieces).split()[1])
        child.stop()
        assert gone(pid)

    def test_all_at_once_share_one_grace(self, start, children):
        text = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
        several = [start(text) for _ in range(3)]
        ends = [self.ready(child, children) for child in several]
        begun = time.monotonic()
        children.stop(grace_seconds=0.5)
        assert [list(pieces)[-1] for pieces in ends] == [-signal.SIGKILL] * 3
        assert time.monotonic() - begun < 10

    def test_programs_are_interrupted_and_plugins_are_not(self, start, children):
        plugin = start(self.READY + "time.sleep(60)")
        program = start(self.READY + "time.sleep(60)", kind="program")
        self.ready(plugin, children)
        pieces = self.ready(program, children)
        children.interrupt_programs()
        list(pieces)
        assert program.interrupted
        assert not plugin.interrupted
        assert not gone(plugin.pid, seconds=0.3)

    def test_stopping_what_has_ended_signals_nobody(self, start, children, monkeypatch):
        child = start("")
        collect(child, children)
        monkeypatch.setattr(os, "killpg", lambda *_: pytest.fail("a stranger may have that number by now"))
        child.interrupt()
        child.stop()
        child.stop_soon()

    def test_waiting_twice_and_from_two_threads(self, start, children):
        child = start("import sys; sys.exit(4)")
        codes = []
        threads = [threading.Thread(target=lambda: codes.append(children.wait(child))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert [*codes, child.wait()] == [4] * 5


HOST = """
import os, sys, time
from pathlib import Path
from aifactory.local.plugins.language.children import Children
child = Children().start(
    "plugin",
    {"mode": "plugin", "program": sys.argv[1], "args": []},
    interpreter=Path(sys.executable),
    directory=Path(sys.argv[1]),
    environment=dict(os.environ),
)
child.wait()
"""


class TestKilledHost:
    """Guards against orphans: an engine killed by `kill -9` takes its host along, and that must take the rest."""

    @pytest.mark.parametrize(
        "body",
        [
            "time.sleep(60)",
            "signal.signal(signal.SIGINT, signal.SIG_IGN); signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)",
            "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
        ],
        ids=["sleeping", "ignoring signals", "holding the interpreter lock"],
    )
    def test_the_child_and_what_it_started_are_gone(self, tmp_path, body):
        program = tmp_path / "program"
        program.mkdir()
        (program / "__main__.py").write_text(
            "import os, signal, subprocess, time\n"
            "other = subprocess.Popen(['sleep', '60'])\n"
            f"open({str(tmp_path / 'draft')!r}, 'w').write(f'{{os.getpid()}} {{other.pid}}')\n"
            f"os.rename({str(tmp_path / 'draft')!r}, {str(tmp_path / 'pids')!r})\n{body}\n"
        )
        host = subprocess.Popen([sys.executable, "-c", HOST, str(program)])
        try:
            deadline = time.monotonic() + 30
            while not (tmp_path / "pids").exists():
                assert time.monotonic() < deadline
                time.sleep(0.02)
            child, grandchild = map(int, (tmp_path / "pids").read_text().split())
        finally:
            host.kill()
            host.wait()
        assert gone(child)
        assert gone(grandchild)
