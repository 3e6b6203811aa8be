"""How long work talks to the user: what is done now, how long it should take, how long it took."""

import sys
import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TextIO


class Reporter(Protocol):
    """What every long-running function of the local region is given to speak through."""

    def step(self, title: str, *, estimate_seconds: float | None = None) -> AbstractContextManager[Callable[[str], None]]:
        """Announce one step and report its end; the context's value takes short news of what goes on in it.

        Args:
            title: what is being done, as in "Starting etcd".
            estimate_seconds: how long it should take; None when nobody can say or it is short.
        """
        ...

    def note(self, text: str) -> None:
        """Say something that the user should read, on a line of its own."""
        ...


def duration(seconds: float) -> str:
    """Return a span of time as people say it: ``0.4 s``, ``12 s``, ``3 min 05 s``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"


def _heading(title: str, estimate_seconds: float | None) -> str:
    return title if estimate_seconds is None else f"{title} (about {duration(estimate_seconds)})"


class PlainReporter:
    """Lines for a log: one when a step ends, one when a long step begins, and now and then its news.

    Args:
        stream: where to write; standard error by default, since standard output is for results.
        interval_seconds: how often news of one step may fill a line; CI logs are read by people, later.
    """

    def __init__(self, stream: TextIO | None = None, *, interval_seconds: float = 30.0) -> None:
        self._stream = stream
        self._interval = interval_seconds

    def _write(self, text: str) -> None:
        stream = sys.stderr if self._stream is None else self._stream
        stream.write(text + "\n")
        stream.flush()

    def note(self, text: str) -> None:
        """Write `text` as a line."""
        self._write(text)

    @contextmanager
    def step(self, title: str, *, estimate_seconds: float | None = None) -> Generator[Callable[[str], None]]:
        """Write how the step ended; a long one is announced, so that silence is not taken for a hang."""
        if estimate_seconds is not None:
            self._write(f"{_heading(title, estimate_seconds)} ...")
        begun = time.monotonic()
        told = begun

        def news(text: str) -> None:
            nonlocal told
            now = time.monotonic()
            if now - told >= self._interval:
                told = now
                self._write(f"{title}: {text} ({duration(now - begun)})")

        try:
            yield news
        except BaseException:
            self._write(f"{title} ... failed ({duration(time.monotonic() - begun)})")
            raise
        self._write(f"{title} ... done ({duration(time.monotonic() - begun)})")


class TerminalReporter(PlainReporter):
    """A spinner with news and elapsed time while a step runs; what remains afterwards is the plain line."""

    @contextmanager
    def step(self, title: str, *, estimate_seconds: float | None = None) -> Generator[Callable[[str], None]]:
        """Show a spinner until the step ends; Rich is imported here, since most commands need none."""
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[news]}", style="dim", markup=False),
        )
        begun = time.monotonic()
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(_heading(title, estimate_seconds), total=None, news="")

            def news(text: str) -> None:
                progress.update(task, news=text)

            try:
                yield news
            except BaseException:
                self._write(f"{title} ... failed ({duration(time.monotonic() - begun)})")
                raise
        self._write(f"{title} ... done ({duration(time.monotonic() - begun)})")


class SilentReporter:
    """Says nothing: for callers that print a result of their own, such as ``--json``."""

    def note(self, text: str) -> None:
        """Drop `text`."""

    @contextmanager
    def step(self, title: str, *, estimate_seconds: float | None = None) -> Generator[Callable[[str], None]]:  # noqa: ARG002
        """Run the step without a word."""
        yield lambda _: None


def default_reporter(stream: TextIO | None = None) -> Reporter:
    """Return a reporter that fits standard error: a spinner on a terminal, plain lines otherwise."""
    target = sys.stderr if stream is None else stream
    return TerminalReporter(stream) if target.isatty() else PlainReporter(stream)
