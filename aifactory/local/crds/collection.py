"""All definitions of a region, whatever they come from, and the schemas in them."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import yaml

from aifactory.errors import ToolError
from aifactory.local.progress import Reporter, SilentReporter

from . import fetch, opened, store
from .documents import Document, definitions, group_kind
from .sources import Table, table

REFERENCE_VARIABLE: Final = "AIFACTORY_REFERENCE"
"""Environment variable that names the folder whose ``crds/`` has strict definitions of kinds that no registry has."""

_FETCH_SECONDS: Final = 60.0
"""Fetching 130 MB of module zips and reading 25 MB of YAML, on two cores and a fast line."""


def reference_from_environment() -> Path | None:
    """Return the folder that `REFERENCE_VARIABLE` names; None when it is unset or empty."""
    named = os.environ.get(REFERENCE_VARIABLE, "")
    return Path(named) if named else None


def collect(
    crds: Path, reporter: Reporter, *, reference: Path | None = None, directory: Path | None = None
) -> list[store.Crd]:
    """Return every definition of the source table, fetching what the cache does not hold; sorted by name.

    Args:
        crds: the cache, `Paths.crds`.
        reporter: told about a fetch, which takes about a minute on a first run; silent when all is cached.
        reference: folder whose ``crds/`` holds the strict definitions of kinds that no registry has; None gives
            those kinds open ones of our own. `reference_from_environment` is what the command line passes.
        directory: YAML files to read instead of the Go modules (``--crds DIR``), for machines without Go or a proxy.
            Kinds of the table that it lacks are named in a note and left out; kinds beyond the table are taken too.

    Raises:
        ToolError: Go, a module, a kind or a reference file is missing, or a module is not the pinned one.
    """
    rows = table()
    if directory is None:
        found = store.cached(crds, rows.fingerprint(), lambda: _from_modules(rows, reporter), reporter)
    else:
        found = _from_directory(crds, rows, directory, reporter)
    known = {(crd.group, crd.kind) for crd in found}
    loose = [row for row in rows.open if (row.group, row.kind) not in known]
    return sorted(found + opened.collect(crds, loose, reference, reporter), key=lambda crd: crd.name)


def _from_modules(rows: Table, reporter: Reporter) -> list[store.Origin]:
    title = f"Fetching the custom resource definitions of {len(rows.modules)} operators"
    with reporter.step(title, estimate_seconds=_FETCH_SECONDS) as news:
        news("downloading Go modules")
        directories = fetch.module_directories(rows.modules)
        origins: list[store.Origin] = []
        for module in rows.modules:
            news(f"reading {module.operator} {module.version}")
            extracted = fetch.extract(module, directories[module.spec], rows)
            origins += [store.Origin(definition, module.operator, module.spec) for definition in extracted]
        return origins


def _from_directory(crds: Path, rows: Table, directory: Path, reporter: Reporter) -> list[store.Crd]:
    paths = sorted(path for suffix in ("*.yaml", "*.yml", "*.json") for path in directory.rglob(suffix))
    content = hashlib.sha256()
    for path in paths:
        content.update(path.read_bytes())
    key = f"directory-{content.hexdigest()[:16]}"
    found = store.cached(crds, key, lambda: _read_files(directory, paths, rows), reporter)
    absent = {pair for module in rows.modules for pair in module.kinds} - {(crd.group, crd.kind) for crd in found}
    if absent:
        names = ", ".join(sorted(f"{kind}.{group}" for group, kind in absent))
        reporter.note(f"{directory} does not define {names}; blocks that need them will say so")
    return found


def _read_files(directory: Path, paths: list[Path], rows: Table) -> Iterator[store.Origin]:
    operators = {pair: module.operator for module in rows.modules for pair in module.kinds}
    operators |= {(row.group, row.kind): row.operator for row in rows.open}
    first: dict[tuple[str, str], Path] = {}
    for path in paths:
        for definition in _definitions(path):
            pair = group_kind(definition)
            if pair in first:
                raise ToolError(
                    f"{pair[1]}.{pair[0]} is defined in {first[pair]} and in {path}",
                    why="which of the two a region got would be chance",
                    fix="leave one of the files out",
                )
            first[pair] = path
            yield store.Origin(definition, operators.get(pair, "unknown"), str(path.relative_to(directory)))
    if not first:
        raise ToolError(
            f"no CustomResourceDefinition in any YAML or JSON file below {directory}",
            fix="give the directory with the operators' definitions to --crds, or leave the option out",
        )


def _definitions(path: Path) -> list[Document]:
    try:
        return definitions(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ToolError(f"{path} is not YAML: {error}", fix="correct or remove the file") from error


def load_schema(
    crds: Path, api_version: str, kind: str, *, reference: Path | None = None, reporter: Reporter | None = None
) -> Document:
    """Return the OpenAPI schema (``openAPIV3Schema``) of a kind, from the cache or fetched into it.

    Args:
        crds: the cache, `Paths.crds`.
        api_version: group and version, such as ``postgresql.cnpg.io/v1``.
        kind: such as ``Cluster``.
        reference: as for `collect`.
        reporter: as for `collect`; None says nothing.

    Raises:
        ToolError: as for `collect`, or no definition of the table has that kind in that version.
    """
    group, _, version = api_version.rpartition("/")
    for crd in collect(crds, reporter or SilentReporter(), reference=reference):
        if (crd.group, crd.kind) == (group, kind) and version in crd.versions:
            return schema_of(crd.definition(), version)
    raise ToolError(
        f"no custom resource definition of {kind} in {api_version}",
        fix=f"add the module that defines {kind} to aifactory/local/crds/sources.yaml, or correct the version",
    )


def schema_of(definition: Document, version: str) -> Document:
    """Return the schema that a definition gives to one of its versions.

    Raises:
        KeyError: it has no such version.
    """
    for candidate in definition["spec"]["versions"]:
        if candidate["name"] == version:
            return candidate["schema"]["openAPIV3Schema"]
    raise KeyError(version)
