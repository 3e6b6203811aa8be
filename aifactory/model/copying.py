"""A region added to factory.yaml as a copy of another, with the text and comments that it has."""

from pathlib import Path

from aifactory.errors import Problem, SpecError
from aifactory.model import document
from aifactory.model.load import load_factory
from aifactory.model.nearest import nearest


def copy_region(path: Path, source: str, name: str) -> None:
    """Write region `name` behind region `source` in factory.yaml, line by line as `source` is written.

    Raises:
        SpecError: factory.yaml is wrong, has no region `source`, or has a region `name` already; nothing is written.
    """
    load_factory(path)
    text = path.read_text(encoding="utf-8")
    copied = copied_text(text, source, name, str(path))
    path.write_text(copied, encoding="utf-8")


def copied_text(text: str, source: str, name: str, file: str = "factory.yaml") -> str:
    """Return the text of factory.yaml with a copy of region `source` under `name`.

    Raises:
        SpecError: as `copy_region`; or the region is not written as a block with a line of its own.
    """
    parsed = document.parse(text, file)
    regions = list(parsed.data.get("regions") or {})
    if source not in regions:
        rule = f"no such region to copy; there are {', '.join(regions)}"
        raise SpecError(file, [Problem("--like", source, rule, nearest(source, regions))])
    if name in regions:
        line = parsed.line(("regions", name))
        raise SpecError(file, [Problem(f"regions.{name}", "", "is there already; leave --like out", line=line)])
    lines = text.splitlines(keepends=True)
    first = parsed.lines["regions", source] - 1
    head = lines[first]
    indent = len(head) - len(head.lstrip())
    if head.strip().split("#")[0].strip() != f"{source}:":
        rule = "must begin on a line of its own to be copied; write it as a block"
        raise SpecError(file, [Problem(f"regions.{source}", "", rule, line=first + 1)])
    end = first + 1
    while end < len(lines) and _belongs(lines[end], indent):
        end += 1
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    block = [head.replace(f"{source}:", f"{name}:", 1), *lines[first + 1 : end]]
    if not lines[end - 1].endswith("\n"):
        lines[end - 1] += "\n"
    return "".join([*lines[:end], "\n", *block, *lines[end:]])


def _belongs(line: str, indent: int) -> bool:
    """Return whether a line still is part of a block whose head has this indent."""
    return not line.strip() or len(line) - len(line.lstrip()) > indent or line.lstrip().startswith("#")
