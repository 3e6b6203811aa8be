"""Definitions of kinds that no registry has: strict from the reference folder, else open ones of our own."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from aifactory.errors import ToolError
from aifactory.local.progress import Reporter

from . import store
from .documents import Document, definitions
from .fetch import chosen
from .sources import OpenKind


def collect(crds: Path, rows: Sequence[OpenKind], reference: Path | None, reporter: Reporter) -> list[store.Crd]:
    """Return the definitions of `rows`.

    Args:
        crds: the cache.
        rows: the kinds.
        reference: folder whose ``crds/`` holds the strict definitions; None makes open ones.
        reporter: told when another process is waited for.

    Raises:
        ToolError: the folder lacks a file that a row names, or the file does not define the kind.
    """
    strict = [row for row in rows if reference is not None and row.reference is not None]
    found: list[store.Crd] = []
    if reference is not None and strict:
        files = _files(reference, strict)
        content = hashlib.sha256(b"".join(path.read_bytes() for path in files.values())).hexdigest()[:16]
        found += store.cached(crds, f"reference-{content}", lambda: _strict(strict, files), reporter)
    loose = [row for row in rows if row not in strict]
    stated = json.dumps([row.model_dump(mode="json") for row in loose], sort_keys=True)
    key = f"open-{hashlib.sha256(stated.encode()).hexdigest()[:16]}"
    return found + store.cached(crds, key, lambda: [_open(row) for row in loose], reporter)


def _files(reference: Path, rows: Sequence[OpenKind]) -> dict[str, Path]:
    files = {row.reference: reference / "crds" / row.reference for row in rows if row.reference is not None}
    missing = sorted(name for name, path in files.items() if not path.is_file())
    if missing:
        raise ToolError(
            f"{reference / 'crds'} lacks {', '.join(missing)}",
            why="AIFACTORY_REFERENCE promises the strict definitions; without them objects would go unchecked",
            fix="add the files, or unset AIFACTORY_REFERENCE to work with open definitions",
        )
    return files


def _strict(rows: Sequence[OpenKind], files: dict[str, Path]) -> Iterator[store.Origin]:
    for row in rows:
        path = files[row.reference or ""]
        (definition,) = chosen(definitions(path.read_text(encoding="utf-8")), frozenset({(row.group, row.kind)}), str(path))
        yield store.Origin(definition, row.operator, f"reference {path.name}")


def open_definition(row: OpenKind) -> Document:
    """Return a definition of the project's own that accepts and keeps any field."""
    version: Document = {
        "name": row.version,
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "description": f"{row.kind} of the {row.operator}; open definition made by aifactory, nothing is checked.",
                "x-kubernetes-preserve-unknown-fields": True,
            }
        },
    }
    if row.status:
        version["subresources"] = {"status": {}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{row.plural}.{row.group}"},
        "spec": {
            "group": row.group,
            "scope": row.scope,
            "names": {
                "kind": row.kind,
                "listKind": f"{row.kind}List",
                "plural": row.plural,
                "singular": row.kind.lower(),
            },
            "versions": [version],
        },
    }


def _open(row: OpenKind) -> store.Origin:
    return store.Origin(open_definition(row), row.operator, "aifactory", "open")
