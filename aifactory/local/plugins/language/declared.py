"""What a program says it needs: its requirements.txt or the dependencies in its pyproject.toml."""

import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from packaging.requirements import InvalidRequirement, Requirement

from aifactory.errors import EngineError


@dataclass(frozen=True, slots=True)
class Declared:
    """Dependencies as a project declares them.

    Attributes:
        source: the file; None when there is none.
        requirements: those that name a package.
        opaque: lines that name none (``-e .``, a path, a URL without a name), as they stand.
        installable: the pyproject.toml has a build system, so the project itself is to be installed.
    """

    source: Path | None = None
    requirements: tuple[Requirement, ...] = ()
    opaque: tuple[str, ...] = ()
    installable: bool = False


def read(directories: Iterable[Path]) -> Declared:
    """Return what the first of `directories` that declares anything declares.

    A requirements.txt goes before a pyproject.toml, as it does for the official host.

    Raises:
        EngineError: the file cannot be read.
    """
    for directory in directories:
        if (directory / "requirements.txt").is_file():
            return _requirements_txt(directory / "requirements.txt")
        if (directory / "pyproject.toml").is_file():
            return _pyproject(directory / "pyproject.toml")
    return Declared()


def _requirements_txt(path: Path) -> Declared:
    requirements: list[Requirement] = []
    opaque: list[str] = []
    for line in _lines(path, []):
        try:
            requirements.append(Requirement(line))
        except InvalidRequirement:
            opaque.append(line)
    return Declared(path, tuple(requirements), tuple(opaque))


def _lines(path: Path, above: Sequence[Path]) -> Iterator[str]:
    """Yield the requirements of a file and of those that it includes; pip's options are left out."""
    if path in above:
        raise EngineError(f"{path} includes itself", fix=f"remove the `-r` line in {above[-1]}")
    try:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error
    for raw in text.splitlines():
        line = raw.split(" #", 1)[0].strip()
        if not line or line.startswith("#"):
            continue
        option, _, value = line.replace("=", " ", 1).partition(" ") if line.startswith("-") else ("", "", "")
        if option in ("-r", "--requirement"):
            yield from _lines((path.parent / value.strip()).resolve(), [*above, path])
        elif option in ("-e", "--editable") or not option:
            # Per-requirement options (--hash=...) say how to install, not what.
            yield line if option else line.split(" --", 1)[0].strip()


def _pyproject(path: Path) -> Declared:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        project = cast("dict[str, Any]", content.get("project", {}))
        requirements = tuple(Requirement(str(line)) for line in project.get("dependencies", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, InvalidRequirement) as error:
        raise EngineError(f"{path} cannot be read: {error}") from error
    return Declared(path, requirements, installable="build-system" in content)


def project_name(directory: Path) -> str | None:
    """Return ``project.name`` of the directory's pyproject.toml; None when there is none."""
    try:
        content = tomllib.loads((directory / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    name = cast("dict[str, Any]", content.get("project", {})).get("name")
    return str(name) if name else None
