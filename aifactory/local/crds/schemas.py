"""Make the reduced schemas of `aifactory/catalog/schemas`: `python -m aifactory.local.crds.schemas`.

The files are checked in, because a check of rendered objects must need neither Go nor a network nor the reference folder.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from aifactory.errors import AifactoryError, ToolError
from aifactory.local.paths import Paths
from aifactory.local.progress import PlainReporter, Reporter

from . import builtin, collection, fetch
from .documents import load_yaml
from .reduce import Schema, kind_schema
from .share import bundle, text
from .sources import ModuleSource
from .store import Crd

KUBERNETES: Final = "kubernetes"
"""Name of the file, without its suffix, that holds Kubernetes' own kinds."""

TARGET: Final = Path(__file__).parents[2] / "catalog" / "schemas"
"""Where the files lie in a checkout."""


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SpecWithin(_Row):
    """A kind without a definition, whose spec is a field of another kind."""

    group: str
    version: str
    kind: str
    namespaced: bool
    in_group: str
    in_version: str
    in_kind: str
    place: tuple[str, ...]
    """Fields on the way to the spec; ``[]`` is an item of a list."""


class ReducedTable(_Row):
    """What `reduced.yaml` says."""

    groups: dict[str, dict[str, tuple[str, ...]]]
    """Kinds by group and version."""
    specs_within: tuple[SpecWithin, ...]
    kubernetes: ModuleSource


@cache
def table() -> ReducedTable:
    """Return the package's own table."""
    (document,) = load_yaml((files("aifactory.local.crds") / "reduced.yaml").read_text(encoding="utf-8"))
    return ReducedTable.model_validate(document)


def make(crds: Path, reporter: Reporter, reference: Path | None) -> dict[str, str]:
    """Return the text of each file by its name without suffix; those that need the reference folder only with it.

    Args:
        crds: the cache of definitions, `Paths.crds`.
        reporter: told about fetches.
        reference: folder with the strict definitions that no registry has; None leaves the files that need them out.

    Raises:
        ToolError: Go, a module, a kind or a reference file is missing, or a definition holds what cannot be reduced.
    """
    rows = table()
    found = {(crd.group, crd.kind): crd for crd in collection.collect(crds, reporter, reference=reference)}
    made: dict[str, str] = {}
    for group, versions in rows.groups.items():
        needed = _needed(group, versions, found, rows.specs_within)
        if all(crd.strictness == "strict" for crd in needed):
            schemas = _custom(group, versions, found, rows.specs_within)
            made[group] = text(bundle(schemas, _sources(needed)))
    made[KUBERNETES] = text(bundle(_builtin(rows.kubernetes), rows.kubernetes.spec))
    return made


def _within(group: str, version: str, kind: str, rows: Sequence[SpecWithin]) -> SpecWithin | None:
    return next((row for row in rows if (row.group, row.version, row.kind) == (group, version, kind)), None)


def _needed(
    group: str,
    versions: Mapping[str, Sequence[str]],
    found: Mapping[tuple[str, str], Crd],
    rows: Sequence[SpecWithin],
) -> list[Crd]:
    """Return the definitions that a group's file is made of."""
    needed: list[Crd] = []
    for version, kinds in versions.items():
        for kind in kinds:
            within = _within(group, version, kind, rows)
            pair = (within.in_group, within.in_kind) if within else (group, kind)
            if pair not in found:
                raise ToolError(
                    f"no definition of {pair[1]} in {pair[0]}",
                    fix="add it to aifactory/local/crds/sources.yaml or open.yaml",
                )
            needed.append(found[pair])
    return needed


def _sources(needed: Iterable[Crd]) -> str:
    return ", ".join(sorted({crd.source for crd in needed}))


def _custom(
    group: str,
    versions: Mapping[str, Sequence[str]],
    found: Mapping[tuple[str, str], Crd],
    rows: Sequence[SpecWithin],
) -> dict[str, Schema]:
    schemas: dict[str, Schema] = {}
    for version, kinds in versions.items():
        for kind in kinds:
            within = _within(group, version, kind, rows)
            schema, namespaced = _inside(within, found) if within else _defined(found[group, kind], version)
            schemas[f"{kind}.{version}"] = kind_schema(f"{group}/{version}", kind, schema, namespaced=namespaced)
    return schemas


def _defined(crd: Crd, version: str) -> tuple[Schema, bool]:
    definition = crd.definition()
    if version not in crd.versions:
        raise ToolError(
            f"{crd.name} serves {', '.join(crd.versions)}, not {version}",
            fix="correct the version in aifactory/local/crds/reduced.yaml, and where blocks write it",
        )
    return collection.schema_of(definition, version), definition["spec"]["scope"] == "Namespaced"


def _inside(row: SpecWithin, found: Mapping[tuple[str, str], Crd]) -> tuple[Schema, bool]:
    schema, _ = _defined(found[row.in_group, row.in_kind], row.in_version)
    for part in row.place:
        schema = schema["items"] if part == "[]" else schema["properties"][part]
    return {"type": "object", "properties": {"spec": schema}, "required": ["spec"]}, row.namespaced


def _builtin(module: ModuleSource) -> dict[str, Schema]:
    directory = fetch.module_directories([module])[module.spec]
    schemas: dict[str, Schema] = {}
    for file in module.files:
        group, version = _group_version(file)
        document = json.loads((directory / file).read_text(encoding="utf-8"))
        for kind, (schema, namespaced) in builtin.kinds(document, frozenset(module.provides[group])).items():
            api_version = f"{group}/{version}" if group else version
            schemas[f"{kind}.{version}"] = kind_schema(api_version, kind, schema, namespaced=namespaced, defaulted=False)
    return schemas


def _group_version(file: str) -> tuple[str, str]:
    """Return the group and version of a document by its name: ``api__v1_...`` or ``apis__<group>__<version>_...``."""
    parts = Path(file).name.removesuffix("_openapi.json").split("__")
    return ("", parts[1]) if parts[0] == "api" else (parts[1], parts[2])


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with ``--check`` say which of them differ; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m aifactory.local.crds.schemas", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file differs")
    options = parser.parse_args(arguments)
    reporter = PlainReporter()
    try:
        made = make(Paths.default().crds, reporter, collection.reference_from_environment())
    except AifactoryError as error:
        print(error, file=sys.stderr)  # noqa: T201 -- a command for developers
        return error.exit_code
    skipped = sorted(table().groups.keys() - made.keys())
    if skipped:
        reporter.note(f"left as they are, for want of {collection.REFERENCE_VARIABLE}: {', '.join(skipped)}")
    different = [name for name, content in made.items() if _current(name) != content]
    for name in different:
        reporter.note(f"{name}.json {'differs' if options.check else 'written'}")
        if not options.check:
            TARGET.mkdir(exist_ok=True)
            (TARGET / f"{name}.json").write_text(made[name], encoding="utf-8")
    return 1 if different and options.check else 0


def _current(name: str) -> str | None:
    path = TARGET / f"{name}.json"
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
