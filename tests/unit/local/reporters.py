"""A reporter that remembers, for tests of what the user is told."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


class Recorder:
    """Keeps every title, estimate, note and piece of news."""

    def __init__(self) -> None:
        self.titles: list[str] = []
        self.estimates: list[float | None] = []
        self.notes: list[str] = []
        self.news: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def step(self, title: str, *, estimate_seconds: float | None = None) -> Generator[Callable[[str], None]]:
        self.titles.append(title)
        self.estimates.append(estimate_seconds)
        yield self.news.append
