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


def select(files: Sequence[Path], served: Served, target: Path) -> list[Path]:
    """Write the documents of `files` that KWOK can act on to `target`; return what KWOK is to be given.

    KWOK gives up at its start when a stage names a kind that is not there. Custom resources come later than the
    control plane, so their stages are held back until the next call after their definitions were installed.

    Raises:
        OSError: the API server does not answer.
        http.client.HTTPException: what answers is no API server.
    """
    chosen = [document for document in _documents(files) if _usable(document, served)]
    content = yaml.safe_dump_all(chosen, sort_keys=False).encode()
    if not target.exists() or target.read_bytes() != content:
        write_private(target, content)
    return [target] if chosen else []


def _documents(files: Sequence[Path]) -> Iterable[dict[str, Any]]:
    for path in files:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document is not None:
                yield cast("dict[str, Any]", document)


def _usable(document: dict[str, Any], served: Served) -> bool:
    if document.get("kind") != _KIND:
        return True  # configuration of KWOK itself
    reference = document["spec"]["resourceRef"]
    return str(reference["kind"]) in served(str(reference.get("apiGroup", "v1")))
