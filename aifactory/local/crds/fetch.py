"""Fetching the definitions of pinned Go modules with the user's own go command.

The go command is what makes this work on a bare machine: it uses the user's proxy settings and module cache, so that
a machine without internet but with a Go proxy (or with the modules fetched once) needs nothing else.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from aifactory.errors import ToolError

from . import kubevirt
from .documents import Document, definitions, group_kind
from .sources import ModuleSource, Table

DOWNLOAD_SECONDS = 900
"""Longest wait for all modules together: 130 MB of zip files on a slow line."""

_NO_GO = (
    "install Go 1.21 or newer (https://go.dev/dl/) and repeat, or give a directory that holds the "
    "CustomResourceDefinition YAML of the operators with --crds DIR"
)


def module_directories(modules: Sequence[ModuleSource]) -> dict[str, Path]:
    """Return the directory of every module, by `ModuleSource.spec`, downloading those that are not there yet.

    Raises:
        ToolError: Go is missing, a module cannot be had, or its hash is not the pinned one.
    """
    answers = _download([module.spec for module in modules])
    found: dict[str, Path] = {}
    failed: list[str] = []
    for module in modules:
        answer = answers.get(module.spec, {})
        if error := answer.get("Error", "" if answer else "the go command said nothing about it"):
            failed.append(f"{module.spec}: {error}")
        elif answer["Sum"] != module.sum:
            raise ToolError(
                f"{module.spec} hashes to {answer['Sum']}, pinned is {module.sum}",
                why="it is not the module that was reviewed; nothing of it was used",
                fix="check GOPROXY; after an intended change of version pin the new sum in sources.yaml",
            )
        else:
            found[module.spec] = Path(answer["Dir"])
    if failed:
        listed = "\n".join(f"  - {line}" for line in failed)
        raise ToolError(
            f"{len(failed)} of {len(modules)} Go modules with custom resource definitions cannot be had\n{listed}",
            fix="set GOPROXY to a proxy that has them, or give the definitions with --crds DIR",
        )
    return found


def _download(specs: Sequence[str]) -> dict[str, dict[str, str]]:
    go = shutil.which("go")
    if go is None:
        raise ToolError(
            "the operators' custom resource definitions are fetched with Go, and there is no `go` on PATH", fix=_NO_GO
        )
    # Outside of any module and with the user's GOFLAGS set aside: a stray go.work or -mod=vendor would decide otherwise.
    environment = os.environ | {"GO111MODULE": "on", "GOWORK": "off", "GOFLAGS": "-mod=mod"}
    with tempfile.TemporaryDirectory(prefix="aifactory-crds-") as empty:
        try:
            done = subprocess.run(
                [go, "mod", "download", "-json", *specs],
                cwd=empty,
                env=environment,
                capture_output=True,
                text=True,
                timeout=DOWNLOAD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ToolError(
                f"`go mod download` took longer than {DOWNLOAD_SECONDS} s", fix="check GOPROXY and the network, and repeat"
            ) from error
    answers = {f"{answer['Path']}@{answer['Version']}": answer for answer in _json_stream(done.stdout)}
    if not answers:
        raise ToolError(f"`go mod download` failed: {done.stderr.strip()[-2000:]}", fix=_NO_GO)
    return answers


def _json_stream(text: str) -> list[dict[str, str]]:
    """Return the JSON objects that the go command prints one after the other, without a separator."""
    decoder = json.JSONDecoder()
    objects: list[dict[str, str]] = []
    rest = text.lstrip()
    while rest.startswith("{"):
        found, end = decoder.raw_decode(rest)
        objects.append(found)
        rest = rest[end:].lstrip()
    return objects


def extract(module: ModuleSource, directory: Path, table: Table) -> list[Document]:
    """Return the definitions that `module` provides, read from its files below `directory`.

    Raises:
        ToolError: a file or a kind that the table names is not there.
    """
    texts: list[str] = []
    for pattern in module.files:
        paths = sorted(directory.glob(pattern))
        if not paths:
            raise ToolError(f"{module.spec} holds no file like {pattern}", fix="correct `files` in sources.yaml")
        texts += [path.read_text(encoding="utf-8") for path in paths]
    if module.form == "kubevirt":
        mine = [row for row in table.kubevirt if (row.group, row.kind) in module.kinds]
        return kubevirt.build("\n".join(texts), mine)
    return chosen((definition for text in texts for definition in definitions(text)), module.kinds, module.spec)


def chosen(found: Iterable[Document], wanted: frozenset[tuple[str, str]], origin: str) -> list[Document]:
    """Return the definitions of the wanted (group, kind) pairs, sorted.

    Raises:
        ToolError: one of them is missing.
    """
    by_kind = {group_kind(definition): definition for definition in found}
    missing = sorted(f"{kind}.{group}" for group, kind in wanted - by_kind.keys())
    if missing:
        raise ToolError(
            f"{origin} does not define {', '.join(missing)}",
            why="objects of these kinds could not be created or checked",
            fix="correct `provides` in sources.yaml, or the pinned version",
        )
    return [by_kind[pair] for pair in sorted(wanted)]
