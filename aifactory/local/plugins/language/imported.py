"""Which modules a program imports, read from its source without running it."""

import ast
from collections.abc import Iterator
from pathlib import Path

Name = tuple[str, ...]


def imported_modules(entry: Path) -> set[str]:
    """Return the top-level names of all modules from elsewhere that a program imports.

    Follows the program's own modules from its entry point on, imports inside functions included. An import by
    name at run time is not seen: its plugin is then found when its first resource is registered.

    Args:
        entry: the program's file, or the directory with its ``__main__.py``.
    """
    start = entry / "__main__.py" if entry.is_dir() else entry
    base = start.parent
    foreign: set[str] = set()
    seen: set[Path] = set()
    queue = [start]
    while queue:
        path = queue.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _names(path, base):
            files = list(_own_files(base, name))
            queue += files
            if not files:
                foreign.add(name[0])
    return foreign


def _names(path: Path, base: Path) -> Iterator[Name]:
    """Yield every module that a file imports, absolute; ``from a import b`` yields ``a.b``, which may be one."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        # Running the program will say it better.
        return
    package = path.relative_to(base).parent.parts
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (tuple(alias.name.split(".")) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            up = package[: len(package) - (node.level - 1)] if node.level else ()
            module = (*up, *(node.module.split(".") if node.module else ()))
            yield from ((*module, alias.name) for alias in node.names)


def _own_files(base: Path, name: Name) -> Iterator[Path]:
    """Yield the program's own files that an import of `name` runs: each package on the way and the module."""
    for length in range(1, len(name) + 1):
        place = base.joinpath(*name[:length])
        for candidate in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if candidate.is_file():
                yield candidate
