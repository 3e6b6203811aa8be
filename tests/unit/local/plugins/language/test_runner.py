"""What runs inside the program's process, as far as it shows without an engine; the rest is in tests/engine."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pulumi
import pytest

from aifactory.local.plugins.language import runner


class TestReceive:
    """Guards the hand-over of settings; a cut one must not start a program with half of its configuration."""

    def pipe(self, *chunks):
        reading, writing = os.pipe()
        for chunk in chunks:
            os.write(writing, chunk)
        os.close(writing)
        return reading

    def test_a_line_in_pieces(self):
        assert runner.receive(self.pipe(b'{"a":', b' "b"}\n')) == {"a": "b"}

    def test_a_host_that_goes_away(self):
        with pytest.raises(EOFError, match="went away"):
            runner.receive(self.pipe(b'{"a":'))


class TestChosenCode:
    """Guards exit codes: what Python would do, and one number that means something to the host."""

    @pytest.mark.parametrize(
        ("code", "expected"), [(None, 0), (0, 0), (3, 3), (True, 1), (256 + 7, 7), (-1, 255), ("words", 1)]
    )
    def test_as_python_has_it(self, code, expected):
        assert runner.chosen_code(SystemExit(code)) == expected

    def test_words_are_printed(self, capsys):
        runner.chosen_code(SystemExit("it rains"))
        assert capsys.readouterr().err == "it rains\n"

    def test_the_number_for_reported_is_reported(self, monkeypatch):
        said = []
        monkeypatch.setattr(pulumi.log, "error", said.append)
        assert runner.chosen_code(SystemExit(runner.REPORTED)) == runner.REPORTED
        assert said == ["Program exited with code 32"]


class TestTraceback:
    """Guards readability: the user's frames come first, those of runner, asyncio and SDK are left out."""

    def test_what_led_to_the_program_is_left_out(self):
        code = compile("def wrong():\n    raise ValueError('no')\nwrong()\n", "/project/__main__.py", "exec")
        machinery = compile("exec(code)", runner.__file__, "exec")
        try:
            exec(machinery, {"code": code})  # noqa: S102 - frames with chosen file names
        except ValueError as error:
            whole = "".join(traceback.format_exception(error))
            text = runner.users_traceback(error.with_traceback(error.__traceback__.tb_next))
        assert runner.__file__ in whole
        assert runner.__file__ not in text
        assert text.splitlines()[1].startswith('  File "/project/__main__.py", line 3')
        assert text.endswith("ValueError: no\n")

    def test_one_without_frames_of_the_program(self):
        assert runner.users_traceback(SyntaxError("bad")) == "SyntaxError: bad\n"

    def test_causes_are_kept(self):
        try:
            try:
                raise KeyError("first")
            except KeyError as cause:
                raise ValueError("second") from cause
        except ValueError as error:
            text = runner.users_traceback(error)
        assert "KeyError: 'first'" in text
        assert "ValueError: second" in text


class FakeRpcError(Exception):
    """An error as grpc raises it, with its two accessors."""

    def __init__(self, code):
        self._code = code

    def code(self):
        return self._code

    def details(self):
        return "no such type"


class TestRefusedCall:
    """Guards the end of a run: while the engine ends its calls fail, which is not the program's failure to explain."""

    def test_an_engine_that_is_ending_is_no_news(self, monkeypatch):
        import grpc

        said = []
        monkeypatch.setattr(pulumi.log, "error", said.append)
        assert runner.refused_call(FakeRpcError(grpc.StatusCode.UNAVAILABLE)) == runner.REPORTED
        assert said == []

    def test_a_refusal_is_told(self, monkeypatch):
        import grpc

        said = []
        monkeypatch.setattr(pulumi.log, "error", said.append)
        assert runner.refused_call(FakeRpcError(grpc.StatusCode.INVALID_ARGUMENT)) == runner.REPORTED
        assert said == ["The engine refused a call (INVALID_ARGUMENT): no such type"]


class TestStandsAlone:
    """Guards other interpreters: one without the SDK gets an instruction, and none needs aifactory."""

    def test_without_the_sdk(self, tmp_path):
        reading, writing = os.pipe()
        os.write(writing, b'{"mode": "program"}\n')
        done = subprocess.run(
            [sys.executable, "-I", "-S", runner.__file__, str(reading)],
            pass_fds=(reading,),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        os.close(reading)
        os.close(writing)
        assert done.returncode == 1
        assert "The Pulumi SDK cannot be imported" in done.stderr
        assert "-m pip install pulumi" in done.stderr
        assert "Traceback" not in done.stderr

    def test_it_imports_nothing_of_aifactory(self):
        assert "import aifactory" not in Path(runner.__file__).read_text()
        assert "from aifactory" not in Path(runner.__file__).read_text()
