"""Which of the simulation's stages KWOK can be given: those of kinds that the API server knows well enough."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import yaml

from aifactory.local.controlplane import health
from aifactory.local.controlplane.pki import API, Pki, write_private

Document = dict[str, Any]

Get = Callable[[str], Document]
"""Path -> what the API server answers; empty when it answers anything but 200."""

_KIND: Final = "Stage"
_METADATA_ONLY: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json"
_DEFINITIONS: Final = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which kinds of the stages the API server knows, each as ``group/version/kind`` (``v1/Pod`` in the core group).

    Attributes:
        awaited: kinds whose group has definitions, and which the API server will know in a moment.
        unknown: kinds whose group has none: nobody has installed them.
    """

    awaited: tuple[str, ...]
    unknown: tuple[str, ...]


def api_server(pki: Pki, port: int) -> Get:
    """Return a function that asks the API server as administrator, without the content of large lists."""

    def get(path: str) -> Document:
        return health.get_json(pki, API, "admin", port, path, accept=_METADATA_ONLY) or {}

    return get


def select(files: Sequence[Path], get: Get, target: Path) -> Selection:
    """Write the documents of `files` that KWOK can act on to `target`, and say which kinds are held back.

    KWOK 0.8 gives up at its start when a stage names a kind that discovery does not list, or whose group and
    version have no OpenAPI document. Custom resources come later than the control plane; and after a start of the
    API server their discovery and OpenAPI documents come seconds after it says that it is ready.

    Raises:
        OSError: the API server does not answer.
        http.client.HTTPException: what answers is no API server.
    """
    documents = list(_documents(files))
    kinds = {_kind(document) for document in documents if document.get("kind") == _KIND}
    usable = _usable(kinds, get)
    chosen = [one for one in documents if one.get("kind") != _KIND or _kind(one) in usable]
    content = yaml.safe_dump_all(chosen, sort_keys=False).encode()
    if not target.exists() or target.read_bytes() != content:
        write_private(target, content)
    held = sorted(kinds - usable)
    defined = _defined_groups(get) if held else frozenset[str]()
    awaited = tuple(kind for kind in held if _group(kind) in defined)
    return Selection(awaited=awaited, unknown=tuple(kind for kind in held if kind not in awaited))


def _documents(files: Sequence[Path]) -> Iterable[Document]:
    for path in files:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document is not None:
                yield cast("Document", document)


def _kind(document: Document) -> str:
    """Return what a stage is about; KWOK's field apiGroup holds group and version."""
    reference = document["spec"]["resourceRef"]
    return f"{reference.get('apiGroup', 'v1')}/{reference['kind']}"


def _group(kind: str) -> str:
    return kind.partition("/")[0] if kind.count("/") > 1 else ""


def _path(group_version: str) -> str:
    return f"apis/{group_version}" if "/" in group_version else f"api/{group_version}"


def _usable(kinds: Iterable[str], get: Get) -> set[str]:
    described = set(cast("Document", get("/openapi/v3").get("paths", {})))
    served: dict[str, set[str]] = {}
    usable: set[str] = set()
    for kind in kinds:
        group_version, _, name = kind.rpartition("/")
        if group_version not in served:
            resources = cast("list[Document]", get(f"/{_path(group_version)}").get("resources") or [])
            served[group_version] = {str(resource["kind"]) for resource in resources}
        if name in served[group_version] and _path(group_version) in described:
            usable.add(kind)
    return usable


def _defined_groups(get: Get) -> frozenset[str]:
    """Return the groups that have custom resource definitions, and the core group, which is always there."""
    items = cast("list[Document]", get(_DEFINITIONS).get("items") or [])
    return frozenset({"", *(str(item["metadata"]["name"]).partition(".")[2] for item in items)})
