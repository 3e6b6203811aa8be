"""Which of the simulation's stages KWOK can be given: those of kinds that the API server knows."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.local.controlplane import health
from aifactory.local.controlplane.pki import API, Pki, write_private

Served = Callable[[str], frozenset[str]]
"""``group/version`` -> kinds that the API server knows in it."""

_KIND: Final = "Stage"


def served_by(pki: Pki, port: int) -> Served:
    """Return a function that asks the API server which kinds a group has, each group once."""
    known: dict[str, frozenset[str]] = {}

    def kinds(group_version: str) -> frozenset[str]:
        if group_version not in known:
            path = f"/apis/{group_version}" if "/" in group_version else f"/api/{group_version}"
            found = health.get_json(pki, API, "admin", port, path)
            resources = cast("list[dict[str, Any]]", (found or {}).get("resources", []))
            known[group_version] = frozenset(str(resource["kind"]) for resource in resources)
        return known[group_version]

    return kinds


def select(files: Sequence[Path], served: Served, target: Path) -> list[str]:
    """Write the documents of `files` that KWOK can act on to `target`, and return the kinds of those it cannot.

    KWOK gives up at its start when a stage names a kind that is not there. Custom resources come later than the
    control plane, so their stages are held back until the next call after their definitions were installed.

    Raises:
        OSError: the API server does not answer.
        http.client.HTTPException: what answers is no API server.
    """
    documents = list(_documents(files))
    chosen = [document for document in documents if _usable(document, served)]
    content = yaml.safe_dump_all(chosen, sort_keys=False).encode()
    if not target.exists() or target.read_bytes() != content:
        write_private(target, content)
    return sorted({_kind(document) for document in documents if document not in chosen})


def _documents(files: Sequence[Path]) -> Iterable[dict[str, Any]]:
    for path in files:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document is not None:
                yield cast("dict[str, Any]", document)


def _usable(document: dict[str, Any], served: Served) -> bool:
    if document.get("kind") != _KIND:
        return True  # configuration of KWOK itself
    group_version, _, kind = _kind(document).rpartition("/")
    return kind in served(group_version)


def _kind(document: dict[str, Any]) -> str:
    """Return what a stage is about as ``group/version/kind``; KWOK's field apiGroup holds group and version."""
    reference = document["spec"]["resourceRef"]
    return f"{reference.get('apiGroup', 'v1')}/{reference['kind']}"
