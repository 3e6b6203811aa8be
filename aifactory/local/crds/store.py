"""The cache of definitions: one directory per key, one JSON file per definition, and an index.

A key is a hash of where the definitions come from, so another version makes another directory; a directory appears
whole (it is renamed into place) or not at all. JSON because reading the YAML again would take 20 s on every run.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from aifactory.local import locks
from aifactory.local.progress import Reporter

from .documents import Document, digest, group_kind

Strictness = Literal["strict", "open"]

_FORMAT = 1
"""Part of every key; raised when what is written here changes, so that an older cache is not read as a newer one."""

_INDEX = "index.json"


@dataclass(frozen=True, slots=True)
class Origin:
    """A definition and where it was read, before it is in the cache."""

    definition: Document
    operator: str
    source: str
    strictness: Strictness = "strict"


@dataclass(frozen=True, slots=True)
class Crd:
    """One definition of the cache.

    Attributes:
        name: its object name, ``<plural>.<group>``.
        group: API group.
        kind: the kind that it defines.
        versions: served API versions, in the definition's order.
        stored: the API version in which objects are kept.
        operator: whose definition it is.
        source: ``module@version``, a file, or ``aifactory`` for an open one of our own.
        strictness: ``strict`` is the operator's own schema; ``open`` accepts any field.
        hash: short hash of the content, by which a cluster is known to have the same.
        path: JSON file that holds it.
    """

    name: str
    group: str
    kind: str
    versions: tuple[str, ...]
    stored: str
    operator: str
    source: str
    strictness: Strictness
    hash: str
    path: Path

    def definition(self) -> Document:
        """Return the CustomResourceDefinition object."""
        return json.loads(self.path.read_text(encoding="utf-8"))


def cached(crds: Path, key: str, make: Callable[[], Iterable[Origin]], reporter: Reporter) -> list[Crd]:
    """Return the definitions under `key`, calling `make` for them when the cache does not hold them.

    Two processes that miss at once make them once; the second waits and finds them.
    """
    directory = crds / f"v{_FORMAT}-{key}"
    if not (directory / _INDEX).is_file():
        with locks.hold(crds / f".{directory.name}.lock", "collecting custom resource definitions", reporter):
            if not (directory / _INDEX).is_file():
                _write(directory, make())
    return _read(directory)


def _write(directory: Path, origins: Iterable[Origin]) -> None:
    draft = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        index = [_write_one(draft, origin) for origin in origins]
        (draft / _INDEX).write_text(json.dumps(index, indent=1), encoding="utf-8")
        if directory.exists():
            shutil.rmtree(directory)  # without an index it is no cache but what is left of one
        draft.rename(directory)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def _write_one(directory: Path, origin: Origin) -> Document:
    definition = origin.definition
    group, kind = group_kind(definition)
    name: str = definition["metadata"]["name"]
    versions: list[Document] = definition["spec"]["versions"]
    path = directory / f"{name}.json"
    path.write_text(json.dumps(definition, separators=(",", ":")), encoding="utf-8")
    crd = Crd(
        name=name,
        group=group,
        kind=kind,
        versions=tuple(version["name"] for version in versions if version["served"]),
        stored=next(version["name"] for version in versions if version["storage"]),
        operator=origin.operator,
        source=origin.source,
        strictness=origin.strictness,
        hash=digest(definition),
        path=path,
    )
    return asdict(crd) | {"path": path.name}


def _read(directory: Path) -> list[Crd]:
    index = json.loads((directory / _INDEX).read_text(encoding="utf-8"))
    return [Crd(**(row | {"versions": tuple(row["versions"]), "path": directory / row["path"]})) for row in index]
