import io
import time

import pytest

from aifactory.local.progress import (
    PlainReporter,
    Reporter,
    SilentReporter,
    TerminalReporter,
    default_reporter,
    duration,
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class TestDuration:
    """Prevents times that nobody can read: ``763.2819 s``."""

    @pytest.mark.parametrize(
        ("seconds", "shown"),
        [(0.04, "0.0 s"), (9.94, "9.9 s"), (10.4, "10 s"), (59.4, "59 s"), (60, "1 min 00 s"), (185.2, "3 min 05 s")],
    )
    def test_shown_as_people_say_it(self, seconds: float, shown: str) -> None:
        assert duration(seconds) == shown


class TestPlainReporter:
    """Prevents a CI log in which a twenty-minute build looks like a hang, or drowns everything else."""

    def test_a_short_step_is_one_line(self) -> None:
        stream = io.StringIO()
        with PlainReporter(stream).step("Start etcd"):
            pass
        assert stream.getvalue() == "Start etcd ... done (0.0 s)\n"

    def test_a_long_step_is_announced_with_its_estimate_before_it_begins(self) -> None:
        stream = io.StringIO()
        with PlainReporter(stream).step("Build kube", estimate_seconds=400):
            assert stream.getvalue() == "Build kube (about 6 min 40 s) ...\n"

    def test_news_comes_at_most_once_per_interval(self) -> None:
        stream = io.StringIO()
        with PlainReporter(stream, interval_seconds=0.05).step("Build") as news:
            for number in range(100):
                news(f"{number} of 100")
            time.sleep(0.06)
            news("last")
        lines = stream.getvalue().splitlines()
        assert len(lines) == 2
        assert lines[0].startswith("Build: last")

    def test_a_step_that_fails_says_so_and_hides_nothing(self) -> None:
        stream = io.StringIO()
        with pytest.raises(ZeroDivisionError), PlainReporter(stream).step("Divide"):
            _ = 1 / 0
        assert "Divide ... failed" in stream.getvalue()

    def test_an_interrupted_step_says_so(self) -> None:
        stream = io.StringIO()
        with pytest.raises(KeyboardInterrupt), PlainReporter(stream).step("Wait"):
            raise KeyboardInterrupt
        assert "Wait ... failed" in stream.getvalue()

    def test_nothing_goes_to_standard_output_which_is_for_results(self, capsys: pytest.CaptureFixture[str]) -> None:
        reporter = PlainReporter()
        reporter.note("note")
        with reporter.step("step"):
            pass
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.splitlines() == ["note", "step ... done (0.0 s)"]


class TestTerminalReporter:
    """Prevents a spinner from swallowing what happened: after it, the same line stands as in a log."""

    def test_the_plain_line_remains(self) -> None:
        stream = io.StringIO()
        with TerminalReporter(stream).step("Start", estimate_seconds=1) as news:
            news("[bold]half[/bold]")
        assert stream.getvalue() == "Start ... done (0.0 s)\n"

    def test_a_failure_remains_too(self) -> None:
        stream = io.StringIO()
        with pytest.raises(RuntimeError), TerminalReporter(stream).step("Start"):
            raise RuntimeError
        assert "Start ... failed" in stream.getvalue()


class TestChoice:
    """Prevents control characters of a spinner in a file, and a bare silence on a terminal."""

    def test_a_terminal_gets_a_spinner_and_a_file_gets_lines(self) -> None:
        assert isinstance(default_reporter(Terminal()), TerminalReporter)
        assert type(default_reporter(io.StringIO())) is PlainReporter

    @pytest.mark.parametrize("reporter", [SilentReporter(), PlainReporter(io.StringIO())])
    def test_each_of_them_is_a_reporter(self, reporter: Reporter) -> None:
        reporter.note("text")
        with reporter.step("title", estimate_seconds=1.0) as news:
            news("news")

    def test_silence_is_silent(self, capfd: pytest.CaptureFixture[str]) -> None:
        SilentReporter().note("text")
        with SilentReporter().step("title") as news:
            news("news")
        assert capfd.readouterr() == ("", "")
