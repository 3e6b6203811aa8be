"""From where a fact stands, in words, to the line of the file that it stands on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aifactory.errors import AifactoryError
from aifactory.model import document

Line = Callable[[str], int | None]
"""Gives the line (1-based) that a finding's `source` means; None when it names no place of the file."""

_PLACE: Final = re.compile(r"^(?P<file>[^:]+\.ya?ml): (?P<place>[^\s,]+)")


def line_finder(file: Path) -> Line:
    """Return what finds lines in a factory.

    A place that the file does not have means the nearest one around it: what is missing is missing there. A file that cannot
    be read gives no lines: a report is worth more than its line numbers.

    Args:
        file: factory.yaml.
    """
    try:
        parsed = document.parse(file.read_text(encoding="utf-8"), str(file))
    except (OSError, UnicodeDecodeError, AifactoryError):
        return lambda _: None

    def line(source: str) -> int | None:
        found = _PLACE.match(source)
        return parsed.line(tuple(found["place"].split("."))) if found else None

    return line


def no_lines(_source: str) -> int | None:
    """Return that no line is known."""
    return None
