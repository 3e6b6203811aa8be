"""The manifest of a bundle: the hash of every file, so that one signature covers all of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, cast

from aifactory.errors import Problem, SpecError
from aifactory.evidence.dossier import Dossier
from aifactory.evidence.redact import clean
from aifactory.evidence.report import TOOL

MANIFEST: Final = "manifest.json"
FORM: Final = "aifactory-evidence/1"
_SAFE: Final = re.compile(r"^[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)*$")


def manifest_text(dossier: Dossier, written: Mapping[str, bytes]) -> str:
    """Return the manifest of a bundle.

    Args:
        dossier: what the bundle says.
        written: its other files, by name.
    """
    document: dict[str, Any] = {
        "form": FORM,
        "factory": dossier.factory,
        "region": dossier.region,
        "as_of": dossier.report.assessment.on.isoformat(),
        "time": dossier.time,
        "actor": dossier.actor,
        "simulated": bool(dossier.simulated),
        "tool": {"name": TOOL, "version": dossier.report.version},
        "catalog": dossier.catalog,
        "sources": dict(dossier.sources),
        "files": [
            {"path": name, "sha256": sha256(content).hexdigest(), "size": len(content)}
            for name, content in sorted(written.items())
        ],
    }
    return json.dumps(clean(document), indent=2, ensure_ascii=False) + "\n"


@dataclass(frozen=True, slots=True)
class Verified:
    """What a look at a bundle found.

    Attributes:
        files: number of files that the manifest names.
        wrong: what does not fit, in words; empty when the bundle is as it was written.
        digest: SHA-256 of the manifest, which is what a signature is over.
        about: factory, region and day of the bundle.
    """

    files: int
    wrong: tuple[str, ...]
    digest: str
    about: str


def verify(directory: Path) -> Verified:
    """Compare the files of a bundle with its manifest.

    Raises:
        SpecError: there is no manifest, or it is none of ours.
    """
    try:
        data = (directory / MANIFEST).read_bytes()
        document = cast("dict[str, Any]", json.loads(data))
        if document["form"] != FORM:
            raise _no_bundle(
                directory, f"has a manifest of the form {str(document['form'])[:40]}; this version knows {FORM}"
            )
        rows = {str(row["path"]): (str(row["sha256"]), int(row["size"])) for row in document["files"]}
        about = f"{document['factory']}/{document['region']} on {document['as_of']}"
    except OSError:
        raise _no_bundle(directory, f"has no {MANIFEST} that can be read, so it is no bundle of evidence") from None
    except (ValueError, KeyError, TypeError):
        raise _no_bundle(directory, f"has a {MANIFEST} that is none of a bundle of evidence") from None
    wrong: list[str] = []
    for name, (digest, size) in sorted(rows.items()):
        wrong += _look(directory, name, digest, size)
    found = {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file() or path.is_symlink()}
    # Signatures of the manifest lie beside it: manifest.json.sig, manifest.json.sigstore.json.
    extra = sorted(name for name in found - set(rows) if not name.startswith(MANIFEST))
    wrong += [f"{name}: is there, and not in the manifest" for name in extra]
    return Verified(len(rows), tuple(wrong), sha256(data).hexdigest(), about)


def _look(directory: Path, name: str, digest: str, size: int) -> list[str]:
    if not _SAFE.match(name):
        return [f"{name[:80]!r}: is no name that a bundle has"]
    path = directory / name
    if path.is_symlink():
        return [f"{name}: is a link"]
    try:
        content = path.read_bytes()
    except OSError:
        return [f"{name}: is in the manifest, and not there"]
    if len(content) != size or sha256(content).hexdigest() != digest:
        return [f"{name}: has changed since the manifest was written"]
    return []


def _no_bundle(directory: Path, rule: str) -> SpecError:
    return SpecError(str(directory), [Problem("DIR", directory.name, rule)])
