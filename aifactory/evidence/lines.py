"""From where a fact stands, in words, to the line of factory.yaml or waivers.yaml that it stands on."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aifactory.errors import AifactoryError
from aifactory.model import document
from aifactory.model.load import WAIVERS_FILE

Line = Callable[[str], int | None]
"""Gives the line (1-based) that a finding's `source` means; None when it names no place of the file."""

_PLACE: Final = re.compile(r"^(?P<file>[^:]+\.ya?ml): (?P<place>[^\s,]+)")


def line_finder(file: Path) -> Line:
    """Return what finds lines in a factory, and in the waivers beside it.

    A place that a file does not have means the nearest one around it: what is missing is missing there. A file that cannot
    be read gives no lines: a report is worth more than its line numbers.

    Args:
        file: factory.yaml.
    """
    files = {"factory.yaml": file, WAIVERS_FILE: file.with_name(WAIVERS_FILE)}
    parsed = {name: found for name, path in files.items() if (found := _parsed(path))}

    def line(source: str) -> int | None:
        found = _PLACE.match(source)
        known = parsed.get(found["file"]) if found else None
        return known.line(tuple(found["place"].split("."))) if found and known else None

    return line


def _parsed(path: Path) -> document.Document | None:
    try:
        return document.parse(path.read_text(encoding="utf-8"), str(path))
    except (OSError, UnicodeDecodeError, AifactoryError):
        return None


def no_lines(_source: str) -> int | None:
    """Return that no line is known."""
    return None
